"""All documents of a user: below `users/{uid}` whatever there is, and elsewhere what names the user in `uid`.

What lies below the user's document is asked for and not listed here, so that a collection which is new is
exported and erased like the others.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.erasures import add_erased
from shared.adapters.firestore.plain_values import plain_fields
from shared.adapters.firestore.reads import Snapshot, found
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.errors import Contention

PAGE = 100
LONG_PAGE = 2
"""Of tracking documents, each of which can have a megabyte and takes several when it is decoded."""

DELETED_AT_ONCE = 300
TRIES = 5
FIRST = (paths.DEVICES, "private")
"""What is erased before the rest: so nothing is pushed, and nobody stays signed in."""


class HeldDocuments:
    """The `HeldOfUser` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._elsewhere: Mapping[str, Callable[[UserId], AsyncQuery]] = {
            paths.ENRICH_QUEUE: self._enrichments,
            paths.CALENDAR_KEYS: self._calendar_keys,
            paths.API_CACHE: self._kept_answers,
        }

    async def user(self, user_id: UserId) -> Mapping[str, Any] | None:
        """See `HeldOfUser.user`. One read."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.user(user_id)).get(**BOUNDED)
        fields = fields_of(snapshot)
        return None if fields is None else plain_fields(fields)

    async def collections(self, user_id: UserId) -> Sequence[str]:
        """See `HeldOfUser.collections`. It is billed as one read."""
        usage.count(reads=1)
        with translated():
            below = self._client.document(paths.user(user_id)).collections(**BOUNDED)
            return [collection.id async for collection in below]

    async def documents(
        self, user_id: UserId, collection: str
    ) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """See `HeldOfUser.documents`. A read each."""
        query: AsyncQuery = self._client.document(paths.user(user_id)).collection(collection)._query()  # noqa: SLF001
        page = LONG_PAGE if collection == paths.TRACKING_COLLECTION else PAGE
        async for snapshot in _in_pages(query, page):
            yield snapshot.id, plain_fields(fields_of(snapshot) or {})

    async def names(self, user_id: UserId, collection: str) -> AsyncIterator[str]:
        """See `HeldOfUser.names`. A read each."""
        query = self._client.document(paths.user(user_id)).collection(collection).select(())
        async for snapshot in _in_pages(query, PAGE):
            yield snapshot.id

    async def elsewhere(
        self, user_id: UserId, collection: str
    ) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """See `HeldOfUser.elsewhere`. A read each."""
        async for snapshot in _in_pages(self._elsewhere[collection](user_id), PAGE):
            yield snapshot.id, plain_fields(fields_of(snapshot) or {})

    async def followed(self, user_id: UserId, limit: int) -> Sequence[ShowKey]:
        """See `HeldOfUser.followed`. A read each. What is at no path of a show is passed over."""
        query = self._client.document(paths.user(user_id)).collection(paths.TRACKED_SHOWS).select(())
        keys: list[ShowKey] = []
        async for snapshot in _in_pages(query, limit):
            if (followed := paths.tracked_show_key(snapshot.reference.path)) is not None:
                keys.append(followed[1])
            if len(keys) == limit:
                break
        return keys

    async def erase_some(self, user_id: UserId, limit: int) -> Mapping[str, int]:
        """See `HeldOfUser.erase_some`. One read and one write for each."""
        names = await self.collections(user_id)
        for name in sorted(names, key=lambda name: (name not in FIRST, name)):
            query = self._client.document(paths.user(user_id)).collection(name).select(())
            if erased := await self._erased(user_id, name, query, limit):
                return {name: erased}
        for name, query_of in self._elsewhere.items():
            if erased := await self._erased(user_id, name, query_of(user_id).select(()), limit):
                return {name: erased}
        if await self.user(user_id) is None:
            return {}
        batch = self._client.batch()
        batch.delete(self._client.document(paths.user(user_id)))
        await self._is_committed(batch, user_id, {paths.USERS: 1})  # where it is refused it is found again
        return {paths.USERS: 1}

    async def erase_unsolicited(self, user_ids: Collection[UserId]) -> int:
        """See `HeldOfUser.erase_unsolicited`. Two reads for each user where there is nothing."""
        erased = 0
        for user_id in user_ids:
            inbox = self._client.document(paths.user(user_id)).collection(paths.NOTIFICATIONS).select(())
            for name, query in (
                (paths.NOTIFICATIONS, inbox),
                (paths.ENRICH_QUEUE, self._enrichments(user_id).select(())),
            ):
                while some := await self._erased(user_id, name, query, DELETED_AT_ONCE):
                    erased += some
        return erased

    async def _erased(self, user_id: UserId, name: str, query: AsyncQuery, limit: int) -> int:
        """Erase a page of what a query finds. Their number is written down in the same commit."""
        for _ in range(TRIES):
            snapshots = await found(query.limit(min(limit, DELETED_AT_ONCE)))
            if not snapshots:
                return 0
            batch = self._client.batch()
            for snapshot in snapshots:
                batch.delete(snapshot.reference)
            if await self._is_committed(batch, user_id, {name: len(snapshots)}):
                return len(snapshots)
        raise Contention("Others keep writing what is to be erased. Try again in a moment.")

    async def _is_committed(self, batch: AsyncWriteBatch, user_id: UserId, erased: Mapping[str, int]) -> bool:
        add_erased(self._client, batch, user_id, erased)
        return await commit(batch) is not None

    def _enrichments(self, user_id: UserId) -> AsyncQuery:
        return self._client.collection(paths.ENRICH_QUEUE).where(filter=FieldFilter("uid", "==", user_id))

    def _calendar_keys(self, user_id: UserId) -> AsyncQuery:
        return self._client.collection(paths.CALENDAR_KEYS).where(filter=FieldFilter("uid", "==", user_id))

    def _kept_answers(self, user_id: UserId) -> AsyncQuery:
        return self._client.collection(paths.API_CACHE).where(filter=FieldFilter("uid", "==", user_id))


async def _in_pages(query: AsyncQuery, size: int) -> AsyncIterator[Snapshot]:
    """What a query finds, in the order of the ids, with one page of it in memory."""
    last: Snapshot | None = None
    while True:
        page = query.limit(size)
        snapshots = await found(page if last is None else page.start_after(last))
        for snapshot in snapshots:
            yield snapshot
        if len(snapshots) < size:
            return
        last = snapshots[-1]
