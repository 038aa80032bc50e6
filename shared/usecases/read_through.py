"""Reading through a cache that is shared by everybody and filled once (DESIGN.md, section 4)."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Generic, TypeVar

from shared.domain.cache import (
    Admission,
    CacheRecord,
    Claim,
    K,
    Lifetimes,
    Loaded,
    NextStep,
    Source,
    T,
    next_step,
)
from shared.domain.memory import BoundedMemory
from shared.errors import Rejected, UpstreamError
from shared.usecases.ports import CacheStore, Upstream

logger = logging.getLogger(__name__)

FIRST_POLL_SECONDS = 0.04
LONGEST_POLL_SECONDS = 0.5
LEAST_PATIENCE_SECONDS = 2.0
MEMORY_SECONDS = 300.0


class ReadThroughCache(Generic[K, T]):
    """Serves values from this instance's memory, from the shared cache, or by populating the cache.

    Requests of one instance for the same key share one load. A load that has claimed a record runs to its
    end even when the request that began it has gone, and for less than the lease in any case. `upstream` is
    not called before something has to be fetched.
    """

    def __init__(
        self,
        *,
        store: CacheStore[K, T],
        upstream: Callable[[], Upstream[K, T]],
        lifetimes: Lifetimes,
        memory_capacity: int,
        weigh: Callable[[T], int],
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._lifetimes = lifetimes
        # What a claimer does after this would be done by the next one again.
        self._longest_fetch = lifetimes.lease.total_seconds() * 5 / 6
        self._memory = BoundedMemory[K, T](capacity=memory_capacity, lifetime=MEMORY_SECONDS, weigh=weigh)
        self._loads: dict[K, _Load[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self, keys: Collection[K], *, wait: float) -> dict[K, Loaded[T]]:
        """The values of `keys`, which one upstream call may bring together.

        Waits for Firestore's answer, and then at most until `wait` seconds after the call for others who
        are populating or for the upstream. What is not there by then is served stale or is pending.

        Raises:
            StoreError: Firestore cannot be read.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        answers: dict[K, Loaded[T]] = {}
        shared: dict[K, _Load[T]] = {}
        begun: dict[K, _Load[T]] = {}
        for key in keys:
            remembered = self._memory.recall(key, loop.time())
            if remembered is not None:
                answers[key] = Loaded(remembered, Source.MEMORY)
                continue
            if key not in self._loads:
                self._loads[key] = begun[key] = _Load()
            shared[key] = self._loads[key]
            shared[key].deadline = max(shared[key].deadline, deadline)
        if begun:
            task = asyncio.create_task(self._run(begun))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if shared:
            await asyncio.wait([load.was_read for load in shared.values()])
            await asyncio.wait(
                [load.outcome for load in shared.values()], timeout=max(0.0, deadline - loop.time())
            )
        for key, load in shared.items():
            answers[key] = load.outcome.result() if load.outcome.done() else load.fallback()
        return answers

    async def _run(self, loads: "dict[K, _Load[T]]") -> None:
        waiting = dict(loads)
        try:
            await self._work_off(waiting)
        except Exception as error:  # noqa: BLE001 - it is raised again in every request that shares the load
            for load in waiting.values():
                load.fail(error)
        finally:
            for key in list(waiting):
                self._give_up(key, waiting)

    async def _work_off(self, waiting: "dict[K, _Load[T]]") -> None:
        """Settle loads until none is left, or nobody waits for the rest any longer."""
        loop = asyncio.get_running_loop()
        poll = FIRST_POLL_SECONDS
        admission: Admission | None = None
        while waiting:
            claimable = self._sort(await self._store.read(waiting.keys()), waiting)
            if claimable:
                admission = await self._populate_all(claimable, waiting, admission)
                continue
            patience = max((load.deadline for load in waiting.values()), default=0.0) - loop.time()
            if patience <= 0:
                return
            await asyncio.sleep(min(poll, patience))
            poll = min(poll * 1.5, LONGEST_POLL_SECONDS)

    def _sort(
        self, records: Sequence[CacheRecord[K, T]], waiting: "dict[K, _Load[T]]"
    ) -> list[CacheRecord[K, T]]:
        """Settle what the records settle, and return those to claim."""
        claimable: list[CacheRecord[K, T]] = []
        for record in records:
            load = waiting[record.key]
            value = record.entry.value if record.entry else None
            match next_step(record.entry, now=record.read_time, lifetimes=self._lifetimes):
                case NextStep.SERVE if value is not None:
                    self._arrived(record.key, Loaded(value, Source.CACHE), waiting)
                case NextStep.SERVE_STALE if value is not None:
                    self._settle(record.key, Loaded(value, Source.STALE), waiting)
                case NextStep.CLAIM:
                    load.stale = value
                    claimable.append(record)
            load.mark_read()
        return claimable

    async def _populate_all(
        self,
        claimable: Sequence[CacheRecord[K, T]],
        waiting: "dict[K, _Load[T]]",
        admission: Admission | None,
    ) -> Admission | None:
        """Claim and fetch batch by batch, until a claim is lost. Returns the leave that was not used then.

        Leave for the call is taken before the claim, so that no claim is held in a queue, and none is made
        while the upstream is known to be down.
        """
        for batch in _batches(claimable, self._upstream().batch_size):
            try:
                admission = admission or await self._admit(waiting)
            except UpstreamError as error:
                _log_failure(error)
            if admission is None:
                for record in claimable:
                    self._give_up(record.key, waiting)
                return None
            claims = await self._store.claim(batch)
            if claims is None:
                return admission
            await self._populate(claims, admission, waiting)
            admission = None
        return None

    async def _admit(self, waiting: "dict[K, _Load[T]]") -> Admission | None:
        """Leave to call, or None when nobody waits for it any longer, and it is not to be had soon."""
        loop = asyncio.get_running_loop()
        least = loop.time() + LEAST_PATIENCE_SECONDS
        while (deadline := max(least, *(load.deadline for load in waiting.values()))) > loop.time():
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._upstream().admit()
            except TimeoutError:
                continue  # another request may have joined and waits longer
        return None

    async def _populate(
        self, claims: Sequence[Claim[K, T]], admission: Admission, waiting: "dict[K, _Load[T]]"
    ) -> None:
        values: dict[K, T] = {}
        try:
            async with asyncio.timeout(self._longest_fetch):
                values.update(await self._upstream().fetch([claim.key for claim in claims], admission))
        except UpstreamError as error:
            _log_failure(error)
        except TimeoutError:
            logger.warning("a fetch took longer than the lease allows")
        finally:
            ended = await asyncio.gather(
                *(self._finish(claim, values.get(claim.key)) for claim in claims), return_exceptions=True
            )
        for claim in claims:
            value = values.get(claim.key)
            if value is None:
                self._give_up(claim.key, waiting)
            else:
                self._arrived(claim.key, Loaded(value, Source.TMDB), waiting)
        for claim, failure in zip(claims, ended, strict=True):
            if failure is not None:
                logger.error("a claim could not be ended, its lease will: %s", claim.key, exc_info=failure)

    async def _finish(self, claim: Claim[K, T], value: T | None) -> None:
        if value is None:
            stood = await self._store.release(claim)
        else:
            stood = await self._store.complete(claim, value)
        if not stood:
            logger.warning("a claim had been taken over by another: %s", claim.key)

    def _arrived(self, key: K, loaded: Loaded[T], waiting: "dict[K, _Load[T]]") -> None:
        if loaded.value is not None:
            self._memory.remember(key, loaded.value, asyncio.get_running_loop().time())
        self._settle(key, loaded, waiting)

    def _give_up(self, key: K, waiting: "dict[K, _Load[T]]") -> None:
        if key in waiting:
            self._settle(key, waiting[key].fallback(), waiting)

    def _settle(self, key: K, loaded: Loaded[T], waiting: "dict[K, _Load[T]]") -> None:
        """Give the outcome to whoever waits; a request that comes later begins a load of its own."""
        waiting.pop(key).settle(loaded)
        del self._loads[key]


class _Load(Generic[T]):
    """One load under way, shared by all requests of this instance that want the key."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.was_read: asyncio.Future[None] = loop.create_future()
        self.outcome: asyncio.Future[Loaded[T]] = loop.create_future()
        self.deadline = 0.0
        self.stale: T | None = None

    def fallback(self) -> Loaded[T]:
        """What can be answered now."""
        return Loaded(self.stale, Source.PENDING if self.stale is None else Source.STALE)

    def mark_read(self) -> None:
        if not self.was_read.done():
            self.was_read.set_result(None)

    def settle(self, loaded: Loaded[T]) -> None:
        self.mark_read()
        if not self.outcome.done():
            self.outcome.set_result(loaded)

    def fail(self, error: Exception) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)
            self.outcome.exception()  # looked at here, because every request that wants it may be gone
        self.mark_read()


def _log_failure(error: UpstreamError) -> None:
    if isinstance(error, Rejected):
        logger.error("%s", error)
    else:
        logger.warning("%s", error)


B = TypeVar("B")


def _batches(items: Sequence[B], size: int) -> Iterator[Sequence[B]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
