"""The users' tracking documents. Their shape belongs to the client apps; only three fields are ours."""

from collections.abc import Mapping

from google.cloud.firestore_v1 import AsyncClient, AsyncDocumentReference, DocumentSnapshot
from google.cloud.firestore_v1.field_path import FieldPath

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, translated
from shared.domain.enrichment import EpisodeFields
from shared.domain.tracking import StoredTracking, TrackingKey, TrackingPage, parse_episodes
from shared.domain.version import Version


class TrackingDocuments:
    """The `TrackingStore` on Firestore."""

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
        batch = self._client.batch()
        batch.update(
            self._client.document(paths.tracking(key)),
            {
                FieldPath("episodes", episode, name).to_api_repr(): value
                for episode, fields in changes.items()
                for name, value in fields.items()
            },
            option=self._client.write_option(last_update_time=version),
        )
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


def _stored(key: TrackingKey, snapshot: DocumentSnapshot[AsyncDocumentReference]) -> StoredTracking:
    document = snapshot.to_dict() or {}
    return StoredTracking(key, parse_episodes(document.get("episodes")), Version(snapshot.update_time))
