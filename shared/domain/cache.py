"""The protocol of a shared cache that is filled once for everybody (DESIGN.md, section 4).

A record is `complete` or `populating`. Whoever finds it missing, stale, or claimed by someone whose
lease has passed may claim it; everybody else serves what the record still holds, or waits.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from shared.domain.version import Version


class Changing(Protocol):
    """What a cached value must tell of itself."""

    def is_ongoing(self, today: date) -> bool:
        """Whether it still changes, and so is fresh for the shorter time."""
        ...


K = TypeVar("K", bound=Hashable)
T = TypeVar("T", bound=Changing)


class Status(StrEnum):
    """The `status` field of a cache document."""

    COMPLETE = "complete"
    POPULATING = "populating"


class NextStep(StrEnum):
    """What a reader of a cache record does next."""

    SERVE = "serve"
    SERVE_STALE = "serve_stale"
    WAIT = "wait"
    CLAIM = "claim"


class Source(StrEnum):
    """Where a value that was asked for came from."""

    MEMORY = "memory"
    CACHE = "cache"
    TMDB = "tmdb"
    STALE = "stale"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """What a cache document says. While populating, `value` is what was known before the claim, or None.

    `last_updated` is when the value was stored, or, while populating, when the claim was made.
    """

    status: Status
    last_updated: datetime
    value: T | None


@dataclass(frozen=True, slots=True)
class CacheRecord(Generic[K, T]):
    """A cache document as read. No version: there is none. A version and no entry: it cannot be read."""

    key: K
    entry: Entry[T] | None
    version: Version | None
    read_time: datetime


@dataclass(frozen=True, slots=True)
class Claim(Generic[K, T]):
    """The right to populate a record; `fence` identifies it, `before` is what a release puts back."""

    key: K
    fence: Version
    before: Entry[T] | None


class Admission:
    """Leave to make one call to a service now, out of this instance's share of its rate limit."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """The answer of a load: a value and its source, or no value (`Source.PENDING`)."""

    value: T | None
    source: Source


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a record is fresh, and how long a claim is honoured."""

    settled: timedelta = timedelta(days=30)
    ongoing: timedelta = timedelta(days=7)
    lease: timedelta = timedelta(seconds=30)


def next_step(entry: Entry[T] | None, *, now: datetime, lifetimes: Lifetimes) -> NextStep:
    """Decide what a reader does. `now` is the read time that Firestore returned, so that one clock rules."""
    if entry is None:
        return NextStep.CLAIM
    age = now - entry.last_updated
    if entry.status is Status.POPULATING:
        if age >= lifetimes.lease:
            return NextStep.CLAIM
        return NextStep.WAIT if entry.value is None else NextStep.SERVE_STALE
    if entry.value is None:
        return NextStep.CLAIM
    lifetime = lifetimes.ongoing if entry.value.is_ongoing(now.date()) else lifetimes.settled
    return NextStep.SERVE if age < lifetime else NextStep.CLAIM


def before_claim(entry: Entry[T] | None, lifetimes: Lifetimes) -> Entry[T] | None:
    """What a claimer that failed puts back over the `entry` it claimed; None means: delete the document.

    Where the claim was taken over from a dead claimer, the time of the value it left is not known. It was
    stale when that claim was made, so it is dated back far enough to be stale still.
    """
    if entry is None or entry.value is None:
        return None
    if entry.status is Status.POPULATING:
        longest = max(lifetimes.settled, lifetimes.ongoing)
        return Entry(Status.COMPLETE, entry.last_updated - longest, entry.value)
    return entry
