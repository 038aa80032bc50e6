"""What the use cases ask of their adapters."""

from collections.abc import AsyncIterator, Collection, Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, TypeVar

from shared.domain.cache import Admission, CacheRecord, Changing, Claim
from shared.domain.changes import HeldShows
from shared.domain.delivery import Outgoing
from shared.domain.enrichment import EpisodeFields
from shared.domain.job import JobRun
from shared.domain.schedule import StoredShow
from shared.domain.season import SeasonNumber
from shared.domain.show import MediaType, ShowKey
from shared.domain.tracking import QueuedEnrichment, StoredTracking, TrackingKey, TrackingPage
from shared.domain.version import Version

K = TypeVar("K", bound=Hashable)
T = TypeVar("T", bound=Changing)
T_co = TypeVar("T_co", bound=Changing, covariant=True)


class CacheStore(Protocol[K, T]):
    """The shared cache documents. Every method may raise `StoreUnavailable`."""

    async def read(self, keys: Collection[K]) -> Sequence[CacheRecord[K, T]]:
        """The records of `keys`, one each, in any order."""
        ...

    async def claim(self, records: Sequence[CacheRecord[K, T]]) -> Sequence[Claim[K, T]] | None:
        """Claim all of `records` as they were read, or none: None where somebody was quicker with one."""
        ...

    async def complete(self, claim: Claim[K, T], value: T) -> bool:
        """Store `value`; False where the claim has been taken over, and nothing was written."""
        ...

    async def release(self, claim: Claim[K, T]) -> bool:
        """Put back what was there; False where the claim has been taken over."""
        ...


class Upstream(Protocol[K, T_co]):
    """Where the values come from. Both methods raise `UpstreamError`."""

    @property
    def batch_size(self) -> int:
        """How many keys one call can bring."""
        ...

    async def admit(self) -> Admission:
        """Wait for leave to make a call; raise where calls are pointless for now."""
        ...

    async def fetch(self, keys: Sequence[K], admission: Admission) -> Mapping[K, T_co]:
        """The values of `keys` by one call. A key without a readable value is left out."""
        ...


class Topics(Protocol):
    """Where messages are published."""

    async def publish(self, topic: str, messages: Sequence[Outgoing]) -> None:
        """Publish the messages; raises `Unavailable` or `Misconfigured`, and some may be out by then."""
        ...


class TrackingStore(Protocol):
    """The tracking documents. Every method may raise `StoreUnavailable`."""

    async def read(self, key: TrackingKey) -> StoredTracking | None:
        """The document, or None if the user tracks no such show."""
        ...

    async def write(self, key: TrackingKey, changes: Mapping[str, EpisodeFields], version: Version) -> bool:
        """Write these fields of these episodes and nothing else; False if the document has changed since."""
        ...

    async def page(self, after: str | None, limit: int) -> TrackingPage:
        """The next `limit` documents of all users after that cursor."""
        ...


class EnrichQueue(Protocol):
    """Enrichments to be tried again. Every method may raise `StoreUnavailable`."""

    async def put(self, key: TrackingKey, seasons: Sequence[SeasonNumber], *, now: datetime) -> None:
        """Ask for another try soon; one entry a document, however often it is put."""
        ...

    async def put_if_absent(
        self, key: TrackingKey, seasons: Sequence[SeasonNumber], *, now: datetime
    ) -> None:
        """The same, but an entry that is there keeps its time and its attempts."""
        ...

    async def due(self, *, now: datetime, limit: int) -> Sequence[QueuedEnrichment]:
        """Up to `limit` entries whose time has come."""
        ...

    async def remove(self, entry: QueuedEnrichment) -> None:
        """The entry is done; one that was put again meanwhile stays."""
        ...

    async def postpone(self, entry: QueuedEnrichment, until: datetime) -> None:
        """Try again later; one that was put again meanwhile keeps its own time."""
        ...


class JobStates(Protocol):
    """Cursors of scheduled jobs, and the lease of whoever runs one. May raise `StoreUnavailable`."""

    async def begin(self, job: str, *, lease_seconds: float) -> JobRun | None:
        """Begin a run, or None while another one is at it."""
        ...

    async def advance(self, run: JobRun, cursor: str | None, *, lease_seconds: float) -> JobRun | None:
        """Keep the cursor and prolong the lease; None if another run has taken over."""
        ...

    async def end(self, run: JobRun) -> None:
        """The run is over; the next may begin at once."""
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
