"""A day on which those who push and dispatch are killed at any instant, and messages come as they like."""

import asyncio
import random
import statistics
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from google.api_core.exceptions import DeadlineExceeded, ServiceUnavailable

from tests.emulator.killable import Ended, Job, Point
from tests.emulator.published import ReadTopic
from tests.emulator.workers import Workers

AT_ONCE = 6

FELL: Mapping[Point, str] = {
    Point.BEGUN: "before the claim",
    Point.CLAIMING: "before the claim",
    Point.CLAIMED: "between claim and send",
    Point.SENDING: "between send and mark",
    Point.MARKING: "between send and mark",
    Point.MARKED: "after the mark",
}
STOPS = (Point.CLAIMING, Point.CLAIMED, Point.SENDING, Point.MARKING, Point.MARKED)


class Arriving:
    """The messages of a topic as they are published."""

    def __init__(self, topic: ReadTopic) -> None:
        self._topic = topic
        self._came = asyncio.Event()
        self._messages: list[str] = []

    async def listen(self) -> None:
        subscriber, subscription = self._topic._subscriber, self._topic._subscription
        while True:
            with suppress(DeadlineExceeded, ServiceUnavailable):
                pulled = await subscriber.pull(
                    subscription=subscription, max_messages=1000, timeout=60, retry=None
                )
                ids = [one.ack_id for one in pulled.received_messages]
                await subscriber.acknowledge(subscription=subscription, ack_ids=ids)
                self._messages += [one.message.data.decode() for one in pulled.received_messages]
                self._came.set()

    async def take(self, at_least: int, within: float) -> list[str]:
        """So many messages, or those that have come within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while len(self._messages) < at_least:
                    self._came.clear()
                    await self._came.wait()
        taken, self._messages = self._messages, []
        return taken


@asynccontextmanager
async def arriving(topic: ReadTopic) -> AsyncIterator[Arriving]:
    messages = Arriving(topic)
    listening = asyncio.create_task(messages.listen())
    try:
        yield messages
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


class BadDay:
    """Dispatches, delivers and kills, round after round, by a clock that jumps over every lease between."""

    def __init__(
        self, workers: Workers, messages: Arriving, *, begins: datetime, chance: random.Random
    ) -> None:
        self.kills: Counter[str] = Counter()
        self.killed_dispatchers = 0
        self.may_be_twice = 0
        self.runs = 0
        self._workers = workers
        self._messages = messages
        self._chance = chance
        self._ahead = (begins - datetime.now(UTC)).total_seconds()
        self._message = 2
        self._kept_back: list[str] = []
        self._under_way: set[int] = set()
        self._outlived: set[int] = set()
        self._run_seconds: deque[float] = deque([0.2], maxlen=15)

    def has_killed(self, kills: int, of_each: int) -> bool:
        """Whether so many were killed who pushed, and at each of the places where it matters so many."""
        return self.kills.total() >= kills and min(self.kills[place] for place in FELL.values()) >= of_each

    async def go_round(self, *, is_bad: bool) -> None:
        """Dispatch what is due and deliver it, three times over, with what was kept back before."""
        self._message = 2 if is_bad else 30
        stop_count = self._chance.randint(2, 3) if is_bad else None
        waiting = self._kept_back
        self._kept_back = []
        waiting += self._thrice(await self._dispatched(stop_count), is_bad=is_bad)
        room, half = asyncio.Semaphore(AT_ONCE), len(waiting) // 2
        is_disturbed = not is_bad
        async with asyncio.TaskGroup() as group:
            while waiting:
                await room.acquire()
                if not is_disturbed and len(waiting) <= half:
                    is_disturbed = True
                    # Who is at work now has outlived the claim, and another is handed the same.
                    self._jump()
                    waiting += self._thrice(await self._dispatched(None), is_bad=is_bad)
                message = waiting.pop(self._chance.randrange(len(waiting)))
                group.create_task(self._delivered(message, room, is_bad=is_bad))
        self._jump()

    def _thrice(self, messages: Sequence[str], *, is_bad: bool) -> list[str]:
        """Each message three times, less what is kept back until after the next ones."""
        deliveries = list(messages) * 2
        for message in messages:
            is_late = is_bad and self._chance.random() < 0.3
            (self._kept_back if is_late else deliveries).append(message)
        return deliveries

    def _jump(self) -> None:
        """Past every lease, visibility timeout and pause."""
        self._ahead += timedelta(minutes=11).total_seconds()
        self._outlived |= self._under_way

    async def _dispatched(self, stop_count: int | None) -> list[str]:
        """What a dispatcher publishes, which may be killed between marking a step and publishing it."""
        job = Job(
            "dispatch",
            clock_ahead=self._ahead,
            limits={"step": 30, "message": self._message},
            stop_at=None if stop_count is None else Point.PUBLISHING,
            stop_count=stop_count or 1,
        )
        ended = await self._workers.run(job)
        self.killed_dispatchers += ended.is_killed
        return await self._messages.take(ended.published, within=5)

    async def _delivered(self, message: str, room: asyncio.Semaphore, *, is_bad: bool) -> None:
        number, self.runs = self.runs, self.runs + 1
        self._under_way.add(number)
        ended = await self._workers.run(self._push(message, is_bad=is_bad))
        self._under_way.discard(number)
        room.release()
        point = Point(ended.point)
        if ended.is_killed:
            self.kills[FELL[point]] += 1
        elif point is Point.MARKED:
            self._run_seconds.append(ended.seconds)
        if self._may_send_again(ended, is_outlived=number in self._outlived):
            self.may_be_twice += ended.sends

    def _push(self, message: str, *, is_bad: bool) -> Job:
        job = Job("push", message, clock_ahead=self._ahead)
        fate = self._chance.random() if is_bad else 0.0
        if fate < 0.05:
            return job
        if fate < 0.5:
            return replace(job, stop_at=self._chance.choice(STOPS))
        longest = 1.1 * statistics.median(self._run_seconds)
        return replace(job, kill_after=self._chance.uniform(0.0, longest), linger=0.02)

    @staticmethod
    def _may_send_again(ended: Ended, *, is_outlived: bool) -> bool:
        """Whether what it has sent was not marked by it, or by another too."""
        is_unmarked = Point(ended.point) in (Point.SENDING, Point.MARKING)
        return is_unmarked or is_outlived or (ended.exit_code != 0 and not ended.is_killed)
