"""Who does too often what costs us money is told to wait."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.memory import BoundedMemory
from shared.domain.rate_limit import Action, Window
from shared.errors import StoreError, TooManyRequests

logger = logging.getLogger(__name__)

REMEMBERED = 10_000
REMEMBERED_SECONDS = 3_600


class WindowCounts(Protocol):
    """How often each window has been counted in, by all instances together."""

    async def count(self, windows: Sequence[Window]) -> Sequence[int]:
        """Count once in each, and tell how often that makes. Raises `StoreError` soon or not at all."""
        ...


class RateLimiter:
    """Counts in one place for all instances. A window that is known here to be full costs nothing more.

    So a window is written about as often as its limit says, whoever knocks however often.
    """

    def __init__(self, counts: WindowCounts, now: Callable[[], datetime]) -> None:
        self._counts = counts
        self._now = now
        self._full = BoundedMemory[str, bool](
            capacity=REMEMBERED, lifetime=REMEMBERED_SECONDS, weigh=lambda _: 1
        )

    async def spend(self, action: Action, *, user: str | None, address: str | None) -> None:
        """Count that somebody does this. Where nobody can count, everybody may, and the log says so.

        Raises:
            TooManyRequests: it is once too often, for the user or for the address.
        """
        now = self._now()
        windows = action.windows(now, user=user, address=address)
        over = [one for one in windows if self._full.recall(one.key, now.timestamp())]
        if not over and windows:
            over = await self._counted(action, windows, now)
        if over:
            seconds = max(window.seconds_left(now) for window in over)
            raise TooManyRequests(f"That is too often. Try again in {seconds} seconds.", retry_after=seconds)

    async def _counted(self, action: Action, windows: Sequence[Window], now: datetime) -> list[Window]:
        """Those of the windows in which this is once too often."""
        try:
            counts = await self._counts.count(windows)
        except StoreError as error:
            logger.warning("Not limited: %s. %s", action.name, error)
            return []
        counted = list(zip(windows, counts, strict=True))
        for window, count in counted:
            if window.is_full(count):
                self._full.remember(window.key, True, now.timestamp())
        return [window for window, count in counted if window.is_over(count)]
