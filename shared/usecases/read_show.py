"""What a show's page tells: from what we hold, else from TMDB.

A show that nobody follows is not stored by being looked at: `shows/` is what the sync keeps up to date, and
what it tells of must not depend on who looked. TMDB's word on it stays in the cache of answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter

from shared.domain.cursor import checked_limit
from shared.domain.kept_answer import SHOW, AnswerKey, Made
from shared.domain.season import SeasonNumber
from shared.domain.show import LAST_ID, ShowFacts, ShowKey
from shared.domain.show_page import (
    MOST_ON_A_PAGE,
    MOST_SEASONS,
    EpisodePosition,
    EpisodesAsked,
    EpisodesPage,
    PlacedEpisode,
    ShowPage,
    brought_together,
    read_together,
)
from shared.domain.show_season import SeasonFacts
from shared.errors import NotFound, Unavailable
from shared.usecases.catalogue_ports import Admit, HeldPages
from shared.usecases.hot_cache import HotCache
from shared.usecases.show_ports import ShowSource

PAGE = 50

TMDB_SECONDS = 8.0
"""So long a page waits for TMDB, its turn at it included."""

T = TypeVar("T")

_FACTS = TypeAdapter(ShowFacts | None)
_SEASONS = TypeAdapter(tuple[SeasonFacts, ...])


@dataclass(frozen=True, slots=True)
class _Known:
    """A show, and whether its seasons are to be had from our documents."""

    page: ShowPage
    is_held: bool


class ShowReader:
    """Reads shows for those who look at them."""

    def __init__(
        self,
        *,
        held: HeldPages,
        source: Callable[[], ShowSource],
        cache: HotCache,
        now: Callable[[], datetime],
    ) -> None:
        self._held = held
        self._source = source
        self._cache = cache
        self._now = now

    async def show(self, key: ShowKey, *, admit: Admit | None = None) -> ShowPage:
        """The show or movie. One read where we hold it; else one or two, and a call in 15 minutes.

        `admit` is asked before TMDB is, and what it raises is raised.

        Raises:
            NotFound: TMDB does not have it either.
            StoreUnavailable, UpstreamError: it cannot be had now.
        """
        return (await self._known(key, admit)).page

    async def season(self, key: ShowKey, number: SeasonNumber, *, admit: Admit | None = None) -> SeasonFacts:
        """One season. One read where we hold it.

        Raises as `show` does.
        """
        stored = await self._held.seasons(key, [number])
        if number in stored:
            return stored[number]
        known = await self._known(key, admit)
        listed = {season.number for season in known.page.facts.seasons} | set(known.page.latest)
        if number in listed and not known.is_held:
            seasons = await self._seasons(key, [number], known, admit)
            if number in seasons:
                return seasons[number]
        raise NotFound(f"{key} has no season {number}.")

    async def episodes(
        self,
        key: ShowKey,
        *,
        is_upcoming: bool | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
        admit: Admit | None = None,
    ) -> EpisodesPage:
        """A page of the episodes of a show, by season and number, the specials last.

        `is_upcoming` asks for those of today (by UTC) and later, or for those before, the last first. Where
        we hold the show it is one read, and one of each season that it takes.

        Raises:
            InvalidRequest: the cursor is none, or the limit is not from 1 to 200.
            And as `show` does.
        """
        limit = checked_limit(limit, MOST_ON_A_PAGE)
        after = None if cursor is None else EpisodePosition.parse(cursor)
        known = await self._known(key, admit)
        asked = EpisodesAsked(is_upcoming, self._now().astimezone(UTC).date().isoformat(), after)
        waiting = asked.seasons(known.page)
        found: list[PlacedEpisode] = []
        looked_into = 0
        while waiting and len(found) <= limit and looked_into < MOST_SEASONS:
            if known.is_held:
                most = MOST_SEASONS - looked_into
                numbers = read_together(waiting, known.page, limit - len(found), most)
            else:
                numbers = brought_together(waiting[0], known.page)
            seasons = await self._seasons(key, numbers, known, admit)
            read = [number for number in waiting if number in numbers]
            found += asked.episodes(seasons[number] for number in read if number in seasons)
            waiting, looked_into = waiting[len(read) :], looked_into + len(read)
        if len(found) > limit:
            return EpisodesPage(found[:limit], EpisodePosition.of(found[limit - 1]).cursor)
        return EpisodesPage(found, _begin_of(waiting[0], is_upcoming).cursor if waiting else None)

    async def _known(self, key: ShowKey, admit: Admit | None) -> _Known:
        page = await self._held.page(key)
        if page is not None:
            return _Known(page, is_held=True)
        if key.tmdb_id > LAST_ID:
            raise NotFound(f"There is no {key}.")
        kept = await self._cache.answer(
            AnswerKey("show", (str(key),)), lambda: self._fetched(key, admit), check=_FACTS.validate_json
        )
        facts = _FACTS.validate_json(kept.body)
        if facts is None:
            raise NotFound(f"There is no {key}.")
        rating = {"value": facts.rating, "votes": facts.votes}
        return _Known(ShowPage(facts, {"tmdb": rating} if any(rating.values()) else {}), is_held=False)

    async def _fetched(self, key: ShowKey, admit: Admit | None) -> Made:
        if key.media_type == "movie":
            facts = await _asked(lambda: self._source().movie(key), admit)
        else:
            fetched = await _asked(lambda: self._source().show(key, []), admit)
            facts = None if fetched is None else fetched.facts
        return Made(_FACTS.dump_json(facts).decode(), SHOW)

    async def _seasons(
        self, key: ShowKey, numbers: Sequence[SeasonNumber], known: _Known, admit: Admit | None
    ) -> Mapping[SeasonNumber, SeasonFacts]:
        if known.is_held:
            return await self._held.seasons(key, numbers)
        kept = await self._cache.answer(
            AnswerKey("seasons", (str(key), *map(str, sorted(numbers)))),
            lambda: self._fetched_seasons(key, numbers, admit),
            check=_SEASONS.validate_json,
        )
        return {season.number: season for season in _SEASONS.validate_json(kept.body)}

    async def _fetched_seasons(
        self, key: ShowKey, numbers: Sequence[SeasonNumber], admit: Admit | None
    ) -> Made:
        fetched = await _asked(lambda: self._source().show(key, numbers), admit)
        seasons = () if fetched is None else tuple(fetched.seasons.values())
        return Made(_SEASONS.dump_json(seasons).decode(), SHOW)


async def _asked(ask: Callable[[], Awaitable[T]], admit: Admit | None) -> T:
    """What TMDB says, if it may be asked, within bounds."""
    if admit is not None:
        await admit()
    try:
        async with asyncio.timeout(TMDB_SECONDS):
            return await ask()
    except TimeoutError as error:
        raise Unavailable("tmdb", "no answer in time") from error


def _begin_of(number: SeasonNumber, is_upcoming: bool | None) -> EpisodePosition:
    """The place just before a season, in the order in which it is read."""
    if is_upcoming is False:
        return EpisodePosition(number, _BEYOND, _BEYOND)
    return EpisodePosition(number, 0, 0)


_BEYOND = 2**62
