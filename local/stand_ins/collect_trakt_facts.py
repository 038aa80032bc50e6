"""Make the Trakt facts of this project from a folder of recorded answers.

    python -m local.stand_ins.collect_trakt_facts RECORDINGS

Facts alone are kept: ids, numbers, names, dates. The same recordings give the same bytes.
Which shows are chosen, and why, stands in `facts/README.md`.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local.stand_ins.laid_out import block, fields, line, opened

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "trakt"

RECORDED_WATCHED = "trakt/flexget/users-flexgettest-watched-shows.json"
# Real titles, ids and dates, shortened by whoever kept them. It has specials and gaps, as no whole one has.
SHORTENED_WATCHED = "synthetic/trakt/trakt.py-sync-watched-shows.json"
WITHOUT_SEASONS = "synthetic/trakt/TraktKit-test_get_watched_shows_noseasons.json"
LAST_ACTIVITIES = "trakt/sync-last_activities.json"

# No recording tells who watched these: per season the first and the last number watched, one episode a day.
SUPPLIED: Mapping[int, Mapping[int, tuple[int, int]]] = {
    1388: {1: (1, 7), 2: (1, 13), 3: (1, 13), 4: (1, 13), 5: (1, 16)},
    37696: {23: (1156, 1163)},
    159421: {1: (1, 6)},
    180770: {3: (1, 4)},
}
SUPPLIED_FIRST_DAY: Mapping[int, str] = {
    1388: "2026-02-01T21:00:00.000Z",
    37696: "2026-05-01T19:30:00.000Z",
    159421: "2020-04-30T23:54:22.000Z",
    180770: "2026-08-01T20:15:00.000Z",
}

_TIME = "%Y-%m-%dT%H:%M:%S.000Z"
_EPISODE_FILE = re.compile(r"shows-(?P<show>[\w-]+?)-(?:seasons-\d+-episodes-\d+|last_episode)(?:-.*)?")


def collect(recordings: Path, into: Path = FACTS_FOLDER) -> None:
    """Write one file per watched show, and one with the last activities."""
    (into / "watched").mkdir(parents=True, exist_ok=True)
    shows = _shows(recordings)
    for trakt_id, watched in sorted(_watched(recordings, shows).items()):
        text = _watched_text(watched | _known_of(shows[trakt_id]))
        (into / "watched" / f"{trakt_id}.json").write_text(text, encoding="utf-8")
    activities = _read(recordings / LAST_ACTIVITIES)
    (into / "last_activities.json").write_text(fields(activities, lists=()), encoding="utf-8")


def _watched(recordings: Path, shows: Mapping[int, Facts]) -> dict[int, Facts]:
    """What was watched by Trakt's id, as recorded; whole recordings go before shortened ones."""
    found: dict[int, Facts] = {}
    for source in (RECORDED_WATCHED, SHORTENED_WATCHED):
        for entry in _read(recordings / source):
            found.setdefault(entry["show"]["ids"]["trakt"], entry)
    for trakt_id, seasons in SUPPLIED.items():
        found[trakt_id] = _supplied(trakt_id, seasons, shows[trakt_id])
    return found


def _supplied(trakt_id: int, seasons: Mapping[int, tuple[int, int]], show: Facts) -> Facts:
    first_day = datetime.fromisoformat(SUPPLIED_FIRST_DAY[trakt_id])
    numbers = [(season, number) for season, (a, b) in seasons.items() for number in range(a, b + 1)]
    days = [(first_day + timedelta(days=index)).strftime(_TIME) for index in range(len(numbers))]
    watched = dict(zip(numbers, days, strict=True))
    return {
        "plays": len(numbers),
        "last_watched_at": days[-1],
        "last_updated_at": days[-1],
        "reset_at": None,
        "show": {"title": show["title"], "year": show["year"], "ids": show["ids"]},
        "seasons": [
            {
                "number": season,
                "episodes": [
                    {"number": number, "plays": 1, "last_watched_at": day}
                    for (of, number), day in watched.items()
                    if of == season
                ],
            }
            for season in seasons
        ],
    }


def _known_of(show: Facts) -> Facts:
    """What else the recordings tell of a show: answers of 2026 give it, those of 2021 do not."""
    return {key: show[key] for key in ("aired_episodes", "plex", "episodes") if show.get(key)}


def _shows(recordings: Path) -> dict[int, Facts]:
    """Every show of the recordings by Trakt's id, put together from wherever it is told."""
    shows: dict[int, Facts] = {}
    slugs: dict[str, int] = {}
    paths = [*sorted((recordings / "trakt").rglob("*.json")), recordings / WITHOUT_SEASONS]
    paths += [recordings / SHORTENED_WATCHED]
    answers = {path: _read(path) for path in paths}
    for answer in answers.values():
        for told in _shows_within(answer):
            ids = {key: value for key, value in told["ids"].items() if key != "plex"}
            show = shows.setdefault(ids["trakt"], {"ids": {}, "episodes": {}})
            show["title"], show["year"] = told["title"], told["year"]
            show["ids"] |= {key: value for key, value in ids.items() if value or not show["ids"].get(key)}
            show["plex"] = told["ids"].get("plex") or show.get("plex")
            show["aired_episodes"] = told.get("aired_episodes") or show.get("aired_episodes")
            slugs[ids["slug"]] = ids["trakt"]
    for path, answer in answers.items():
        if asked := _EPISODE_FILE.fullmatch(path.stem):
            trakt_id = int(asked["show"]) if asked["show"].isdecimal() else slugs[asked["show"]]
            _add_episode(shows.setdefault(trakt_id, {"episodes": {}}), answer)
    return shows


def _add_episode(show: Facts, told: Facts) -> None:
    if "number" in told:  # other files of that name hold ratings and counts
        ids = {key: value for key, value in told["ids"].items() if key != "plex"}
        show["episodes"][f"{told['season']}_{told['number']}"] = {"title": told["title"], "ids": ids}


def _shows_within(recorded: object) -> Iterator[Facts]:
    if isinstance(recorded, dict):
        ids = recorded.get("ids")
        if isinstance(ids, dict) and {"slug", "tvdb"} <= ids.keys():  # a movie has no tvdb
            yield recorded
        for value in recorded.values():
            yield from _shows_within(value)
    elif isinstance(recorded, list):
        for value in recorded:
            yield from _shows_within(value)


def _read(path: Path) -> Any:  # noqa: ANN401  # answers are lists and objects
    return json.loads(path.read_text(encoding="utf-8"))


def _watched_text(watched: Facts) -> str:
    """One line per field, season and episode, so that a change is read easily."""
    lines = [f"{line(key)}: {line(value)}" for key, value in watched.items() if key != "seasons"]
    seasons = (opened(season, "episodes", 3) for season in watched["seasons"])
    lines.append(f'"seasons": {block("[", seasons, "]", 2)}')
    return block("{", lines, "}", 1) + "\n"


def main() -> None:
    """Collect the facts from the recordings named on the command line."""
    parser = argparse.ArgumentParser(description="Make the Trakt facts from a folder of recorded answers.")
    parser.add_argument("recordings", type=Path, help="the folder that holds trakt/ and synthetic/")
    collect(parser.parse_args().recordings)


if __name__ == "__main__":
    main()
