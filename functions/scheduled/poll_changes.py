"""Every hour: what TMDB says has changed, of what we hold, is to be synced."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.usecases.poll_changes import poll_changes as poll
from shared.wiring import Wiring


@_entry.scheduled
async def poll_changes(wiring: Wiring) -> Mapping[str, Any]:
    """Read the feeds from where the last run stopped, and tell what was found."""
    report = await poll(
        feed=wiring.tmdb_changes,
        held_shows=wiring.held_shows,
        schedule=wiring.show_schedule,
        topics=wiring.topics,
        now=wiring.now,
    )
    return report.as_fields()
