"""The bearer tokens of the TheTVDB stand-in."""

import base64
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

# TheTVDB says "one month" and its tokens an `exp` about that far ahead.
MONTH = timedelta(days=30)


class Tokens:
    """Tokens shaped like TheTVDB's, which are JWTs: `exp` can be read from them, the rest means nothing."""

    def __init__(self) -> None:
        self._ends: dict[str, datetime] = {}
        self.life = MONTH

    def issue(self, api_key: str, now: datetime) -> str:
        """A new token, as every sign-in gives one."""
        end = now + self.life
        header = _encoded({"alg": "RS256", "typ": "JWT"})
        claims = _encoded({"apikey": api_key, "exp": int(end.timestamp())})
        token = f"{header}.{claims}.{secrets.token_urlsafe(32)}"
        self._ends[token] = end
        return token

    def is_good(self, token: str, now: datetime) -> bool:
        """Whether a token was given out here and has not come to its end."""
        return token in self._ends and now < self._ends[token]

    def expire_all(self) -> int:
        """End every token before its time. Returns how many there were."""
        expired = len(self._ends)
        self._ends.clear()
        return expired

    def forget_life(self) -> None:
        """Let new tokens be good for a month again."""
        self.life = MONTH


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).decode().rstrip("=")
