"""A service's token, kept for all instances at `sync_state/{service}_token`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, fields_of, translated
from shared.domain.service_token import ServiceToken


class ServiceTokenDocument:
    """The token of one service. Both methods may raise `StoreUnavailable`.

    Nothing guards the document: instances that sign in at once each get a good token, and the last one stays.
    """

    def __init__(self, client: AsyncClient, service: str) -> None:
        self._reference = client.document(paths.service_token(service))

    async def read(self) -> ServiceToken | None:
        """The token that is kept, or None where there is none that can be read."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._reference.get(**BOUNDED)
        return _token(fields_of(snapshot) or {})

    async def keep(self, token: ServiceToken) -> None:
        """Keep this token in the place of whatever there is."""
        with translated():
            await self._reference.set({"token": token.token, "expiresAt": token.expires_at}, **BOUNDED)
        usage.count(writes=1)


def _token(fields: Mapping[str, Any]) -> ServiceToken | None:
    token, expires_at = fields.get("token"), fields.get("expiresAt")
    if not isinstance(token, str) or not token or not isinstance(expires_at, datetime):
        return None
    return ServiceToken(token, expires_at)
