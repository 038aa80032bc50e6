"""What other sources add to TMDB's word: days from TheTVDB, ratings from OMDb.

Both are optional, and neither holds a sync up: what is not to be had now is looked for again at another sync.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.domain.air_dates import DatedEpisode, Undated, dates_from_tvdb
from shared.domain.ratings import OmdbTitle
from shared.domain.show_record import FetchedShow, Outcome, ShowRecord
from shared.domain.show_season import with_dates
from shared.errors import DailyLimitReached, StoreError, UpstreamError

logger = logging.getLogger(__name__)

TVDB = "tvdb"
OMDB = "omdb"
DATES_AGAIN = timedelta(days=1)
RATINGS_AGAIN = timedelta(days=7)
RATINGS_AGAIN_WHEN_OVER = timedelta(days=30)
AFTER_FAILURE = timedelta(hours=3)
LONGEST_SECONDS = 15.0

_IMDB_ID = re.compile(r"tt[0-9]{7,10}", re.ASCII)


class EpisodeDates(Protocol):
    """Where other dates come from; raises `UpstreamError`."""

    async def episodes(self, series_id: int) -> Sequence[DatedEpisode]:
        """All episodes of a series; none where it is not known."""
        ...


class Titles(Protocol):
    """Where ratings come from; raises `UpstreamError`."""

    async def title(self, imdb_id: str) -> OmdbTitle | None:
        """What is known of a title."""
        ...


class Budget(Protocol):
    """How many calls may be made in a day, over all instances. May raise `StoreUnavailable`."""

    async def take(self, priority: int, *, now: datetime) -> bool:
        """Take leave for one call."""
        ...

    async def exhaust(self, *, now: datetime) -> None:
        """The service says that nothing is left today."""
        ...


@dataclass(frozen=True, slots=True)
class Dates:
    """Days by TMDB's episode id, when they were asked for, and whether the source did not answer."""

    by_episode: Mapping[int, str] = field(default_factory=dict)
    checked_at: datetime | None = None
    is_missing: bool = False

    def applied(self, show: FetchedShow) -> FetchedShow:
        """The show with these days where it has none."""
        seasons = {
            number: with_dates(season, self.by_episode, TVDB) for number, season in show.seasons.items()
        }
        return replace(show, seasons=seasons)

    def kept(self, outcome: Outcome) -> Outcome:
        """The outcome, whose record knows these days."""
        record = replace(outcome.record, tvdb_dates=self.by_episode, tvdb_checked_at=self.checked_at)
        return replace(outcome, record=record)


class Supplements:
    """The sources beside TMDB; None for one that is not set up."""

    def __init__(self, tvdb: EpisodeDates | None, omdb: Titles | None, budget: Budget | None) -> None:
        self._tvdb = tvdb
        self._omdb = omdb
        self._budget = budget

    async def dates(self, record: ShowRecord | None, show: FetchedShow, now: datetime) -> Dates:
        """The days that TheTVDB tells of episodes to which TMDB gives none; it is asked once a day."""
        episodes = [
            (season.number, episode) for season in show.seasons.values() for episode in season.episodes
        ]
        dated = {episode.episode_id for _, episode in episodes if episode.air_date is not None}
        known = {} if record is None else record.tvdb_dates
        kept = {episode_id: day for episode_id, day in known.items() if episode_id not in dated}
        checked_at = None if record is None else record.tvdb_checked_at
        undated = [
            Undated(episode.episode_id, season, episode.number, episode.name)
            for season, episode in episodes
            if episode.air_date is None and season > 0
        ]
        series_id = show.facts.external_ids.get("tvdb")
        is_due = checked_at is None or now - checked_at >= DATES_AGAIN
        if self._tvdb is None or not undated or not isinstance(series_id, int) or not is_due:
            return Dates(kept, checked_at)
        others = [episode.name for _, episode in episodes if episode.air_date is not None]
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                listed = await self._tvdb.episodes(series_id)
        except (UpstreamError, StoreError, TimeoutError) as error:
            logger.warning("no dates from TheTVDB for %s: %s", show.facts.key, error)
            return Dates(kept, now - DATES_AGAIN + AFTER_FAILURE, is_missing=True)
        # What it no longer tells is no longer so.
        asked = {episode.episode_id for episode in undated}
        others_dates = {episode_id: day for episode_id, day in kept.items() if episode_id not in asked}
        return Dates({**others_dates, **dates_from_tvdb(undated, listed, other_names=others)}, now)

    async def rated(self, outcome: Outcome, now: datetime) -> tuple[Outcome, bool]:
        """The outcome with OMDb's ratings, where they are due and may be asked; whether it failed."""
        record = outcome.record
        imdb_id = record.facts.external_ids.get("imdb")
        again = RATINGS_AGAIN_WHEN_OVER if record.status.is_over else RATINGS_AGAIN
        is_due = record.ratings_checked_at is None or now - record.ratings_checked_at >= again
        if self._omdb is None or self._budget is None or not is_due:
            return outcome, False
        if not isinstance(imdb_id, str) or not _IMDB_ID.fullmatch(imdb_id):
            return outcome, False
        if not await self._budget.take(record.sync_priority, now=now):
            return outcome, False
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                title = await self._omdb.title(imdb_id)
        except DailyLimitReached:
            await self._budget.exhaust(now=now)
            return outcome, True
        except (UpstreamError, TimeoutError) as error:
            logger.warning("no ratings from OMDb for %s: %s", record.facts.key, error)
            # A title that OMDb cannot tell would cost one of the day's calls with each sync.
            tomorrow = replace(record, ratings_checked_at=now - again + DATES_AGAIN)
            return replace(outcome, record=tomorrow), True
        return replace(outcome, record=_with_title(record, title, now)), False


def _with_title(record: ShowRecord, title: OmdbTitle | None, now: datetime) -> ShowRecord:
    if title is None:
        return replace(record, ratings_checked_at=now)
    ratings: dict[str, Any] = {
        "imdb": None
        if title.imdb_rating is None
        else {"value": title.imdb_rating, "votes": title.imdb_votes},
        "rottenTomatoes": title.rotten_tomatoes_percent,
        "metacritic": title.metacritic_score,
    }
    known = {name: value for name, value in ratings.items() if value is not None}
    return replace(
        record,
        ratings={**record.ratings, **known},
        plot=title.plot or record.plot,
        awards=title.awards or record.awards,
        ratings_checked_at=now,
    )
