"""A user as they see themselves."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.alert_preferences import UserAlerts
from shared.domain.tracking import UserId

LONGEST_USERNAME = 40


@dataclass(frozen=True, slots=True)
class Profile:
    """What of `users/{uid}` is its user's to see."""

    user_id: UserId
    email: str | None = None
    username: str | None = None
    alerts: UserAlerts = field(default_factory=UserAlerts)
    created_at: datetime | None = None


def is_username(text: str) -> bool:
    """Whether a user can be called so: 1 to 40 characters that show something, and none for control."""
    is_clean = not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
    return is_clean and bool(text.strip()) and len(text) <= LONGEST_USERNAME
