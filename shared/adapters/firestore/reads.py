"""Reads of several documents, bounded in time and counted as Firestore bills them."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud.firestore_v1 import AsyncClient, AsyncDocumentReference, DocumentSnapshot
from google.cloud.firestore_v1._helpers import decode_dict
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.types import RunQueryResponse
from google.protobuf.timestamp_pb2 import Timestamp

from shared import usage
from shared.adapters.firestore.calls import BOUNDED, translated
from shared.domain.version import Version

READ_AT_ONCE = 300

Snapshot = DocumentSnapshot[AsyncDocumentReference]


def version_of(snapshot: Snapshot) -> Version:
    """The version of a document that exists, in one form: what a collection group gives has another."""
    time = snapshot.update_time
    if isinstance(time, Timestamp):
        time = DatetimeWithNanoseconds.from_timestamp_pb(time)  # type: ignore[no-untyped-call]
    return Version(time)


async def found(query: AsyncQuery) -> Sequence[Snapshot]:
    """What a query finds. One that finds nothing is billed as one read.

    Raises:
        StoreUnavailable: no answer in time.
    """
    client = query._client  # noqa: SLF001
    request, _, bounds = query._prep_stream(**BOUNDED)  # noqa: SLF001
    with translated():
        answers = await client._firestore_api.run_query(  # noqa: SLF001
            request=request,
            metadata=client._rpc_metadata,  # noqa: SLF001
            **bounds,
        )
        snapshots = [
            _snapshot(client, document)
            async for answer in answers
            if (document := RunQueryResponse.pb(answer).document).name
        ]
    usage.count(reads=max(1, len(snapshots)))
    return snapshots


def _snapshot(client: AsyncClient, document: Any) -> Snapshot:  # noqa: ANN401  # protobuf makes its classes
    """A document that a query found. `query.stream` would copy it deeply: most of what reading takes."""
    reference = client.document(document.name)
    time = DatetimeWithNanoseconds.from_timestamp_pb(document.update_time)  # type: ignore[no-untyped-call]
    snapshot: Snapshot = DocumentSnapshot(
        reference, None, exists=True, read_time=None, create_time=None, update_time=time
    )
    snapshot._data = decode_dict(document.fields, client)  # noqa: SLF001
    return snapshot


async def existing(
    client: AsyncClient, paths: Collection[str], fields: Iterable[str] | None = None
) -> dict[str, Snapshot]:
    """Those of these documents that exist, by their paths; of each these fields alone, if any are named.

    One read each, in no certain order. What is named twice is read once.

    Raises:
        StoreUnavailable: no answer in time.
    """
    wanted = [client.document(path) for path in dict.fromkeys(paths)]
    parts = [wanted[start : start + READ_AT_ONCE] for start in range(0, len(wanted), READ_AT_ONCE)]

    async def read(part: Sequence[AsyncDocumentReference]) -> list[Snapshot]:
        usage.count(reads=len(part))
        with translated():
            return [one async for one in client.get_all(list(part), field_paths=fields, **BOUNDED)]

    return {
        snapshot.reference.path: snapshot
        for snapshots in await asyncio.gather(*map(read, parts))
        for snapshot in snapshots
        if snapshot.exists
    }
