"""One alert of one user, from being planned to being read: `users/{uid}/notifications/{eventId}`.

What becomes of one on its way to the screen and the inbox is decided here; `alert_plan.py` has how it is
planned.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import GRACE, Silence, Timetable
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.domain.watched import Subject

KEPT_FOR = timedelta(days=180)
"""How long one is kept after its time."""


class NotificationStatus(StrEnum):
    """How far a notification is. `skipped` and `failed` have a reason."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    READ = "read"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class AboutShow:
    """What of a show's document its notifications need: its poster, and (season, episodes) of its seasons."""

    poster_path: str | None = None
    seasons: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert. Its id is the event's, so a user has one of an event.

    `due_at` is when the dispatcher takes it next; None: nobody is to take it any more. After `lapses_at` it
    is too old. It is in the inbox from `arrived_at` on. `delivered_to` are the devices that it has reached
    while others have not been yet. `why` is the record of what decided on it, for people.
    """

    user_id: UserId
    notification_id: str
    event_version: int
    show_key: ShowKey
    kind: AlertKind
    title: str
    body: str
    event_date: str
    scheduled_for: datetime
    due_at: datetime | None
    lapses_at: datetime
    subject: Subject = field(default_factory=Subject)
    poster_path: str | None = None
    digest_id: str | None = None
    status: NotificationStatus = NotificationStatus.PENDING
    reason: str | None = None
    tries: int = 0
    delivered_to: frozenset[str] = frozenset()
    is_unread: bool = False
    arrived_at: datetime | None = None
    read_at: datetime | None = None
    why: Mapping[str, Any] = field(default_factory=dict)
    version: Version | None = None

    @property
    def is_pending(self) -> bool:
        return self.status is NotificationStatus.PENDING

    @property
    def collapse_id(self) -> str:
        """What a device shows it under: all that one digest gathers are one there."""
        return self.digest_id or self.notification_id

    @property
    def expires_at(self) -> datetime:
        """When the document may go."""
        return (self.arrived_at or self.scheduled_for) + KEPT_FOR

    @property
    def timetable(self) -> Timetable:
        """The wishes by which it was scheduled."""
        return Timetable.read(self.why)


def skipped(existing: Notification, reason: Silence, now: datetime) -> Notification:
    """The notification that is not given. What only lacked a device is in the inbox all the same.

    One that has reached a device already, and waited for others, was given.
    """
    if existing.delivered_to:
        return sent(existing, now)
    arrives = reason is Silence.NO_DEVICE
    return replace(
        existing,
        status=NotificationStatus.SKIPPED,
        reason=reason.value,
        due_at=None,
        is_unread=arrives,
        arrived_at=now if arrives else None,
    )


def sent(existing: Notification, now: datetime) -> Notification:
    """The notification that FCM has taken for a device at least."""
    return _arrived(replace(existing, status=NotificationStatus.SENT, reason=None), now)


def failed(existing: Notification, reason: str, now: datetime) -> Notification:
    """The notification that no device was reached with; it is in the inbox."""
    return _arrived(replace(existing, status=NotificationStatus.FAILED, reason=reason), now)


def postponed(existing: Notification, until: datetime) -> Notification:
    """The notification that is to be taken up again at that instant."""
    return replace(existing, due_at=until)


def put_off(existing: Notification, until: datetime) -> Notification:
    """The notification that its user does not want before that instant, and wants then."""
    return replace(existing, due_at=until, lapses_at=max(existing.lapses_at, until + GRACE))


def partly_sent(existing: Notification, devices: Collection[str], now: datetime) -> Notification:
    """The notification that has reached these devices, and is in the inbox, while it waits for others."""
    if not devices:
        return existing
    return replace(
        existing,
        delivered_to=existing.delivered_to | frozenset(devices),
        is_unread=True,
        arrived_at=existing.arrived_at or now,
    )


def read(existing: Notification, now: datetime) -> Notification | None:
    """The notification that its user has read; None for what is read, or has not arrived.

    One that still waits for other devices waits no longer.
    """
    if existing.arrived_at is None or existing.status is NotificationStatus.READ:
        return None
    return replace(existing, status=NotificationStatus.READ, due_at=None, is_unread=False, read_at=now)


def _arrived(existing: Notification, now: datetime) -> Notification:
    return replace(existing, due_at=None, is_unread=True, arrived_at=existing.arrived_at or now)
