"""A daily budget of calls to a service, counted over all instances at `sync_state/{name}`.

A call is counted before it is made, by an update under the `update_time` that was read: of several who see
the same count one gets through, and the others look again. So the budget is never exceeded; a call that is
counted and then not made is lost for the day.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.budget import Spending, may_spend, spending_of
from shared.domain.version import Version
from shared.errors import StoreError

logger = logging.getLogger(__name__)

TRIES = 5
LONGEST_PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 3.0
"""What the budget is for can wait for another day, and whoever asks for it should not wait at all."""


class DailyBudget:
    """The budget `name` of `daily` calls. To spend of it never raises for the database's sake."""

    def __init__(self, client: AsyncClient, name: str, daily: int) -> None:
        self._client = client
        self._reference = client.document(paths.sync_state(name))
        self._name = name
        self._daily = daily
        # Those of one instance come one after the other, and so only instances get in each other's way.
        self._turn = asyncio.Lock()

    async def take(self, priority: int, *, now: datetime) -> bool:
        """Count one call, and say whether it may be made.

        False too where that cannot be settled soon: too many want it at once, or the database does not
        answer.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                return await self._take(priority, now)
        except (StoreError, TimeoutError):
            logger.warning("no call of the budget %s is spent: it cannot be counted now", self._name)
            return False

    async def exhaust(self, *, now: datetime) -> None:
        """Nothing is left of today: the service itself says so."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                spending, _ = await self._read(now)
                # Without a precondition: whoever counts at the same moment finds it changed, and looks again.
                with translated():
                    await self._reference.set(_fields(Spending(spending.day, self._daily)), **BOUNDED)
        except (StoreError, TimeoutError):
            logger.warning("that the budget %s is exhausted cannot be kept now", self._name)
            return
        usage.count(writes=1)

    async def left(self, *, now: datetime) -> int:
        """How many calls of today are left. One read.

        Raises:
            StoreUnavailable: no answer in time.
        """
        spending, _ = await self._read(now)
        return max(0, self._daily - spending.calls)

    async def _take(self, priority: int, now: datetime) -> bool:
        for _ in range(TRIES):
            spending, version = await self._read(now)
            if not may_spend(spending.calls, self._daily, priority):
                return False
            batch = self._client.batch()
            fields = _fields(Spending(spending.day, spending.calls + 1))
            if version is None:
                batch.create(self._reference, fields)
            else:
                unchanged = self._client.write_option(last_update_time=version)
                batch.update(self._reference, fields, option=unchanged)
            if await commit(batch) is not None:
                return True
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311
        return False

    async def _read(self, now: datetime) -> tuple[Spending, Version | None]:
        usage.count(reads=1)
        with translated():
            snapshot = await self._reference.get(**BOUNDED)
        fields = fields_of(snapshot)
        kept = None if fields is None else _spending(fields)
        return spending_of(kept, now), None if fields is None else Version(snapshot.update_time)


def _fields(spending: Spending) -> dict[str, Any]:
    return {"day": spending.day.isoformat(), "calls": spending.calls}


def _spending(fields: Mapping[str, Any]) -> Spending | None:
    """What a document says, or None if it says nothing that can be read: then the day begins anew."""
    try:
        day, calls = date.fromisoformat(fields["day"]), fields["calls"]
    except (KeyError, TypeError, ValueError):
        return None
    return Spending(day, calls) if isinstance(calls, int) and calls >= 0 else None
