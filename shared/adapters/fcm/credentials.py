"""Access tokens for FCM. Google's own are for Google's own address alone.

Where FCM_BASE_URL leads anywhere else, as to a stand-in, a fixed token is sent that is good for nothing: a
real one would let whoever is there send to all our users.
"""

import asyncio
import functools
from collections.abc import Callable
from typing import Protocol

import google.auth
from google.auth import exceptions
from google.auth.credentials import Credentials, TokenState
from google.auth.transport.requests import Request

from shared.errors import Unavailable

GOOGLE = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
PLAY_TOKEN = "play"  # noqa: S105 - it opens nothing
REFRESH_SECONDS = 10.0


class AccessTokens(Protocol):
    """Where the token of the next request comes from."""

    async def token(self) -> str:
        """A token that is good now. Raises Unavailable where there is none."""
        ...

    def refuse(self, token: str) -> None:
        """FCM did not accept this token: give it to nobody any more."""
        ...


def access_tokens_for(base_url: str) -> AccessTokens:
    """Google's application default credentials for Google's own address, and play ones for any other."""
    return GoogleTokens() if base_url.rstrip("/") == GOOGLE else PlayTokens()


class PlayTokens:
    """One token for ever, which a stand-in takes."""

    async def token(self) -> str:
        return PLAY_TOKEN

    def refuse(self, token: str) -> None:
        """There is no other."""


def _application_default() -> Credentials:
    credentials, _ = google.auth.default(scopes=[SCOPE])
    return credentials


class GoogleTokens:
    """Application default credentials, looked for when they are first needed.

    google-auth is synchronous, so it works in a thread, once at a time. A token is renewed some minutes
    before it ends; where that fails, it is used for as long as it lasts.
    """

    def __init__(self, find: Callable[[], Credentials] = _application_default) -> None:
        self._find = find
        self._credentials: Credentials | None = None
        self._renewal: asyncio.Task[str] | None = None
        self._refused = ""

    async def token(self) -> str:
        """A token that is good for some minutes at least, or until it ends.

        Raises:
            Unavailable: there are no credentials here, or Google gives no token for them.
        """
        if self._state() is not TokenState.FRESH:
            if self._renewal is None:
                self._renewal = asyncio.create_task(self._renew())
                self._renewal.add_done_callback(self._is_renewed)
            # Whoever comes meanwhile waits for the same one, and one who leaves does not end it.
            problem = await asyncio.shield(self._renewal)
            if self._state() is TokenState.INVALID:
                raise Unavailable("google-auth", f"no access token ({problem})")
        return self._held()

    def refuse(self, token: str) -> None:
        """Renew it before it is used again."""
        self._refused = token

    def _held(self) -> str:
        return str(self._credentials.token) if self._credentials is not None else ""

    def _state(self) -> TokenState:
        if self._credentials is None or self._held() == self._refused:
            return TokenState.INVALID
        state: TokenState = self._credentials.token_state
        return state

    def _is_renewed(self, renewal: asyncio.Task[str]) -> None:
        del renewal
        self._renewal = None

    async def _renew(self) -> str:
        """Renew it. What went wrong is returned: many may wait, and each raises an error of its own."""
        try:
            await asyncio.to_thread(self._renew_in_thread)
        except exceptions.GoogleAuthError as error:
            return type(error).__name__  # its text may hold what Google answered
        return "it ends at once"

    def _renew_in_thread(self) -> None:
        credentials = self._credentials or self._find()
        credentials.refresh(functools.partial(Request(), timeout=REFRESH_SECONDS))  # type: ignore[no-untyped-call]
        self._credentials = credentials
