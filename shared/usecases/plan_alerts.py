"""A user's wishes of all shows: stored, and then brought into each show that they follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.alert_message import PlanAlerts
from shared.domain.alert_preferences import UserAlerts
from shared.domain.delivery import Outgoing
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest
from shared.usecases.alert_ports import FollowStore, NotificationStore, UserStore
from shared.usecases.follow_show import renew_following
from shared.usecases.show_ports import Topics

TOPIC = "alert-plans"


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """How much one message does before it goes on by another: that many shows, read in pages."""

    shows: int = 200
    page: int = 50


LIMITS = PlanLimits()


@dataclass(slots=True)
class PlanReport:
    """What was done for one user."""

    shows: int = 0
    changed_alerts: int = 0
    is_complete: bool = False

    def as_fields(self) -> Mapping[str, Any]:
        """The report by the names it has in the log."""
        return {
            "shows": self.shows,
            "changedAlerts": self.changed_alerts,
            "isComplete": self.is_complete,
        }


async def change_alerts(
    user_id: UserId,
    alerts: UserAlerts,
    *,
    before: UserAlerts | None = None,
    users: UserStore,
    topics: Topics,
    now: Callable[[], datetime],
) -> None:
    """Store what a user wants of all shows, and where their day begins; their alerts follow shortly.

    With what was there `before` only what differs is written.

    What is stored says that it is still to be planned, so it is also if nothing could be published.

    Raises:
        StoreUnavailable, Unavailable: Firestore or Pub/Sub does not answer; the same call goes on.
    """
    await users.put_alerts(user_id, alerts, now(), before=before)
    await request_plan(user_id, topics=topics)


async def request_plan(user_id: UserId, *, topics: Topics) -> None:
    """Publish that a user's alerts are to be planned anew."""
    await topics.publish(TOPIC, [Outgoing(PlanAlerts(user_id=user_id).encode())])


async def plan_alerts(
    message: PlanAlerts,
    *,
    follows: FollowStore,
    notifications: NotificationStore,
    users: UserStore,
    topics: Topics,
    now: Callable[[], datetime],
    limits: PlanLimits = LIMITS,
) -> PlanReport:
    """Bring what a user wants of all shows into each that they follow, and move their alerts.

    Each show is one commit, and one that is in line already costs no write; so a run that dies is repeated.

    Raises:
        InvalidRequest: the message names a place that is none.
        Contention, StoreUnavailable, Unavailable: the message is to be delivered again.
    """
    report, user_id = PlanReport(), UserId(message.user_id)
    begun_at = message.begun_at or now()
    after = _show_key(message.after)
    while report.shows < limits.shows:
        page = await follows.followed_by(user_id, after, limits.page)
        for following in page:
            renewed = await renew_following(
                user_id, following.show_key, follows=follows, notifications=notifications, now=now
            )
            report.shows += 1
            report.changed_alerts += 0 if renewed is None else renewed.changed_alerts
        if len(page) < limits.page:
            report.is_complete = True
            break
        after = page[-1].show_key
    if report.is_complete:
        await users.planned(user_id, begun_at)
    else:
        further = PlanAlerts(user_id=user_id, after=str(after), begun_at=begun_at)
        await topics.publish(TOPIC, [Outgoing(further.encode())])
    return report


def _show_key(text: str | None) -> ShowKey | None:
    try:
        return None if text is None else ShowKey.parse(text)
    except ValueError as error:
        raise InvalidRequest("The message names a show that is none.") from error
