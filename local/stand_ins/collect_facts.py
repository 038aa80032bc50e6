"""Make the TMDB facts of this project from a folder of recorded answers.

    python -m local.stand_ins.collect_facts RECORDINGS

Facts alone are kept: ids, numbers, names, dates, statuses. The same recordings give the same bytes.
Which shows are chosen, and why, stands in `facts/README.md`.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.stand_ins.laid_out import block, line, opened

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "tmdb"

SHOWS = (
    *(1396, 1399, 1754, 10472, 12551, 15224, 15871, 18558, 19885, 37854, 70523, 83055),
    *(85077, 87108, 93405, 95396, 102626, 110855, 111803, 112470, 125988, 131835, 138585, 296206),
)
MOVIES = (218, 562, 745, 27205, 97020, 222841)

RETURNING = {"status": "Returning Series"}
# No recording tells these: the newest crawl holds seasons without the show around them.
SUPPLIED: Mapping[int, Facts] = {
    15871: {"name": "Shark Week", "original_name": "Shark Week", "type": "Documentary", **RETURNING},
    85077: {"type": "Scripted", **RETURNING},
    93405: {"name": "Squid Game", "original_name": "오징어 게임", "type": "Scripted", "status": "Ended"},
    125988: {"type": "Scripted", **RETURNING},
    296206: {"type": "Scripted", **RETURNING},
}

# The newest crawl is of this day: what airs later has not aired yet in the facts.
NEWEST_CRAWL = "2026-08-22"

SHOW_KEYS = (
    *("id", "name", "original_name", "status", "type", "first_air_date", "last_air_date", "in_production"),
    *("number_of_seasons", "number_of_episodes", "last_episode_to_air", "next_episode_to_air"),
)
LISTED_SEASON_KEYS = ("id", "season_number", "name", "air_date", "episode_count")
SEASON_KEYS = ("_id", "id", "season_number", "name", "air_date")
EPISODE_KEYS = ("id", "episode_number", "name", "air_date", "episode_type", "runtime")
AIRED_EPISODE_KEYS = ("id", "season_number", *EPISODE_KEYS[1:])
LISTED_SHOW_KEYS = ("id", "name", "original_name", "first_air_date")
EXTERNAL_ID_KEYS = ("imdb_id", "tvdb_id", "tvrage_id", "wikidata_id")


def collect(recordings: Path, into: Path = FACTS_FOLDER) -> None:
    """Write one file per chosen show and movie, and per list."""
    tmdb = recordings / "tmdb"
    for folder in ("tv", "movie"):
        (into / folder).mkdir(parents=True, exist_ok=True)
    names = _names_in_lists(tmdb)
    for show_id in SHOWS:
        facts = _show(tmdb, show_id, names)
        (into / "tv" / f"{show_id}.json").write_text(_show_text(facts), encoding="utf-8")
    movies = _movies(tmdb)
    for movie_id in MOVIES:
        (into / "movie" / f"{movie_id}.json").write_text(line(movies[movie_id]) + "\n", encoding="utf-8")
    _collect_lists(tmdb, into / "lists")


def _collect_lists(tmdb: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    lists = tmdb / "lists"
    recorded = {
        "trending-tv-week": [_read(lists / "trending-tv-week.json")],
        "tv-popular": [_read(lists / f"tv-popular_page-{page}.json") for page in (1, 2)],
    }
    for name, pages in recorded.items():
        told = [f"{line(key)}: {line(pages[0][key])}" for key in ("total_pages", "total_results")]
        laid_out = [block("[", map(line, _listed_shows(page)), "]", 3) for page in pages]
        text = block("{", [*told, f'"pages": {block("[", laid_out, "]", 2)}'], "}", 1)
        (into / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    found = _listed_shows(_read(tmdb / "search" / "tv_include_adult-false_query-Breaking-Bad.json"))
    text = block("{", [f'"breaking bad": {block("[", map(line, found), "]", 2)}'], "}", 1)
    (into / "search-tv.json").write_text(text + "\n", encoding="utf-8")


def _listed_shows(page: Facts) -> list[Facts]:
    return [_keep(item, LISTED_SHOW_KEYS) for item in page["results"]]


def _show(tmdb: Path, show_id: int, names: Mapping[int, Facts]) -> Facts:
    details = _details(tmdb, show_id) or {"id": show_id, "seasons": [], **names.get(show_id, {})}
    details |= SUPPLIED.get(show_id, {})
    states = _season_states(tmdb, show_id)
    seasons = {number: list(by_time.values())[-1] for number, by_time in sorted(states.items())}
    listed = [_keep(season, LISTED_SEASON_KEYS) for season in details["seasons"]]
    facts = _keep(details, SHOW_KEYS)
    if any(_is_of_newest_crawl(next(reversed(by_time))) for number, by_time in states.items() if number > 0):
        listed = _listing_of_today(listed, seasons)
        facts |= _summary_of_today(facts, listed, seasons)
    for key in ("last_episode_to_air", "next_episode_to_air"):
        facts[key] = _keep(facts[key], AIRED_EPISODE_KEYS) if facts[key] else None
    external_ids = _external_ids(tmdb, show_id)
    return {
        **facts,
        **({"external_ids": external_ids} if external_ids else {}),
        "seasons": listed,
        "recorded_seasons": seasons,
        "earlier_states": [
            {"season_number": number, "recorded": time, "episodes": season["episodes"]}
            for number, by_time in sorted(states.items())
            for time, season in list(by_time.items())[:-1]
        ],
    }


def _details(tmdb: Path, show_id: int) -> Facts | None:
    for path in (tmdb / "tv" / f"{show_id}.json", tmdb / "2019-05" / "tv" / f"{show_id}.json"):
        if path.exists():
            return _read(path)
    return None


def _season_states(tmdb: Path, show_id: int) -> dict[int, dict[str, Facts]]:
    """Every state in which a season was recorded, the oldest first, without repetitions."""
    found: dict[int, dict[str, Facts]] = {}
    for time, crawl in (("20241111", tmdb), ("20260822", tmdb / "2026-08")):
        for path in (crawl / "tv" / str(show_id) / "season").glob("*.json"):
            if path.stem.isdecimal():  # "2.404.json" is the body of a 404
                found.setdefault(int(path.stem), {})[time] = _season(_read(path), int(path.stem))
    for path in (tmdb / "history" / "tv" / str(show_id) / "season").glob("*/*.json"):
        number = int(path.parent.name)
        found.setdefault(number, {})[path.stem] = _season(_read(path), number)
    return {number: dict(_without_repetitions(sorted(by_time.items()))) for number, by_time in found.items()}


def _without_repetitions(states: Sequence[tuple[str, Facts]]) -> list[tuple[str, Facts]]:
    """Of states with the same episodes the last, because what else a season says may have changed."""
    following = [*(season["episodes"] for _, season in states[1:]), None]
    return [state for state, after in zip(states, following, strict=True) if state[1]["episodes"] != after]


def _season(recorded: Facts, asked_number: int) -> Facts:
    episodes = [_episode(episode, asked_number) for episode in recorded["episodes"]]
    return {**_keep(recorded, SEASON_KEYS), "episodes": episodes}


def _episode(recorded: Facts, asked_number: int) -> Facts:
    kept = _keep(recorded, EPISODE_KEYS)
    number = recorded["season_number"]
    return kept if number == asked_number else {**kept, "season_number": number}


def _is_of_newest_crawl(time: str) -> bool:
    return time.startswith("2026")


def _listing_of_today(listed: list[Facts], seasons: Mapping[int, Facts]) -> list[Facts]:
    """The listing as recorded, with what the newest crawl has since added."""
    by_number = {season["season_number"]: season for season in listed}
    for number, season in seasons.items():
        by_number[number] = {
            **_keep(season, LISTED_SEASON_KEYS),
            "season_number": number,
            "episode_count": len(season["episodes"]),
        }
    return [by_number[number] for number in sorted(by_number)]


def _summary_of_today(facts: Facts, listed: list[Facts], seasons: Mapping[int, Facts]) -> Facts:
    dated = sorted(
        (
            {**episode, "season_number": number}
            for number, season in seasons.items()
            for episode in season["episodes"]
            if number > 0 and episode["air_date"]
        ),
        key=lambda episode: (episode["air_date"], episode["season_number"], episode["episode_number"]),
    )
    aired = [episode for episode in dated if episode["air_date"] <= NEWEST_CRAWL]
    ahead = [episode for episode in dated if episode["air_date"] > NEWEST_CRAWL]
    proper = [season for season in listed if season["season_number"] > 0]
    return {
        "first_air_date": facts["first_air_date"] or (dated[0]["air_date"] if dated else None),
        "last_air_date": aired[-1]["air_date"] if aired else None,
        "in_production": facts["status"] == "Returning Series",
        "number_of_seasons": len(proper),
        "number_of_episodes": sum(season["episode_count"] for season in proper),
        "last_episode_to_air": aired[-1] if aired else None,
        "next_episode_to_air": ahead[0] if ahead else None,
    }


def _external_ids(tmdb: Path, show_id: int) -> Facts | None:
    for path in sorted((tmdb / "other").glob(f"*/*tv-{show_id}-external_ids.json")):
        return _keep(_read(path), EXTERNAL_ID_KEYS)
    return None


def _names_in_lists(tmdb: Path) -> dict[int, Facts]:
    keys = ("name", "original_name", "first_air_date")
    pages = (_read(path) for path in sorted((tmdb / "lists").glob("*tv*.json")))
    return {item["id"]: _keep(item, keys) for page in pages for item in page.get("results", [])}


def _movies(tmdb: Path) -> dict[int, Facts]:
    """Movies wherever they were recorded. Lists hold no status: it is told from the day of the recording."""
    found: dict[int, Facts] = {}
    for folder, recorded in (("other/ruby-2014", "2013-11-22"), ("find", NEWEST_CRAWL)):
        for path in sorted((tmdb / folder).glob("*.json")):
            for movie in _movies_within(_read(path)):
                told = "Released" if movie["release_date"] <= recorded else "Post Production"
                kept = _keep(movie, ("id", "title", "release_date"))
                found[movie["id"]] = {**kept, "status": movie.get("status") or told}
    return found


def _movies_within(recorded: object) -> Iterator[Facts]:
    if isinstance(recorded, dict):
        if {"id", "title", "release_date"} <= recorded.keys():
            yield recorded
        for value in recorded.values():
            yield from _movies_within(value)
    elif isinstance(recorded, list):
        for value in recorded:
            yield from _movies_within(value)


def _keep(recorded: Mapping[str, Any], keys: Iterable[str]) -> Facts:
    return {key: recorded.get(key) for key in keys}


def _read(path: Path) -> Facts:
    answer: Facts = json.loads(path.read_text(encoding="utf-8"))
    return answer


def _show_text(facts: Facts) -> str:
    """One line per field, listed season and episode, so that a change is read easily."""
    lines = [f"{line(key)}: {line(value)}" for key, value in facts.items() if key not in _LAID_OUT]
    seasons = [
        f"{line(str(number))}: {opened(season, 'episodes', 3)}"
        for number, season in facts["recorded_seasons"].items()
    ]
    lines.append(f'"seasons": {block("[", map(line, facts["seasons"]), "]", 2)}')
    lines.append(f'"recorded_seasons": {block("{", seasons, "}", 2)}')
    earlier = (opened(state, "episodes", 3) for state in facts["earlier_states"])
    lines.append(f'"earlier_states": {block("[", earlier, "]", 2)}')
    return block("{", lines, "}", 1) + "\n"


_LAID_OUT = frozenset({"seasons", "recorded_seasons", "earlier_states"})


def main() -> None:
    """Collect the facts from the recordings named on the command line."""
    parser = argparse.ArgumentParser(description="Make the TMDB facts from a folder of recorded answers.")
    parser.add_argument("recordings", type=Path, help="the folder that holds tmdb/")
    collect(parser.parse_args().recordings)


if __name__ == "__main__":
    main()
