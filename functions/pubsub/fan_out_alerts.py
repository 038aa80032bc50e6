"""A message an event that is new or other than before: plan, move or withdraw its followers' alerts."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.domain.message import TimelineEventChanged
from shared.usecases.erase_crossed import erase_crossed
from shared.usecases.fan_out_alerts import fan_out_alerts as fan_out
from shared.wiring import Wiring


@_entry.pubsub(TimelineEventChanged)
async def fan_out_alerts(message: TimelineEventChanged, wiring: Wiring) -> Mapping[str, Any]:
    """Tell the event to those who follow its show, and say how many they were."""
    began_at = wiring.now()
    try:
        report = await fan_out(
            message,
            events=wiring.events,
            follows=wiring.follows,
            notifications=wiring.notifications,
            topics=wiring.topics,
            now=wiring.now,
        )
    finally:
        # A follower whom it had read already may have been erased before it wrote.
        await erase_crossed(began_at, erasures=wiring.erasures, held=wiring.held)
    return report.as_fields()
