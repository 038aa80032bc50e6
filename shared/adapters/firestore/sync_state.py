"""Cursors and leases of scheduled jobs, at `sync_state/{job}`."""

from datetime import datetime, timedelta
from typing import Any

from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient, WriteOption
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.job import JobRun
from shared.domain.version import Version


class JobStateDocuments:
    """The `JobStates` on Firestore: a lease in the document, fenced by its `update_time`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def begin(self, job: str, *, lease_seconds: float) -> JobRun | None:
        """See `JobStates.begin`. Whether a lease has passed is told by Firestore's read time."""
        reference = self._client.document(paths.sync_state(job))
        usage.count(reads=1)
        with translated():
            snapshot = await reference.get(**BOUNDED)
        document = fields_of(snapshot) or {}
        cursor, begun, lease = (document.get(name) for name in ("cursor", "begunAt", "leaseSeconds"))
        if (
            isinstance(begun, datetime)
            and isinstance(lease, int | float)
            and snapshot.read_time < begun + timedelta(seconds=lease)
        ):
            return None
        fields = _fields(cursor, lease_seconds)
        batch = self._client.batch()
        if snapshot.exists:
            batch.update(reference, fields, option=self._unchanged(snapshot.update_time))
        else:
            batch.create(reference, fields)
        fence = await _fence(batch)
        return None if fence is None else JobRun(job, cursor if isinstance(cursor, str) else None, fence)

    async def advance(self, run: JobRun, cursor: str | None, *, lease_seconds: float) -> JobRun | None:
        """See `JobStates.advance`."""
        fence = await self._update(run, _fields(cursor, lease_seconds))
        return None if fence is None else JobRun(run.job, cursor, fence)

    async def end(self, run: JobRun) -> None:
        """See `JobStates.end`."""
        await self._update(run, {"begunAt": None})

    async def _update(self, run: JobRun, fields: dict[str, Any]) -> Version | None:
        batch = self._client.batch()
        batch.update(
            self._client.document(paths.sync_state(run.job)), fields, option=self._unchanged(run.fence)
        )
        return await _fence(batch)

    def _unchanged(self, version: Version) -> WriteOption:
        return self._client.write_option(last_update_time=version)


def _fields(cursor: object, lease_seconds: float) -> dict[str, Any]:
    return {"cursor": cursor, "begunAt": SERVER_TIMESTAMP, "leaseSeconds": lease_seconds}


async def _fence(batch: AsyncWriteBatch) -> Version | None:
    results = await commit(batch)
    return None if results is None else Version(results[0].update_time)
