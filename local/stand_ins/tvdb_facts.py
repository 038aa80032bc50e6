"""What the TheTVDB stand-in knows: the facts kept in the project, and what was put over them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from local.stand_ins.tvdb_records import (
    SEASON_TYPES,
    episode_record,
    extended_series_record,
    names_of,
    search_result,
    seasons_of_episode,
    series_record,
    translations_record,
)

Facts = dict[str, Any]

FACTS_FOLDER = Path(__file__).parent / "facts" / "tvdb"

METHODS = {"create": 1, "update": 2, "delete": 3}
NO_STATUS = {"id": None, "name": None, "recordType": "", "keepUpdated": False}


class TvdbFacts:
    """Series with their episodes, and what has changed of late.

    A series is a mapping like the kept files. An episode stands in the orders that its `orders` name, each
    with season and number; without `orders`, in the aired order under its `seasonNumber` and `number`.
    """

    def __init__(self, folder: Path = FACTS_FOLDER) -> None:
        self._folder = folder
        self.forget_changes()

    def forget_changes(self) -> None:
        """Know again what is kept in the project, and nothing else."""
        self._changed: dict[int, Facts] = {}
        self._updates: list[Facts] = []

    def put_series(self, series_id: int, series: Facts | None, now: datetime) -> None:
        """Add a made series, replace one, or make one vanish. The updates tell of it."""
        was = self._all.get(series_id, {})
        made = {} if series is None else {"lastUpdated": _written(now), **series, "id": series_id}
        self._changed[series_id] = made
        self._tell("series", series_id, "delete" if not made else "update" if was else "create", now, {})
        self._tell_episodes(series_id, was, now)

    def put_episodes(self, series_id: int, episodes: Sequence[Facts], now: datetime) -> None:
        """Give a series these episodes. A series that is not known comes to exist. The updates tell of it."""
        was = self._all.get(series_id, {})
        written = [{"lastUpdated": _written(now), **episode} for episode in episodes]
        self.put_series(
            series_id,
            {"name": f"Series {series_id}", **was, "lastUpdated": _written(now), "episodes": written},
            now,
        )

    def put_updates(self, updates: Sequence[Facts]) -> None:
        """Let the updates tell this and nothing else."""
        self._updates = [dict(update) for update in updates]

    def series(self, series_id: int) -> Facts | None:
        """The answer to `GET /series/{id}`, or None if there is no such series."""
        series = self._known(series_id)
        return None if series is None else series_record(series)

    def extended_series(self, series_id: int, meta: str, *, is_short: bool) -> Facts | None:
        """The answer to `GET /series/{id}/extended`, or None if there is no such series."""
        series = self._known(series_id)
        if series is None:
            return None
        record = extended_series_record(series, is_short=is_short)
        if meta == "episodes":
            record["episodes"] = self.episodes(series_id, "default", None)
        elif meta == "translations":
            record["translations"] = translations_record(series)
        return record

    def episodes(self, series_id: int, order: str, language: str | None) -> list[Facts]:
        """All episodes that a known series has in an order, by season and number.

        In another language than its own an episode has a name only if that was translated.
        """
        series = self._known(series_id) or {}
        if order == "default":
            order = SEASON_TYPES[series.get("defaultSeasonType", 1)]
        placed = [
            {
                **episode,
                "seasonNumber": orders[order][0],
                "number": orders[order][1],
                "name": _name_in(language, episode, series),
            }
            for episode, orders in _with_orders(series)
            if order in orders
        ]
        placed.sort(key=lambda episode: (episode["seasonNumber"], episode["number"], episode["id"]))
        return [episode_record(series_id, episode) for episode in placed]

    def episode(self, episode_id: int) -> Facts | None:
        """The answer to `GET /episodes/{id}`, or None. An episode may be known where its series is not."""
        for series in self._all.values():
            for episode, orders in _with_orders(series):
                if episode["id"] == episode_id:
                    seasons = seasons_of_episode(series, orders)
                    return {**episode_record(series["id"], episode), "seasons": seasons}
        return None

    def search(self, query: str, type_: str, year: str, remote_id: str) -> list[Facts]:
        """The series that have every word of the query in one of their names."""
        if type_ not in {"", "series"}:
            return []
        words = _words(query).split()
        return [
            search_result(series)
            for series in self._findable()
            if any(_has_all(words, name) for name in (*names_of(series), *series.get("names", {}).values()))
            and year in {"", series_record(series)["year"]}
            and (not remote_id or _has_remote_id(series, remote_id))
        ]

    def with_remote_id(self, remote_id: str) -> list[Facts]:
        """The answer to `GET /search/remoteid/{id}`, whose series have no status."""
        return [
            {"series": {**series_record(series), "status": NO_STATUS}}
            for series in self._findable()
            if _has_remote_id(series, remote_id)
        ]

    def updates(self, since: int, type_: str, action: str) -> list[Facts]:
        """What has changed since then, the oldest first."""
        return [
            update
            for update in self._updates
            if update["timeStamp"] >= since
            and type_ in {"", update["entityType"]}
            and action in {"", update["method"]}
        ]

    @cached_property
    def _kept(self) -> Mapping[int, Facts]:
        paths = self._folder.glob("series/*.json")
        return {int(path.stem): json.loads(path.read_text(encoding="utf-8")) for path in paths}

    @property
    def _all(self) -> dict[int, Facts]:
        every = {**self._kept, **self._changed}
        return {series_id: every[series_id] for series_id in sorted(every) if every[series_id]}

    def _known(self, series_id: int) -> Facts | None:
        """A series, but not one of which only episodes are known."""
        series = self._all.get(series_id, {})
        return series if "name" in series else None

    def _findable(self) -> list[Facts]:
        return [series for series in self._all.values() if "name" in series]

    def _tell_episodes(self, series_id: int, was: Mapping[str, Any], now: datetime) -> None:
        before = {episode["id"]: episode for episode in was.get("episodes", [])}
        after = {episode["id"]: episode for episode in self._changed[series_id].get("episodes", [])}
        for id_ in sorted(before.keys() | after.keys()):
            if id_ not in before or id_ not in after or _differ(before[id_], after[id_]):
                method = "create" if id_ not in before else "update" if id_ in after else "delete"
                self._tell("episodes", id_, method, now, {"seriesId": series_id})

    def _tell(self, type_: str, id_: int, method: str, now: datetime, more: Facts) -> None:
        update: Facts = {
            "recordType": "",
            "recordId": id_,
            "methodInt": METHODS[method],
            "method": method,
            "extraInfo": "",
            "userId": 0,
            "timeStamp": int(now.timestamp()),
            "entityType": type_,
        }
        self._updates.append(update | more)


def _with_orders(series: Mapping[str, Any]) -> Iterator[tuple[Facts, Mapping[str, list[int]]]]:
    for episode in series.get("episodes", []):
        number = episode.get("number")
        aired = {} if number is None else {"official": [episode["seasonNumber"], number]}
        yield episode, episode.get("orders", aired)


def _name_in(language: str | None, episode: Mapping[str, Any], series: Mapping[str, Any]) -> str | None:
    in_its_own = episode.get("name") if language in {None, series.get("originalLanguage", "eng")} else None
    name: str | None = episode.get("names", {}).get(language, in_its_own)
    return name


def _differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return {**before, "lastUpdated": ""} != {**after, "lastUpdated": ""}


def _has_remote_id(series: Mapping[str, Any], remote_id: str) -> bool:
    return any(remote["id"] == remote_id for remote in series.get("remoteIds", []))


def _has_all(words: Sequence[str], name: str) -> bool:
    return bool(words) and all(word in _words(name) for word in words)


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _written(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
