"""What is pushed of a notification, and what becomes of it by what FCM answers: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.alert_text import Text, digest_of, with_day
from shared.domain.alerts import Silence
from shared.domain.local_time import Zone
from shared.domain.notification import Notification, failed, partly_sent, postponed, sent, skipped
from shared.domain.push import Alert, Sending, Sent

TRIES = 3
"""How often a notification is tried that FCM fails with; while FCM takes nothing at all, none is counted."""

PAUSES = (timedelta(minutes=2), timedelta(minutes=30))
"""Before the second and the third try: an FCM that fails with all alike for half an hour is outlasted."""

SHORTEST_OUTAGE_PAUSE = timedelta(minutes=1)
LONGEST_OUTAGE_PAUSE = timedelta(minutes=10)

POSTERS = "https://image.tmdb.org/t/p/w342"
"""Posters of a phone's width: https://developer.themoviedb.org/docs/image-basics"""


def alert_of(notifications: Sequence[Notification], zone: Zone, now: datetime) -> Alert:
    """What is seen of one notification, or of all those of a digest, as told on this day of the user's.

    Of a digest that is pushed in parts the later has the earlier's too, whose place it takes.
    """
    first = notifications[0]
    today = zone.today(now)
    texts = [
        Text(each.title, with_day(each.body, each.kind, each.event_date, today)) for each in notifications
    ]
    text = texts[0] if len(texts) == 1 else digest_of(texts)
    is_one_show = len({each.show_key for each in notifications}) == 1
    return Alert(
        collapse_id=first.collapse_id,
        title=text.title,
        body=text.body,
        path=_path(first) if len(notifications) == 1 else "/notifications",
        expires_at=max(each.lapses_at for each in notifications),
        image_url=POSTERS + first.poster_path if first.poster_path and is_one_show else None,
        data=_data(first) if len(notifications) == 1 else {"digestId": first.collapse_id},
    )


def outcome(notification: Notification, sendings: Mapping[str, Sending], now: datetime) -> Notification:
    """What becomes of a notification by what came of sending it to each device that it had not reached."""
    by_sent: dict[Sent, list[Sending]] = {}
    for sending in sendings.values():
        by_sent.setdefault(sending.sent, []).append(sending)
    delivered = {device for device, sending in sendings.items() if sending.sent is Sent.DELIVERED}
    reached = partly_sent(notification, delivered, now)
    if Sent.SERVICE_DOWN in by_sent:
        pause = _outage_pause(notification, now)
        return postponed(reached, now + max(pause, _asked(by_sent[Sent.SERVICE_DOWN])))
    if Sent.FAILED in by_sent:
        tries = notification.tries + 1
        if tries < TRIES:
            pause = max(PAUSES[tries - 1], _asked(by_sent[Sent.FAILED]))
            return postponed(replace(reached, tries=tries), now + pause)
        reached = replace(reached, tries=tries)
    if reached.delivered_to:
        return sent(reached, now)
    for of_kind in (Sent.FAILED, Sent.REFUSED):
        if of_kind in by_sent:
            return failed(reached, by_sent[of_kind][0].reason or of_kind.value, now)
    return skipped(reached, Silence.NO_DEVICE, now)


def _outage_pause(notification: Notification, now: datetime) -> timedelta:
    """The longer it has waited the longer it waits: an hour's outage costs less than twenty tries."""
    waited = (now - notification.scheduled_for) / 4
    return min(max(waited, SHORTEST_OUTAGE_PAUSE), LONGEST_OUTAGE_PAUSE)


def _asked(sendings: Sequence[Sending]) -> timedelta:
    """The longest pause that FCM has asked for."""
    return timedelta(seconds=max(sending.retry_after or 0.0 for sending in sendings))


def _path(notification: Notification) -> str:
    """What a tap opens: the episode, or the season of a drop, or the show."""
    subject, show = notification.subject, f"/show/{notification.show_key}"
    if subject.season is None:
        return show
    season = f"{show}/season/{subject.season}"
    return season if subject.count > 1 else f"{season}/episode/{subject.number}"


def _data(notification: Notification) -> Mapping[str, str]:
    subject = notification.subject
    facts = {
        "notificationId": notification.notification_id,
        "showKey": str(notification.show_key),
        "kind": notification.kind.value,
        "eventDate": notification.event_date,
        "season": subject.season,
        "episode": subject.number,
        "episodeCount": subject.count if subject.season is not None else None,
    }
    return {name: str(value) for name, value in facts.items() if value is not None}
