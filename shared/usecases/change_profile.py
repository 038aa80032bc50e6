"""A user changes their name, their zone, or what they want to hear of all shows."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.profile import Profile
from shared.domain.tracking import UserId
from shared.usecases.alert_ports import UserStore
from shared.usecases.plan_alerts import change_alerts
from shared.usecases.show_ports import Topics


async def change_profile(
    user_id: UserId,
    edit: Callable[[Profile], Profile],
    *,
    users: UserStore,
    topics: Topics,
    now: Callable[[], datetime],
) -> Profile:
    """Store what `edit` makes of the profile, and plan the alerts anew where they are wanted otherwise.

    Raises:
        Contention: others kept writing the document.
        StoreUnavailable: Firestore does not answer; the same call goes on.
        Unavailable: all is stored, and planned somewhat later, but Pub/Sub does not answer.
    """
    before = await users.profile(user_id)
    changed = edit(before)
    if changed.username != before.username:
        await users.put_username(user_id, changed.username, now())
    if changed.alerts != before.alerts:
        await change_alerts(
            user_id, changed.alerts, before=before.alerts, users=users, topics=topics, now=now
        )
    return changed
