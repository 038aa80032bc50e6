"""What we hold of a show, what is to be asked of TMDB for it, and what comes of that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowStatus
from shared.domain.show_season import SeasonFacts
from shared.domain.timeline import (
    TimelineEvent,
)
from shared.domain.version import Version

SEASONS_AT_ONCE = 19
"""Seasons that one call may bring beside the show: TMDB appends 20 things, and the external ids are one."""

STILL_MOVING = timedelta(days=30)
SETTLED_AGAIN = timedelta(days=28)
"""A day less than the cadence of what is over: else its seasons would be asked for at every second sync."""

INCOMPLETE_FOR = timedelta(days=60)
"""After this an unnamed or undated episode is taken to stay so, and is looked at once a month."""

FIRST_GUESS = tuple(SeasonNumber(number) for number in range(SEASONS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class SeasonRecord:
    """What a show's document knows of a season. `missing_since`: it seems to be gone, or empty."""

    digest: str
    episode_count: int
    listed_count: int | None
    listed_air_date: str | None
    latest_air_date: str | None
    is_incomplete: bool
    changed_at: datetime
    checked_at: datetime
    missing_since: datetime | None = None

    def may_have_changed(self, now: datetime) -> bool:
        """Whether it is worth asking for."""
        return (
            self.missing_since is not None
            or self.is_moving(now)
            or (self.is_incomplete and now - self.changed_at < INCOMPLETE_FOR)
            or self.is_overdue(now)
        )

    def is_moving(self, now: datetime) -> bool:
        """Whether anything of it airs, or did in the last month."""
        return (self.latest_air_date or "") >= (now - STILL_MOVING).date().isoformat()

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was not looked at for a month."""
        return now - self.checked_at >= SETTLED_AGAIN


@dataclass(frozen=True, slots=True)
class StatusCandidate:
    """A status that was seen and is not believed yet."""

    status: ShowStatus
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ShowRecord:
    """A show's document. `events` are those of its timeline, withdrawn ones too; `unpublished` are event ids.

    `tvdb_dates` are the days that TheTVDB tells of episodes to which TMDB gives none, by TMDB's episode id.
    `version` is None for one that is not stored yet.
    """

    facts: ShowFacts
    status: ShowStatus
    seasons: Mapping[SeasonNumber, SeasonRecord] = field(default_factory=dict)
    status_candidate: StatusCandidate | None = None
    status_changes: int = 0
    events: Mapping[str, TimelineEvent] = field(default_factory=dict)
    unpublished: frozenset[str] = frozenset()
    gone_since: datetime | None = None
    tvdb_checked_at: datetime | None = None
    tvdb_dates: Mapping[int, str] = field(default_factory=dict)
    ratings: Mapping[str, Any] = field(default_factory=dict)
    plot: str | None = None
    awards: str | None = None
    ratings_checked_at: datetime | None = None
    sync_priority: int = 1
    due_at: datetime | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class FetchedShow:
    """What one call brought: the show, and of the seasons `asked` for those that exist.

    A season that could not be read is in neither.
    """

    facts: ShowFacts
    asked: frozenset[SeasonNumber]
    seasons: Mapping[SeasonNumber, SeasonFacts]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sync is to write: the record, the seasons with other content, and the events that changed.

    `told_anew` are the ids of those that all followers are to be told of as if for the first time.
    """

    record: ShowRecord
    changed_seasons: Mapping[SeasonNumber, SeasonFacts]
    changed_events: Mapping[str, TimelineEvent]
    told_anew: frozenset[str] = frozenset()

    @property
    def has_changes(self) -> bool:
        return bool(self.changed_seasons or self.changed_events)


def seasons_to_ask(record: ShowRecord | None, now: datetime) -> list[SeasonNumber]:
    """The seasons to ask for together with the show: those that can have changed, and one that may be new.

    Asking for a season that does not exist costs nothing, so a new one is found without a second call.
    Where not all fit, those that have events go first, and of them and of the others those that were not
    looked at for longest, so that each has its turn.
    """
    if record is None or not record.seasons:
        return list(FIRST_GUESS)
    newest = max(record.seasons, default=SeasonNumber(0))
    is_going_on = not record.status.is_over
    turns = []
    for number, season in record.seasons.items():
        is_next = is_going_on and number == newest
        if is_next or season.may_have_changed(now):
            is_urgent = is_next or season.missing_since is not None or season.is_moving(now)
            turns.append((not is_urgent, season.checked_at, -number))
    kept = [SeasonNumber(-turn[2]) for turn in sorted(turns)[: SEASONS_AT_ONCE - 1]]
    return [*kept, SeasonNumber(newest + 1)]


def seasons_to_ask_further(
    record: ShowRecord | None, listed: Iterable[ListedSeason], fetched: Iterable[SeasonNumber]
) -> list[SeasonNumber]:
    """The seasons that the show's list says are new or other than before, and that were not asked for."""
    known = {} if record is None else record.seasons
    have = set(fetched)
    return [
        season.number
        for season in listed
        if season.number not in have
        and (
            season.number not in known
            or known[season.number].listed_count != season.episode_count
            or known[season.number].listed_air_date != season.air_date
        )
    ]
