"""What the use cases ask of their adapters."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from shared.domain.cache import Admission, CacheRecord, Changing, Claim
from shared.domain.enrichment import EpisodeFields
from shared.domain.job import JobRun
from shared.domain.season import SeasonNumber
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
