"""A message a user whose preferences or time zone have changed: plan their alerts anew."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.domain.alert_message import PlanAlerts
from shared.usecases.plan_alerts import plan_alerts as plan
from shared.wiring import Wiring


@_entry.pubsub(PlanAlerts)
async def plan_alerts(message: PlanAlerts, wiring: Wiring) -> Mapping[str, Any]:
    """Bring what the user wants into each show that they follow, and say how many they were."""
    report = await plan(
        message,
        follows=wiring.follows,
        notifications=wiring.notifications,
        users=wiring.users,
        topics=wiring.topics,
        now=wiring.now,
    )
    return report.as_fields()
