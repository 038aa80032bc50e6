"""A token that a service gives for a sign-in, and that all instances share."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

RENEW_BEFORE = timedelta(days=3)
"""So early that a service which is down for a day leaves nobody without a token."""


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """The token itself, which shows in no representation, and when it ends."""

    token: str = field(repr=False)
    expires_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to get the next one."""
        return self.expires_at - now < RENEW_BEFORE

    def has_ended(self, now: datetime) -> bool:
        """Whether it is good for nothing any more."""
        return self.expires_at <= now
