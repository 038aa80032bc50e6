"""Many followers of one show, and what each of them is told."""

from collections import Counter
from collections.abc import Sequence

from google.cloud.firestore_v1.base_query import FieldFilter

from shared.adapters.firestore import paths
from shared.adapters.firestore.bulk import MOST_WRITES
from shared.adapters.firestore.tracked_shows import FollowDocuments
from shared.domain.alert_preferences import UserAlerts
from shared.domain.follow_state import FollowChange, FollowState
from shared.domain.following import Following
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from tests.emulator.alerting import SILO, Alerting


async def let_follow(
    alerting: Alerting, count: int, key: ShowKey = SILO, user: UserAlerts | None = None
) -> list[str]:
    """Let so many users follow a show, of whom nothing else is stored."""
    names = [f"fan-{number:05}" for number in range(count)]
    follows = FollowDocuments(alerting.firestore)
    for start in range(0, count, MOST_WRITES):
        batch = alerting.firestore.batch()
        for name in names[start : start + MOST_WRITES]:
            wanted = user or UserAlerts()
            following = Following(UserId(name), key, user=wanted, followed_at=alerting.clock)
            state = FollowState(following.user_id, key, wanted, None, None, None)
            follows._put_following(batch, FollowChange(state, following, []), alerting.clock)
        await batch.commit()
    return names


async def told(alerting: Alerting, event_id: str, *fields: str) -> dict[str, tuple[object, ...]]:
    """Of each user who has a notification of the event these fields, `status` if none is named.

    Fails where one has several.
    """
    query = alerting.firestore.collection_group(paths.NOTIFICATIONS).where(
        filter=FieldFilter("eventId", "==", event_id)
    )
    names = fields or ("status",)
    found = [(one.get("uid"), tuple(one.get(name) for name in names)) async for one in query.stream()]
    assert max(Counter(user_id for user_id, _ in found).values(), default=1) == 1
    return dict(found)


async def told_in_order(alerting: Alerting, names: Sequence[str], event_id: str) -> list[object]:
    """The status of each of these users' notification of the event, None for who has none."""
    of_event = await told(alerting, event_id)
    return [of_event[name][0] if name in of_event else None for name in names]
