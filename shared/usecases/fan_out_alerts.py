"""Tell an event to all who follow its show: a notification each, planned for their own hour.

An event that is told for the first time, or as another kind of alert, goes to every follower. One that was
told as that kind already has a notification with each who wants it: these are moved or withdrawn, by the
wishes that they keep. So both cost one read and one write a follower (DESIGN.md, section 6); only an event
that is told anew, as it was withdrawn or is put off on its day, costs a read more.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.alert_plan import for_event, for_follower
from shared.domain.alerts import Wanted, kind_of, wanted
from shared.domain.delivery import Outgoing
from shared.domain.follow_state import StoredEvent
from shared.domain.following import Following
from shared.domain.message import TimelineEventChanged
from shared.domain.notification import AboutShow, Notification
from shared.domain.timeline import TimelineEvent
from shared.domain.tracking import UserId
from shared.errors import Contention
from shared.usecases.alert_ports import EventStore, FollowStore, NotificationStore
from shared.usecases.show_ports import Topics

TOPIC = "timeline-events"
TRIES = 5


@dataclass(frozen=True, slots=True)
class FanOutLimits:
    """How much one message does before it goes on by another: that many followers, read in pages.

    A page is dealt with in parts, so many at once, while the next one is read.
    """

    followers: int = 10_000
    page: int = 2_500
    part: int = 500
    parts_at_once: int = 4


LIMITS = FanOutLimits()


@dataclass(slots=True)
class FanOutReport:
    """What was done. `outcome`: complete, continued, superseded by a newer version, or gone."""

    outcome: str = "complete"
    followers: int = 0
    written: int = 0

    def as_fields(self) -> Mapping[str, Any]:
        """The report by the names it has in the log."""
        return {"fanOut": self.outcome, "followers": self.followers, "written": self.written}


@dataclass(slots=True)
class _Range:
    """What was reached from one message: up to whom, whether they were all, and whether somebody was late."""

    last: UserId | None
    is_last: bool
    is_partial: bool
    report: FanOutReport = field(default_factory=FanOutReport)


async def fan_out_alerts(
    message: TimelineEventChanged,
    *,
    events: EventStore,
    follows: FollowStore,
    notifications: NotificationStore,
    topics: Topics,
    now: Callable[[], datetime],
    limits: FanOutLimits = LIMITS,
) -> FanOutReport:
    """Plan, move or withdraw the notifications of the event that the message names, as the event is now.

    Repeated, it writes nothing more. A newer version of the event has its own message, to which this one
    yields: what it wrote while the event changed it goes over again.

    Raises:
        Contention, StoreUnavailable, Unavailable: the message is to be delivered again.
    """
    stored = await events.read(message.event_id)
    if stored is None:
        return FanOutReport("gone")
    if stored.event.version > message.version:
        return FanOutReport("superseded")
    show = await events.show(stored.event.show_key)
    fan_out = _FanOut(
        stored.event, AboutShow() if show is None else show.about, follows, notifications, now, limits
    )
    kind = kind_of(stored.event)
    is_told = stored.told_kind == kind or stored.event.is_withdrawn
    after = None if message.after is None else UserId(message.after)
    reached = await (fan_out.to_told(after) if is_told else fan_out.to_followers(after))
    newer = await _newer(stored, events)
    if newer is not None:
        if not is_told:
            await _go_over(newer, after, reached.last, fan_out, events)
        reached.report.outcome = "superseded"
        return reached.report
    is_partial = message.is_partial or reached.is_partial
    if not reached.is_last:
        further = TimelineEventChanged(
            event_id=message.event_id,
            show_key=message.show_key,
            version=stored.event.version,
            after=reached.last,
            is_partial=is_partial,
        )
        await topics.publish(TOPIC, [Outgoing(further.encode())])
        reached.report.outcome = "continued"
    elif not is_told and not is_partial:
        await events.told(message.event_id, kind, stored.version)
    return reached.report


async def _newer(stored: StoredEvent, events: EventStore) -> StoredEvent | None:
    """The event if it has changed since."""
    again = await events.read(stored.event.event_id)
    return None if again is None or again.event.version == stored.event.version else again


async def _go_over(
    newer: StoredEvent, after: UserId | None, last: UserId | None, fan_out: "_FanOut", events: EventStore
) -> None:
    """Bring those who were told the event as it was in line with what it is now.

    The newer version's own fan-out may have passed them before they had a notification to be moved.
    """
    for _ in range(TRIES if last is not None else 0):
        fan_out.event = newer.event
        await fan_out.to_followers(after, until=last)
        again = await _newer(newer, events)
        if again is None:
            return
        newer = again
    if last is not None:
        raise Contention("The event keeps changing while it is told.")


class _FanOut:
    """One event on its way to those whom it concerns."""

    def __init__(
        self,
        event: TimelineEvent,
        about: AboutShow,
        follows: FollowStore,
        notifications: NotificationStore,
        now: Callable[[], datetime],
        limits: FanOutLimits,
    ) -> None:
        self.event = event
        self._about = about
        self._follows = follows
        self._notifications = notifications
        self._now = now
        self._limits = limits

    async def to_followers(self, after: UserId | None, until: UserId | None = None) -> _Range:
        """Plan it with the followers from there on, or up to one of them."""

        async def read(start: UserId | None) -> Sequence[Following]:
            page = await self._follows.followers(self.event.show_key, start, self._limits.page)
            return [one for one in page if until is None or one.user_id <= until]

        return await self._over(after, read, self._plan)

    async def to_told(self, after: UserId | None) -> _Range:
        """Move or withdraw what those from there on have of it."""

        async def read(start: UserId | None) -> Sequence[Notification]:
            return await self._notifications.of_event(self.event.event_id, start, self._limits.page)

        return await self._over(after, read, self._move)

    async def _over(
        self,
        after: UserId | None,
        read: Callable[[UserId | None], Any],
        handle: Callable[[Any], Any],
    ) -> _Range:
        """Page after page: while the last parts of one are written the next is read."""
        reached = _Range(after, is_last=False, is_partial=False)
        writing: set[asyncio.Task[tuple[int, bool]]] = set()
        try:
            while not reached.is_last and reached.report.followers < self._limits.followers:
                page = await read(reached.last)
                reached.is_last = len(page) < self._limits.page
                if page:
                    reached.last = page[-1].user_id
                    reached.report.followers += len(page)
                for start in range(0, len(page), self._limits.part):
                    while len(writing) >= self._limits.parts_at_once:
                        writing = await _some_done(writing, reached)
                    part = page[start : start + self._limits.part]
                    writing.add(asyncio.create_task(handle(part)))
            while writing:
                writing = await _some_done(writing, reached)
        finally:
            for task in writing:
                task.cancel()
            await asyncio.gather(*writing, return_exceptions=True)
        return reached

    async def _plan(self, page: Sequence[Following]) -> tuple[int, bool]:
        """Plan a page of followers: how many were written, and whether one wanted it and was too late."""
        now = self._now()
        # Of an event that is told for the first time nobody has a notification, but where this is repeated.
        existing = {} if self.event.version == 1 else await self._existing(page)
        planned = [(one, self._planned(one, existing.get(one.user_id), now)) for one in page]
        is_partial = any(
            change is None and one.user_id not in existing and self._is_wanted(one) for one, change in planned
        )
        unreadable: set[UserId] = set()
        changes = [change for _, change in planned if change is not None]
        written = 0
        for _ in range(TRIES):
            versions = await self._notifications.put(changes)
            refused = [
                change.user_id for change, version in zip(changes, versions, strict=True) if version is None
            ]
            written += len(changes) - len(refused)
            if not refused:
                return written, is_partial
            # What they wish may have changed with it.
            key = self.event.show_key
            follows = await self._follows.follows_of([(user_id, key) for user_id in refused])
            followers = [one for user_id in refused if (one := follows.get((user_id, key))) is not None]
            existing = await self._existing(followers)
            again = [
                self._planned(one, existing.get(one.user_id), now)
                for one in followers
                # One that exists and cannot be read keeps nobody else from theirs.
                if one.user_id in existing or one.user_id not in unreadable
            ]
            unreadable |= {one.user_id for one in followers if one.user_id not in existing}
            changes = [change for change in again if change is not None]
            if not changes:
                return written, is_partial
        raise Contention("Others keep changing the same notifications.")

    async def _move(self, page: Sequence[Notification]) -> tuple[int, bool]:
        """Move or withdraw a page of notifications: how many were written."""
        now, written = self._now(), 0
        for _ in range(TRIES):
            changes = [change for each in page if (change := self._moved(each, now)) is not None]
            versions = await self._notifications.put(changes)
            refused = [
                change.user_id for change, version in zip(changes, versions, strict=True) if version is None
            ]
            written += len(changes) - len(refused)
            if not refused:
                return written, False
            stored = await self._notifications.read_each(
                [(user_id, self.event.event_id) for user_id in refused]
            )
            page = list(stored.values())
        raise Contention("Others keep changing the same notifications.")

    async def _existing(self, page: Sequence[Following]) -> dict[UserId, Notification]:
        keys = [(one.user_id, self.event.event_id) for one in page]
        found = await self._notifications.read_each(keys)
        return {user_id: notification for (user_id, _), notification in found.items()}

    def _planned(
        self, follower: Following, existing: Notification | None, now: datetime
    ) -> Notification | None:
        return for_follower(existing, self.event, follower, self._about, now, is_news=True)

    def _moved(self, notification: Notification, now: datetime) -> Notification | None:
        return for_event(notification, self.event, self._about, now)

    def _is_wanted(self, follower: Following) -> bool:
        return not self.event.is_withdrawn and isinstance(wanted(kind_of(self.event), follower), Wanted)


async def _some_done(
    writing: set[asyncio.Task[tuple[int, bool]]], reached: _Range
) -> set[asyncio.Task[tuple[int, bool]]]:
    """Wait until one at least is done, and take in what is."""
    done, left = await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        written, is_partial = task.result()
        reached.report.written += written
        reached.is_partial |= is_partial
    return left
