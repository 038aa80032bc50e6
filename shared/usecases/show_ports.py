"""What the sync of shows asks of its adapters."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowKey
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
