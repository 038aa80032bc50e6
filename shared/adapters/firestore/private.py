"""The sessions of a user, at `users/{uid}/private/sessions`, where no client reads.

sessions    by their ids: digest, sealed, beganAt, usedAt; see `shared/domain/session.py`
expireAt    when the last of them is over

One document for all of them: so there are never more than a few, they all end with one write, and an erasure
of the user has no other place to look at.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.reads import version_of
from shared.domain.session import KEPT, OpenSessions, Session
from shared.domain.tracking import UserId
from shared.domain.version import Version


class SessionDocuments:
    """The `Sessions` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, user_id: UserId) -> OpenSessions:
        """See `Sessions.read`."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.sessions(user_id)).get(**BOUNDED)
        stored = (fields_of(snapshot) or {}).get("sessions")
        fields_by_id = stored.items() if isinstance(stored, Mapping) else ()
        found = ((session_id, _session(fields)) for session_id, fields in fields_by_id)
        known = {session_id: session for session_id, session in found if session is not None}
        return OpenSessions(known, version_of(snapshot) if snapshot.exists else None)

    async def put(
        self, user_id: UserId, sessions: Mapping[str, Session], now: datetime, version: Version | None
    ) -> bool:
        """See `Sessions.put`."""
        document = self._client.document(paths.sessions(user_id))
        fields = {
            "sessions": {name: _fields(session) for name, session in sessions.items()},
            "expireAt": max((session.used_at for session in sessions.values()), default=now) + KEPT,
        }
        batch = self._client.batch()
        if version is None:
            batch.create(document, fields)
        else:
            batch.update(document, fields, option=self._client.write_option(last_update_time=version))
        return await commit(batch) is not None

    async def end_all(self, user_id: UserId) -> None:
        """See `Sessions.end_all`."""
        batch = self._client.batch()
        batch.delete(self._client.document(paths.sessions(user_id)))
        await commit(batch)


def _fields(session: Session) -> dict[str, Any]:
    return {
        "digest": session.digest,
        "sealed": session.sealed,
        "beganAt": session.began_at,
        "usedAt": session.used_at,
    }


def _session(fields: object) -> Session | None:
    """A session as it is stored, or None for what is none."""
    if not isinstance(fields, Mapping):
        return None
    digest, sealed = fields.get("digest"), fields.get("sealed")
    began_at, used_at = fields.get("beganAt"), fields.get("usedAt")
    if not (isinstance(digest, str) and isinstance(sealed, bytes)):
        return None
    if not (isinstance(began_at, datetime) and isinstance(used_at, datetime)):
        return None
    return Session(digest, sealed, began_at, used_at)
