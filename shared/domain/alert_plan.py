"""What telling an event, and looking at it once more before it is given, makes of a follower's notification.

Pure, with the time handed in. Each function gives the notification that is to be stored, or None where
nothing changes.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain.alert_preferences import AlertKind
from shared.domain.alert_text import text_of
from shared.domain.alerts import Due, Later, Silence, Timetable, due, kind_of, last_check, wanted
from shared.domain.following import Following
from shared.domain.local_time import QuietHours
from shared.domain.notification import AboutShow, Notification, NotificationStatus, put_off, sent, skipped
from shared.domain.timeline import TimelineEvent
from shared.domain.watched import Subject, Watched, earlier_episodes

REVOCABLE_BY_A_LATER_DAY = frozenset({Silence.WATCHED, Silence.NOT_CAUGHT_UP})
"""Reasons that were true at the alert's time, and may not be at another."""

REVOCABLE_BY_EVENT = REVOCABLE_BY_A_LATER_DAY | {Silence.WITHDRAWN, Silence.TOO_OLD}
"""Reasons that pass with what is told of the event: it is there again, or on a later day."""

REVOCABLE = REVOCABLE_BY_EVENT | {Silence.NOT_FOLLOWED, Silence.SILENCED, Silence.KIND_OFF, Silence.OVER}
"""Reasons that can pass: those, and that the user wants to hear of it again."""


def for_follower(
    existing: Notification | None,
    event: TimelineEvent,
    following: Following,
    show: AboutShow,
    now: datetime,
    *,
    is_news: bool,
) -> Notification | None:
    """What an event as it is now makes of a follower's notification of it, which may not exist yet.

    `is_news`: the event was told just now; without it the user began just now to follow or to want it.
    """
    is_pending = existing is not None and existing.is_pending
    if existing is not None and not _may_become(existing, event, REVOCABLE):
        return None
    kind = kind_of(event)
    asked = Silence.WITHDRAWN if event.is_withdrawn else wanted(kind, following)
    if isinstance(asked, Silence):
        return _given_up(existing, event, asked, now)
    timetable = Timetable.of(following)
    # What was waiting already is given also if its user changes their mind about the hour too late.
    when = due(
        event.event_date,
        timetable,
        now,
        is_news=is_news or is_pending,
        followed_at=None if is_pending else following.followed_at,
        lapses_at=_lapses_at(existing, event),
    )
    if isinstance(when, Silence):
        return _given_up(existing, event, when, now)
    if existing is not None and not _is_for(existing, when):
        return None
    why = {
        "switch": asked.switch,
        "saidBy": asked.said_by,
        "onlyWithinEpisodes": following.only_within_episodes,
        **timetable.as_fields(),
    }
    return _differing(existing, _planned(existing, event, kind, following, show, when, why), now)


def for_event(
    existing: Notification, event: TimelineEvent, show: AboutShow, now: datetime
) -> Notification | None:
    """What an event as it is now makes of a notification of the same kind, by the wishes that it keeps."""
    if not _may_become(existing, event, REVOCABLE_BY_EVENT):
        return None
    if event.is_withdrawn:
        return _given_up(existing, event, Silence.WITHDRAWN, now)
    lapses_at = _lapses_at(existing, event)
    when = due(event.event_date, existing.timetable, now, is_news=True, lapses_at=lapses_at)
    if isinstance(when, Silence):
        return _given_up(existing, event, when, now)
    if not _is_for(existing, when):
        return None
    text = text_of(event, existing.kind)
    moved = replace(
        existing,
        event_version=event.version,
        title=text.title,
        body=text.body,
        event_date=event.event_date,
        subject=_subject_of(event, show, is_counted=existing.why.get("onlyWithinEpisodes") is not None),
        **_pending_at(when),
    )
    return _differing(existing, moved, now)


def checked(
    existing: Notification, following: Following | None, watched: Watched, now: datetime
) -> Notification:
    """The notification at the last moment before it is given: as it is, given up, or put off.

    It is put off too where it was planned by wishes that are no longer the user's, and by those of now its
    time has not come: a plan and a telling that crossed each other leave such.
    """
    verdict = last_check(
        existing.kind, existing.subject, existing.lapses_at, following=following, watched=watched, now=now
    )
    if isinstance(verdict, Silence):
        return skipped(existing, verdict, now)
    if isinstance(verdict, Later):
        return put_off(existing, verdict.at)
    if following is not None and (timetable := Timetable.of(following)) != existing.timetable:
        when = due(existing.event_date, timetable, now, is_news=True)
        # Not by the instant alone: at the hour of a digest that is already the next digest's.
        if isinstance(when, Due) and when.scheduled_for > now:
            return put_off(existing, when.at)
    return existing


def without_follower(existing: Notification, now: datetime) -> Notification | None:
    """What becomes of a notification whose user follows the show no longer."""
    return skipped(existing, Silence.NOT_FOLLOWED, now) if existing.is_pending else None


def _given_up(
    existing: Notification | None, event: TimelineEvent, reason: Silence, now: datetime
) -> Notification | None:
    """What waited and is given up; an older version of the event cannot bring it back."""
    if existing is None or not existing.is_pending:
        return None
    return replace(skipped(existing, reason, now), event_version=event.version)


def _may_become(existing: Notification, event: TimelineEvent, reasons: Collection[Silence]) -> bool:
    """Whether an event can change anything of it: it waits, or was given up for a reason that can pass.

    A version of the event that is older than the one that it knows comes too late.
    """
    if existing.event_version > event.version:
        return False
    return existing.is_pending or (
        existing.status is NotificationStatus.SKIPPED and existing.reason in reasons
    )


def _lapses_at(existing: Notification | None, event: TimelineEvent) -> datetime | None:
    """Until when one that waits is worth having, as long as its day is the same."""
    is_same = existing is not None and existing.is_pending and existing.event_date == event.event_date
    return existing.lapses_at if existing is not None and is_same else None


def _is_for(existing: Notification, when: Due) -> bool:
    """Whether it is to be given then: what did not fit at its time is looked at again only at a later one."""
    return existing.reason not in REVOCABLE_BY_A_LATER_DAY or when.scheduled_for > existing.scheduled_for


def _planned(
    existing: Notification | None,
    event: TimelineEvent,
    kind: AlertKind,
    following: Following,
    show: AboutShow,
    when: Due,
    why: Mapping[str, Any],
) -> Notification:
    text = text_of(event, kind)
    before = existing or Notification(
        user_id=following.user_id,
        notification_id=event.event_id,
        event_version=event.version,
        show_key=event.show_key,
        kind=kind,
        title=text.title,
        body=text.body,
        event_date=event.event_date,
        scheduled_for=when.scheduled_for,
        due_at=when.at,
        lapses_at=when.lapses_at,
    )
    return replace(
        before,
        event_version=event.version,
        kind=kind,
        title=text.title,
        body=text.body,
        event_date=event.event_date,
        subject=_subject_of(event, show, is_counted=following.only_within_episodes is not None),
        poster_path=show.poster_path,
        why=why,
        **_pending_at(when),
    )


def _pending_at(when: Due) -> dict[str, Any]:
    return {
        "status": NotificationStatus.PENDING,
        "reason": None,
        "scheduled_for": when.scheduled_for,
        "due_at": when.at,
        "lapses_at": when.lapses_at,
        "digest_id": when.digest_id,
        "is_unread": False,
        "arrived_at": None,
    }


def _differing(existing: Notification | None, planned: Notification, now: datetime) -> Notification | None:
    """The planned one, unless it says what is stored.

    What has reached a device and waits for others is not told once more at another time.

    One that is being handed over or sent has another instant than it was planned for, and keeps that while
    its time is the same. So it stays in its digest, which as a new one it would have missed by then.
    """
    if existing is None or not existing.is_pending:
        return replace(planned, tries=0)
    if (planned.scheduled_for, _put_off_by(planned)) == (existing.scheduled_for, _put_off_by(existing)):
        planned = replace(
            planned,
            due_at=existing.due_at,
            lapses_at=existing.lapses_at,
            digest_id=existing.digest_id,
            is_unread=existing.is_unread,
            arrived_at=existing.arrived_at,
        )
    elif existing.delivered_to:
        return replace(sent(existing, now), event_version=planned.event_version)
    else:
        planned = replace(planned, tries=0)
    return None if planned == existing else planned


def _put_off_by(notification: Notification) -> tuple[str, QuietHours | None, int | None]:
    timetable = notification.timetable
    return timetable.zone.name, timetable.quiet_hours, timetable.digest_hour


def _subject_of(event: TimelineEvent, show: AboutShow, *, is_counted: bool) -> Subject:
    """What an event is about, with the episodes before it where somebody wants them counted."""
    if event.season is None:
        return Subject()
    return Subject(
        season=event.season,
        number=event.episode,
        count=event.episode_count,
        # Of a drop in the order of its episodes.
        episode_ids=tuple(event.details.get("episodeIds", event.episode_ids)),
        seasons=tuple(sorted(event.seasons)),
        earlier=earlier_episodes(event.season, event.episode, show.seasons) if is_counted else {},
    )
