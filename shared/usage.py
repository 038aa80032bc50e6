"""What a request or event has cost so far: calls and document operations, counted where they are made."""

from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Usage:
    """Counts as the services bill them: a document read that finds nothing is a read too."""

    calls: Counter[str] = field(default_factory=Counter)
    firestore_reads: int = 0
    firestore_writes: int = 0

    def as_fields(self) -> dict[str, int]:
        """The counts by the names they have in log lines."""
        return {
            **{f"{service}Calls": count for service, count in self.calls.items()},
            "firestoreReads": self.firestore_reads,
            "firestoreWrites": self.firestore_writes,
        }


_current: ContextVar[Usage | None] = ContextVar("usage", default=None)


def begin() -> Usage:
    """Start counting for the current context and for every task that is created in it."""
    usage = Usage()
    _current.set(usage)
    return usage


def count(*, reads: int = 0, writes: int = 0) -> None:
    """Add document operations to the current count; nothing happens where nobody counts."""
    usage = _current.get()
    if usage is not None:
        usage.firestore_reads += reads
        usage.firestore_writes += writes


def count_call(service: str) -> None:
    """Add one call to another service."""
    usage = _current.get()
    if usage is not None:
        usage.calls[service] += 1
