"""Every six hours: the shows most in need, and those unseen for too long, are to be synced."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.usecases.full_sync import full_sync as request_most_needed
from shared.wiring import Wiring


@_entry.scheduled
async def full_sync(wiring: Wiring) -> Mapping[str, Any]:
    """Ask for them, and tell how many there were."""
    report = await request_most_needed(schedule=wiring.show_schedule, topics=wiring.topics, now=wiring.now)
    return report.as_fields()
