"""Make the TheTVDB facts of this project from a folder of recorded answers.

    python -m local.stand_ins.collect_tvdb_facts RECORDINGS

Facts alone are kept: ids, numbers, names, dates, statuses. The same recordings give the same bytes.
Which series are chosen, and why, stands in `facts/README.md`.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from local.stand_ins.laid_out import fields

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "tvdb"

SERIES = (
    *(70327, 71663, 72775, 73752, 75978, 78878, 81189),
    *(81797, 113561, 253797, 327417, 441685, 444138),
)

SERIES_KEYS = (
    *(
        "name",
        "slug",
        "nameTranslations",
        "aliases",
        "firstAired",
        "lastAired",
        "nextAired",
        "score",
        "status",
    ),
    *("originalCountry", "originalLanguage", "defaultSeasonType", "isOrderRandomized", "lastUpdated"),
    *("averageRuntime", "year", "airsDays", "airsTime"),
)
SEASON_KEYS = ("id", "type", "number", "lastUpdated", "year")
EPISODE_KEYS = (
    *("id", "name", "names", "aired", "runtime", "isMovie", "seasonNumber", "number", "orders", "finaleType"),
    *("airsBeforeSeason", "airsBeforeEpisode", "year", "lastUpdated", "nameTranslations"),
)
# Search results say the same under other names.
SEARCHED = {
    "name": "name",
    "slug": "slug",
    "first_air_time": "firstAired",
    "status": "status",
    "country": "originalCountry",
    "primary_language": "originalLanguage",
    "year": "year",
}
LISTS = ("remoteIds", "seasons", "episodes")
OTHER_SERVICES = (("imdb", 2, "IMDB"), ("tmdb", 12, "TheMovieDB.com"))

_REQUEST = re.compile(
    r"/v4/(?P<what>series|episodes|search|seasons)(?:/(?P<id>\d+))?"
    r"(?:/episodes/(?P<order>[a-z]+)(?:/(?P<language>[a-z]{3}))?|/translations/(?P<translated>[a-z]{3}))?"
)


def collect(recordings: Path, into: Path = FACTS_FOLDER) -> None:
    """Write one file per chosen series."""
    (into / "series").mkdir(parents=True, exist_ok=True)
    found = {series_id: _Found() for series_id in SERIES}
    for request, answer in _answers(recordings):
        for record in _objects_within(answer):
            _take(record, request, found)
    for series_id, ids in _ids_told_by_trakt(recordings):
        if series_id in found:
            found[series_id].take_remote_ids(ids)
    for series_id, facts in found.items():
        text = fields(facts.as_facts(series_id), LISTS)
        (into / "series" / f"{series_id}.json").write_text(text, encoding="utf-8")


class _Found:
    """What the recordings say of one series, put together: whoever cut them left a part in each."""

    def __init__(self) -> None:
        self.series: Facts = {}
        self.names: dict[str, str] = {}
        self.other_names: list[str] = []
        self.remote_ids: dict[tuple[str, str], Facts] = {}
        self.seasons: dict[int, Facts] = {}
        self.episodes: dict[int, Facts] = {}

    def take_series(self, record: Mapping[str, Any]) -> None:
        for key in SERIES_KEYS:
            value = record.get(key)
            if key == "status":
                value = value["name"] if isinstance(value, dict) else value
            if isinstance(value, list):
                kept = self.series.setdefault(key, [])
                kept += [item for item in value if item not in kept]
            elif value is not None:
                self.series.setdefault(key, value)

    def take_remote_ids(self, told: Iterable[Facts]) -> None:
        for remote in told:
            self.remote_ids.setdefault((remote["sourceName"], remote["id"]), remote)

    def take_episode(self, record: Mapping[str, Any], request: Mapping[str, str | None]) -> None:
        episode = self.episodes.setdefault(record["id"], {"names": {}, "orders": {}})
        language = request["language"]
        if language and record["name"]:
            episode["names"][language] = record["name"]
        for key in EPISODE_KEYS:
            if key in record and not (key == "name" and language):
                episode[key] = episode.get(key) or record[key]  # null in one may be known in another
        if request["order"]:
            order = "official" if request["order"] == "default" else request["order"]
            episode["orders"][order] = [record["seasonNumber"], record["number"]]
        elif "meta=episodes" in (request["whole"] or ""):
            episode["orders"]["official"] = [record["seasonNumber"], record["number"]]
        for season in record["seasons"] or []:
            episode["orders"][season["type"]["type"]] = [record["seasonNumber"], record["number"]]

    def as_facts(self, series_id: int) -> Facts:
        original = self.series.get("originalLanguage")
        for episode in self.episodes.values():
            episode.setdefault("name", episode["names"].get(original))
        return {
            "id": series_id,
            **{key: self.series[key] for key in SERIES_KEYS if key in self.series},
            "names": dict(sorted(self.names.items())),
            "other_names": self.other_names,
            "remoteIds": [self.remote_ids[key] for key in sorted(self.remote_ids)],
            "seasons": [self.seasons[key] for key in sorted(self.seasons)],
            "episodes": [_in_order(self.episodes[id_]) for id_ in sorted(self.episodes)],
        }


def _in_order(episode: Mapping[str, Any]) -> Facts:
    """What there is of an episode. No names and no orders are nothing, but null is something."""
    return {key: episode[key] for key in EPISODE_KEYS if key in episode and episode[key] != {}}


def _take(record: Facts, request: Mapping[str, str | None], found: Mapping[int, _Found]) -> None:
    """Take from one object of an answer what it says of a chosen series."""
    if "originalCountry" in record and record["id"] in found:
        series = found[record["id"]]
        series.take_series(record)
        series.take_remote_ids(record.get("remoteIds") or [])
    elif record.get("type") == "series" and int(record.get("tvdb_id", 0)) in found:
        series = found[int(record["tvdb_id"])]
        series.take_series({ours: record[theirs] for theirs, ours in SEARCHED.items()})
        series.take_remote_ids(record.get("remote_ids", []))
        series.names |= record["translations"]
        series.other_names += record.get("aliases", [])
    elif "seriesId" in record and "companies" in record and record["seriesId"] in found:
        season = {key: record[key] for key in SEASON_KEYS if key in record}
        found[record["seriesId"]].seasons[record["id"]] = {**season, "type": record["type"]["type"]}
    elif "seriesId" in record and "aired" in record and record["seriesId"] in found:
        found[record["seriesId"]].take_episode(record, request)
    elif request["what"] == "series" and int(request["id"] or 0) in found:
        _take_names(record, request, found[int(request["id"] or 0)])


def _take_names(record: Facts, request: Mapping[str, str | None], series: _Found) -> None:
    if request["translated"] and "name" in record:
        series.names[record["language"]] = record["name"]
    for translation in record.get("nameTranslations") or []:
        if isinstance(translation, dict) and not translation.get("isAlias"):
            series.names[translation["language"]] = translation["name"]


def _answers(recordings: Path) -> Iterator[tuple[Mapping[str, str | None], Facts]]:
    """Every recorded answer with what was asked, in the order of the files' names."""
    lines = (recordings / "MANIFEST.jsonl").read_text(encoding="utf-8").splitlines()
    listed = {
        entry["file"]: entry for entry in map(json.loads, lines) if entry["file"].startswith("tvdb-v4/")
    }
    for name in sorted(listed):
        asked = _REQUEST.search(listed[name]["request"])
        if asked is not None:
            request = {**asked.groupdict(), "whole": listed[name]["request"]}
            yield request, json.loads((recordings / name).read_text(encoding="utf-8"))


def _ids_told_by_trakt(recordings: Path) -> Iterator[tuple[int, list[Facts]]]:
    """The ids that a series has at other services, which hardly any recording of TheTVDB itself tells."""
    for path in sorted((recordings / "trakt").rglob("*.json")):
        for record in _objects_within(json.loads(path.read_text(encoding="utf-8"))):
            ids = record.get("ids")
            if isinstance(ids, dict) and "slug" in ids and ids.get("tvdb"):
                yield (
                    ids["tvdb"],
                    [
                        {"id": str(ids[key]), "type": kind, "sourceName": name}
                        for key, kind, name in OTHER_SERVICES
                        if ids.get(key)
                    ],
                )


def _objects_within(recorded: object) -> Iterator[Facts]:
    if isinstance(recorded, dict):
        yield recorded
        for value in recorded.values():
            yield from _objects_within(value)
    elif isinstance(recorded, list):
        for value in recorded:
            yield from _objects_within(value)


def main() -> None:
    """Collect the facts from the recordings named on the command line."""
    parser = argparse.ArgumentParser(description="Make the TheTVDB facts from a folder of recorded answers.")
    parser.add_argument("recordings", type=Path, help="the folder that holds tvdb-v4/ and MANIFEST.jsonl")
    collect(parser.parse_args().recordings)


if __name__ == "__main__":
    main()
