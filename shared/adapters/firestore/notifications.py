"""The notifications, inbox and outbox in one, at `users/{uid}/notifications/{eventId}`.

…                        `notification_fields`; `dueAt` is null where nobody is to take it any more
shard                    which of the queues over `dueAt` it is in: one of a user's, always the same
createdAt, updatedAt
"""

import logging
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.types import Write

from shared.adapters.firestore import paths, writes
from shared.adapters.firestore.bulk import write_each
from shared.adapters.firestore.calls import commit, fields_of
from shared.adapters.firestore.reads import Snapshot, existing, found, version_of
from shared.domain.notification import Notification, NotificationStatus
from shared.domain.notification_fields import notification_fields, notification_of
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.errors import InvalidRequest

logger = logging.getLogger(__name__)

SHARDS = 16
"""Firestore takes some 500 writes a second on an index of rising values, of which each queue has its own:
https://firebase.google.com/docs/firestore/best-practices#hotspots
At nine in the morning of one zone everybody there has the same instant, and each alert is written three times
around it. All of one user are in one queue, so those that one digest gathers are found together.
"""

_ALL_SHARDS = list(range(SHARDS))
_STATE = (
    *("status", "reason", "dueAt", "lapsesAt", "digestId", "tries", "deliveredTo"),
    *("isUnread", "arrivedAt", "readAt", "expireAt"),
)
"""The fields that say how far a notification is."""


class NotificationDocuments:
    """The `NotificationStore`. What cannot be read is logged, and is as if it were not there."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, user_id: UserId, ids: Collection[str]) -> Mapping[str, Notification]:
        """See `NotificationStore.read`. A read for each id."""
        held = await self.read_each([(user_id, notification_id) for notification_id in ids])
        return {notification_id: notification for (_, notification_id), notification in held.items()}

    async def read_each(
        self, keys: Collection[tuple[UserId, str]]
    ) -> Mapping[tuple[UserId, str], Notification]:
        """See `NotificationStore.read_each`. A read for each key."""
        wanted = {paths.notification(*key): key for key in keys}
        snapshots = await existing(self._client, wanted)
        return {
            wanted[path]: notification
            for path, snapshot in snapshots.items()
            if (notification := _notification(snapshot)) is not None
        }

    async def pending_of_show(self, user_id: UserId, key: ShowKey) -> Sequence[Notification]:
        """See `NotificationStore.pending_of_show`."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("showKey", "==", str(key)))
            .where(filter=FieldFilter("status", "==", NotificationStatus.PENDING.value))
        )
        return _readable(await found(query))

    async def of_digest(self, user_id: UserId, digest_id: str) -> Sequence[Notification]:
        """See `NotificationStore.of_digest`."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("digestId", "==", digest_id))
        )
        return _readable(await found(query))

    async def of_event(self, event_id: str, after: UserId | None, limit: int) -> Sequence[Notification]:
        """See `NotificationStore.of_event`. Fewer than `limit` are the last ones."""
        of_event: list[Notification] = []
        last = None if after is None else paths.notification(after, event_id)
        while len(of_event) < limit:
            asked = limit - len(of_event)
            query = (
                self._client.collection_group(paths.NOTIFICATIONS)
                .where(filter=FieldFilter("eventId", "==", event_id))
                .order_by("__name__")
                .limit(asked)
            )
            if last is not None:
                query = query.start_after({"__name__": self._client.document(last)})
            snapshots = await found(query)
            of_event += _readable(snapshots)
            if len(snapshots) < asked:
                break
            last = snapshots[-1].reference.path
        return of_event

    async def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """See `NotificationStore.due`. One read each, and one where none is due.

        Firestore merges the queues. What cannot be read is taken out of its queue, so that it does not come
        again for ever.
        """
        query = (
            self._client.collection_group(paths.NOTIFICATIONS)
            .where(filter=FieldFilter("shard", "in", _ALL_SHARDS))
            .where(filter=FieldFilter("dueAt", "<=", now))
            .order_by("dueAt")
            .limit(limit)
        )
        while True:
            snapshots = [(snapshot, _notification(snapshot)) for snapshot in await found(query)]
            unreadable = [snapshot for snapshot, notification in snapshots if notification is None]
            if unreadable:
                await write_each(self._client, [self._given_up(snapshot) for snapshot in unreadable])
            due = [notification for _, notification in snapshots if notification is not None]
            # None would say that nothing is due, also where those behind the unreadable ones are.
            if due or len(snapshots) < limit:
                return due

    async def put(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        """See `NotificationStore.put`."""
        return await self._written([put_of(self._client, one) for one in notifications])

    async def mark(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        """See `NotificationStore.mark`.

        Raises:
            ValueError: one has no version.
        """
        return await self._written([_mark_of(self._client, one) for one in notifications])

    async def mark_together(self, notifications: Sequence[Notification]) -> Sequence[Version] | None:
        """See `NotificationStore.mark_together`.

        Raises:
            ValueError: one has no version.
        """
        batch = self._client.batch()
        batch._add_write_pbs([_mark_of(self._client, one) for one in notifications])  # noqa: SLF001
        results = await commit(batch)
        return None if results is None else [Version(result.update_time) for result in results]

    def token_of(self, version: Version) -> str:
        """See `NotificationStore.token_of`: the time in nanoseconds, as RFC 3339 writes it."""
        # Documents that are read and results of writes have it in two classes of one name and one form.
        text: str = version.rfc3339()  # type: ignore[attr-defined]
        return text

    def version_of(self, token: str) -> Version:
        """See `NotificationStore.version_of`."""
        try:
            return Version(DatetimeWithNanoseconds.from_rfc3339(token))  # type: ignore[no-untyped-call]
        except (TypeError, ValueError) as error:
            raise InvalidRequest("This is no version of a notification.") from error

    async def _written(self, changes: Sequence[Write]) -> Sequence[Version | None]:
        results = await write_each(self._client, changes)
        return [None if result is None else Version(result.update_time) for result in results]

    def _given_up(self, snapshot: Snapshot) -> Write:
        fields = {"dueAt": None, "status": NotificationStatus.FAILED.value, "reason": "unreadable"}
        return writes.change(self._client, snapshot.reference.path, fields, version_of(snapshot))


def put_of(client: AsyncClient, notification: Notification) -> Write:
    """The write of a whole notification: its making, or its change if it still has its version."""
    path = paths.notification(notification.user_id, notification.notification_id)
    fields = {**notification_fields(notification), "shard": shard_of(notification.user_id)}
    if notification.version is None:
        return writes.creation(client, path, fields)
    return writes.change(client, path, fields, notification.version)


def shard_of(user_id: UserId) -> int:
    """The queue of a user's notifications, from 0 on and below `SHARDS`."""
    return zlib.crc32(user_id.encode()) % SHARDS


def _mark_of(client: AsyncClient, notification: Notification) -> Write:
    if notification.version is None:
        raise ValueError("only what is stored can be marked")
    fields = notification_fields(notification)
    path = paths.notification(notification.user_id, notification.notification_id)
    return writes.change(client, path, {name: fields[name] for name in _STATE}, notification.version)


def _readable(snapshots: Sequence[Snapshot]) -> list[Notification]:
    return [one for snapshot in snapshots if (one := _notification(snapshot)) is not None]


def _notification(snapshot: Snapshot) -> Notification | None:
    """The notification that a document holds, None if it holds none or another than its path says."""
    fields: Mapping[str, Any] = fields_of(snapshot) or {}
    try:
        notification = notification_of(fields, version_of(snapshot))
    except (AttributeError, KeyError, TypeError, ValueError):
        logger.exception("a notification cannot be read and is passed over")  # its path names a user
        return None
    if snapshot.reference.path != paths.notification(notification.user_id, notification.notification_id):
        logger.error("a notification is not where it says to be, and is passed over")
        return None
    return notification
