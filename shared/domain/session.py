"""Sessions of the API's own sign-in, and the refresh tokens that keep them open.

Firebase's refresh tokens do not rotate, so it does not notice when one is stolen. Ours do: each opens its
session once and is replaced by the next. A token that comes a second time has been stolen, or stolen from;
nobody can tell which, so its session ends for both (RFC 9700, section 4.14.2).

A token holds a secret of which only a digest is stored. Firebase's own refresh token is stored too, encrypted
under a key that is made of the secret: neither what is stored nor what a user holds opens anything alone, and
there is no key of ours to keep.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.tracking import UserId
from shared.domain.version import Version

KEPT = timedelta(days=60)
"""How long a session stays open that nobody uses."""

MOST_SESSIONS = 20
"""What one user has open; another one ends that which has been unused for longest."""

SECRET_BYTES = 32
LONGEST_TOKEN = 1_000

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,700})\.(s[0-9a-f]{32})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What Firebase gives a user who has signed in. Neither token shows in its representation."""

    user_id: UserId
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token as its user holds it."""

    user_id: UserId
    session_id: str
    secret: bytes

    def __repr__(self) -> str:
        return "RefreshToken(...)"

    def __str__(self) -> str:
        """The token as it is given away."""
        return f"{_text(self.user_id.encode())}.{self.session_id}.{_text(self.secret)}"

    @classmethod
    def parse(cls, text: str) -> "RefreshToken | None":
        """The token that was given away so; None for what cannot be one."""
        found = _TOKEN.fullmatch(text)
        if found is None:
            return None
        try:
            user_id, secret = _bytes(found[1]).decode(), _bytes(found[3])
        except ValueError:
            return None
        token = cls(UserId(user_id), found[2], secret)
        # The user's id becomes part of a document's path, and is the caller's to choose.
        return token if str(token) == text and is_user_id(user_id) else None

    @property
    def digest(self) -> str:
        """What is stored of it."""
        return hashlib.sha256(b"digest of " + self.secret).hexdigest()

    @property
    def key(self) -> bytes:
        """What encrypts for this one token: 32 bytes, of which the digest says nothing."""
        return hashlib.sha256(b"key of " + self.secret).digest()


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: the digest of the one token that opens it, and what is encrypted for that."""

    digest: str
    sealed: bytes
    began_at: datetime
    used_at: datetime

    def is_opened_by(self, token: RefreshToken) -> bool:
        """Whether this is the latest token of the session, and not an earlier one."""
        return hmac.compare_digest(self.digest, token.digest)

    def is_over(self, now: datetime) -> bool:
        """Whether nobody has used it for too long."""
        return now >= self.used_at + KEPT

    def replaced_by(self, token: RefreshToken, sealed: bytes, now: datetime) -> "Session":
        """The session as the next token opens it."""
        return replace(self, digest=token.digest, sealed=sealed, used_at=now)


@dataclass(frozen=True, slots=True)
class OpenSessions:
    """A user's sessions by their ids, as they were read. No version: nothing is stored."""

    sessions: Mapping[str, Session]
    version: Version | None


def kept_beside(sessions: Mapping[str, Session], now: datetime) -> dict[str, Session]:
    """Those that stay open when another one begins."""
    still_open = [(session_id, one) for session_id, one in sessions.items() if not one.is_over(now)]
    latest = sorted(still_open, key=lambda item: item[1].used_at, reverse=True)
    return dict(latest[: MOST_SESSIONS - 1])


def is_user_id(text: str) -> bool:
    """Whether it can be a user's id and part of a path."""
    is_reserved = text in {".", ".."} or (text.startswith("__") and text.endswith("__"))
    return 0 < len(text) <= 128 and "/" not in text and not is_reserved


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
