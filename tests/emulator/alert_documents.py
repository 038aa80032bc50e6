"""What the tests of following and alerting documents share: made notifications, and how to follow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.follow_state import FollowChange
from shared.domain.following import Following
from shared.domain.notification import Notification
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.usecases.alert_ports import FollowStore

NOW = datetime.now(UTC).replace(microsecond=123_456)
HOUR = timedelta(hours=1)
ADA, EVE = UserId("ada"), UserId("eve")
SHOW = ShowKey("tv", 1396)


def made_notification(user_id: str = ADA, notification_id: str = "episode_1", **fields: Any) -> Notification:
    """One that was planned and is due, but for these fields."""
    planned = Notification(
        user_id=UserId(user_id),
        notification_id=notification_id,
        event_version=1,
        show_key=SHOW,
        kind=AlertKind.EPISODE,
        title="Made",
        body="Season 1, episode 1",
        event_date="2026-01-01",
        scheduled_for=NOW,
        due_at=NOW,
        lapses_at=NOW + MOST_AGE,
        why={"switch": "notifyNewEpisode", "saidBy": "preferences", "quietHours": None},
    )
    return replace(planned, **fields)


async def follow(
    follows: FollowStore,
    user_id: UserId,
    key: ShowKey = SHOW,
    notifications: Sequence[Notification] = (),
    **fields: Any,
) -> None:
    """Let the user follow the show, however many others write it meanwhile."""
    for _ in range(50):
        state = await follows.state(user_id, key)
        following = Following(user_id, key, user=state.user, **fields)
        if await follows.write(FollowChange(state, following, notifications), NOW):
            return
    raise AssertionError("it is never written")


async def unfollow(
    follows: FollowStore, user_id: UserId, key: ShowKey = SHOW, notifications: Sequence[Notification] = ()
) -> None:
    """Let the user follow it no longer, likewise."""
    for _ in range(50):
        state = await follows.state(user_id, key)
        if await follows.write(FollowChange(state, None, notifications), NOW):
            return
    raise AssertionError("it is never written")
