"""The user's inbox, and why they were told what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import Field

from functions.api.access import Caller, Wired
from functions.api.me import QuietHoursBody
from functions.api.models import (
    BASE,
    AtHour,
    Cursor,
    Day,
    EventPath,
    HoursBefore,
    Limit,
    NextCursor,
    Picture,
    Told,
    timing_fields,
)
from functions.api.problems import documented
from shared.domain.alert_preferences import ANY_NUMBER_BEHIND, AlertKind, whole_number
from shared.domain.alerts import Timetable
from shared.domain.cursor import is_document_id
from shared.domain.notification import Notification, NotificationStatus
from shared.errors import Contention, InvalidRequest, NotFound, StoreUnavailable, Unavailable
from shared.usecases.explain_alert import Explanation, explain_alert
from shared.usecases.inbox import PAGE, history, mark_all_read, mark_read, unread_count

router = APIRouter(prefix=f"{BASE}/notifications", tags=["notifications"])


class NotificationAnswer(Told):
    """A notification."""

    id: str = Field(examples=["episode_62085"])
    show_id: str = Field(examples=["tv_1396"])
    kind: AlertKind
    title: str = Field(examples=["Breaking Bad"])
    body: str = Field(examples=["Season 1, episode 1: Pilot"])
    poster_path: Picture
    event_date: Day
    status: NotificationStatus
    reason: str | None = Field(description="Why it was skipped or has failed.", examples=["watched"])
    scheduled_for: datetime
    is_unread: bool
    arrived_at: datetime | None
    read_at: datetime | None

    @classmethod
    def of(cls, notification: Notification) -> Self:
        """The answer that shows it."""
        return cls(
            id=notification.notification_id,
            show_id=str(notification.show_key),
            kind=notification.kind,
            title=notification.title,
            body=notification.body,
            poster_path=notification.poster_path,
            event_date=notification.event_date,
            status=notification.status,
            reason=notification.reason,
            scheduled_for=notification.scheduled_for,
            is_unread=notification.is_unread,
            arrived_at=notification.arrived_at,
            read_at=notification.read_at,
        )


class NotificationsAnswer(Told):
    """Some notifications."""

    notifications: list[NotificationAnswer]
    cursor: NextCursor


class DecisionAnswer(Told):
    """The wishes that decide whether and when an alert is given."""

    switch: str | None = Field(description="Which one it is told for.", examples=["notifyNewEpisode"])
    said_by: str | None = Field(
        description="Whether the show's own wishes say so, or the preferences.",
        examples=["show", "preferences"],
    )
    only_within_episodes: int | None
    timezone: str = Field(examples=["Europe/Vienna"])
    is_timezone_assumed: bool = Field(description="Whether the user has said none.")
    notify_hours_before: HoursBefore
    notify_at_hour: AtHour
    quiet_hours: QuietHoursBody | None
    digest_hour: int | None

    @classmethod
    def of(cls, why: Mapping[str, Any] | None) -> Self | None:
        """The answer that shows them; None where there were none to decide."""
        if not why:
            return None
        timetable = Timetable.read(why)
        quiet, switch, said_by = timetable.quiet_hours, why.get("switch"), why.get("saidBy")
        return cls(
            switch=switch if isinstance(switch, str) else None,
            said_by=said_by if isinstance(said_by, str) else None,
            only_within_episodes=whole_number(why.get("onlyWithinEpisodes"), 0, ANY_NUMBER_BEHIND),
            timezone=timetable.zone.name,
            is_timezone_assumed=timetable.zone.is_assumed,
            **timing_fields(timetable.timing),
            quiet_hours=None if quiet is None else QuietHoursBody.model_validate(quiet.as_fields()),
            digest_hour=timetable.digest_hour,
        )


class ReadAnswer(Told):
    """How many were marked."""

    read: int


class UnreadAnswer(Told):
    """How many are unread."""

    unread: int


class ExplanationAnswer(Told):
    """What was decided of an event, and what would be now."""

    id: str = Field(examples=["episode_62085"])
    status: NotificationStatus | None = Field(description="Null where none was ever planned.")
    reason: str | None = Field(description="Why it was skipped or has failed.", examples=["watched"])
    scheduled_for: datetime | None
    decided_by: DecisionAnswer | None = Field(description="The wishes that it was planned by.")
    now: str = Field(
        description="What would be decided now: `pending`, `later`, or why nothing would be told.",
        examples=["pending"],
    )
    by: DecisionAnswer | None = Field(
        description="The wishes that say so now; null where no switch is on for it."
    )

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """The answer that shows it."""
        planned = explanation.notification
        return cls(
            id=explanation.event_id,
            status=None if planned is None else planned.status,
            reason=None if planned is None else planned.reason,
            scheduled_for=None if planned is None else planned.scheduled_for,
            decided_by=DecisionAnswer.of(None if planned is None else planned.why),
            now=explanation.now,
            by=DecisionAnswer.of(explanation.by),
        )


@router.get("", responses=documented(InvalidRequest, StoreUnavailable))
async def read_notifications(
    user_id: Caller,
    wiring: Wired,
    status: Annotated[
        NotificationStatus | None,
        Query(description="Only those; `pending` are those still to come, the soonest first."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> NotificationsAnswer:
    """What has arrived, the latest first."""
    page = await history(user_id, status, cursor=cursor, limit=limit, inbox=wiring.inbox)
    return NotificationsAnswer(
        notifications=[NotificationAnswer.of(one) for one in page.notifications], cursor=page.cursor
    )


@router.get("/unread-count", responses=documented(StoreUnavailable))
async def count_unread_notifications(user_id: Caller, wiring: Wired) -> UnreadAnswer:
    """How many are unread."""
    return UnreadAnswer(unread=await unread_count(user_id, inbox=wiring.inbox))


@router.post("/read-all", responses=documented(Contention, StoreUnavailable, Unavailable))
async def mark_all_notifications_read(user_id: Caller, wiring: Wired) -> ReadAnswer:
    """Mark all as read, and take them off the user's devices."""
    marked = await mark_all_read(user_id, inbox=wiring.inbox, topics=wiring.topics, now=wiring.now)
    return ReadAnswer(read=marked)


@router.patch(
    "/{id}/read",
    status_code=204,
    responses=documented(NotFound, Contention, StoreUnavailable, Unavailable),
)
async def mark_notification_read(notification_id: EventPath, user_id: Caller, wiring: Wired) -> None:
    """Mark one as read, and take it off the user's other devices."""
    await mark_read(user_id, notification_id, inbox=wiring.inbox, topics=wiring.topics, now=wiring.now)


@router.get("/{id}/why", responses=documented(NotFound, StoreUnavailable))
async def explain_notification(
    notification_id: EventPath, user_id: Caller, wiring: Wired
) -> ExplanationAnswer:
    """Why the user was told of an event, or was not; also of one that they have no notification of."""
    if not is_document_id(notification_id):
        raise NotFound("There is no such event.")
    explanation = await explain_alert(
        user_id,
        notification_id,
        events=wiring.events,
        follows=wiring.follows,
        notifications=wiring.notifications,
        watched=wiring.tracking,
        now=wiring.now,
    )
    return ExplanationAnswer.of(explanation)
