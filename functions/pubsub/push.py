"""A message some notifications whose time has come, or what was read: push it to the users' devices."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.domain.alert_message import ClearNotifications, PushNotifications
from shared.usecases.push_notifications import clear_notifications, push_notifications
from shared.wiring import Wiring


@_entry.pubsub(PushNotifications, ClearNotifications)
async def push(message: PushNotifications | ClearNotifications, wiring: Wiring) -> Mapping[str, Any]:
    """Push what the message hands over, and tell what became of it."""
    if isinstance(message, ClearNotifications):
        return await clear_notifications(
            message, devices=wiring.devices, pusher=wiring.push_sender, now=wiring.now
        )
    report = await push_notifications(
        message,
        notifications=wiring.notifications,
        follows=wiring.follows,
        watched=wiring.tracking,
        devices=wiring.devices,
        pusher=wiring.push_sender,
        now=wiring.now,
    )
    return report.as_fields()
