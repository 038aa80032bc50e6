"""A message a show or movie: bring what we hold of it up to date, and tell what changed."""

from collections.abc import Mapping
from typing import Any

from functions import _entry
from shared.domain.message import ShowSync
from shared.usecases.sync_show import sync_show as sync
from shared.wiring import Wiring


@_entry.pubsub(ShowSync)
async def show_sync(message: ShowSync, wiring: Wiring) -> Mapping[str, Any]:
    """Sync the one that the message names, and tell what was done."""
    report = await sync(
        message.show_key,
        source=wiring.shows,
        store=wiring.show_documents,
        topics=wiring.topics,
        supplements=wiring.supplements,
        now=wiring.now,
    )
    return report.as_fields()
