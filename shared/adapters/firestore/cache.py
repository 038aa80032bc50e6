"""Cache documents and the claim to populate them (DESIGN.md, section 4).

A claim is one commit that reads nothing: each document is written as `populating` under the precondition
that it is still as it was read. The commit is atomic, so of several documents all are claimed or none.
The `update_time` it gives a document is the claim's fence: completing and releasing are writes under that
precondition, and a claimer that comes back after its lease was taken over can write nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic

from google.cloud.firestore_v1 import (
    SERVER_TIMESTAMP,
    AsyncClient,
    AsyncDocumentReference,
    DocumentSnapshot,
    WriteOption,
)

from shared import usage
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.cache import CacheRecord, Claim, Entry, K, Lifetimes, Status, T, before_claim
from shared.domain.version import Version


class CacheDocuments(Generic[K, T]):
    """The `CacheStore` of one kind of cache document.

    `encode` gives a value's own fields (for None: what a document holds that was never complete), and
    `decode` reads them, or raises `ValueError`.
    """

    def __init__(
        self,
        client: AsyncClient,
        *,
        path: Callable[[K], str],
        encode: Callable[[K, T | None], dict[str, Any]],
        decode: Callable[[Mapping[str, Any], Status], T | None],
        lifetimes: Lifetimes,
    ) -> None:
        self._client = client
        self._path = path
        self._encode = encode
        self._decode = decode
        self._lifetimes = lifetimes

    async def read(self, keys: Collection[K]) -> Sequence[CacheRecord[K, T]]:
        """See `CacheStore.read`. One request, however many keys."""
        key_of = {self._path(key): key for key in keys}
        references = [self._client.document(path) for path in key_of]
        usage.count(reads=len(references))
        with translated():
            return [
                self._record(key_of[snapshot.reference.path], snapshot)
                async for snapshot in self._client.get_all(references, **BOUNDED)
            ]

    async def claim(self, records: Sequence[CacheRecord[K, T]]) -> Sequence[Claim[K, T]] | None:
        """See `CacheStore.claim`."""
        batch = self._client.batch()
        for record in records:
            mark = {"status": Status.POPULATING.value, "lastUpdated": SERVER_TIMESTAMP}
            if record.version is None:
                batch.create(self._reference(record.key), {**self._encode(record.key, None), **mark})
            else:
                batch.update(self._reference(record.key), mark, option=self._unchanged(record.version))
        results = await commit(batch)
        if results is None:
            return None
        return [
            Claim(record.key, Version(result.update_time), before_claim(record.entry, self._lifetimes))
            for record, result in zip(records, results, strict=True)
        ]

    async def complete(self, claim: Claim[K, T], value: T) -> bool:
        """See `CacheStore.complete`."""
        return await self._replace(claim, value, SERVER_TIMESTAMP)

    async def release(self, claim: Claim[K, T]) -> bool:
        """See `CacheStore.release`."""
        if claim.before is not None:
            return await self._replace(claim, claim.before.value, claim.before.last_updated)
        batch = self._client.batch()
        batch.delete(self._reference(claim.key), option=self._unchanged(claim.fence))
        return await commit(batch) is not None

    async def _replace(self, claim: Claim[K, T], value: T | None, last_updated: object) -> bool:
        batch = self._client.batch()
        batch.update(
            self._reference(claim.key),
            {
                **self._encode(claim.key, value),
                "status": Status.COMPLETE.value,
                "lastUpdated": last_updated,
            },
            option=self._unchanged(claim.fence),
        )
        return await commit(batch) is not None

    def _reference(self, key: K) -> AsyncDocumentReference:
        return self._client.document(self._path(key))

    def _unchanged(self, version: Version) -> WriteOption:
        return self._client.write_option(last_update_time=version)

    def _record(self, key: K, snapshot: DocumentSnapshot[AsyncDocumentReference]) -> CacheRecord[K, T]:
        document = fields_of(snapshot)
        version = None if document is None else Version(snapshot.update_time)
        return CacheRecord(
            key, None if document is None else self._entry(document), version, snapshot.read_time
        )

    def _entry(self, document: Mapping[str, Any]) -> Entry[T] | None:
        """The entry, or None if the document is not one: then it is claimed and written anew."""
        try:
            status = Status(document["status"])
            last_updated = document["lastUpdated"]
            if not isinstance(last_updated, datetime):
                return None
            return Entry(status, last_updated, self._decode(document, status))
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
