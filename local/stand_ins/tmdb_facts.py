"""What the TMDB stand-in knows, and TMDB's shapes to say it in.

The shapes are those of the recorded answers; what the facts leave out is empty: prose, images, people, votes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "tmdb"

_EXTERNAL_IDS = ("imdb_id", "freebase_mid", "freebase_id", "tvdb_id", "tvrage_id", "wikidata_id")
_NO_VOTES = {"vote_average": 0, "vote_count": 0}
_COUNTS = frozenset({"number_of_seasons", "number_of_episodes"})
_EXTERNAL_ACCOUNTS = ("facebook_id", "instagram_id", "twitter_id")


class TmdbFacts:
    """Shows and movies: those kept in the project, and what a test or demo has put over them.

    A show is a mapping like the kept files: TMDB's details, `recorded_seasons` by number, `earlier_states`.
    """

    def __init__(self, folder: Path = FACTS_FOLDER) -> None:
        self._folder = folder
        self._read: dict[Path, Facts | None] = {}
        self.forget_changes()

    def forget_changes(self) -> None:
        """Know again what is kept in the project, and nothing else."""
        self._shows: dict[int, Facts] = {}
        self._movies: dict[int, Facts] = {}
        self._seasons: dict[tuple[int, int], Facts | None] = {}

    def put_show(self, show_id: int, show: Facts) -> None:
        """Add a made show, or replace one."""
        self._shows[show_id] = show
        self._seasons = {key: season for key, season in self._seasons.items() if key[0] != show_id}

    def put_movie(self, movie_id: int, movie: Facts) -> None:
        """Add a made movie, or replace one."""
        self._movies[movie_id] = movie

    def put_season(self, show_id: int, number: int, episodes: list[Facts] | None) -> None:
        """Give a season other episodes, or make it vanish. A show that is not known comes to exist."""
        if episodes is None:
            self._seasons[show_id, number] = None
            return
        if self._show(show_id) is None:
            self.put_show(show_id, {"name": f"Show {show_id}"})
        self._seasons[show_id, number] = {**(self._kept_season(show_id, number) or {}), "episodes": episodes}

    def earlier_episodes(self, show_id: int, number: int, recorded: str) -> list[Facts] | None:
        """The episodes of a season as they were recorded at an earlier time, if they were."""
        show = self._show(show_id) or {}
        for state in show.get("earlier_states", []):
            if (state["season_number"], state["recorded"]) == (number, recorded):
                episodes: list[Facts] = state["episodes"]
                return episodes
        return None

    def details(self, show_id: int) -> Facts | None:
        """The answer to `GET /tv/{id}`, or None if there is no such show."""
        show = self._show(show_id)
        if show is None:
            return None
        if any(show_of == show_id for show_of, _ in self._seasons):
            show = {key: value for key, value in show.items() if key not in _COUNTS}  # counted anew
        return _details_answer(show_id, {**show, "seasons": self._listed(show_id, show)})

    def external_ids(self, show_id: int) -> Facts:
        """The answer's part `external_ids`; every id is null where none is known."""
        known = (self._show(show_id) or {}).get("external_ids", {})
        return {key: known.get(key) for key in (*_EXTERNAL_IDS, *_EXTERNAL_ACCOUNTS)}

    def season(self, show_id: int, number: int) -> Facts | None:
        """The answer to `GET /tv/{id}/season/{n}`, or None if there is no such season."""
        if (show_id, number) in self._seasons:
            season = self._seasons[show_id, number]
        else:
            season = self._kept_season(show_id, number)
        return None if season is None else _season_answer(show_id, number, season)

    def movie(self, movie_id: int) -> Facts | None:
        """The answer to `GET /movie/{id}`, or None if there is no such movie."""
        movie = self._movies.get(movie_id) or self._kept("movie", movie_id)
        return None if movie is None else _movie_answer(movie_id, movie)

    def shows(self) -> Iterator[Facts]:
        """All shows, each with its id: those put last first."""
        return self._all("tv", self._shows)

    def movies(self) -> Iterator[Facts]:
        """All movies, likewise."""
        return self._all("movie", self._movies)

    def _all(self, kind: str, put: Mapping[int, Facts]) -> Iterator[Facts]:
        yield from ({**facts, "id": id_} for id_, facts in reversed(list(put.items())))
        for id_ in sorted(int(path.stem) for path in (self._folder / kind).glob("*.json")):
            kept = self._kept(kind, id_)
            if id_ not in put and kept is not None:
                yield {**kept, "id": id_}

    def _show(self, show_id: int) -> Facts | None:
        return self._shows.get(show_id) or self._kept("tv", show_id)

    def _kept_season(self, show_id: int, number: int) -> Facts | None:
        show = self._show(show_id) or {}
        season: Facts | None = show.get("recorded_seasons", {}).get(str(number))
        return season

    def _listed(self, show_id: int, show: Facts) -> list[Facts]:
        """The seasons that the details list: as kept, with those changed since."""
        changed = {
            number: season for (show_of, number), season in self._seasons.items() if show_of == show_id
        }
        made = show.get("recorded_seasons", {}) if "seasons" not in show else {}
        by_number = {season["season_number"]: season for season in show.get("seasons", [])}
        for number, season in ({int(number): season for number, season in made.items()} | changed).items():
            if season is None:
                by_number.pop(number, None)
            else:
                by_number[number] = {
                    **season,
                    **by_number.get(number, {}),
                    "episode_count": len(season["episodes"]),
                }
                by_number[number]["season_number"] = number
        return [by_number[number] for number in sorted(by_number)]

    def _kept(self, kind: str, id_: int) -> Facts | None:
        path = self._folder / kind / f"{id_}.json"
        if path not in self._read:
            self._read[path] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        return self._read[path]


def moved(episodes: Iterable[Facts], days: int) -> list[Facts]:
    """Episodes that air so many days later, so that what was recorded once can happen today."""
    later = timedelta(days=days)
    return [
        {**episode, "air_date": (date.fromisoformat(air_date) + later).isoformat()}
        if (air_date := episode.get("air_date"))
        else episode
        for episode in episodes
    ]


def _details_answer(show_id: int, show: Mapping[str, Any]) -> Facts:
    proper = [season for season in show["seasons"] if season["season_number"] > 0]
    answer: Facts = {
        "adult": False,
        "backdrop_path": None,
        "created_by": [],
        "episode_run_time": [],
        "first_air_date": show.get("first_air_date", ""),
        "genres": [],
        "homepage": "",
        "id": show_id,
        "in_production": show.get("in_production", False),
        "languages": [],
        "last_air_date": show.get("last_air_date"),
        "last_episode_to_air": _episode_to_air(show_id, show.get("last_episode_to_air")),
        "name": show["name"],
        "next_episode_to_air": _episode_to_air(show_id, show.get("next_episode_to_air")),
        "networks": [],
        "number_of_episodes": show.get(
            "number_of_episodes", sum(season["episode_count"] for season in proper)
        ),
        "number_of_seasons": show.get("number_of_seasons", len(proper)),
        "origin_country": [],
        "original_language": "en",
        "original_name": show.get("original_name", show["name"]),
        "overview": "",
        "popularity": 0,
        "poster_path": None,
        "production_companies": [],
        "production_countries": [],
        "seasons": [_listed_season_answer(season) for season in show["seasons"]],
        "spoken_languages": [],
        "status": show.get("status", "Returning Series"),
        "tagline": "",
        "type": show.get("type", "Scripted"),
    }
    return answer | _NO_VOTES


def _listed_season_answer(season: Mapping[str, Any]) -> Facts:
    number = season["season_number"]
    return {
        "air_date": season.get("air_date"),
        "episode_count": season["episode_count"],
        "id": season.get("id", number),
        "name": season.get("name", f"Season {number}"),
        "overview": "",
        "poster_path": None,
        "season_number": number,
        "vote_average": 0,
    }


def _season_answer(show_id: int, number: int, season: Mapping[str, Any]) -> Facts:
    return {
        "_id": season.get("_id", f"{show_id:012x}{number:012x}"),
        "air_date": season.get("air_date"),
        "episodes": [_episode_answer(show_id, number, episode) for episode in season["episodes"]],
        "name": season.get("name", f"Season {number}"),
        "overview": "",
        "id": season.get("id", number),
        "poster_path": None,
        "season_number": season.get("season_number", number),
        "vote_average": 0,
    }


def _episode_answer(show_id: int, number: int, episode: Mapping[str, Any]) -> Facts:
    return {**_episode_fields(show_id, number, episode), "crew": [], "guest_stars": []}


def _episode_to_air(show_id: int, episode: Mapping[str, Any] | None) -> Facts | None:
    return None if episode is None else _episode_fields(show_id, episode["season_number"], episode)


def _episode_fields(show_id: int, number: int, episode: Mapping[str, Any]) -> Facts:
    fields: Facts = {
        "air_date": episode.get("air_date"),
        "episode_number": episode["episode_number"],
        "episode_type": episode.get("episode_type", "standard"),
        "id": episode["id"],
        "name": episode["name"],
        "overview": "",
        "production_code": "",
        "runtime": episode.get("runtime"),
        "season_number": episode.get("season_number", number),
        "show_id": show_id,
        "still_path": None,
    }
    return fields | _NO_VOTES


def _movie_answer(movie_id: int, movie: Mapping[str, Any]) -> Facts:
    answer: Facts = {
        "adult": False,
        "backdrop_path": None,
        "belongs_to_collection": None,
        "budget": 0,
        "genres": [],
        "homepage": "",
        "id": movie_id,
        "imdb_id": movie.get("imdb_id"),
        "original_title": movie.get("original_title", movie["title"]),
        "overview": "",
        "popularity": 0,
        "poster_path": None,
        "production_companies": [],
        "production_countries": [],
        "release_date": movie.get("release_date", ""),
        "revenue": 0,
        "runtime": movie.get("runtime"),
        "spoken_languages": [],
        "status": movie.get("status", "Released"),
        "tagline": "",
        "title": movie["title"],
        "video": False,
    }
    return answer | _NO_VOTES
