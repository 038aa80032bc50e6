"""TheTVDB's token: one for all instances, kept in Firestore, and renewed before it ends."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from shared.adapters.firestore.service_token import ServiceTokenDocument
from shared.adapters.http import ServiceClient
from shared.adapters.tvdb import translate
from shared.domain.service_token import ServiceToken
from shared.errors import UpstreamError

logger = logging.getLogger(__name__)


class TvdbSignIn:
    """Gives the token to send. Within an instance one at a time looks for it, and the others share it."""

    def __init__(
        self,
        client: ServiceClient,
        *,
        api_key: str,
        document: ServiceTokenDocument,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._api_key = api_key
        self._document = document
        self._now = now
        self._known: ServiceToken | None = None
        self._turn = asyncio.Lock()

    async def token(self) -> str:
        """A token that is good, as far as anyone knows: known here, kept in Firestore, or new.

        Raises `UpstreamError` where there is none and the sign-in fails, and `StoreError`.
        """
        async with self._turn:
            known = self._known
            if known is None or known.is_due(self._now()):
                # Another instance may have renewed it.
                known = await self._document.read() or known
            if known is None or known.is_due(self._now()):
                known = await self._renewed(known)
            self._known = known
            return known.token

    async def token_instead_of(self, refused: str) -> str:
        """A new token, since the service does not accept `refused` any more.

        The one in Firestore is not asked for: it is likely to be the same, and a sign-in is one call.
        """
        async with self._turn:
            if self._known is None or self._known.token == refused:
                self._known = await self._new()
            return self._known.token

    async def _renewed(self, before: ServiceToken | None) -> ServiceToken:
        try:
            return await self._new()
        except UpstreamError as error:
            if before is None or before.has_ended(self._now()):
                raise
            logger.warning("TheTVDB's token is not renewed yet: %s", error)
            return before

    async def _new(self) -> ServiceToken:
        """Sign in. https://thetvdb.github.io/v4-api/#/Login/post_login"""
        answer = await self._client.post("login", body={"apikey": self._api_key})
        token = translate.service_token(answer.body, self._now())
        await self._document.keep(token)
        return token
