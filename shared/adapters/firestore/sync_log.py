"""The audit trail of syncs, at `sync_log/{id}`; a TTL policy clears it away."""

import secrets

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch

from shared.adapters.firestore import paths
from shared.domain.sync_log import KEPT_FOR, SyncLog


def put_sync_log(client: AsyncClient, batch: AsyncWriteBatch, log: SyncLog) -> None:
    """Let the batch keep the trace of a sync."""
    log_id = f"{log.started_at:%Y%m%dT%H%M%S}_{log.subject}_{secrets.token_hex(4)}"
    batch.set(
        client.document(paths.sync_log(log_id)),
        {
            "subject": log.subject,
            "source": log.source,
            "status": log.status,
            "recordsUpdated": log.records_updated,
            "error": log.error,
            "startedAt": log.started_at,
            "finishedAt": log.finished_at,
            "expireAt": log.finished_at + KEPT_FOR,
        },
    )
