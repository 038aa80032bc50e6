"""The lists and searches of the TMDB stand-in.

Shows come in the lists as they were recorded, and in the searches that were recorded. Everything else is told
from what is known by name: a search finds what has, for each of its words, one that begins so. No list of
movies was recorded, so those that are known make one.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from local.stand_ins.tmdb_facts import FACTS_FOLDER, Facts, TmdbFacts

Kind = Literal["tv", "movie"]

KINDS: tuple[Kind, ...] = ("tv", "movie")
A_PAGE = 20
MOST_PAGES = 500


class TmdbLists:
    """What the stand-in lists and finds."""

    def __init__(self, facts: TmdbFacts, folder: Path = FACTS_FOLDER) -> None:
        self._facts = facts
        self._folder = folder / "lists"

    def popular(self, kind: Kind, page: int) -> Facts:
        """The answer to `GET /{tv|movie}/popular`."""
        return self._listed("tv-popular", page) if kind == "tv" else self._movies(page, tell_kind=False)

    def trending(self, kind: Kind, page: int) -> Facts:
        """The answer to `GET /trending/{tv|movie}/week`."""
        if kind == "tv":
            return self._listed("trending-tv-week", page, tell_kind=True)
        return self._movies(page, tell_kind=True)

    def search(self, kind: Kind | Literal["multi"], query: str, page: int) -> Facts:
        """The answer to `GET /search/{tv|movie|multi}`."""
        kinds: tuple[Kind, ...] = KINDS if kind == "multi" else (kind,)
        found = [
            _line(of_kind, item, tell_kind=kind == "multi") for of_kind, item in self._find(kinds, query)
        ]
        return _page(found, page)

    def _find(self, kinds: Iterable[Kind], query: str) -> list[tuple[Kind, Facts]]:
        asked = _words(query)
        found: dict[tuple[Kind, int], tuple[Kind, Facts]] = {}
        for kind in kinds:
            if kind == "tv":
                for item in self._kept("search-tv").get(" ".join(asked), []):
                    found[kind, item["id"]] = kind, item
            for item in self._known(kind):
                if asked and _is_found(asked, item):
                    found.setdefault((kind, item["id"]), (kind, item))
        return list(found.values())

    def _known(self, kind: Kind) -> list[Facts]:
        if kind == "movie":
            return list(self._facts.movies())
        listed = [
            item
            for name in ("trending-tv-week", "tv-popular")
            for page in self._kept(name)["pages"]
            for item in page
        ]
        return [*self._facts.shows(), *listed]

    def _listed(self, name: str, page: int, *, tell_kind: bool = False) -> Facts:
        kept = self._kept(name)
        items = kept["pages"][page - 1] if page <= len(kept["pages"]) else []
        return {
            "page": page,
            "results": [_line("tv", item, tell_kind=tell_kind) for item in items],
            "total_pages": kept["total_pages"],
            "total_results": kept["total_results"],
        }

    def _movies(self, page: int, *, tell_kind: bool) -> Facts:
        return _page([_line("movie", item, tell_kind=tell_kind) for item in self._known("movie")], page)

    def _kept(self, name: str) -> Facts:
        kept: Facts = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        return kept


def _is_found(asked: Iterable[str], item: Mapping[str, Any]) -> bool:
    names = (item.get(key) or "" for key in ("name", "original_name", "title", "original_title"))
    words = [word for name in names for word in _words(name)]
    return all(any(word.startswith(begin) for word in words) for begin in asked)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def _page(items: list[Facts], page: int) -> Facts:
    return {
        "page": page,
        "results": items[A_PAGE * (page - 1) : A_PAGE * page],
        # A search that finds nothing was recorded with one page all the same.
        "total_pages": max(1, -(-len(items) // A_PAGE)),
        "total_results": len(items),
    }


def _line(kind: Kind, item: Mapping[str, Any], *, tell_kind: bool) -> Facts:
    line: Facts = {
        "adult": False,
        "backdrop_path": None,
        "genre_ids": [],
        "id": item["id"],
        "original_language": "en",
        "overview": "",
        "popularity": 0.0,
        "poster_path": None,
        "softcore": False,
        "vote_average": 0.0,
        "vote_count": 0,
    }
    if tell_kind:
        line["media_type"] = kind
    if kind == "tv":
        return line | {
            "name": item["name"],
            "original_name": item.get("original_name") or item["name"],
            "first_air_date": item.get("first_air_date") or "",
            "origin_country": [],
        }
    return line | {
        "title": item["title"],
        "original_title": item.get("original_title") or item["title"],
        "release_date": item.get("release_date") or "",
        "video": False,
    }
