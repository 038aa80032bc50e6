"""Enrichments that left something pending, at `enrich_queue/{uid}_{showId}`."""

import logging
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from google.cloud.firestore_v1 import AsyncClient, AsyncDocumentReference, DocumentSnapshot
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.season import SeasonNumber, ShowId
from shared.domain.tracking import QueuedEnrichment, TrackingKey, UserId
from shared.domain.version import Version

logger = logging.getLogger(__name__)

SHARDS = 8
"""An index on a rising time takes 500 writes a second; each shard has its own range of it."""

FIRST_DELAY = timedelta(seconds=60)
KEPT = timedelta(days=30)


class EnrichQueueDocuments:
    """The `EnrichQueue` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def put(self, key: TrackingKey, seasons: Sequence[SeasonNumber], *, now: datetime) -> None:
        """See `EnrichQueue.put`."""
        with translated():
            await self._reference(key).set(_fields(key, seasons, now), **BOUNDED)
        usage.count(writes=1)

    async def put_if_absent(
        self, key: TrackingKey, seasons: Sequence[SeasonNumber], *, now: datetime
    ) -> None:
        """See `EnrichQueue.put_if_absent`."""
        batch = self._client.batch()
        batch.create(self._reference(key), _fields(key, seasons, now))
        await commit(batch)

    async def due(self, *, now: datetime, limit: int) -> Sequence[QueuedEnrichment]:
        """See `EnrichQueue.due`. An entry that cannot be read is logged and removed."""
        entries: list[QueuedEnrichment] = []
        for shard in range(SHARDS):
            if len(entries) == limit:
                break
            query = (
                self._client.collection(paths.ENRICH_QUEUE)
                .where(filter=FieldFilter("shard", "==", shard))
                .where(filter=FieldFilter("dueAt", "<=", now))
                .order_by("dueAt")
                .limit(limit - len(entries))
            )
            with translated():
                snapshots = [snapshot async for snapshot in query.stream(**BOUNDED)]
            usage.count(reads=max(1, len(snapshots)))
            for snapshot in snapshots:
                entry = _entry(snapshot)
                if entry is not None:
                    entries.append(entry)
                    continue
                # Its path is not said: it names a user.
                logger.error("an entry of the queue cannot be read and is removed")
                await self._delete(snapshot.reference.path, Version(snapshot.update_time))
        return entries

    async def remove(self, entry: QueuedEnrichment) -> None:
        """See `EnrichQueue.remove`."""
        await self._delete(paths.enrich_queue(entry.key), entry.version)

    async def postpone(self, entry: QueuedEnrichment, until: datetime) -> None:
        """See `EnrichQueue.postpone`."""
        batch = self._client.batch()
        batch.update(
            self._reference(entry.key),
            {"attempts": entry.attempts + 1, "dueAt": until},
            option=self._client.write_option(last_update_time=entry.version),
        )
        await commit(batch)  # refused: it was put again, or another run has dealt with it

    def _reference(self, key: TrackingKey) -> AsyncDocumentReference:
        return self._client.document(paths.enrich_queue(key))

    async def _delete(self, path: str, version: Version) -> None:
        batch = self._client.batch()
        batch.delete(self._client.document(path), option=self._client.write_option(last_update_time=version))
        await commit(batch)  # refused: it was put again, or another run has dealt with it


def _fields(key: TrackingKey, seasons: Sequence[SeasonNumber], now: datetime) -> dict[str, Any]:
    return {
        "uid": key.user_id,
        "showId": key.show_id,
        "seasons": list(seasons),
        "attempts": 0,
        "dueAt": now + FIRST_DELAY,
        "expireAt": now + KEPT,
        "shard": zlib.crc32(paths.enrich_queue(key).encode()) % SHARDS,
    }


def _entry(snapshot: DocumentSnapshot[AsyncDocumentReference]) -> QueuedEnrichment | None:
    document = fields_of(snapshot) or {}
    user_id, show_id, attempts = document.get("uid"), document.get("showId"), document.get("attempts", 0)
    if not isinstance(user_id, str) or not isinstance(show_id, int) or not isinstance(attempts, int):
        return None
    key = TrackingKey(UserId(user_id), ShowId(show_id))
    if paths.enrich_queue(key) != snapshot.reference.path:
        return None
    return QueuedEnrichment(key, attempts, Version(snapshot.update_time))
