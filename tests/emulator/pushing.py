"""What the tests of handing over and pushing share: alerts made by hand, crowds, and other instances."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.fcm.client import FcmSender
from shared.adapters.firestore import paths, writes
from shared.adapters.firestore.bulk import write_each
from shared.adapters.http import Patience
from shared.domain.alert_message import PushNotifications
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.device import DeviceId
from shared.domain.notification import Notification
from shared.domain.season import ShowId
from shared.domain.tracking import TrackingKey, UserId
from tests.emulator.alerting import SILO, Alerting
from tests.emulator.harness import Instance

HOUR = datetime(2026, 7, 24, 9, tzinfo=UTC)
"""When an alert of Friday, 24 July is given to who has chosen neither a zone nor an hour."""

DAY = "2026-07-24"
FIFTH = "episode_7173961"
"""The notification of the fifth episode of Silo's third season."""

HASTY = Patience(
    attempt_seconds=1.5, backoff_start=0.001, backoff_most=1.0, breaker_failures=10_000, breaker_seconds=60
)
"""Tries as often as the real one does, in less time, and goes on where others fail."""

HASTY_WITH_BREAKER = replace(HASTY, breaker_failures=5, breaker_seconds=30)
"""The same, but leaves FCM alone as the real one does."""


def planned(user_id: str, number: int, due_at: datetime, **fields: Any) -> Notification:
    """An alert of an episode, planned for that instant."""
    notification = Notification(
        user_id=UserId(user_id),
        notification_id=f"episode_{7173956 + number}",
        event_version=1,
        show_key=SILO,
        kind=AlertKind.EPISODE,
        title="Silo",
        body=f"Season 3, episode {number}: Episode {number}",
        event_date=due_at.date().isoformat(),
        scheduled_for=due_at,
        due_at=due_at,
        lapses_at=due_at + MOST_AGE,
    )
    return replace(notification, **fields)


async def put(alerting: Alerting, notifications: Sequence[Notification]) -> None:
    """Store alerts as they are."""
    assert None not in await alerting.instance.notifications.put(notifications)


async def handed_over(alerting: Alerting, **limits: Any) -> list[PushNotifications]:
    """Hand over what is due, and give the messages."""
    report = await alerting.dispatch(**limits)
    return await messages(alerting) if report.handed_over else []


async def messages(alerting: Alerting) -> list[PushNotifications]:
    """What was handed over since the last look, message by message; the one of the longest due first."""
    published = [one for one in await alerting.published("push") if isinstance(one, PushNotifications)]
    return sorted(published, key=lambda one: one.handed_over[0].notification().scheduled_for)


async def lone_message(alerting: Alerting) -> PushNotifications:
    """The only message that handing over now gives."""
    (message,) = await handed_over(alerting)
    return message


def keys_of(handed: Iterable[PushNotifications]) -> list[tuple[str, str]]:
    """User and id of each notification that the messages hold, in their order."""
    given = [one.notification() for message in handed for one in message.handed_over]
    return [(one.user_id, one.notification_id) for one in given]


def hasten(alerting: Alerting, **patience: Any) -> None:
    """Let FCM's client be as `HASTY` is from now on."""
    settings = alerting.instance.settings
    assert "push_sender" not in alerting.instance.__dict__
    alerting.instance.push_sender = FcmSender(
        project=settings.project, base_url=settings.fcm_base_url, patience=replace(HASTY, **patience)
    )


@contextlib.asynccontextmanager
async def others(alerting: Alerting, count: int) -> AsyncIterator[list[Alerting]]:
    """So many further instances, with connections of their own."""
    instances = [Instance(alerting.instance.settings) for _ in range(count)]
    try:
        yield [
            Alerting(instance, alerting.firestore, alerting.fcm, alerting.topics, alerting.clock)
            for instance in instances
        ]
    finally:
        for instance in instances:
            await instance.close()


async def crowd(alerting: Alerting, count: int, name: str = "fan") -> list[str]:
    """So many users who follow Silo and have a phone of their own name each: copies of one of them."""
    template = f"{name}-template"
    device_id = await alerting.device(template, template)
    await alerting.follow(template)
    documents = {
        "follow": paths.tracked_show(UserId(template), SILO),
        "device": paths.device(UserId(template), device_id),
    }
    held = {}
    for what, path in documents.items():
        reference = alerting.firestore.document(path)
        held[what] = (await reference.get()).to_dict() or {}
        await reference.delete()
    users = [f"{name}-{number:05}" for number in range(count)]
    made = []
    for user in users:
        follow, device = {**held["follow"], "uid": user}, {**held["device"], "uid": user, "token": user}
        made += [
            writes.creation(alerting.firestore, paths.tracked_show(UserId(user), SILO), follow),
            writes.creation(alerting.firestore, paths.device(UserId(user), DeviceId("phone")), device),
        ]
    assert None not in await write_each(alerting.firestore, made)
    return users


async def change_follow(alerting: Alerting, user_id: str, **fields: Any) -> None:
    """Change what a user follows in the document alone: nothing is planned by it, as at the last moment."""
    await alerting.firestore.document(paths.tracked_show(UserId(user_id), SILO)).update(fields)


def tracking_path(user_id: str) -> str:
    """Where an app keeps what its user has watched of Silo."""
    return paths.tracking(TrackingKey(UserId(user_id), ShowId(SILO.tmdb_id)))


MINUTE = timedelta(minutes=1)
