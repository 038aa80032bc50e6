"""The users' tracking documents. Their shape belongs to the client apps; only three fields are ours."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from google.cloud.firestore_v1 import AsyncClient, AsyncDocumentReference, DocumentSnapshot
from google.cloud.firestore_v1.types import Precondition, Write
from google.protobuf.struct_pb2 import NULL_VALUE

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.enrichment import EpisodeFields
from shared.domain.tracking import StoredTracking, TrackingKey, TrackingPage, parse_episodes
from shared.domain.version import Version

if TYPE_CHECKING:  # who enriches asks for nothing of it
    from shared.domain.watched import Watched

WATCHED_AT_ONCE = 10


class TrackingDocuments:
    """The `TrackingStore` and the `WatchedStore` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, key: TrackingKey) -> StoredTracking | None:
        """See `TrackingStore.read`."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.tracking(key)).get(**BOUNDED)
        return _stored(key, snapshot) if snapshot.exists else None

    async def write(self, key: TrackingKey, changes: Mapping[str, EpisodeFields], version: Version) -> bool:
        """See `TrackingStore.write`. The update mask names single fields, never `watched`."""
        document = self._client.document(paths.tracking(key))
        batch = self._client.batch()
        # The client's own `update` parses every field path several times over, 0.1 ms each: half a second
        # for a long show, in which the instance serves nobody. These paths are ours, and known to be right.
        batch._add_write_pbs([_update(document._document_path, changes, version)])  # noqa: SLF001
        return await commit(batch) is not None

    async def page(self, after: str | None, limit: int) -> TrackingPage:
        """See `TrackingStore.page`. The cursor is the path of the last document."""
        query = self._client.collection_group(paths.TRACKING_COLLECTION).order_by("__name__").limit(limit)
        if after is not None:
            query = query.start_after({"__name__": self._client.document(after)})
        with translated():
            snapshots = [snapshot async for snapshot in query.stream(**BOUNDED)]
        usage.count(reads=max(1, len(snapshots)))
        documents = [
            _stored(key, snapshot)
            for snapshot in snapshots
            if (key := paths.tracking_key(snapshot.reference.path)) is not None
        ]
        return TrackingPage(documents, snapshots[-1].reference.path if len(snapshots) == limit else None)

    async def watched(self, keys: Collection[TrackingKey]) -> Mapping[TrackingKey, "Watched"]:
        """See `WatchedStore.watched`. A read for each key.

        A document can have a megabyte, and takes several when it is decoded: few are held at a time.
        """
        from shared.adapters.firestore.reads import existing
        from shared.domain.watched import Watched

        wanted = {paths.tracking(key): key for key in keys}
        every, watched = list(wanted), {}
        for start in range(0, len(every), WATCHED_AT_ONCE):
            snapshots = await existing(self._client, every[start : start + WATCHED_AT_ONCE], ["episodes"])
            for path, snapshot in snapshots.items():
                watched[wanted[path]] = Watched.of((fields_of(snapshot) or {}).get("episodes"))
        return watched


def _stored(key: TrackingKey, snapshot: DocumentSnapshot[AsyncDocumentReference]) -> StoredTracking:
    document = fields_of(snapshot) or {}
    return StoredTracking(key, parse_episodes(document.get("episodes")), Version(snapshot.update_time))


def _update(document_path: str, changes: Mapping[str, EpisodeFields], version: Version) -> Write:
    """The update of exactly these fields, if the document still has that version."""
    write = Write(current_document=Precondition(update_time=version))
    message = Write.pb(write)
    message.update.name = document_path
    episodes = message.update.fields["episodes"].map_value.fields
    for key, fields in changes.items():
        values = episodes[key].map_value.fields
        for name, value in fields.items():
            message.update_mask.field_paths.append(f"episodes.`{key}`.{name}")
            if isinstance(value, int):
                values[name].integer_value = value
            elif isinstance(value, str):
                values[name].string_value = value
            else:
                values[name].null_value = NULL_VALUE
    return write
