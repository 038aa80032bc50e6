"""Every six hours: ask for a sync of the shows most in need, and of what was not seen for too long."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.schedule import AHEAD, MOST_IN_NEED, MOST_UNSEEN, UNSEEN_FOR
from shared.usecases.request_syncs import request_syncs
from shared.usecases.show_ports import ShowSchedule, Topics

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FullSyncReport:
    """What a run asked for; a show can be both in need and unseen, and is asked for once."""

    in_need: int
    unseen: int
    published: int

    def as_fields(self) -> dict[str, int]:
        """The report by the names it has in answers."""
        return {"inNeed": self.in_need, "unseen": self.unseen, "published": self.published}


async def full_sync(
    *,
    schedule: ShowSchedule,
    topics: Topics,
    now: Callable[[], datetime],
    most_in_need: int = MOST_IN_NEED,
    most_unseen: int = MOST_UNSEEN,
) -> FullSyncReport:
    """Ask for the shows that are due by priority and age, and for what is followed and was long unseen.

    It keeps nothing of its own: a show that has been synced is due no more, and one whose message was lost is
    found again by the next run.

    Raises:
        StoreUnavailable, Unavailable: Firestore or Pub/Sub does not answer; the next run finds the same.
    """
    # A show is due some hours after it was handled, and so a little after the run that it is meant for.
    in_need = await schedule.most_in_need(now=now() + AHEAD, limit=most_in_need)
    unseen = await schedule.unseen(since=now() - UNSEEN_FOR, limit=most_unseen)
    if len(unseen) == most_unseen:
        logger.warning("%s shows that are followed were not seen for 29 days, and maybe more", most_unseen)
    keys = dict.fromkeys([*in_need, *unseen])
    await request_syncs(keys, topics=topics)
    return FullSyncReport(len(in_need), len(unseen), len(keys))
