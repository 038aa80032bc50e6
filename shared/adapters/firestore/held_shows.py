"""The ids of all that we hold, and the cursor of the changes feeds, at `sync_state/held_shows`.

    tv: [1396, …]    movie: [27205, …]    changesThrough: {tv: timestamp, movie: timestamp}
    changesTold: {tv: [1396, …], movie: […]}

Whoever makes a show wanted adds its id (`holding`), in the same batch as the show's own write; `cleanup`
takes it away (`no_longer_holding`) with the write by which the show is wanted no more. The lists are exempt
from indexes, which would be an entry for each id.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import ArrayRemove, ArrayUnion, AsyncClient, DocumentSnapshot
from google.cloud.firestore_v1.async_document import AsyncDocumentReference

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.changes import MEDIA_TYPES, HeldShows
from shared.domain.show import MediaType, ShowKey
from shared.domain.version import Version
from shared.errors import Contention

TRIES = 5


def holding(keys: Collection[ShowKey]) -> dict[str, Any]:
    """Fields that add these, for `batch.set(client.document(paths.HELD_SHOWS), …, merge=True)`."""
    return {media_type: ArrayUnion(ids) for media_type, ids in _by_media_type(keys).items()}


def no_longer_holding(keys: Collection[ShowKey]) -> dict[str, Any]:
    """Fields that take these away, likewise."""
    return {media_type: ArrayRemove(ids) for media_type, ids in _by_media_type(keys).items()}


class HeldShowsDocument:
    """The `HeldShowsStore` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self) -> HeldShows:
        """See `HeldShowsStore.read`."""
        usage.count(reads=1)
        with translated():
            return _held(await self._reference.get(**BOUNDED))

    async def advance(
        self,
        held: HeldShows,
        through: Mapping[MediaType, datetime],
        told: Mapping[MediaType, frozenset[int]],
    ) -> HeldShows:
        """See `HeldShowsStore.advance`. One write; if others wrote meanwhile, a read and one more."""
        for _ in range(TRIES):
            ahead = {
                media_type: until
                for media_type, until in through.items()
                if media_type not in held.through or held.through[media_type] < until
            }
            if not ahead:
                return held
            found = {media_type: told.get(media_type, frozenset()) for media_type in ahead}
            kept = {media_type: sorted(ids) for media_type, ids in found.items()}
            batch = self._client.batch()
            if held.version is None:
                batch.create(self._reference, {"changesThrough": ahead, "changesTold": kept})
            else:
                fields: dict[str, Any] = {
                    f"changesThrough.{media_type}": at for media_type, at in ahead.items()
                }
                fields |= {f"changesTold.{media_type}": ids for media_type, ids in kept.items()}
                option = self._client.write_option(last_update_time=held.version)
                batch.update(self._reference, fields, option=option)
            results = await commit(batch)
            if results is not None:
                version = Version(results[0].update_time)
                return HeldShows(held.ids, {**held.through, **ahead}, version, {**held.told, **found})
            held = await self.read()
        raise Contention("The cursor of the changes could not be moved: others keep writing its document.")

    @property
    def _reference(self) -> AsyncDocumentReference:
        return self._client.document(paths.HELD_SHOWS)


def _by_media_type(keys: Collection[ShowKey]) -> Mapping[str, Sequence[int]]:
    ids: dict[str, list[int]] = defaultdict(list)
    for key in keys:
        ids[key.media_type].append(key.tmdb_id)
    return ids


def _held(snapshot: DocumentSnapshot[AsyncDocumentReference]) -> HeldShows:
    document = fields_of(snapshot) or {}
    through = document.get("changesThrough") or {}
    told = document.get("changesTold") or {}
    return HeldShows(
        ids={media_type: frozenset(document.get(media_type) or ()) for media_type in MEDIA_TYPES},
        through={
            media_type: until
            for media_type in MEDIA_TYPES
            if isinstance(until := through.get(media_type), datetime)
        },
        version=Version(snapshot.update_time) if snapshot.exists else None,
        told={media_type: frozenset(told.get(media_type) or ()) for media_type in MEDIA_TYPES},
    )
