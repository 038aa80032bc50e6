"""What of the database says how the service is. Each look reads one document, or few."""

import logging
from collections.abc import Sequence
from datetime import datetime

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import fields_of
from shared.adapters.firestore.notifications import SHARDS
from shared.adapters.firestore.reads import Snapshot, found
from shared.domain.health import FollowedShowSeen
from shared.domain.schedule import ON_THE_AIR
from shared.domain.sync_log import SyncLog

logger = logging.getLogger(__name__)

MOST_CLAIMS = 100
"""A claim lasts for seconds, so there are rarely more than a few. An index over their times, which every
write of the cache would pay, is not worth it."""


class HealthDocuments:
    """The `HealthReads` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def oldest_claim_at(self) -> datetime | None:
        """See `HealthReads.oldest_claim_at`. A read for each claim, up to a hundred."""
        query = (
            self._client.collection(paths.SEASON_CACHE)
            .where(filter=FieldFilter("status", "==", "populating"))
            .select(["lastUpdated"])
            .limit(MOST_CLAIMS)
        )
        times = [_time(snapshot, "lastUpdated") for snapshot in await found(query)]
        return min((at for at in times if at is not None), default=None)

    async def oldest_due_at(self, now: datetime) -> datetime | None:
        """See `HealthReads.oldest_due_at`. One read: Firestore merges the queues."""
        query = (
            self._client.collection_group(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("shard", "in", list(range(SHARDS))))
            .where(filter=FieldFilter("dueAt", "<=", now))
            .order_by("dueAt")
            .select(["dueAt"])
            .limit(1)
        )
        return next((_time(snapshot, "dueAt") for snapshot in await found(query)), None)

    async def least_fresh(self) -> FollowedShowSeen | None:
        """See `HealthReads.least_fresh`. One read."""
        query = (
            self._client.collection(paths.SHOWS)
            .where(filter=FieldFilter("isFollowed", "==", True))
            .where(filter=FieldFilter("status", "in", ON_THE_AIR))
            .order_by("lastSyncedAt")
            .select(["lastSyncedAt"])
            .limit(1)
        )
        for snapshot in await found(query):
            key, at = paths.show_key(snapshot.reference.path), _time(snapshot, "lastSyncedAt")
            if key is not None and at is not None:
                return FollowedShowSeen(key, at)
        return None

    async def latest_syncs(self, limit: int) -> Sequence[SyncLog]:
        """See `HealthReads.latest_syncs`. A read each."""
        query = (
            self._client.collection(paths.SYNC_LOG).order_by("startedAt", direction="DESCENDING").limit(limit)
        )
        syncs: list[SyncLog] = []
        for snapshot in await found(query):
            fields = fields_of(snapshot) or {}
            try:
                syncs.append(
                    SyncLog(
                        subject=str(fields["subject"]),
                        source=str(fields["source"]),
                        status=fields["status"],
                        records_updated=int(fields["recordsUpdated"]),
                        started_at=fields["startedAt"],
                        finished_at=fields["finishedAt"],
                        error=fields.get("error"),
                    )
                )
            except (KeyError, TypeError, ValueError):
                logger.exception("the trace %s cannot be read and is passed over", snapshot.id)
        return syncs


def _time(snapshot: Snapshot, name: str) -> datetime | None:
    value = (fields_of(snapshot) or {}).get(name)
    return value if isinstance(value, datetime) else None
