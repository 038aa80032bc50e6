"""The devices of a user, at `users/{uid}/devices/{deviceId}`.

    token, fid     FCM's registration token, a Firebase installation id; at least one of them, else null
    platform       "android", "ios" or "web"
    name           what a person calls it, or null
    active         whether it is pushed to
    createdAt      when it was first registered
    lastSeenAt     when it was last registered, to the day
    expireAt       when it is deleted, unless it is seen again before
    uid            whose it is

A token belongs to one user: a phone whose owner changes must not show the alerts of the one before. No
precondition can say so, since the documents of two users are two documents. A transaction that reads the
query could: on Google's emulator two of them at once took 2 to 4 seconds, and of 20 with a token each 18
failed. So a registration looks who holds the token, writes, and looks again. Of several at once each is seen
by whichever is written after it, and the one written last stays.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from google.cloud.firestore_v1 import AsyncClient, AsyncDocumentReference, DocumentSnapshot
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.base_query import FieldFilter
from google.protobuf.timestamp_pb2 import Timestamp

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.domain.device import KEPT, SEEN_AGAIN_AFTER, Device, DeviceId, Registration, target_of
from shared.domain.push import Platform
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.errors import Contention

logger = logging.getLogger(__name__)

MOST_DEVICES = 50
"""More than a person has; an app that registers under ever new tokens does not make a push endless."""

MOST_HOLDERS = 20
"""One token is held once; what killed registrations have left is cleared away by so many at once."""

ATTEMPTS = 10
"""Whenever one is refused another was written, so that many may register a token at once."""

_PLATFORMS: Mapping[str, Platform] = {platform: platform for platform in get_args(Platform)}

Snapshot = DocumentSnapshot[AsyncDocumentReference]


class DeviceDocuments:
    """The `Devices` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def register(self, user_id: UserId, registration: Registration, now: datetime) -> DeviceId:
        """See `Devices.register`."""
        device_id = registration.device_id
        own = self._client.document(paths.device(user_id, device_id))
        for _ in range(ATTEMPTS):
            holders = await self._holders(registration)
            others = [holder for holder in holders if holder.reference.path != own.path]
            found = next((holder for holder in holders if holder.reference.path == own.path), None)
            stored = found or await self._read(own)
            fields = _fields(user_id, registration, stored, now)
            if not others and _is_as_stored(fields, stored, now):
                return device_id
            written = await self._put(own, fields, stored, others)
            if written is not None:
                await self._leave_last(registration, own.path, written)
                return device_id
        raise Contention("The device is being registered by too many at once. Try again in a moment.")

    async def remove(self, user_id: UserId, device_id: DeviceId) -> bool:
        """See `Devices.remove`. One write, and a read where it was refused."""
        reference, batch = self._client.document(paths.device(user_id, device_id)), self._client.batch()
        batch.delete(reference, option=self._client.write_option(exists=True))
        if await commit(batch) is not None:
            return True
        if (await self._read(reference)).exists:
            # Whoever is told that it is gone does not ask again, and would go on being pushed to.
            raise Contention("The device is being written by others.")
        return False

    async def of_user(self, user_id: UserId) -> Sequence[Device]:
        """See `Devices.of_user`. Whether one is past its time is told by Firestore's read time."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.DEVICES)
            .order_by("lastSeenAt", direction="DESCENDING")
            .limit(MOST_DEVICES)
        )
        devices = [_device(user_id, snapshot) for snapshot in await self._found(query)]
        return [device for device in devices if device is not None and device.is_active]

    async def forget(self, device: Device) -> bool:
        """See `Devices.forget`."""
        return await self._is_deleted(paths.device(device.user_id, device.device_id), device.version)

    async def _read(self, reference: AsyncDocumentReference) -> Snapshot:
        usage.count(reads=1)
        with translated():
            return await reference.get(**BOUNDED)

    async def _put(
        self,
        own: AsyncDocumentReference,
        fields: Mapping[str, Any],
        stored: Snapshot,
        others: Sequence[Snapshot],
    ) -> Timestamp | None:
        """Write the device and delete the others, if all are as they were read; when it was done, or None."""
        batch = self._client.batch()
        if stored.exists:
            option = self._client.write_option(last_update_time=stored.update_time)
            batch.update(own, dict(fields), option=option)
        else:
            batch.create(own, dict(fields))
        for other in others:
            option = self._client.write_option(last_update_time=other.update_time)
            batch.delete(other.reference, option=option)
        results = await commit(batch)
        return None if results is None else results[0].update_time.timestamp_pb()

    async def _leave_last(self, registration: Registration, own_path: str, written: Timestamp) -> None:
        """Delete all that hold the same token but the one written last, be it ours or not."""
        held = {holder.reference.path: holder.update_time for holder in await self._holders(registration)}
        held.setdefault(own_path, written)
        last = max(held, key=lambda path: (held[path].seconds, held[path].nanos, path))
        for path, version in held.items():
            if path != last:
                await self._is_deleted(path, Version(version))  # refused: written again, and seen to by that

    async def _holders(self, registration: Registration) -> Sequence[Snapshot]:
        """The devices of all users with this token or this installation id."""
        found: dict[str, Snapshot] = {}
        if registration.token is not None:
            by_token = (
                self._client.collection_group(paths.DEVICES)
                .where(filter=FieldFilter("token", "==", registration.token))
                .limit(MOST_HOLDERS)
            )
            found |= {one.reference.path: one for one in await self._found(by_token)}
        if registration.fid is not None:
            by_fid = (
                self._client.collection_group(paths.DEVICES)
                .where(filter=FieldFilter("fid", "==", registration.fid))
                .limit(MOST_HOLDERS)
            )
            found |= {one.reference.path: one for one in await self._found(by_fid)}
        return [one for path, one in found.items() if paths.is_device(path)]

    async def _found(self, query: AsyncQuery) -> Sequence[Snapshot]:
        with translated():
            snapshots = [snapshot async for snapshot in query.stream(**BOUNDED)]
        usage.count(reads=max(1, len(snapshots)))
        return snapshots

    async def _is_deleted(self, path: str, version: Version) -> bool:
        batch = self._client.batch()
        batch.delete(self._client.document(path), option=self._client.write_option(last_update_time=version))
        return await commit(batch) is not None


def _fields(user_id: UserId, registration: Registration, stored: Snapshot, now: datetime) -> dict[str, Any]:
    created = (fields_of(stored) or {}).get("createdAt")
    return {
        "uid": user_id,
        "token": registration.token,
        "fid": registration.fid,
        "platform": registration.platform,
        "name": registration.name,
        "active": True,
        "createdAt": created if isinstance(created, datetime) else now,
        "lastSeenAt": now,
        "expireAt": now + KEPT,
    }


def _is_as_stored(fields: Mapping[str, Any], stored: Snapshot, now: datetime) -> bool:
    """Whether writing these fields would only say that it was seen again, soon after it was last seen."""
    document = fields_of(stored) or {}
    seen, expires = document.get("lastSeenAt"), document.get("expireAt")
    return (
        all(document.get(name) == fields[name] for name in fields if name not in ("lastSeenAt", "expireAt"))
        and isinstance(seen, datetime)
        and abs(now - seen) < SEEN_AGAIN_AFTER
        and expires == seen + KEPT
    )


def _device(user_id: UserId, snapshot: Snapshot) -> Device | None:
    document = fields_of(snapshot) or {}
    token, fid, platform = (_text(document.get(name)) for name in ("token", "fid", "platform"))
    is_active, expires = document.get("active"), document.get("expireAt")
    known = _PLATFORMS.get(platform or "")
    target = None if known is None else target_of(known, token=token, fid=fid)
    if target is None or not isinstance(is_active, bool) or not isinstance(expires, datetime):
        logger.error("a device's document cannot be read and is passed over")  # its path names a user
        return None
    if expires <= snapshot.read_time:
        return None
    return Device(user_id, DeviceId(snapshot.id), target, is_active, Version(snapshot.update_time))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
