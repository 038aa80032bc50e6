"""What signing in asks of its adapters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from shared.domain.session import OpenSessions, RefreshToken, Session, SignedIn
from shared.domain.tracking import UserId
from shared.domain.version import Version


class Accounts(Protocol):
    """The users' accounts. Every method may raise an `UpstreamError`, or `Misconfigured`."""

    async def register(self, email: str, password: str) -> SignedIn:
        """Make an account.

        Raises:
            InvalidRequest: the address is none, or the password too weak.
            AlreadyExists: the address has an account.
            NotAllowed: nobody may register by themselves.
            TooManyRequests: too often.
        """
        ...

    async def sign_in(self, email: str, password: str) -> SignedIn:
        """Sign a user in.

        Raises:
            WrongCredentials: there is no such account, it is disabled, or the password is another.
            TooManyRequests: too often.
        """
        ...

    async def renew(self, refresh_token: str) -> SignedIn:
        """A new ID token for one of Firebase's refresh tokens.

        Raises:
            SessionOver: it has been revoked, or the user is disabled or deleted.
        """
        ...


class Tokens(Protocol):
    """All that a user has been given by Firebase, on all devices."""

    async def revoke(self, user_id: UserId) -> None:
        """Let no refresh token of the user be good any more. May raise `Unavailable` and `Misconfigured`."""
        ...


class Sessions(Protocol):
    """Where sessions are kept. Every method may raise `StoreUnavailable`."""

    async def read(self, user_id: UserId) -> OpenSessions:
        """The sessions of a user."""
        ...

    async def put(
        self, user_id: UserId, sessions: Mapping[str, Session], now: datetime, version: Version | None
    ) -> bool:
        """Keep these instead of those that were read. False if others have written meanwhile."""
        ...

    async def end_all(self, user_id: UserId) -> None:
        """End every session of a user."""
        ...


class Sealing(Protocol):
    """Encrypts for one refresh token."""

    def seal(self, text: str, token: RefreshToken) -> bytes:
        """The text, encrypted."""
        ...

    def unseal(self, sealed: bytes, token: RefreshToken) -> str | None:
        """The text again; None where that is not what was sealed for this token."""
        ...


class NewUsers(Protocol):
    """The documents of users who are seen for the first time."""

    async def introduce(
        self, user_id: UserId, email: str | None, username: str | None, now: datetime
    ) -> None:
        """Keep who it is, unless it is known already. May raise `StoreError`."""
        ...
