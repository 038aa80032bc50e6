"""Which events of the timeline were written lately. `updatedAt` is when a sync wrote one."""

from collections.abc import Sequence
from datetime import datetime

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import fields_of
from shared.adapters.firestore.reads import found


class ChangedEventDocuments:
    """The `ChangedEvents`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def since(self, at: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """See `ChangedEvents.since`. A read for each, and one where there is none."""
        query = (
            self._client.collection(paths.TIMELINE_EVENTS)
            .where(filter=FieldFilter("updatedAt", ">=", at))
            .order_by("updatedAt")
            .select(("showKey", "updatedAt"))
            .limit(limit)
        )
        documents = [fields_of(snapshot) or {} for snapshot in await found(query)]
        changes = ((document.get("showKey"), document.get("updatedAt")) for document in documents)
        return [
            (key, changed_at)
            for key, changed_at in changes
            if isinstance(key, str) and isinstance(changed_at, datetime)
        ]
