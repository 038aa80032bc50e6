"""Which shows have had their events changed lately, so that what was kept of them is given no longer.

The events themselves say so: each instance looks now and then for those written since it last looked. So a
sync need not know who has kept what, and pays nothing for it.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.kept_answer import TIMELINE
from shared.domain.show import ShowKey

LOOK_AGAIN = timedelta(seconds=15)
"""So long a change may go unseen."""

SKEW = timedelta(seconds=5)
"""The clocks of an instance and of the database differ, and what was written may be seen a little later."""

AT_ONCE = 300
MOST_LOOKS = 4
"""Where more than 1,200 events have changed since the last look, all that was kept before counts as old."""


class ChangedEvents(Protocol):
    """The events that were written lately. May raise `StoreUnavailable`."""

    async def since(self, at: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """The show keys of up to `limit` events written then or later, and when, the earliest first."""
        ...


class ChangedShows:
    """What one instance knows of it. Made inside the running loop, and used by that loop only."""

    def __init__(self, events: ChangedEvents, *, now: Callable[[], datetime]) -> None:
        self._events = events
        self._now = now
        self._changed: dict[str, datetime] = {}
        self._all_changed_at: datetime | None = None
        self._seen_until: datetime | None = None
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def last_change(self, keys: Collection[ShowKey]) -> datetime | None:
        """From when on an answer about these shows is good; None where none has changed for long.

        It costs a read in 15 seconds, and one of each event that has changed.

        Raises:
            StoreUnavailable: Firestore does not answer.
        """
        async with self._looking:
            if self._looked_at is None or self._now() - self._looked_at >= LOOK_AGAIN:
                await self._look()
        times = [self._changed[text] for key in keys if (text := str(key)) in self._changed]
        times += [] if self._all_changed_at is None else [self._all_changed_at]
        return max(times) + SKEW if times else None

    async def _look(self) -> None:
        begun_at = self._now()
        oldest = begun_at - TIMELINE - 2 * SKEW
        since = max(oldest, self._seen_until or oldest)
        for _ in range(MOST_LOOKS):
            found = await self._events.since(since, AT_ONCE)
            self._changed.update(found)
            if len(found) < AT_ONCE or found[-1][1] == since:
                break
            since = found[-1][1]
        if len(found) == AT_ONCE:
            self._all_changed_at = begun_at
        self._changed = {key: at for key, at in self._changed.items() if at >= oldest}
        self._seen_until, self._looked_at = begun_at - 2 * SKEW, begun_at
