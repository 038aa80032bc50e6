"""Signing in to the Trakt stand-in: device codes, and tokens that expire, rotate and are revoked."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

ACCESS_TOKEN_SECONDS = 604_800
CODE_SECONDS = 600
POLLING_SECONDS = 5


class Poll(IntEnum):
    """What a poll for tokens finds, as the status that says it."""

    APPROVED = 200
    PENDING = 400
    UNKNOWN = 404
    USED = 409
    EXPIRED = 410
    DENIED = 418
    TOO_FAST = 429


class Refusal(Enum):
    """Why an access token is not good, in OAuth's words."""

    INVALID = "invalid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass
class _Code:
    device_code: str
    user_code: str
    client_id: str
    expires_at: float
    interval: float
    polled_at: float = float("-inf")
    user: str | None = None
    denied: bool = False
    used: bool = False


@dataclass
class _Grant:
    """An access token and the refresh token that came with it: they are revoked together."""

    user: str
    client_id: str
    access_token: str
    refresh_token: str
    expires_at: float
    revoked: bool = False


class SignIn:
    """All codes and tokens that were given out."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.forget()

    def forget(self) -> None:
        """Forget all codes and tokens: whoever holds one is no longer signed in."""
        self._codes: list[_Code] = []
        self._by_access_token: dict[str, _Grant] = {}
        self._by_refresh_token: dict[str, _Grant] = {}
        self.time_codes(POLLING_SECONDS, CODE_SECONDS)

    def time_codes(self, interval: float, expires_in: float) -> None:
        """How slowly to poll, and for how long, with the codes given out from now on."""
        self._interval, self._expires_in = interval, expires_in

    def new_code(self, client_id: str) -> dict[str, Any]:
        """The answer to a call for a device code."""
        code = _Code(
            device_code=secrets.token_hex(32),
            user_code=secrets.token_hex(4).upper(),
            client_id=client_id,
            expires_at=self._now() + self._expires_in,
            interval=self._interval,
        )
        self._codes.append(code)
        return {
            "device_code": code.device_code,
            "user_code": code.user_code,
            "verification_url": "https://trakt.tv/activate",
            "expires_in": self._expires_in,
            "interval": self._interval,
        }

    def poll(self, device_code: str, client_id: str) -> tuple[Poll, dict[str, Any] | None]:
        """What a poll with a device code finds, and the tokens once the user has approved."""
        code = next((code for code in self._codes if code.device_code == device_code), None)
        if code is None or code.client_id != client_id:
            return Poll.UNKNOWN, None
        since_last_poll, code.polled_at = self._now() - code.polled_at, self._now()
        if code.used:
            return Poll.USED, None
        if self._now() >= code.expires_at:
            return Poll.EXPIRED, None
        if code.denied:
            return Poll.DENIED, None
        if since_last_poll < code.interval:
            return Poll.TOO_FAST, None
        if code.user is None:
            return Poll.PENDING, None
        code.used = True
        return Poll.APPROVED, self.new_tokens(code.user, client_id)

    def new_tokens(self, user: str, client_id: str) -> dict[str, Any]:
        """Sign a user in, and give the tokens as Trakt does."""
        grant = _Grant(
            user, client_id, secrets.token_hex(32), secrets.token_hex(32), self._now() + ACCESS_TOKEN_SECONDS
        )
        self._by_access_token[grant.access_token] = grant
        self._by_refresh_token[grant.refresh_token] = grant
        return {
            "access_token": grant.access_token,
            "token_type": "bearer",
            "expires_in": ACCESS_TOKEN_SECONDS,
            "refresh_token": grant.refresh_token,
            "scope": "public",
            "created_at": int(self._now()),
        }

    def refresh(self, refresh_token: str, client_id: str) -> dict[str, Any] | None:
        """New tokens for a refresh token, which is used up by that; None where it is not good."""
        grant = self._by_refresh_token.get(refresh_token)
        if grant is None or grant.revoked or grant.client_id != client_id:
            return None
        grant.revoked = True
        return self.new_tokens(grant.user, client_id)

    def revoke(self, token: str) -> None:
        """Revoke a grant by either of its tokens. As OAuth has it, an unknown token is no error."""
        grant = self._by_access_token.get(token) or self._by_refresh_token.get(token)
        if grant is not None:
            grant.revoked = True

    def user_of(self, access_token: str) -> str | Refusal:
        """Whose access token this is, or why it is not good."""
        grant = self._by_access_token.get(access_token)
        if grant is None:
            return Refusal.INVALID
        if grant.revoked:
            return Refusal.REVOKED
        return Refusal.EXPIRED if self._now() >= grant.expires_at else grant.user

    def approve(self, user_code: str, user: str) -> None:
        """Let a user approve the code shown to them."""
        self._code(user_code).user = user

    def deny(self, user_code: str) -> None:
        """Let a user deny the code shown to them."""
        self._code(user_code).denied = True

    def expire_code(self, user_code: str) -> None:
        """Let a code's time be over."""
        self._code(user_code).expires_at = self._now()

    def expire_tokens(self, user: str) -> None:
        """Let the time of a user's access tokens be over; their refresh tokens stay good."""
        for grant in self._grants_of(user):
            grant.expires_at = self._now()

    def revoke_tokens(self, user: str) -> None:
        """Revoke all tokens of a user, as one can at Trakt's website."""
        for grant in self._grants_of(user):
            grant.revoked = True

    def _grants_of(self, user: str) -> list[_Grant]:
        return [grant for grant in self._by_access_token.values() if grant.user == user]

    def _code(self, user_code: str) -> _Code:
        for code in self._codes:
            if code.user_code == user_code:
                return code
        raise ValueError(f"No user was shown the code {user_code!r}.")
