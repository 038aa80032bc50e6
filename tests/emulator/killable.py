"""Alerting jobs over the real adapters, which tell how far they are and stop where a test wants it."""

import asyncio
import mmap
import os
import signal
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import Any

import firebase_admin.messaging  # noqa: F401  # so that no process that is forked needs to import it
import google.pubsub_v1  # noqa: F401

from shared.adapters.fcm.client import FcmSender
from shared.adapters.firestore.notifications import NotificationDocuments
from shared.adapters.firestore.tracked_shows import FollowDocuments
from shared.adapters.http import Patience
from shared.adapters.topics import PubsubTopics
from shared.config import read_settings
from shared.domain.alert_message import PushNotifications
from shared.domain.delivery import Outgoing
from shared.domain.follow_state import FollowChange
from shared.domain.following import Following
from shared.domain.message import TimelineEventChanged, decode
from shared.domain.notification import Notification
from shared.domain.push import Alert, Clearance, Sending, Target
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.usecases.dispatch_notifications import DispatchLimits, dispatch_notifications
from shared.usecases.fan_out_alerts import FanOutLimits, fan_out_alerts
from shared.usecases.follow_show import follow_show
from shared.usecases.push_notifications import push_notifications
from shared.wiring import Wiring

PATIENCE = Patience(
    attempt_seconds=20, backoff_start=0.001, backoff_most=0.01, breaker_failures=1_000, breaker_seconds=60
)
"""Tries as often as the real one, in less time. What is slow since the machine is busy is waited for."""


class Point(IntEnum):
    """How far a job is. Each is reached in that order; a job has those of its kind alone."""

    BEGUN = 0
    CLAIMING = 1
    CLAIMED = 2
    SENDING = 3
    MARKING = 4
    MARKED = 5
    WRITING = 6
    WRITTEN = 7
    PUBLISHING = 8
    PUBLISHED = 9


@dataclass(frozen=True, slots=True)
class Job:
    """`kind`: push, dispatch, fan_out (of the message `data`), or follow (of the show `data` by `user_id`).

    `clock_ahead` says by how many seconds the job's clock is ahead. It is killed `kill_after` seconds, or
    when it comes to the point `stop_at` for the `stop_count`th time, whatever is first. At `SENDING` that is
    as soon as a message to one device was answered. It stays for `linger` seconds where kills would hardly
    ever meet it otherwise.
    """

    kind: str
    data: str = ""
    user_id: str = ""
    clock_ahead: float = 0.0
    limits: Mapping[str, Any] | None = None
    kill_after: float | None = None
    stop_at: int | None = None
    stop_count: int = 1
    linger: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: the point that it had reached, how much it had begun to send, and had published."""

    number: int
    is_killed: bool
    exit_code: int
    point: int
    sends: int
    published: int
    seconds: float


class Progress:
    """What a job has done, in memory that outlives it."""

    _layout = struct.Struct("III")

    def __init__(self, memory: mmap.mmap, number: int, job: Job) -> None:
        self._memory = memory
        self._offset = number * self._layout.size
        self._job = job
        self._reached = 0

    @classmethod
    def memory_for(cls, jobs: int) -> mmap.mmap:
        return mmap.mmap(-1, jobs * cls._layout.size)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The point, the messages to devices that were begun, and those that were published."""
        point, sends, published = self._layout.unpack_from(self._memory, self._offset)
        return point, sends, published

    def reach(self, point: Point, *, sends: int = 0, published: int = 0) -> None:
        reached, sent, told = self.numbers
        values = (max(point, reached), sent + sends, told + published)
        self._layout.pack_into(self._memory, self._offset, *values)
        if point is not Point.SENDING:
            self.stop_if_at(point)

    def stop_if_at(self, point: Point) -> None:
        if self._job.stop_at != point:
            return
        self._reached += 1
        if self._reached == self._job.stop_count:
            os.kill(os.getpid(), signal.SIGSTOP)  # and whoever sees that kills

    async def linger(self) -> None:
        await asyncio.sleep(self._job.linger)


class _Notifications(NotificationDocuments):
    def __init__(self, wiring: Wiring, progress: Progress) -> None:
        super().__init__(wiring.firestore)
        self._progress = progress

    async def put(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        self._progress.reach(Point.WRITING)
        versions = await super().put(notifications)
        self._progress.reach(Point.WRITTEN)
        return versions


class _PushedNotifications(_Notifications):
    async def mark(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        if self._progress.numbers[0] < Point.CLAIMED:
            self._progress.reach(Point.CLAIMING)
            return await super().mark(notifications)
        self._progress.reach(Point.MARKING)
        await self._progress.linger()
        versions = await super().mark(notifications)
        self._progress.reach(Point.MARKED)
        return versions


class _Follows(FollowDocuments):
    def __init__(self, wiring: Wiring, progress: Progress) -> None:
        super().__init__(wiring.firestore)
        self._progress = progress

    async def follows_of(
        self, keys: Collection[tuple[UserId, ShowKey]]
    ) -> Mapping[tuple[UserId, ShowKey], Following]:
        # Asked for what was claimed, and for nothing else.
        self._progress.reach(Point.CLAIMED)
        await self._progress.linger()
        return await super().follows_of(keys)

    async def write(self, change: FollowChange, now: datetime) -> bool:
        self._progress.reach(Point.WRITING)
        is_written = await super().write(change, now)
        self._progress.reach(Point.WRITTEN)
        return is_written


class _Sender(FcmSender):
    def __init__(self, wiring: Wiring, progress: Progress) -> None:
        settings = wiring.settings
        super().__init__(project=settings.project, base_url=settings.fcm_base_url, patience=PATIENCE)
        self._progress = progress

    async def send(self, target: Target, what: Alert | Clearance, *, now: datetime) -> Sending:
        self._progress.reach(Point.SENDING, sends=1)
        sending = await super().send(target, what, now=now)
        self._progress.stop_if_at(Point.SENDING)
        return sending


class _Topics(PubsubTopics):
    def __init__(self, wiring: Wiring, progress: Progress) -> None:
        settings = wiring.settings
        super().__init__(settings.project, emulator_host=settings.pubsub_emulator_host)
        self._progress = progress

    async def publish(self, topic: str, messages: Sequence[Outgoing]) -> None:
        self._progress.reach(Point.PUBLISHING)
        await super().publish(topic, messages)
        self._progress.reach(Point.PUBLISHED, published=len(messages))


class Worker(Wiring):
    """One instance with its real adapters, which tell how far they are."""

    def __init__(self, job: Job, progress: Progress) -> None:
        super().__init__(read_settings(), tmdb_calls_per_10_seconds=1)
        self._job = job
        self._progress = progress
        self._ahead = timedelta(seconds=job.clock_ahead)

    def clock(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @cached_property
    def topics(self) -> PubsubTopics:
        return _Topics(self, self._progress)

    async def work(self) -> None:
        await getattr(self, f"_{self._job.kind}")()

    async def _push(self) -> None:
        await push_notifications(
            decode(self._job.data.encode(), PushNotifications),
            notifications=_PushedNotifications(self, self._progress),
            follows=_Follows(self, self._progress),
            watched=self.tracking,
            devices=self.devices,
            pusher=_Sender(self, self._progress),
            now=self.clock,
        )
        await self._progress.linger()

    async def _dispatch(self) -> None:
        await dispatch_notifications(
            notifications=self.notifications,
            users=self.users,
            topics=self.topics,
            now=self.clock,
            limits=DispatchLimits(**self._job.limits or {}),
        )

    async def _fan_out(self) -> None:
        await fan_out_alerts(
            decode(self._job.data.encode(), TimelineEventChanged),
            events=self.events,
            follows=self.follows,
            notifications=_Notifications(self, self._progress),
            topics=self.topics,
            now=self.clock,
            limits=FanOutLimits(**self._job.limits or {}),
        )

    async def _follow(self) -> None:
        await follow_show(
            UserId(self._job.user_id),
            ShowKey.parse(self._job.data),
            follows=_Follows(self, self._progress),
            notifications=self.notifications,
            topics=self.topics,
            now=self.clock,
        )
