"""Push notifications that were handed over to their users' devices.

Each is claimed first, under the version that was handed over, so that of two who were given it one goes on.
A claim ends by itself: whoever is killed leaves a notification that is due again. After FCM has taken a
message it is marked as sent; killed between the two, it is sent once more under the same collapse id, and
the device shows one.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.alert_message import ClearNotifications, HandedOver, PushNotifications
from shared.domain.alert_plan import checked
from shared.domain.device import Device
from shared.domain.following import Following
from shared.domain.notification import Notification, NotificationStatus, postponed
from shared.domain.push import Alert, Clearance, Sending, Sent
from shared.domain.pushing import alert_of, outcome
from shared.domain.season import ShowId
from shared.domain.show import ShowKey
from shared.domain.tracking import TrackingKey, UserId
from shared.domain.watched import Watched
from shared.errors import StoreError
from shared.usecases.alert_ports import FollowStore, NotificationStore, Pusher, WatchedStore
from shared.usecases.device_ports import Devices

logger = logging.getLogger(__name__)

TRIES = 5

IDS_AT_ONCE = 50
"""So many collapse ids, of 64 characters at most, are in one message of 4,096 bytes."""

_SEEN = (NotificationStatus.SENT, NotificationStatus.READ)
"""What says already that the user was given it."""


@dataclass(frozen=True, slots=True)
class PushLimits:
    """`lease` is how long a claim holds: longer than one run takes. `at_once` bounds what is under way."""

    lease: timedelta = timedelta(minutes=5)
    at_once: int = 100


LIMITS = PushLimits()


class PushReport:
    """What became of the notifications of a message; `lost`: somebody else has them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def as_fields(self) -> Mapping[str, Any]:
        """The report by the names it has in the log."""
        return dict(self.counts)


async def push_notifications(
    message: PushNotifications,
    *,
    notifications: NotificationStore,
    follows: FollowStore,
    watched: WatchedStore,
    devices: Devices,
    pusher: Pusher,
    now: Callable[[], datetime],
    limits: PushLimits = LIMITS,
) -> PushReport:
    """Claim, check once more, send and mark. Delivered again, it finds nothing to claim and does nothing.

    Raises:
        InvalidRequest: the message hands over what is no notification.
        StoreUnavailable: nothing is lost; what was claimed is due again when the claim ends.
    """
    push = _Push(notifications, follows, watched, devices, pusher, now, limits)
    claimed = await push.claimed(message.handed_over)
    following, seen = await asyncio.gather(push.following(claimed), push.watched(claimed))
    looked_at = [push.checked(each, following, seen) for each in claimed]
    kept = [each for each in looked_at if each.is_pending and each.due_at is None]
    done = [each for each in looked_at if not (each.is_pending and each.due_at is None)]
    users = {each.user_id for each in kept}
    found = dict(zip(users, await push.in_parallel(map(push.devices.of_user, users)), strict=True))
    groups = _groups(kept)
    sent = await push.in_parallel(
        (push.sent(group, found[group[0].user_id], following) for group in groups), keeps_errors=True
    )
    # What one group stumbles over takes nothing from the others: what FCM has taken for them is marked.
    errors = [each for each in sent if isinstance(each, BaseException)]
    await push.mark(
        [*done, *(each for group in sent if not isinstance(group, BaseException) for each in group)]
    )
    if errors:
        raise errors[0]
    return push.report


async def clear_notifications(
    message: ClearNotifications, *, devices: Devices, pusher: Pusher, now: Callable[[], datetime]
) -> Mapping[str, Any]:
    """Take what was read off the devices of its user: those that are not reached keep showing it.

    Browsers are left out. They want something to be seen of every push (`userVisibleOnly`), and where nothing
    is they show a sentence of their own, or take the permission away: https://www.w3.org/TR/push-api/

    Raises:
        StoreUnavailable: the message is to be delivered again.
    """
    of_user = [
        device for device in await devices.of_user(UserId(message.user_id)) if device.target.platform != "web"
    ]
    ids = message.collapse_ids
    clearances = [Clearance(ids[start : start + IDS_AT_ONCE]) for start in range(0, len(ids), IDS_AT_ONCE)]
    sendings = await asyncio.gather(
        *(pusher.send(device.target, each, now=now()) for device in of_user for each in clearances)
    )
    return {"cleared": sum(sending.sent is Sent.DELIVERED for sending in sendings), "devices": len(of_user)}


class _Push:
    """One message's notifications on their way."""

    def __init__(
        self,
        notifications: NotificationStore,
        follows: FollowStore,
        watched: WatchedStore,
        devices: Devices,
        pusher: Pusher,
        now: Callable[[], datetime],
        limits: PushLimits,
    ) -> None:
        self.devices = devices
        self.report = PushReport()
        self._notifications = notifications
        self._follows = follows
        self._watched = watched
        self._pusher = pusher
        self._now = now
        self._limits = limits
        self._room = asyncio.Semaphore(limits.at_once)
        self._shown: dict[tuple[UserId, str], list[Notification]] = {}

    async def in_parallel(self, work: Iterable[Any], *, keeps_errors: bool = False) -> list[Any]:
        """All of it, so much at once as there is room for; with `keeps_errors` what failed is its error."""

        async def one(each: Any) -> Any:  # noqa: ANN401  # whatever the work gives
            async with self._room:
                return await each

        return await asyncio.gather(*map(one, work), return_exceptions=keeps_errors)

    async def claimed(self, handed_over: Sequence[HandedOver]) -> list[Notification]:
        """Those that are this run's now, in the state `due_at` None, and of a digest all that it gathers."""
        given = [
            replace(one.notification(), version=self._notifications.version_of(one.version))
            for one in handed_over
        ]
        lone = [each for each in given if each.digest_id is None]
        until = self._now() + self._limits.lease
        versions = await self._notifications.mark([postponed(each, until) for each in lone])
        won = [
            replace(each, version=version)
            for each, version in zip(lone, versions, strict=True)
            if version is not None
        ]
        self.report.counts["lost"] += len(lone) - len(won)
        for each in given:
            if each.digest_id is not None:
                gathered = await self._claimed_digest(each, each.digest_id)
                self.report.counts["lost"] += not gathered
                won += gathered
        return [replace(each, due_at=None) for each in won]

    async def _claimed_digest(self, handed_over: Notification, digest_id: str) -> list[Notification]:
        """All that the digest gathers, claimed together: so one run has all of it."""
        for _ in range(TRIES):
            gathered = await self._notifications.of_digest(handed_over.user_id, digest_id)
            pending = [each for each in gathered if each.is_pending]
            versions = {each.notification_id: each.version for each in pending}
            if versions.get(handed_over.notification_id) != handed_over.version:
                return []
            until = self._now() + self._limits.lease
            claims = await self._notifications.mark_together([postponed(each, until) for each in pending])
            if claims is not None:
                # They are still on the screen, in the place that the later part takes.
                self._shown[handed_over.user_id, digest_id] = [
                    each for each in gathered if each.status is NotificationStatus.SENT and each.is_unread
                ]
                return [replace(each, version=version) for each, version in zip(pending, claims, strict=True)]
        return []

    async def following(self, claimed: Sequence[Notification]) -> Mapping[tuple[UserId, ShowKey], Following]:
        keys = {(each.user_id, each.show_key) for each in claimed}
        return await self._follows.follows_of(keys) if keys else {}

    async def watched(self, claimed: Sequence[Notification]) -> Mapping[TrackingKey, Watched]:
        """What their users have watched of the shows; of a movie or a status that says nothing."""
        keys = {key for each in claimed if (key := _tracking_key(each)) is not None}
        return await self._watched.watched(keys) if keys else {}

    def checked(
        self,
        claimed: Notification,
        following: Mapping[tuple[UserId, ShowKey], Following],
        seen: Mapping[TrackingKey, Watched],
    ) -> Notification:
        """The notification as it is after the last check: unchanged, given up, or put off."""
        follow, key = following.get((claimed.user_id, claimed.show_key)), _tracking_key(claimed)
        watched = Watched() if key is None else seen.get(key, Watched())
        last = None if follow is None else follow.last_watched
        return checked(claimed, follow, replace(watched, last=last), self._now())

    async def sent(
        self,
        group: Sequence[Notification],
        devices: Sequence[Device],
        following: Mapping[tuple[UserId, ShowKey], Following],
    ) -> list[Notification]:
        """What became of notifications that are seen as one, by sending them to their user's devices."""
        zone = following[group[0].user_id, group[0].show_key].user.zone
        shown = self._shown.get((group[0].user_id, group[0].collapse_id), [])
        alert = alert_of(sorted([*shown, *group], key=_in_order), zone, self._now())
        # A device that has not seen one of them, which joined later, is sent all: it shows them in one place.
        reached = frozenset.intersection(*(each.delivered_to for each in group))
        left = [device for device in devices if device.device_id not in reached]
        sendings = await asyncio.gather(*(self._send(device, alert) for device in left))
        by_device = {str(device.device_id): sending for device, sending in zip(left, sendings, strict=True)}
        return [outcome(each, by_device, self._now()) for each in group]

    async def _send(self, device: Device, alert: Alert) -> Sending:
        sending = await self._pusher.send(device.target, alert, now=self._now())
        if sending.sent is Sent.DEVICE_GONE:
            try:
                if await self.devices.forget(device):
                    self.report.counts["devicesGone"] += 1
            except StoreError as error:
                # FCM says so again the next time.
                logger.warning("a device that is gone could not be removed: %s", error)
        return sending

    async def mark(self, outcomes: Sequence[Notification]) -> None:
        """Store what became of them. What FCM has taken is sent, whatever was made of it meanwhile."""
        for _ in range(TRIES):
            if not outcomes:
                return
            versions = await self._notifications.mark(outcomes)
            refused = []
            for each, version in zip(outcomes, versions, strict=True):
                if version is None:
                    refused.append(each)
                else:
                    self.report.counts[each.status.value] += 1
            taken = {
                (each.user_id, each.notification_id): each
                for each in refused
                if each.status is NotificationStatus.SENT
            }
            stored = await self._notifications.read_each(list(taken)) if taken else {}
            # The others were moved or withdrawn while they were dealt with, and that is what counts.
            self.report.counts["lost"] += len(refused) - len(taken)
            outcomes = [
                replace(taken[key], version=now_stored.version)
                for key, now_stored in stored.items()
                if now_stored.status not in _SEEN
            ]
        if outcomes:
            # The device shows it; sent again it takes its own place.
            logger.error("%d notifications were sent and could not be marked so", len(outcomes))


def _groups(notifications: Sequence[Notification]) -> list[list[Notification]]:
    """Those that are seen as one together: a digest; any other is by itself."""
    groups: dict[tuple[UserId, str], list[Notification]] = {}
    for each in sorted(notifications, key=_in_order):
        groups.setdefault((each.user_id, each.collapse_id), []).append(each)
    return list(groups.values())


def _in_order(notification: Notification) -> tuple[datetime, str]:
    return notification.scheduled_for, notification.notification_id


def _tracking_key(notification: Notification) -> TrackingKey | None:
    if notification.subject.season is None or notification.show_key.media_type != "tv":
        return None
    return TrackingKey(notification.user_id, ShowId(notification.show_key.tmdb_id))
