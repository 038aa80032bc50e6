"""Erasures of users, at `erasures/{uid}`, until nobody can be writing for the user any more.

startedAt    when it was begun, or gone on with
endedAt      when the account was gone too; null until then
collections  how many documents were erased, by their collections
expireAt     when Firestore may delete it, if nobody has before

No app reads them: rules say nothing of the collection.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import AsyncClient, Increment
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.field_path import FieldPath

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.reads import Snapshot, found
from shared.domain.erasure import KEPT_FOR, Erasure
from shared.domain.tracking import UserId
from shared.errors import Contention

URGENT: dict[str, Any] = {"retry": None, "timeout": 1.0}
"""How a request is held up that could as well go on without it."""


class ErasureDocuments:
    """The `Erasures` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def begin(self, user_id: UserId, now: datetime) -> None:
        """See `Erasures.begin`. One write."""
        await self._merge(user_id, {"startedAt": now, "endedAt": None, "expireAt": now + KEPT_FOR})

    async def end(self, user_id: UserId, now: datetime) -> None:
        """See `Erasures.end`. One write."""
        await self._merge(user_id, {"endedAt": now})

    async def add(self, user_id: UserId, collection: str, count: int) -> None:
        """See `Erasures.add`. One write."""
        batch = self._client.batch()
        add_erased(self._client, batch, user_id, {collection: count})
        await _committed(batch)

    async def read(self, user_id: UserId) -> Erasure | None:
        """See `Erasures.read`. One read."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.erasure(user_id)).get(**BOUNDED)
        return _erasure(snapshot)

    async def begun_since(self, since: datetime, *, is_urgent: bool = False) -> Mapping[UserId, datetime]:
        """See `Erasures.begun_since`. A read for each, one at least."""
        query = (
            self._client.collection(paths.ERASURES)
            .where(filter=FieldFilter("startedAt", ">=", since))
            .select(["startedAt"])
        )
        bounds = URGENT if is_urgent else BOUNDED
        with translated():
            snapshots = [snapshot async for snapshot in query.stream(**bounds)]
        usage.count(reads=max(1, len(snapshots)))
        begun = {UserId(one.id): (fields_of(one) or {}).get("startedAt") for one in snapshots}
        return {user_id: at for user_id, at in begun.items() if isinstance(at, datetime)}

    async def begun_before(self, before: datetime, limit: int) -> Sequence[Erasure]:
        """See `Erasures.begun_before`."""
        query = (
            self._client.collection(paths.ERASURES)
            .where(filter=FieldFilter("startedAt", "<", before))
            .order_by("startedAt")
            .limit(limit)
        )
        read = [_erasure(snapshot) for snapshot in await found(query)]
        return [one for one in read if one is not None]

    async def forget(self, user_id: UserId) -> None:
        """See `Erasures.forget`. One write."""
        batch = self._client.batch()
        batch.delete(self._client.document(paths.erasure(user_id)))
        await _committed(batch)

    async def _merge(self, user_id: UserId, fields: Mapping[str, datetime | None]) -> None:
        batch = self._client.batch()
        batch.set(self._client.document(paths.erasure(user_id)), dict(fields), merge=True)
        await _committed(batch)


def add_erased(
    client: AsyncClient, batch: AsyncWriteBatch, user_id: UserId, erased: Mapping[str, int]
) -> None:
    """Let the batch count what it erases, so that a receipt is right whoever dies where."""
    # An update: where the erasure is settled already, this would be made anew and never be forgotten.
    counts = {
        FieldPath("collections", collection).to_api_repr(): Increment(count)
        for collection, count in erased.items()
    }
    batch.update(client.document(paths.erasure(user_id)), counts)


async def _committed(batch: AsyncWriteBatch) -> None:
    if await commit(batch) is None:
        raise Contention("Others keep writing the same document. Try again in a moment.")


def _erasure(snapshot: Snapshot) -> Erasure | None:
    """The erasure that a document holds, or None for what is none."""
    fields = fields_of(snapshot) or {}
    started_at, ended_at, counts = (fields.get(name) for name in ("startedAt", "endedAt", "collections"))
    if not isinstance(started_at, datetime):
        return None
    erased = counts.items() if isinstance(counts, Mapping) else ()
    return Erasure(
        UserId(snapshot.id),
        started_at,
        ended_at if isinstance(ended_at, datetime) else None,
        {name: count for name, count in erased if isinstance(count, int)},
    )
