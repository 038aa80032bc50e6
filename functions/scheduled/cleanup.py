"""Every day at three: shows that nobody follows are looked after no longer."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.usecases.cleanup import cleanup as clean_up
from shared.wiring import Wiring


@_entry.scheduled
async def cleanup(wiring: Wiring) -> Mapping[str, Any]:
    """Do one bounded run, and tell what it did."""
    return (await clean_up(schedule=wiring.show_schedule, now=wiring.now)).as_fields()
