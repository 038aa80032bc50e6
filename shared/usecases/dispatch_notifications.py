"""Hand notifications whose time has come to those who push them.

What is handed over is due again after a while (a visibility timeout): so if the message or who reads it is
lost, the notification is not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.alert_message import HandedOver, PushNotifications
from shared.domain.alerts import Silence
from shared.domain.delivery import Outgoing
from shared.domain.notification import Notification, postponed, skipped
from shared.domain.version import Version
from shared.usecases.alert_ports import NotificationStore, UserStore
from shared.usecases.plan_alerts import request_plan
from shared.usecases.show_ports import Topics

TOPIC = "push"

FORGOTTEN_AFTER = timedelta(minutes=10)
"""After this, alerts that are to be planned anew are asked for again: whoever stored it did not get to it."""


@dataclass(frozen=True, slots=True)
class DispatchLimits:
    """How a run goes: steps of so many notifications for so long, so many in a message.

    `visibility` is how long somebody has to push what was handed over; it is longer than a message and one
    run of `push` take together.
    """

    step: int = 500
    message: int = 100
    run: timedelta = timedelta(seconds=50)
    visibility: timedelta = timedelta(minutes=5)
    plans: int = 100


LIMITS = DispatchLimits()


@dataclass(slots=True)
class DispatchReport:
    """What a run did. `is_complete`: nothing was due any more at its end."""

    handed_over: int = 0
    too_old: int = 0
    plans_requested: int = 0
    is_complete: bool = False

    def as_fields(self) -> Mapping[str, Any]:
        """The report by the names it has in answers."""
        return {
            "handedOver": self.handed_over,
            "tooOld": self.too_old,
            "plansRequested": self.plans_requested,
            "isComplete": self.is_complete,
        }


async def dispatch_notifications(
    *,
    notifications: NotificationStore,
    users: UserStore,
    topics: Topics,
    now: Callable[[], datetime],
    limits: DispatchLimits = LIMITS,
) -> DispatchReport:
    """Hand over what is due, the longest due first, until nothing is or the time is up.

    Two runs at once hand over each notification once. What waited too long is skipped, with that as reason.

    Raises:
        StoreUnavailable, Unavailable: Firestore or Pub/Sub does not answer; the next run goes on.
    """
    report, begun = DispatchReport(), now()
    while now() - begun < limits.run:
        due = await notifications.due(now(), limits.step)
        if not due:
            report.is_complete = True
            break
        taken = await _taken(due, notifications, now(), limits, report)
        await topics.publish(TOPIC, _messages(taken, notifications, limits.message))
        report.handed_over += len(taken)
    unplanned = await users.unplanned(begun - FORGOTTEN_AFTER, limits.plans)
    if unplanned:
        # Noted first: those whose planning fails again and again must not keep others from being asked for.
        await users.asked_again(unplanned, now())
    for user_id in unplanned:
        await request_plan(user_id, topics=topics)
        report.plans_requested += 1
    return report


async def _taken(
    due: Sequence[Notification],
    store: NotificationStore,
    now: datetime,
    limits: DispatchLimits,
    report: DispatchReport,
) -> list[tuple[Notification, Version]]:
    """Those that this run has taken: the others are too old, or somebody else's already."""
    marked = [
        skipped(each, Silence.TOO_OLD, now)
        if now > each.lapses_at
        else postponed(each, now + limits.visibility)
        for each in due
    ]
    taken: list[tuple[Notification, Version]] = []
    for each, version in zip(marked, await store.mark(marked), strict=True):
        if version is not None and each.is_pending:
            taken.append((each, version))
        elif version is not None:
            report.too_old += 1
    return taken


def _messages(
    taken: Sequence[tuple[Notification, Version]], store: NotificationStore, size: int
) -> list[Outgoing]:
    """So many notifications in each message. Whoever pushes one of a digest pushes the whole of it."""
    digests: set[tuple[str, str]] = set()
    handed_over: list[HandedOver] = []
    for each, version in taken:
        if each.digest_id is not None:
            if (each.user_id, each.digest_id) in digests:
                continue
            digests.add((each.user_id, each.digest_id))
        handed_over.append(HandedOver.of(each, store.token_of(version)))
    return [
        Outgoing(PushNotifications(handed_over=tuple(handed_over[start : start + size])).encode())
        for start in range(0, len(handed_over), size)
    ]
