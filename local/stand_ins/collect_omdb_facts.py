"""Make the OMDb facts of this project from a folder of recorded answers.

    python -m local.stand_ins.collect_omdb_facts RECORDINGS

Facts alone are kept: ids, numbers, names, dates, ratings. The same recordings give the same bytes.
Which titles are chosen, and why, stands in `facts/README.md`.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.stand_ins.laid_out import block, fields, line

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "omdb"

TITLES = (
    *("tt0065126", "tt0076759", "tt0118480", "tt0251413", "tt0602205", "tt0770828", "tt0848615"),
    *("tt1117000", "tt1117017", "tt1117018", "tt1117071", "tt1117392", "tt1117401", "tt1117544", "tt1117546"),
    *("tt1117552", "tt1117666", "tt1117667", "tt1375666", "tt1403865", "tt2356777", "tt2657398"),
)
# A season's answer names its series by title alone.
SERIES_BY_TITLE = {"Stargate SG-1": "tt0118480", "True Detective": "tt2356777"}
SEARCHES = ("dallas", "Shameless", "house-of-cards", "the-big-bang-theory", "man-of-steel")

NUMBER_KEYS = ("Season", "Episode", "seriesID")
TITLE_KEYS = (
    *("Title", "Year", "Rated", "Released", *NUMBER_KEYS, "Runtime", "Genre", "Language", "Country"),
    *("rotten_tomatoes", "Metascore", "imdbRating", "imdbVotes", "imdbID", "Type", "totalSeasons"),
    *("DVD", "BoxOffice"),
)
LISTED_EPISODE_KEYS = ("Title", "Released", "Episode", "imdbRating", "imdbID")
FOUND_KEYS = ("Title", "Year", "imdbID", "Type")


def collect(recordings: Path, into: Path = FACTS_FOLDER) -> None:
    """Write one file per chosen title, and one with what searches found."""
    (into / "title").mkdir(parents=True, exist_ok=True)
    titles: dict[str, Facts] = {title_id: {} for title_id in TITLES}
    for answer in _answers(recordings):
        if answer.get("imdbID") in titles:
            titles[answer["imdbID"]] |= _title(answer)
        elif "Episodes" in answer:
            series = titles[SERIES_BY_TITLE[answer["Title"]]]
            series.setdefault("Title", answer["Title"])
            series[f"Season {answer['Season']}"] = [
                _keep(item, LISTED_EPISODE_KEYS) for item in answer["Episodes"]
            ]
    for title_id, facts in titles.items():
        seasons = sorted(key for key in facts if key.startswith("Season "))
        ordered = {key: facts[key] for key in (*TITLE_KEYS, *seasons) if key in facts}
        text = fields({"imdbID": title_id, **ordered}, seasons)
        (into / "title" / f"{title_id}.json").write_text(text, encoding="utf-8")
    found = block("[", map(line, _found_by_searches(recordings).values()), "]", 1)
    (into / "found.json").write_text(found + "\n", encoding="utf-8")


def _title(answer: Mapping[str, Any]) -> Facts:
    """What is said of a title, but for what is not known: that is told by its absence."""
    ratings = {rating["Source"]: rating["Value"] for rating in answer.get("Ratings", [])}
    told = {**answer, "rotten_tomatoes": ratings.get("Rotten Tomatoes", "N/A")}
    if "tomatoMeter" in answer:  # as it was told in 2016
        told["rotten_tomatoes"] = f"{answer['tomatoMeter']}%"
    return {key: told[key] for key in TITLE_KEYS if told.get(key, "N/A") != "N/A"}


def _found_by_searches(recordings: Path) -> Mapping[str, Facts]:
    """The titles that were found, once each, in the order in which they were."""
    found: dict[str, Facts] = {}
    for words in SEARCHES:
        pages = (recordings / "omdb" / "subliminal-2026").glob(f"*-s={words}-page=?-type=*.json")
        for path in sorted(page for page in pages if "-y=" not in page.name):
            for item in _read(path)["Search"]:
                found.setdefault(item["imdbID"], _keep(item, FOUND_KEYS))
    return found


def _answers(recordings: Path) -> Iterator[Facts]:
    for path in sorted((recordings / "omdb").rglob("*.json")):
        yield _read(path)


def _keep(recorded: Mapping[str, Any], keys: tuple[str, ...]) -> Facts:
    return {key: recorded[key] for key in keys}


def _read(path: Path) -> Facts:
    answer: Facts = json.loads(path.read_text(encoding="utf-8"))
    return answer


def main() -> None:
    """Collect the facts from the recordings named on the command line."""
    parser = argparse.ArgumentParser(description="Make the OMDb facts from a folder of recorded answers.")
    parser.add_argument("recordings", type=Path, help="the folder that holds omdb/")
    collect(parser.parse_args().recordings)


if __name__ == "__main__":
    main()
