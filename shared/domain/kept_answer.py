"""Answers that are kept for a while, and how long each kind is good for."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.tracking import UserId

MOST_BYTES = 900_000
"""Firestore takes 1 MiB a document: https://firebase.google.com/docs/firestore/quotas"""

SHOW = timedelta(minutes=15)
SEARCH = timedelta(hours=1)
TIMELINE = timedelta(minutes=5)
LISTS = timedelta(hours=1)

IN_MEMORY = timedelta(seconds=60)
"""What a sync can make wrong, and what is one read away, is not trusted for longer in an instance."""

WHEN_FAILING = timedelta(seconds=10)
"""How long an answer without what TMDB would say is given again."""

KEPT_ON = timedelta(days=1)
"""So long after its time an answer is kept for when nothing newer can be had."""


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What is answered: its kind, what it depends on, and whose it is if it is not everybody's."""

    kind: str
    parts: tuple[str, ...] = ()
    user_id: UserId | None = None

    @property
    def text(self) -> str:
        """All of it. No two keys have the same."""
        return json.dumps([self.kind, self.user_id, *self.parts], ensure_ascii=True, separators=(",", ":"))

    @property
    def name(self) -> str:
        """A name for it that a document may have."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:40]
        return f"{self.kind}_{digest}"


@dataclass(frozen=True, slots=True)
class Made:
    """An answer just made. One that `is_shared` is kept for the other instances too."""

    body: str
    lifetime: timedelta
    is_shared: bool = True


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that is kept, good until `until`."""

    body: str
    made_at: datetime
    until: datetime

    def is_good(self, now: datetime, *, since: datetime | None = None) -> bool:
        """Whether it may be given; what it tells of has changed last at `since`."""
        return now < self.until and (since is None or since < self.made_at)

    @property
    def weight(self) -> int:
        """About what it takes in memory, in bytes."""
        return 4 * len(self.body) + 500
