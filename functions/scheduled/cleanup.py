"""Every day at three: shows that nobody follows are looked after no longer, and erasures are settled."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.usecases.cleanup import cleanup as clean_up
from shared.usecases.erase_user import settle_erasures
from shared.wiring import Wiring


@_entry.scheduled
async def cleanup(wiring: Wiring) -> Mapping[str, Any]:
    """Do one bounded run, and tell what it did."""
    erasures = await settle_erasures(wiring.eraser)
    report = await clean_up(schedule=wiring.show_schedule, now=wiring.now)
    return {**report.as_fields(), **erasures.as_fields()}
