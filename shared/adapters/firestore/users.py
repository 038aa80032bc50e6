"""What the users' own documents say of them and their alerts, at `users/{uid}`.

email, username      texts, or null
timezone             an IANA name, or null
preferences          what they want of all shows; other keys in it belong to others
alertsRequestedAt    that what they follow is to be planned anew, since then; missing: it is planned
followedShows        the keys of what they follow, as `FollowDocuments` keeps them
createdAt, updatedAt
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import DELETE_FIELD, SERVER_TIMESTAMP, AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.reads import Snapshot, found, version_of
from shared.domain.alert_preferences import UserAlerts
from shared.domain.profile import Profile
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.errors import Contention

TRIES = 5


class UserDocuments:
    """The `UserStore`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def alerts(self, user_id: UserId) -> UserAlerts:
        """See `UserStore.alerts`."""
        return UserAlerts.of(fields_of(await self._read(user_id, "timezone", "preferences")) or {})

    async def profile(self, user_id: UserId) -> Profile:
        """See `UserStore.profile`."""
        snapshot = await self._read(user_id, "email", "username", "timezone", "preferences", "createdAt")
        document = fields_of(snapshot) or {}
        email, username, created_at = (document.get(name) for name in ("email", "username", "createdAt"))
        return Profile(
            user_id,
            email=email if isinstance(email, str) else None,
            username=username if isinstance(username, str) else None,
            alerts=UserAlerts.of(document),
            created_at=created_at if isinstance(created_at, datetime) else None,
        )

    async def put_username(self, user_id: UserId, username: str | None, now: datetime) -> None:
        """See `UserStore.put_username`. A document is made where there is none.

        Raises:
            Contention: others kept writing the document.
        """
        fields = {"username": username, "updatedAt": SERVER_TIMESTAMP}
        await self._put(user_id, fields, {**fields, "createdAt": now})

    async def introduce(
        self, user_id: UserId, email: str | None, username: str | None, now: datetime
    ) -> None:
        """See `NewUsers.introduce`. Whose address is stored is known.

        Raises:
            Contention: others kept writing the document.
        """
        if (fields_of(await self._read(user_id, "email")) or {}).get("email") is not None:
            return
        fields = {"email": email, "updatedAt": SERVER_TIMESTAMP}
        if username is not None:
            fields["username"] = username
        await self._put(user_id, fields, {"username": username, **fields, "createdAt": now})

    async def put_alerts(
        self, user_id: UserId, alerts: UserAlerts, now: datetime, *, before: UserAlerts | None = None
    ) -> None:
        """See `UserStore.put_alerts`. A document is made where there is none.

        Raises:
            Contention: others kept writing the document.
        """
        requested = {"alertsRequestedAt": now, "updatedAt": SERVER_TIMESTAMP}
        known = {} if before is None else _single_fields(before)
        changed = {
            name: value
            for name, value in _single_fields(alerts).items()
            if name not in known or known[name] != value
        }
        await self._put(
            user_id, {**changed, **requested}, {**alerts.as_fields(), **requested, "createdAt": now}
        )

    async def planned(self, user_id: UserId, requested_before: datetime) -> None:
        """See `UserStore.planned`. Where others keep writing the document it stays, and is planned again."""
        for _ in range(TRIES):
            snapshot = await self._read(user_id, "alertsRequestedAt")
            requested = (fields_of(snapshot) or {}).get("alertsRequestedAt")
            if not isinstance(requested, datetime) or requested > requested_before:
                return
            fields = {"alertsRequestedAt": DELETE_FIELD}
            if await self._is_updated(user_id, fields, version_of(snapshot)):
                return

    async def unplanned(self, before: datetime, limit: int) -> Sequence[UserId]:
        """See `UserStore.unplanned`. Those whose wish is oldest come first."""
        query = (
            self._client.collection(paths.USERS)
            .where(filter=FieldFilter("alertsRequestedAt", "<=", before))
            .order_by("alertsRequestedAt")
            .select(())
            .limit(limit)
        )
        return [UserId(snapshot.id) for snapshot in await found(query)]

    async def asked_again(self, user_ids: Collection[UserId], now: datetime) -> None:
        """See `UserStore.asked_again`. A user who was planned or erased meanwhile stays so."""
        asked = [(user_id, await self._read(user_id, "alertsRequestedAt")) for user_id in user_ids]
        for user_id, snapshot in asked:
            if (fields_of(snapshot) or {}).get("alertsRequestedAt") is not None:
                await self._is_updated(user_id, {"alertsRequestedAt": now}, version_of(snapshot))

    async def _put(self, user_id: UserId, change: dict[str, Any], document: dict[str, Any]) -> None:
        """Change the document, or make it where there is none."""
        for _ in range(TRIES):
            if await self._is_updated(user_id, change):
                return
            batch = self._client.batch()
            batch.create(self._client.document(paths.user(user_id)), document)
            if await commit(batch) is not None:
                return
        raise Contention("Others keep writing the user's document. Try again in a moment.")

    async def _read(self, user_id: UserId, *fields: str) -> Snapshot:
        usage.count(reads=1)
        with translated():
            return await self._client.document(paths.user(user_id)).get(field_paths=fields, **BOUNDED)

    async def _is_updated(
        self, user_id: UserId, fields: dict[str, Any], version: Version | None = None
    ) -> bool:
        batch = self._client.batch()
        option = None if version is None else self._client.write_option(last_update_time=version)
        batch.update(self._client.document(paths.user(user_id)), fields, option=option)
        return await commit(batch) is not None


def _single_fields(alerts: UserAlerts) -> dict[str, Any]:
    """What a user wants by field path, so that each can be written by itself."""
    fields = alerts.as_fields()
    single = {f"preferences.{name}": value for name, value in fields.pop("preferences").items()}
    return {**fields, **single}
