"""A notification in its document and in a message, and what cannot be read there."""

from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest

from shared.domain.alert_message import HandedOver, PushNotifications
from shared.domain.alert_plan import for_follower
from shared.domain.alert_preferences import ShowWishes, Timing
from shared.domain.alerts import Silence
from shared.domain.local_time import QuietHours
from shared.domain.message import decode
from shared.domain.notification import (
    AboutShow,
    Notification,
    failed,
    partly_sent,
    postponed,
    put_off,
    read,
    sent,
    skipped,
)
from shared.domain.notification_fields import notification_fields, notification_of
from shared.domain.version import Version
from shared.errors import InvalidRequest
from tests.unit.domain.silo import (
    ABOUT,
    ENDED,
    GRAY_GOO,
    SPECIAL,
    TEN_AT_ONCE,
    THREE_SEASONS,
    following,
    utc,
)

NOW = utc("2026-08-18T06:00")
LATER = datetime.fromisoformat("2026-08-20T07:00:30.123456+00:00")


def planned(event: Any = GRAY_GOO, about: AboutShow = ABOUT, **wishes: Any) -> Notification:
    notification = for_follower(
        None, event, following(notify_specials=True, **wishes), about, NOW, is_news=True
    )
    assert notification is not None
    return notification


PLANNED = planned(only_within_episodes=0)
NOTIFICATIONS = [
    PLANNED,
    planned(TEN_AT_ONCE),
    planned(THREE_SEASONS, only_within_episodes=3),
    planned(SPECIAL, AboutShow()),
    planned(ENDED),
    planned(digest_hour=18, quiet_hours=QuietHours(time(22), time(8))),
    planned(wishes=ShowWishes(timing=Timing(-3))),
    postponed(replace(PLANNED, tries=2), LATER),
    partly_sent(postponed(replace(PLANNED, tries=2), LATER), {"tablet", "phone"}, LATER),
    put_off(PLANNED, datetime.fromisoformat("2026-08-22T06:59:30.123456+00:00")),
    sent(PLANNED, LATER),
    failed(PLANNED, "INTERNAL", LATER),
    skipped(PLANNED, Silence.NO_DEVICE, LATER),
    skipped(PLANNED, Silence.WITHDRAWN, LATER),
    read(sent(PLANNED, LATER), LATER) or PLANNED,
]


@pytest.mark.parametrize("notification", NOTIFICATIONS)
def test_it_comes_back_from_its_document(notification: Notification) -> None:
    version = Version("7")

    assert notification_of(notification_fields(notification), version) == replace(
        notification, version=version
    )


@pytest.mark.parametrize("notification", NOTIFICATIONS)
def test_it_comes_back_from_a_message(notification: Notification) -> None:
    message = PushNotifications(handed_over=(HandedOver.of(notification, "7"),))

    (handed_over,) = decode(message.encode(), PushNotifications).handed_over

    assert handed_over.notification() == notification
    assert handed_over.version == "7"


def test_its_fields() -> None:
    fields = notification_fields(sent(planned(digest_hour=18), LATER))

    why = fields.pop("why")
    assert why["digestHour"] == 18
    assert fields == {
        "uid": "ada",
        "eventId": "episode_7173964",
        "eventVersion": 1,
        "showKey": "tv_125988",
        "kind": "episode",
        "title": "Silo",
        "body": "Season 3, episode 8: Gray Goo",
        "eventDate": "2026-08-20",
        "posterPath": "/silo.jpg",
        "scheduledFor": utc("2026-08-20T16:00"),
        "dueAt": None,
        "lapsesAt": utc("2026-08-22T16:00"),
        "digestId": "digest_2026-08-20",
        "status": "sent",
        "reason": None,
        "tries": 0,
        "deliveredTo": [],
        "isUnread": True,
        "arrivedAt": LATER,
        "readAt": None,
        "expireAt": datetime.fromisoformat("2027-02-16T07:00:30.123456+00:00"),
        "subject": {
            "season": 3,
            "episode": 8,
            "episodeCount": 1,
            "episodeIds": [7173964],
            "seasons": [3],
            "earlier": {},
        },
    }


def test_a_document_orders_the_devices_so_that_the_same_is_written_the_same() -> None:
    reached = replace(PLANNED, delivered_to=frozenset({"c", "a", "b"}))

    assert notification_fields(reached)["deliveredTo"] == ["a", "b", "c"]
    assert notification_fields(PLANNED)["subject"]["earlier"] == {"1": 10, "2": 10, "3": 7}


FIELDS = notification_fields(PLANNED)
SUBJECT = FIELDS["subject"]
BROKEN: list[dict[str, Any]] = [
    {},
    {**FIELDS, "showKey": "tv_0"},
    {**FIELDS, "showKey": 125988},
    {**FIELDS, "kind": "news"},
    {**FIELDS, "kind": None},
    {**FIELDS, "status": "lost"},
    {**FIELDS, "scheduledFor": None},
    {**FIELDS, "scheduledFor": "soon"},
    {**FIELDS, "scheduledFor": 1_787_000_000},
    {**FIELDS, "dueAt": ""},
    {**FIELDS, "lapsesAt": None},
    {**FIELDS, "lapsesAt": "two days"},
    {**FIELDS, "lapsesAt": 1_787_000_000},
    {**FIELDS, "arrivedAt": True},
    {**FIELDS, "deliveredTo": None},
    {**FIELDS, "subject": None},
    {**FIELDS, "subject": [3, 8]},
    {**FIELDS, "subject": {}},
    {**FIELDS, "subject": {**SUBJECT, "episodeIds": None}},
    {**FIELDS, "subject": {**SUBJECT, "earlier": None}},
    {**FIELDS, "subject": {**SUBJECT, "earlier": [1, 2]}},
    {**FIELDS, "subject": {**SUBJECT, "earlier": {"first": 10}}},
    *({name: value for name, value in FIELDS.items() if name != left_out} for left_out in sorted(FIELDS)),
]


@pytest.mark.parametrize("fields", [each for each in BROKEN if each.keys() != {*FIELDS} - {"expireAt"}])
def test_what_describes_no_notification(fields: dict[str, Any]) -> None:
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        notification_of(fields, None)
    with pytest.raises(InvalidRequest):
        HandedOver(fields=fields, version="7").notification()


@pytest.mark.parametrize("count", [0, 501])
def test_a_message_hands_over_1_to_500(count: int) -> None:
    one = HandedOver.of(PLANNED, "7").model_dump(mode="json")
    content = {"type": "push_notifications", "notifications": [one] * count}

    with pytest.raises(ValueError, match="notifications"):
        PushNotifications.model_validate(content)
