"""Every ten minutes: enrich what was left pending, and what nobody asked to enrich."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.usecases.sweep_enrichments import sweep_enrichments
from shared.wiring import Wiring


@_entry.scheduled
async def enrich_sweep(wiring: Wiring) -> Mapping[str, Any]:
    """Do one bounded run, and tell what it did."""
    report = await sweep_enrichments(
        tracking=wiring.tracking,
        seasons=wiring.seasons,
        queue=wiring.enrich_queue,
        jobs=wiring.job_states,
        now=wiring.now,
    )
    return report.as_fields()
