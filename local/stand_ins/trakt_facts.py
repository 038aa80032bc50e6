"""What the Trakt stand-in knows, and Trakt's shapes to say it in.

Trakt changed its answers in July 2026; both shapes are here. What the facts leave out is empty or false.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from local.stand_ins.tmdb_facts import TmdbFacts
from local.stand_ins.trakt_library import Play

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "trakt"


class Shape(StrEnum):
    """How Trakt answers: as until June 2026, or since."""

    OLDER = "older"
    NEWER = "newer"


class TraktFacts:
    """Trakt's facts kept in the project, with those of TMDB for what Trakt takes from there."""

    def __init__(self, folder: Path = FACTS_FOLDER, tmdb: TmdbFacts | None = None) -> None:
        self._folder = folder
        self._tmdb = TmdbFacts() if tmdb is None else tmdb
        self._from_tmdb: dict[tuple[int, int], dict[int, Facts]] = {}

    def watched(self) -> list[Facts]:
        """What a user has watched of whom nothing else was said."""
        paths = sorted((self._folder / "watched").glob("*.json"), key=lambda path: int(path.stem))
        return [_read(path) for path in paths]

    def last_activities(self) -> Facts:
        """The recorded answer to `GET /sync/last_activities`."""
        return _read(self._folder / "last_activities.json")

    def history_item(self, play: Play, show: Facts) -> Facts:
        """One item of the answer to `GET /sync/history`, the same in both shapes."""
        return {
            "id": play.id,
            "watched_at": play.watched_at,
            "action": play.action,
            "type": "episode",
            "episode": self._episode(show, play.season, play.number),
            "show": show["show"],
        }

    def _episode(self, show: Facts, season: int, number: int) -> Facts:
        told = show.get("episodes", {}).get(f"{season}_{number}", {})
        known = {} if told else self._episode_at_tmdb(show["show"]["ids"].get("tmdb"), season, number)
        ids = {"trakt": None, "tvdb": None, "imdb": None, "tmdb": known.get("id"), "tvrage": None}
        ids |= told.get("ids", {})
        if ids["trakt"] is None:
            ids["trakt"] = _made_episode_id(show["show"]["ids"]["trakt"], season, number)
        title = told.get("title") or known.get("name") or f"Episode {number}"
        return {"season": season, "number": number, "title": title, "ids": ids}

    def _episode_at_tmdb(self, show_id: int | None, season: int, number: int) -> Facts:
        if show_id is None:
            return {}
        if (show_id, season) not in self._from_tmdb:
            episodes = (self._tmdb.season(show_id, season) or {}).get("episodes", [])
            self._from_tmdb[show_id, season] = {episode["episode_number"]: episode for episode in episodes}
        return self._from_tmdb[show_id, season].get(number, {})


def watched_answer(entry: Facts, show: Facts, shape: Shape, extended: Iterable[str], specials: bool) -> Facts:
    """One item of the answer to `GET /sync/watched/shows`.

    In the newer shape there are no seasons unless asked for as `progress`, and then no season 0 unless asked
    for as specials; and an id that is not known is missing, not null.
    """
    if shape is Shape.OLDER:
        return _without(entry, "seasons") if "noseasons" in extended else entry
    told = entry["show"]
    ids = {key: value for key, value in told["ids"].items() if value and key != "tvrage"}
    aired = show.get("aired_episodes") or sum(
        len(season["episodes"]) for season in entry["seasons"] if season["number"] > 0
    )
    answer = {
        **_without(entry, "seasons"),
        "show": {
            "ids": {**ids, "plex": show.get("plex") or {}},
            "year": told["year"],
            "title": told["title"],
            "aired_episodes": aired,
        },
    }
    if "progress" in extended:
        answer["seasons"] = [season for season in entry["seasons"] if specials or season["number"] > 0]
    return answer


def settings_answer(user: str, changed: Mapping[str, Any]) -> Facts:
    """The answer to `GET /users/settings`; `changed` takes the place of whole parts of it."""
    return {
        "user": {
            "username": user,
            "private": False,
            "name": "",
            "vip": False,
            "vip_ep": False,
            "ids": {
                "slug": user,
                "uuid": f"{hashlib.sha1(user.encode(), usedforsecurity=False).hexdigest()}",
            },
            "joined_at": "2014-12-23T13:35:49.000Z",
            "location": None,
            "about": None,
            "gender": None,
            "age": None,
            "images": {"avatar": {"full": ""}},
            "vip_og": False,
            "vip_years": 0,
        },
        "account": {"timezone": "UTC", "date_format": "mdy", "time_24hr": False, "cover_image": None},
        "connections": {},
        "sharing_text": {"watching": "", "watched": "", "rated": ""},
        "limits": {
            "list": {"count": 5, "item_count": 250},
            "watchlist": {"item_count": 250},
            "favorites": {"item_count": 50},
            "search": {"recent_count": 5},
            "collection": {"item_count": 100},
            "notes": {"item_count": 100},
        },
        "permissions": {"commenting": True, "liking": True, "following": True},
        **changed,
    }


def _made_episode_id(show_id: int, season: int, number: int) -> int:
    return (show_id * 10_000 + season) * 1_000_000 + number


def _without(facts: Facts, left_out: str) -> Facts:
    return {key: value for key, value in facts.items() if key != left_out}


def _read(path: Path) -> Facts:
    facts: Facts = json.loads(path.read_text(encoding="utf-8"))
    return facts
