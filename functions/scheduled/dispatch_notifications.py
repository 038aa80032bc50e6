"""Every minute: hand over the notifications whose time has come."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.usecases.dispatch_notifications import dispatch_notifications as dispatch
from shared.wiring import Wiring


@_entry.scheduled
async def dispatch_notifications(wiring: Wiring) -> Mapping[str, Any]:
    """Hand over what is due, and tell how many they were."""
    report = await dispatch(
        notifications=wiring.notifications, users=wiring.users, topics=wiring.topics, now=wiring.now
    )
    return report.as_fields()
