"""Answers that many ask for: from this instance's memory, else from the store that all share, else made.

Whoever asks while an answer is being made waits for that one, so that many who miss at once cost one making.
What goes stale and how long stands in `shared/domain/kept_answer.py`.
"""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.kept_answer import KEPT_ON, MOST_BYTES, AnswerKey, KeptAnswer, Made
from shared.domain.memory import BoundedMemory
from shared.errors import AppError, NotAllowed, StoreError, TooManyRequests, UpstreamError

logger = logging.getLogger(__name__)

MEMORY_BYTES = 32_000_000
LONGEST_IN_MEMORY = timedelta(hours=1)

PERSONAL: tuple[type[AppError], ...] = (NotAllowed, TooManyRequests)

Make = Callable[[], Awaitable[Made]]


class AnswerStore(Protocol):
    """The answers that all instances share. Every method may raise `StoreError`."""

    async def read(self, key: AnswerKey) -> KeptAnswer | None:
        """What is kept of it, also where its time is over."""
        ...

    async def put(self, key: AnswerKey, answer: KeptAnswer, *, expire_at: datetime) -> None:
        """Keep it until then."""
        ...


class HotCache:
    """The hot cache of one instance. Made inside the running loop, and used by that loop only."""

    def __init__(
        self, store: AnswerStore, *, now: Callable[[], datetime], memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._store = store
        self._now = now
        self._memory = BoundedMemory[str, KeptAnswer](
            capacity=memory_bytes,
            lifetime=LONGEST_IN_MEMORY.total_seconds(),
            weigh=lambda answer: answer.weight,
        )
        self._making: dict[str, asyncio.Task[KeptAnswer]] = {}

    async def answer(
        self,
        key: AnswerKey,
        make: Make,
        *,
        in_memory: timedelta = LONGEST_IN_MEMORY,
        is_shared: bool = True,
        since: datetime | None = None,
        check: Callable[[str], object] | None = None,
    ) -> KeptAnswer:
        """The answer of that key, kept or made now.

        `in_memory` is how long this instance trusts its own memory, where another may know better by then.
        What was made before `since` is not given. Without `is_shared` the store is not asked.
        What is stored and `check` refuses with a ValueError is not given either: another version of the code
        may have stored it.
        What is refused to whoever began the making (`PERSONAL`) is not refused to those who waited: one of
        them begins anew.
        Where `make` fails because of another service, what is stored of the last day is given.

        Raises:
            Whatever `make` raises. The store's own failures are logged, and it is made anew.
        """
        remembered = self._memory.recall(key.text, self._clock())
        if remembered is not None and remembered.is_good(self._now(), since=since):
            return remembered
        # What is being made may have begun before whoever asks now changed something.
        flight = f"{key.text}{'' if since is None else since.isoformat()}"
        while True:
            making = self._making.get(flight)
            begins = making is None
            if making is None:
                making = asyncio.ensure_future(
                    self._made(key, make, in_memory, since, is_shared=is_shared, check=check)
                )
                self._making[flight] = making
                making.add_done_callback(functools.partial(self._landed, flight))
            try:
                # One who leaves does not take the answer from the others who wait for it.
                return await asyncio.shield(making)
            except PERSONAL:
                if begins:
                    raise

    def _landed(self, flight: str, done: asyncio.Task[KeptAnswer]) -> None:
        self._making.pop(flight, None)
        if not done.cancelled():
            done.exception()  # so that one for which nobody waits any more is not told of as lost

    async def _made(
        self,
        key: AnswerKey,
        make: Make,
        in_memory: timedelta,
        since: datetime | None,
        *,
        is_shared: bool,
        check: Callable[[str], object] | None,
    ) -> KeptAnswer:
        stored = await self._stored(key, check) if is_shared else None
        if stored is not None and stored.is_good(self._now(), since=since):
            return self._remembered(key, stored, in_memory)
        begun_at = self._now()
        try:
            made = await make()
        except UpstreamError as error:
            if stored is None or begun_at >= stored.until + KEPT_ON:
                raise
            logger.warning("%s: an answer of %s is given again: %s", key.kind, stored.made_at, error)
            return stored
        answer = KeptAnswer(made.body, begun_at, begun_at + made.lifetime)
        if made.is_shared and is_shared:
            await self._put(key, answer)
        return self._remembered(key, answer, in_memory)

    def _remembered(self, key: AnswerKey, answer: KeptAnswer, longest: timedelta) -> KeptAnswer:
        until = min(answer.until, self._now() + longest)
        self._memory.remember(key.text, replace(answer, until=until), self._clock())
        return answer

    async def _stored(self, key: AnswerKey, check: Callable[[str], object] | None) -> KeptAnswer | None:
        try:
            stored = await self._store.read(key)
        except StoreError as error:
            logger.warning("the kept answer cannot be read: %s", error)
            return None
        if stored is not None and check is not None:
            try:
                check(stored.body)
            except ValueError:
                logger.warning("the kept answer is of another shape, and is made anew")
                return None
        return stored

    async def _put(self, key: AnswerKey, answer: KeptAnswer) -> None:
        if len(answer.body.encode()) > MOST_BYTES:
            return
        try:
            await self._store.put(key, answer, expire_at=answer.until + KEPT_ON)
        except StoreError as error:
            logger.warning("the answer cannot be kept: %s", error)

    @staticmethod
    def _clock() -> float:
        return asyncio.get_running_loop().time()
