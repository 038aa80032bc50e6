"""Claims decided at once: the commit that reads nothing, against reading inside the transaction."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from google.api_core import exceptions
from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient, AsyncTransaction, async_transactional

from benchmarks.platform import on_emulators
from shared.adapters.firestore import paths
from shared.adapters.firestore.seasons import season_cache
from shared.domain.cache import CacheRecord, Lifetimes, NextStep, next_step
from shared.domain.season import Season, SeasonKey, SeasonNumber, ShowId

READ_FREE = (1, 8, 50, 200)
READ_INSIDE = (1, 8, 50)
REPEATS = 3
LIFETIMES = Lifetimes()

Claimer = Callable[[], Awaitable[bool]]


def read_free(client: AsyncClient, key: SeasonKey) -> Claimer:
    """Our claim with the plain read that comes before it, as every reader makes it."""
    cache = season_cache(client, LIFETIMES)

    async def claim() -> bool:
        (record,) = await cache.read([key])
        if next_step(record.entry, now=record.read_time, lifetimes=LIFETIMES) is not NextStep.CLAIM:
            return False
        return await cache.claim([record]) is not None

    return claim


def read_before(client: AsyncClient, key: SeasonKey) -> Claimer:
    """Our claim alone: all claimers have read that there is nothing."""
    cache = season_cache(client, LIFETIMES)
    nothing: CacheRecord[SeasonKey, Season] = CacheRecord(key, None, None, datetime.now(UTC))

    async def claim() -> bool:
        return await cache.claim([nothing]) is not None

    return claim


def read_inside(client: AsyncClient, key: SeasonKey) -> Claimer:
    """The usual form: read in the transaction, write if there is nothing."""
    document = client.document(paths.season_cache(key))

    @async_transactional
    async def claim_in(transaction: AsyncTransaction) -> bool:
        snapshot = await document.get(transaction=transaction)
        if snapshot.exists:
            return False
        fields = {"episodes": {}, "status": "populating", "lastUpdated": SERVER_TIMESTAMP}
        transaction.set(document, fields)
        return True

    async def claim() -> bool:
        return bool(await claim_in(client.transaction()))

    return claim


async def decided(claim: Claimer, claimers: int) -> tuple[float, int, int]:
    """Seconds until all know, and how many won and how many failed with an error."""
    begun = time.perf_counter()
    outcomes = await asyncio.gather(*(claim() for _ in range(claimers)), return_exceptions=True)
    seconds = time.perf_counter() - begun
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for failure in failed:
        if not isinstance(failure, ValueError | exceptions.GoogleAPICallError):
            raise failure
    return seconds, sum(outcome is True for outcome in outcomes), len(failed)


async def run() -> None:
    """Print a row for each number of claimers."""
    with on_emulators() as project:
        client = AsyncClient(project=project)
        show = 0
        for name, form, counts in (
            ("reads nothing", read_before, READ_FREE),
            ("follows a read", read_free, READ_FREE),
            ("reads inside", read_inside, READ_INSIDE),
        ):
            for claimers in counts:
                times, won, failed = [], 0, 0
                for _ in range(REPEATS):
                    show += 1
                    claim = form(client, SeasonKey(ShowId(show), SeasonNumber(1)))
                    seconds, winners, failures = await decided(claim, claimers)
                    times.append(seconds)
                    won, failed = won + winners, failed + failures
                print(
                    f"claim that {name:<15} {claimers:>4} at once   {statistics.median(times):>7.2f} s"
                    f" ({min(times):.2f} to {max(times):.2f})   winners {won / REPEATS:.0f}"
                    f"   errors {failed / REPEATS:.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    asyncio.run(run())
