"""Every day: stop looking after shows that nobody follows.

What merely has to go after some time, sync logs and notifications that were read, carries `expireAt`, and
Firestore deletes it by itself (the TTL policies in `firestore.indexes.json`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.schedule import UNNEEDED_AFTER
from shared.usecases.show_ports import ShowSchedule


@dataclass(frozen=True, slots=True)
class CleanupLimits:
    """How much one run does at most. A page is one commit of a write for each show and one more."""

    shows: int = 5_000
    page: int = 100


LIMITS = CleanupLimits()


@dataclass(slots=True)
class CleanupReport:
    """What a run did. `left`: shows that were changed by somebody else at that moment."""

    retired: int = 0
    left: int = 0
    is_complete: bool = False

    def as_fields(self) -> dict[str, int | bool]:
        """The report by the names it has in answers."""
        return {"retired": self.retired, "left": self.left, "isComplete": self.is_complete}


async def cleanup(
    *, schedule: ShowSchedule, now: Callable[[], datetime], limits: CleanupLimits = LIMITS
) -> CleanupReport:
    """Give shows that nobody follows, held for 30 days, priority 0, and follow their changes no more.

    A show that somebody begins to follow meanwhile is left as it is. What is done is found no more, so a run
    that dies is gone on with by the next.

    Raises:
        StoreUnavailable: Firestore does not answer; the next run goes on.
    """
    report = CleanupReport()
    before = now() - UNNEEDED_AFTER
    while report.retired < limits.shows:
        shows = await schedule.unneeded(before=before, limit=limits.page)
        retired = await schedule.retire(shows)
        report.retired += retired
        report.left += len(shows) - retired
        if len(shows) < limits.page:
            report.is_complete = True
            break
        if retired == 0:
            break  # the same ones would be found again; they are tomorrow's
    return report
