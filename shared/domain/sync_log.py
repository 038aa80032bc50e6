"""The audit trail of syncs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

KEPT_FOR = timedelta(days=30)

SyncResult = Literal["success", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class SyncLog:
    """One sync: of what, from where, how it went. `partial`: a source beside TMDB could not be asked."""

    subject: str
    source: str
    status: SyncResult
    records_updated: int
    started_at: datetime
    finished_at: datetime
    error: str | None = None
