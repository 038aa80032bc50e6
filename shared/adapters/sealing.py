"""Refresh tokens of chance, and what is encrypted for them alone."""

import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.domain.session import SECRET_BYTES, RefreshToken
from shared.domain.tracking import UserId

NONCE_BYTES = 12


def new_token(user_id: UserId, session_id: str | None) -> RefreshToken:
    """A token that nobody can guess, of that session or of a new one."""
    session_id = session_id or f"s{secrets.token_hex(16)}"
    return RefreshToken(user_id, session_id, secrets.token_bytes(SECRET_BYTES))


class SealedByToken:
    """The `Sealing`: AES-256-GCM under the token's key. It opens nowhere but at the same session."""

    def seal(self, text: str, token: RefreshToken) -> bytes:
        """See `Sealing.seal`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(token.key).encrypt(nonce, text.encode(), _place(token))

    def unseal(self, sealed: bytes, token: RefreshToken) -> str | None:
        """See `Sealing.unseal`."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(token.key).decrypt(nonce, rest, _place(token)).decode()
        except (InvalidTag, ValueError):
            return None


def _place(token: RefreshToken) -> bytes:
    return f"{token.user_id}/{token.session_id}".encode()
