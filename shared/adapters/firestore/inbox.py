"""A user's notifications as they read them; `notification_fields.py` has what a document holds.

What has arrived has a time in `arrivedAt`, and null there before. Whatever is written here, only `status`,
`isUnread`, `readAt` and `dueAt` change: what was read waits for no other device.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.reads import Snapshot, found
from shared.domain.inbox_page import InboxPosition, InboxRead, Unread
from shared.domain.notification import Notification, NotificationStatus
from shared.domain.notification_fields import notification_of
from shared.domain.tracking import UserId
from shared.domain.version import Version

logger = logging.getLogger(__name__)

COUNTED_BY_ONE_READ = 1_000
"""https://firebase.google.com/docs/firestore/pricing#aggregation_queries"""

# Comparing with a time finds times alone, and so leaves out what is null.
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class InboxDocuments:
    """The `Inbox` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def arrived(
        self, user_id: UserId, status: NotificationStatus | None, after: InboxPosition | None, limit: int
    ) -> InboxRead:
        """See `Inbox.arrived`."""
        user = self._client.document(paths.user(user_id))
        if status is None:
            query = (
                user.collection(paths.NOTIFICATIONS)
                .where(filter=FieldFilter("arrivedAt", ">", _ANY_TIME))
                .order_by("arrivedAt", direction="DESCENDING")
                .order_by("__name__", direction="DESCENDING")
                .limit(limit)
            )
        else:
            query = (
                user.collection(paths.NOTIFICATIONS)
                .where(filter=FieldFilter("status", "==", status.value))
                .where(filter=FieldFilter("arrivedAt", ">", _ANY_TIME))
                .order_by("arrivedAt", direction="DESCENDING")
                .order_by("__name__", direction="DESCENDING")
                .limit(limit)
            )
        return await self._page(query, user_id, "arrivedAt", after, limit)

    async def pending(self, user_id: UserId, after: InboxPosition | None, limit: int) -> InboxRead:
        """See `Inbox.pending`."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("status", "==", "pending"))
            .where(filter=FieldFilter("dueAt", ">", _ANY_TIME))
            .order_by("dueAt")
            .order_by("__name__")
            .limit(limit)
        )
        return await self._page(query, user_id, "dueAt", after, limit)

    async def one(self, user_id: UserId, notification_id: str) -> Notification | None:
        """See `Inbox.one`."""
        usage.count(reads=1)
        reference = self._client.document(paths.notification(user_id, notification_id))
        with translated():
            snapshot = await reference.get(**BOUNDED)
        return _notification(snapshot) if snapshot.exists else None

    async def unread(self, user_id: UserId, limit: int) -> Sequence[Unread]:
        """See `Inbox.unread`."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("isUnread", "==", True))
            .select(["digestId"])
            .limit(limit)
        )
        return [
            Unread(
                snapshot.id,
                (fields_of(snapshot) or {}).get("digestId") or snapshot.id,
                Version(snapshot.update_time),
            )
            for snapshot in await found(query)
        ]

    async def has_unread_of(self, user_id: UserId, digest_id: str) -> bool:
        """See `Inbox.has_unread_of`."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("digestId", "==", digest_id))
            .where(filter=FieldFilter("isUnread", "==", True))
            .select(())
            .limit(1)
        )
        return bool(await found(query))

    async def mark_read(self, user_id: UserId, unread: Sequence[Unread], now: datetime) -> bool:
        """See `Inbox.mark_read`."""
        batch = self._client.batch()
        for one in unread:
            batch.update(
                self._client.document(paths.notification(user_id, one.notification_id)),
                {"status": NotificationStatus.READ.value, "isUnread": False, "readAt": now, "dueAt": None},
                option=self._client.write_option(last_update_time=one.version),
            )
        return await commit(batch) is not None

    async def unread_count(self, user_id: UserId) -> int:
        """See `Inbox.unread_count`."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("isUnread", "==", True))
            .count(alias="unread")
        )
        with translated():
            ((counted,),) = await query.get(**BOUNDED)
        count = int(counted.value)
        usage.count(reads=max(1, -(-count // COUNTED_BY_ONE_READ)))
        return count

    async def _page(
        self, query: AsyncQuery, user_id: UserId, ordered_by: str, after: InboxPosition | None, limit: int
    ) -> InboxRead:
        if after is not None:
            reference = self._client.document(paths.notification(user_id, after.notification_id))
            query = query.start_after({ordered_by: after.at, "__name__": reference})
        snapshots = await found(query)
        notifications = [one for snapshot in snapshots if (one := _notification(snapshot)) is not None]
        if len(snapshots) < limit:
            return InboxRead(notifications, None)
        last = snapshots[-1]
        return InboxRead(notifications, InboxPosition((fields_of(last) or {})[ordered_by], last.id))


def _notification(snapshot: Snapshot) -> Notification | None:
    try:
        return notification_of(fields_of(snapshot) or {}, Version(snapshot.update_time))
    except (AttributeError, KeyError, TypeError, ValueError):
        logger.exception("a notification cannot be read and is passed over")  # its path names a user
        return None
