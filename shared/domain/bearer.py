"""Whoever shows a verified ID token, and what the token says of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.tracking import UserId

RECENTLY = timedelta(minutes=10)
"""How long after signing in somebody may do what cannot be undone."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A signed-in user. `signed_in_at` is when they last proved who they are, not when the token was made."""

    user_id: UserId
    signed_in_at: datetime
    is_admin: bool = False

    def has_signed_in_recently(self, now: datetime) -> bool:
        """Whether whoever holds the token now is likely the one who signed in."""
        return now - self.signed_in_at < RECENTLY
