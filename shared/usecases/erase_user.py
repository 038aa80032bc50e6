"""Erase all that is held of a user.

The order is what makes it possible to repeat: that it begins is written down first, the shows are unfollowed
properly, so that their counts are right, then all documents go, and the account goes last. What dies on the
way is gone on with by the next call, or by the daily cleanup.

Others may be writing for the user at that moment: a fan-out that has read the follow, an enrichment, another
device. Whoever makes documents for users looks, after it has written, whether an erasure has begun meanwhile
(`erase_crossed.py`): what was written before the last look here is found here, and what was written later is
found there. What remains, such as a function that is killed in between, is found by the cleanup once nobody
can be writing any more (`settle_erasures`).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.erasure import SETTLED_AFTER, Erasure
from shared.domain.tracking import UserId
from shared.errors import AppError, Contention
from shared.usecases.alert_ports import FollowStore, NotificationStore
from shared.usecases.erase_ports import AccountStore, Erasures, HeldOfUser
from shared.usecases.follow_show import unfollow_show

logger = logging.getLogger(__name__)

ONE_CALL = timedelta(seconds=40)
"""How long one call goes on; a function has 60 seconds."""

AT_ONCE = 300
FOLLOWS_AT_ONCE = 4
"""Each writes the user's own document too."""

SETTLED_A_RUN = 200


@dataclass(frozen=True, slots=True)
class Eraser:
    """What erasing needs."""

    erasures: Erasures
    held: HeldOfUser
    accounts: AccountStore
    follows: FollowStore
    notifications: NotificationStore
    now: Callable[[], datetime]


async def erase_user(user_id: UserId, eraser: Eraser, *, within: timedelta = ONE_CALL) -> Erasure:
    """Erase the user, or go on with it. It has ended when `ended_at` says when; else call again.

    Raises:
        Contention, StoreUnavailable: Firestore does not answer; the same call goes on.
        Misconfigured, Unavailable: the account could not be deleted; all else is gone.
    """
    until = eraser.now() + within
    await eraser.erasures.begin(user_id, eraser.now())
    if await _documents_erased(user_id, eraser, until):
        await eraser.accounts.delete_account(user_id)
        await eraser.erasures.end(user_id, eraser.now())
    erasure = await eraser.erasures.read(user_id)
    if erasure is None:
        raise Contention("The erasure was settled by somebody else just now.")
    return erasure


@dataclass(slots=True)
class SettleReport:
    """What became of erasures: how many are settled, and how many will be tried again tomorrow."""

    settled: int = 0
    failed: int = 0

    def as_fields(self) -> dict[str, int]:
        """The report by the names it has in answers."""
        return {"erasuresSettled": self.settled, "erasuresLeft": self.failed}


async def settle_erasures(eraser: Eraser) -> SettleReport:
    """Look once more at what was erased when nobody could be writing any longer, and end what was begun.

    A user who has an account again, by the same id, has come back: what they have since is theirs.

    Raises:
        StoreUnavailable: Firestore does not answer; the next run goes on.
    """
    report = SettleReport()
    before = eraser.now() - SETTLED_AFTER
    for erasure in await eraser.erasures.begun_before(before, SETTLED_A_RUN):
        try:
            is_settled = await _settled(erasure, eraser)
        except AppError as error:
            logger.warning("an erasure is left for the next run: %s", error)
            is_settled = False
        if is_settled:
            report.settled += 1
        else:
            report.failed += 1
    return report


async def _settled(erasure: Erasure, eraser: Eraser) -> bool:
    user_id = erasure.user_id
    has_come_back = erasure.ended_at is not None and await eraser.accounts.account_of(user_id) is not None
    if not has_come_back:
        if not await _documents_erased(user_id, eraser, eraser.now() + ONE_CALL):
            return False
        await eraser.accounts.delete_account(user_id)
    await eraser.erasures.forget(user_id)
    return True


async def _documents_erased(user_id: UserId, eraser: Eraser, until: datetime) -> bool:
    """Erase until a look finds nothing. False where that takes longer."""
    while eraser.now() < until:
        if await _some_unfollowed(user_id, eraser):
            continue
        erased = await eraser.held.erase_some(user_id, AT_ONCE)
        if not erased:
            return True
    return False


async def _some_unfollowed(user_id: UserId, eraser: Eraser) -> bool:
    """Unfollow some shows. False where none is followed."""
    keys = await eraser.held.followed(user_id, FOLLOWS_AT_ONCE)
    unfollowed = await asyncio.gather(
        *(
            unfollow_show(
                user_id, key, follows=eraser.follows, notifications=eraser.notifications, now=eraser.now
            )
            for key in keys
        )
    )
    if count := sum(unfollowed):
        await eraser.erasures.add(user_id, "tracked_shows", count)
    return bool(keys)
