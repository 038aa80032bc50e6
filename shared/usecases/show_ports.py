"""What the sync of shows, and what asks for it, ask of their adapters."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from shared.domain.changes import HeldShows
from shared.domain.delivery import Outgoing
from shared.domain.schedule import StoredShow
from shared.domain.season import SeasonNumber
from shared.domain.show import MediaType, ShowFacts, ShowKey
from shared.domain.show_record import FetchedShow, Outcome, ShowRecord
from shared.domain.show_season import SeasonFacts
from shared.domain.sync_log import SyncLog


class ShowSource(Protocol):
    """Where shows and movies come from. Its methods raise `UpstreamError`."""

    async def show(self, key: ShowKey, seasons: Sequence[SeasonNumber]) -> FetchedShow | None:
        """A show with those of the seasons that exist, by one call; None if there is no such show."""
        ...

    async def movie(self, key: ShowKey) -> ShowFacts | None:
        """A movie; None if there is no such movie."""
        ...


class ShowStore(Protocol):
    """The documents of shows and movies. Every method may raise `StoreUnavailable`."""

    async def read(self, key: ShowKey) -> ShowRecord | None:
        """What is stored of the show, or None."""
        ...

    async def season(self, key: ShowKey, number: SeasonNumber) -> SeasonFacts | None:
        """A season as it is stored, or None."""
        ...

    async def event_versions(self, event_ids: Collection[str]) -> Mapping[str, int]:
        """The versions of those of these events that are stored."""
        ...

    async def postpone(self, key: ShowKey, until: datetime) -> None:
        """Let the show be due only then; nothing else of it changes."""
        ...

    async def write(self, outcome: Outcome, log: SyncLog) -> ShowRecord | None:
        """Write all of it, or nothing. None if the show has changed since it was read."""
        ...

    async def mark_published(self, record: ShowRecord) -> None:
        """The record's unpublished events are out. Nothing happens if the show has changed since."""
        ...

    async def log(self, log: SyncLog) -> None:
        """Keep the trace of a sync that wrote nothing else."""
        ...


class Topics(Protocol):
    """Where messages are published."""

    async def publish(self, topic: str, messages: Sequence[Outgoing]) -> None:
        """Publish the messages; raises `Unavailable` or `Misconfigured`, and some may be out by then."""
        ...


class ChangesFeed(Protocol):
    """Where it is told what has changed. Raises `UpstreamError`."""

    def pages(self, media_type: MediaType, start: date, end: date) -> AsyncIterator[list[int]]:
        """The ids that have changed between two dates, a page at a time."""
        ...


class HeldShowsStore(Protocol):
    """The ids of what we hold, and the cursor of the changes feeds. May raise `StoreError`."""

    async def read(self) -> HeldShows:
        """All of it."""
        ...

    async def advance(
        self,
        held: HeldShows,
        through: Mapping[MediaType, datetime],
        told: Mapping[MediaType, frozenset[int]],
    ) -> HeldShows:
        """Keep how far the changes are dealt with and which of ours they were, and return what is stored now.

        No cursor goes back.
        """
        ...


class ShowSchedule(Protocol):
    """Which shows are to be looked at. Every method may raise `StoreUnavailable`."""

    async def most_in_need(self, *, now: datetime, limit: int) -> Sequence[ShowKey]:
        """Those returning or in production that are due, the most urgent first, then the longest due."""
        ...

    async def unseen(self, *, since: datetime, limit: int) -> Sequence[ShowKey]:
        """Those that somebody follows and that were not synced since then, the longest unseen first."""
        ...

    async def unneeded(self, *, before: datetime, limit: int) -> Sequence[StoredShow]:
        """Those that nobody follows, that are synced all the same, and that we came to hold before then."""
        ...

    async def last_synced(self, keys: Collection[ShowKey]) -> Mapping[ShowKey, datetime]:
        """When each was last synced; one that was never, or that there is no document of, is left out."""
        ...

    async def retire(self, shows: Sequence[StoredShow]) -> int:
        """Give these priority 0 and hold them no more, and return how many; one that has changed is left."""
        ...
