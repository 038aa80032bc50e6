"""Which shows are to be looked at, and which no longer. The queries over `shows/{showKey}`.

Of a show's fields these matter here; `sync_show` writes them, and whoever follows or stops following:

    status         "returning", "in_production", … (`ShowStatus`)
    syncPriority   a whole number, the higher the more urgent; 0: nobody needs it
    isFollowed     whether anybody follows it
    followerCount  how many do
    createdAt      when the document was made
    lastSyncedAt   when TMDB was last asked, 1970 if never. A show without it is never found as unseen
    syncDueAt      when it should be looked at again. A show without it is never found as due
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.held_shows import no_longer_holding
from shared.domain.schedule import ON_THE_AIR, StoredShow
from shared.domain.show import ShowKey
from shared.domain.version import Version

READ_AT_ONCE = 300


class ShowScheduleDocuments:
    """The `ShowSchedule` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def most_in_need(self, *, now: datetime, limit: int) -> Sequence[ShowKey]:
        """See `ShowSchedule.most_in_need`.

        The index is read from the highest priority down, past what is not due, to the limit.
        """
        query = (
            self._client.collection(paths.SHOWS)
            .where(filter=FieldFilter("status", "in", ON_THE_AIR))
            .where(filter=FieldFilter("syncPriority", ">", 0))
            .where(filter=FieldFilter("syncDueAt", "<=", now))
            .order_by("syncPriority", direction="DESCENDING")
            .order_by("syncDueAt")
            .select(())
            .limit(limit)
        )
        return [show.key for show in await self._found(query)]

    async def unseen(self, *, since: datetime, limit: int) -> Sequence[ShowKey]:
        """See `ShowSchedule.unseen`."""
        query = (
            self._client.collection(paths.SHOWS)
            .where(filter=FieldFilter("isFollowed", "==", True))
            .where(filter=FieldFilter("lastSyncedAt", "<=", since))
            .order_by("lastSyncedAt")
            .select(())
            .limit(limit)
        )
        return [show.key for show in await self._found(query)]

    async def unneeded(self, *, before: datetime, limit: int) -> Sequence[StoredShow]:
        """See `ShowSchedule.unneeded`."""
        query = (
            self._client.collection(paths.SHOWS)
            .where(filter=FieldFilter("followerCount", "==", 0))
            .where(filter=FieldFilter("syncPriority", ">", 0))
            .where(filter=FieldFilter("createdAt", "<=", before))
            .order_by("syncPriority")
            .order_by("createdAt")
            .select(())
            .limit(limit)
        )
        return await self._found(query)

    async def last_synced(self, keys: Collection[ShowKey]) -> Mapping[ShowKey, datetime]:
        """See `ShowSchedule.last_synced`. A read for each of `keys` and for no other."""
        known: dict[ShowKey, datetime] = {}
        wanted = {paths.show(key): key for key in keys}
        references = [self._client.document(path) for path in wanted]
        for start in range(0, len(references), READ_AT_ONCE):
            some = references[start : start + READ_AT_ONCE]
            usage.count(reads=len(some))
            with translated():
                async for snapshot in self._client.get_all(some, field_paths=["lastSyncedAt"], **BOUNDED):
                    at = (fields_of(snapshot) or {}).get("lastSyncedAt")
                    if isinstance(at, datetime):
                        known[wanted[snapshot.reference.path]] = at
        return known

    async def retire(self, shows: Sequence[StoredShow]) -> int:
        """See `ShowSchedule.retire`.

        One commit, and where it is refused because one of the shows has changed, halves of it: the others go.
        Priority and list change together, so that a show is never in one of them alone.
        """
        if not shows:
            return 0
        batch = self._client.batch()
        for show in shows:
            batch.update(
                self._client.document(paths.show(show.key)),
                {"syncPriority": 0, "isFollowed": False},
                option=self._client.write_option(last_update_time=show.version),
            )
        held = self._client.document(paths.HELD_SHOWS)
        batch.set(held, no_longer_holding([show.key for show in shows]), merge=True)
        if await commit(batch) is not None:
            return len(shows)
        if len(shows) == 1:
            return 0
        middle = len(shows) // 2
        return await self.retire(shows[:middle]) + await self.retire(shows[middle:])

    async def _found(self, query: AsyncQuery) -> list[StoredShow]:
        with translated():
            snapshots = [snapshot async for snapshot in query.stream(**BOUNDED)]
        usage.count(reads=max(1, len(snapshots)))
        return [
            StoredShow(key, Version(snapshot.update_time))
            for snapshot in snapshots
            if (key := paths.show_key(snapshot.reference.path)) is not None
        ]
