"""A notification as fields, of its document and of a message that hands it over, and back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.domain.alert_preferences import AlertKind
from shared.domain.notification import Notification, NotificationStatus
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.domain.watched import Subject


def notification_fields(notification: Notification) -> dict[str, Any]:
    """The fields. Times are datetimes; in a message they are texts (ISO 8601)."""
    subject = notification.subject
    return {
        "uid": notification.user_id,
        "eventId": notification.notification_id,
        "eventVersion": notification.event_version,
        "showKey": str(notification.show_key),
        "kind": notification.kind.value,
        "title": notification.title,
        "body": notification.body,
        "eventDate": notification.event_date,
        "posterPath": notification.poster_path,
        "scheduledFor": notification.scheduled_for,
        "dueAt": notification.due_at,
        "lapsesAt": notification.lapses_at,
        "digestId": notification.digest_id,
        "status": notification.status.value,
        "reason": notification.reason,
        "tries": notification.tries,
        "deliveredTo": sorted(notification.delivered_to),
        "isUnread": notification.is_unread,
        "arrivedAt": notification.arrived_at,
        "readAt": notification.read_at,
        "expireAt": notification.expires_at,
        "subject": {
            "season": subject.season,
            "episode": subject.number,
            "episodeCount": subject.count,
            "episodeIds": list(subject.episode_ids),
            "seasons": list(subject.seasons),
            "earlier": {str(season): count for season, count in subject.earlier.items()},
        },
        "why": dict(notification.why),
    }


def notification_of(fields: Mapping[str, Any], version: Version | None) -> Notification:
    """The notification that the fields describe.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: they describe none.
    """
    subject = fields["subject"]
    scheduled_for, lapses_at = _time(fields["scheduledFor"]), _time(fields["lapsesAt"])
    if scheduled_for is None or lapses_at is None:
        raise TypeError("a notification has a time, and an end of it")
    date.fromisoformat(fields["eventDate"])
    return Notification(
        user_id=UserId(fields["uid"]),
        notification_id=fields["eventId"],
        event_version=fields["eventVersion"],
        show_key=ShowKey.parse(fields["showKey"]),
        kind=AlertKind(fields["kind"]),
        title=fields["title"],
        body=fields["body"],
        event_date=fields["eventDate"],
        poster_path=fields["posterPath"],
        scheduled_for=scheduled_for,
        due_at=_time(fields["dueAt"]),
        lapses_at=lapses_at,
        digest_id=fields["digestId"],
        status=NotificationStatus(fields["status"]),
        reason=fields["reason"],
        tries=fields["tries"],
        delivered_to=frozenset(fields["deliveredTo"]),
        is_unread=fields["isUnread"],
        arrived_at=_time(fields["arrivedAt"]),
        read_at=_time(fields["readAt"]),
        subject=Subject(
            season=subject["season"],
            number=subject["episode"],
            count=subject["episodeCount"],
            episode_ids=tuple(subject["episodeIds"]),
            seasons=tuple(subject["seasons"]),
            earlier={int(season): count for season, count in subject["earlier"].items()},
        ),
        why=fields["why"],
        version=version,
    )


def _time(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    raise TypeError("this is no time")
