"""What the OMDb stand-in knows, and OMDb's shapes to say it in.

The shapes are those of the recorded answers since 2020. What the facts leave out is "N/A": prose, pictures,
people, prizes.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "omdb"

# As quoted in issue 301 of omdbapi/OMDb-API: the quotation marks within are not escaped.
INVALID_JSON = (
    '{"Response":"False","Error":"Conversion from string "3896198a" to type \'Double\' is not valid."}'
)

_NOT_AVAILABLE = "N/A"
_LAST = {
    "episode": (),
    "series": ("totalSeasons",),
    "movie": ("DVD", "BoxOffice", "Production", "Website"),
    "game": ("DVD", "BoxOffice", "Production", "Website"),
}


class OmdbFacts:
    """Titles by their IMDb ids: those kept in the project, and what a test or demo has put over them.

    A title is a mapping like the kept files: OMDb's fields, but for those that would be "N/A", and the
    seasons' episodes under `Season 1` and so on. Without `Type` only seasons are known of it.
    """

    def __init__(self, folder: Path = FACTS_FOLDER) -> None:
        self._folder = folder
        self.forget_changes()

    def forget_changes(self) -> None:
        """Know again what is kept in the project, and nothing else."""
        self._changed: dict[str, Facts] = {}

    def put_title(self, title_id: str, title: Facts | None) -> None:
        """Add a made title, replace one, or make one vanish."""
        self._changed[title_id] = {} if title is None else {"Type": "series", **title, "imdbID": title_id}

    def put_season(self, title_id: str, number: int, episodes: Sequence[Facts]) -> None:
        """Give a series this season. A series that is not known comes to exist."""
        known = self._all.get(title_id, {"Title": f"Series {title_id}", "Type": "series", "imdbID": title_id})
        self._changed[title_id] = {**known, f"Season {number}": list(episodes)}

    def title(self, title_id: str) -> Facts | None:
        """The answer to `?i=`, or None if there is no such title."""
        title = self._all.get(title_id) or self._listed_episode(title_id)
        return None if title is None or "Type" not in title else _title_answer(title)

    def id_of(self, name: str, type_: str, year: str) -> str | None:
        """The id of the title with this name, or else of the first that has all its words."""
        found = self._with_words(name, type_, year)
        same = [title for title in found if _words(title["Title"]) == _words(name)]
        first: str | None = next((title["imdbID"] for title in (*same, *found)), None)
        return first

    def season(self, title_id: str, number: str) -> Facts | None:
        """The answer to `&Season=`, or None if there is no such season."""
        series = self._all.get(title_id, {})
        if f"Season {number}" not in series:
            return None
        return {
            "Title": series["Title"],
            "Season": number,
            "totalSeasons": series.get("totalSeasons", _NOT_AVAILABLE),
            "Episodes": [_listed_answer(episode) for episode in series[f"Season {number}"]],
            "Response": "True",
        }

    def episode(self, title_id: str, season: str, number: str) -> Facts | None:
        """The answer to `&Season=&Episode=`, or None if there is no such episode."""
        for episode in self._all.get(title_id, {}).get(f"Season {season}", []):
            if episode["Episode"] == number:
                return self.title(episode["imdbID"])
        return None

    def search(self, words: str, type_: str, year: str) -> list[Facts]:
        """All that `?s=` finds."""
        return [
            {
                "Title": title["Title"],
                "Year": title.get("Year", _NOT_AVAILABLE),
                "imdbID": title["imdbID"],
                "Type": title["Type"],
                "Poster": _NOT_AVAILABLE,
            }
            for title in self._with_words(words, type_, year)
            if "Type" in title
        ]

    @cached_property
    def _kept(self) -> Mapping[str, Facts]:
        """In the order in which OMDb found them, then what was asked for by id alone."""
        found: list[Facts] = json.loads((self._folder / "found.json").read_text(encoding="utf-8"))
        by_id = {title["imdbID"]: title for title in found}
        for path in sorted(self._folder.glob("title/*.json")):
            by_id[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        return by_id

    @property
    def _all(self) -> dict[str, Facts]:
        every = {**self._kept, **self._changed}
        return {title_id: title for title_id, title in every.items() if title}

    def _with_words(self, words: str, type_: str, year: str) -> list[Facts]:
        wanted = _words(words).split()
        return [
            title
            for title in self._all.values()
            if wanted
            and all(word in _words(title["Title"]) for word in wanted)
            and type_ in {"", title.get("Type")}
            and title.get("Year", "").startswith(year)
        ]

    def _listed_episode(self, title_id: str) -> Facts | None:
        """What a season says of an episode, as the episode itself would say it."""
        for series, season, episode in self._listed():
            if episode["imdbID"] == title_id:
                told = {**episode, "Season": season, "seriesID": series["imdbID"], "Type": "episode"}
                released = episode.get("Released", _NOT_AVAILABLE)
                if released != _NOT_AVAILABLE:
                    told |= {"Released": _in_words(released), "Year": released[:4]}
                return told
        return None

    def _listed(self) -> Iterator[tuple[Facts, str, Facts]]:
        for series in self._all.values():
            for key, episodes in series.items():
                if key.startswith("Season "):
                    yield from ((series, key.removeprefix("Season "), episode) for episode in episodes)


def _title_answer(title: Mapping[str, Any]) -> Facts:
    is_episode = title["Type"] == "episode"
    keys = (
        *("Title", "Year", "Rated", "Released", *(("Season", "Episode") if is_episode else ())),
        *("Runtime", "Genre", "Director", "Writer", "Actors", "Plot", "Language", "Country", "Awards"),
        *("Poster", "Ratings", "Metascore", "imdbRating", "imdbVotes", "imdbID"),
        *(*(("seriesID",) if is_episode else ()), "Type", *_LAST[title["Type"]]),
    )
    told = {**title, "Ratings": title.get("Ratings", _ratings(title)), "Poster": _NOT_AVAILABLE}
    return {**{key: told.get(key, _NOT_AVAILABLE) for key in keys}, "Response": "True"}


def _ratings(title: Mapping[str, Any]) -> list[Facts]:
    """The same numbers once more, under the names of those who gave them."""
    numbers = (
        ("Internet Movie Database", title.get("imdbRating", _NOT_AVAILABLE), "/10"),
        ("Rotten Tomatoes", title.get("rotten_tomatoes", _NOT_AVAILABLE), ""),
        ("Metacritic", title.get("Metascore", _NOT_AVAILABLE), "/100"),
    )
    return [
        {"Source": source, "Value": f"{number}{of}"}
        for source, number, of in numbers
        if number != _NOT_AVAILABLE
    ]


def _listed_answer(episode: Mapping[str, Any]) -> Facts:
    keys = ("Title", "Released", "Episode", "imdbRating", "imdbID")
    return {key: episode.get(key, _NOT_AVAILABLE) for key in keys}


def _in_words(day: str) -> str:
    """A season says 2014-01-12 where an episode says 12 Jan 2014."""
    return date.fromisoformat(day).strftime("%d %b %Y")


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
