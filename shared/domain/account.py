"""What Firebase Authentication holds of a user."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """A user's account. What was never said or never happened is None."""

    email: str | None
    is_email_verified: bool
    display_name: str | None
    phone_number: str | None
    photo_url: str | None
    is_disabled: bool
    providers: tuple[str, ...]
    claims: Mapping[str, Any]
    created_at: datetime | None
    last_signed_in_at: datetime | None
    last_refreshed_at: datetime | None
