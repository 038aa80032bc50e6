"""A user's calendar feed: the secret that opens it, and which events are in it.

Calendar apps cannot sign in. So the address itself is the secret: it holds 256 random bits, of which only the
hash is stored. Who finds the hash cannot make the address of it, and a look-up by the hash takes equally long
for whatever was guessed.
"""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent

KEY_BYTES = 32

PAST = timedelta(days=30)
AHEAD = timedelta(days=365)

MOST_EVENTS = 2_000
"""So many a calendar has at most; what is later is left out until its time comes nearer."""

FORMAT = 1
"""Raised whenever other things are written of an event, so that whoever holds the old ones gets them."""

_KEY = re.compile("[A-Za-z0-9_-]{43}", re.ASCII)
_HASH = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event, and when it last became another than it was."""

    event: TimelineEvent
    changed_at: datetime

    @property
    def sequence(self) -> int:
        """How often it has changed (RFC 5545, 3.8.7.4)."""
        return max(0, self.event.version - 1)


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """The days of a calendar, as `YYYY-MM-DD`, both among them."""

    first: str
    last: str

    @classmethod
    def around(cls, today: date) -> "CalendarDays":
        """From 30 days before it to 365 after."""
        return cls((today - PAST).isoformat(), (today + AHEAD).isoformat())


@dataclass(frozen=True, slots=True)
class CalendarFeed:
    """What is in a calendar, in the order of the days."""

    events: Sequence[CalendarEvent]

    @property
    def tag(self) -> str:
        """Stands for all that is written of it: it is another one if anything of that is."""
        told = [
            (
                *(one.event.event_id, one.event.event_type, one.event.title, one.event.description),
                *(
                    one.event.event_date,
                    one.event.is_withdrawn,
                    one.event.version,
                    one.changed_at.isoformat(),
                ),
            )
            for one in self.events
        ]
        content = json.dumps([FORMAT, told], separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def key_hash(key: str) -> str | None:
    """What is stored of a key; None for what can be none."""
    return hashlib.sha256(key.encode()).hexdigest() if _KEY.fullmatch(key) else None


def is_key_hash(text: str) -> bool:
    """Whether it can be what `key_hash` gives."""
    return _HASH.fullmatch(text) is not None


def chosen(
    events: Sequence[CalendarEvent], types: Collection[EventType], most: int = MOST_EVENTS
) -> list[CalendarEvent]:
    """The events of these types, or of all, in the order of their days; withdrawn ones too."""
    wanted = [one for one in events if not types or one.event.event_type in types]
    return sorted(wanted, key=lambda one: (one.event.event_date, one.event.event_id))[:most]


def of_shows(followed: Sequence[ShowKey], shows: Collection[str]) -> list[ShowKey]:
    """Those of what is followed that are asked for; no shows are all of them."""
    return [key for key in followed if not shows or str(key) in shows]
