"""The erasure of a user: what of it is written down, and for how long.

ID tokens are good for an hour after they were made, whatever becomes of their user, and a function that began
before the erasure may end after it. So what was erased is looked at once more when neither can be any longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.tracking import UserId

SETTLED_AFTER = timedelta(hours=2)
"""Longer than an ID token is good, and than any function runs."""

KEPT_FOR = timedelta(days=30)
"""For how long the daily look is tried, before nothing is known of the erasure any more."""

OVERLAP = timedelta(minutes=15)
"""By how much a handler may have begun after an erasure that it crosses."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erasure of one user. `erased` counts documents by their collections; `ended_at` is None until the
    account is gone too."""

    user_id: UserId
    started_at: datetime
    ended_at: datetime | None
    erased: Mapping[str, int]
