"""Which days of a user's timeline are asked for, and how the events of many shows become one page."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.domain.cursor import bad_cursor, cursor_of, is_document_id, parts_of
from shared.domain.local_time import Zone
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent
from shared.errors import InvalidRequest

MOST_DAYS = 366
"""The longest range: a leap year."""

MOST_ON_A_PAGE = 200
SHOWS_AT_ONCE = 30
"""Firestore compares a field with so many values in one query, and no more:
https://firebase.google.com/docs/firestore/query-data/queries#limits_on_or_queries
"""

_KIND = "timeline"
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Window(StrEnum):
    """A range that begins today, by the user's own calendar."""

    TODAY = "today"
    WEEK = "week"
    UPCOMING = "upcoming"

    @property
    def length(self) -> int:
        """In days, today among them."""
        return {Window.TODAY: 1, Window.WEEK: 7, Window.UPCOMING: 30}[self]


@dataclass(frozen=True, slots=True)
class DayRange:
    """The days from `first` to `last`, both among them, 366 at most.

    Raises:
        InvalidRequest: it ends before it begins, or is longer.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            message = "The range ends before it begins."
            raise InvalidRequest(message, (("to", message),))
        if (self.last - self.first).days >= MOST_DAYS:
            message = f"The range is longer than {MOST_DAYS} days."
            raise InvalidRequest(message, (("to", message),))

    @classmethod
    def parse(cls, first: str, last: str) -> Self:
        """The range between two days, each as `YYYY-MM-DD`.

        Raises:
            InvalidRequest: one of the two is no day, or there is no such range.
        """
        return cls(_day_of(first, "from"), _day_of(last, "to"))

    @classmethod
    def ahead(cls, window: Window, zone: Zone, now: datetime) -> Self:
        """The days of a window as they are in that zone; `now` is aware."""
        today = zone.today(now)
        return cls(today, today + timedelta(days=window.length - 1))


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the order of a timeline: by day, and within one by event id."""

    day: str
    event_id: str

    @classmethod
    def of(cls, event: TimelineEvent) -> Self:
        """Where that event stands."""
        return cls(event.event_date, event.event_id)

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The position that `cursor` names.

        Raises:
            InvalidRequest: it is no cursor of a timeline.
        """
        day, event_id = parts_of(cursor, _KIND, 2)
        if not _is_day(day) or not is_document_id(event_id):
            raise bad_cursor()
        return cls(day, event_id)

    @property
    def cursor(self) -> str:
        """What to ask for the next page with."""
        return cursor_of(_KIND, self.day, self.event_id)


@dataclass(frozen=True, slots=True)
class FollowedShows:
    """What a user follows, and where their day begins."""

    zone: Zone
    keys: Sequence[ShowKey]


@dataclass(frozen=True, slots=True)
class EventsRead:
    """The next events of some shows, in order. `read_until` is where it goes on, None where there is no more.

    An event that cannot be read is left out, so the last of `events` may stand before `read_until`.
    """

    events: Sequence[TimelineEvent]
    read_until: Position | None


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some events of a user's timeline, in order. `cursor` gives the next page, None where this is the last.

    A page that has a cursor can have fewer events than were asked for, and none at all.
    """

    events: Sequence[TimelineEvent]
    cursor: str | None
    days: DayRange
    zone: Zone


def groups_of(keys: Collection[ShowKey], types: Collection[EventType]) -> list[list[ShowKey]]:
    """The shows whose events are asked for, each once, as many together as one query takes.

    No types are all of them. A movie has no episodes, and a show no release.
    """
    media = {media for kind in types or EventType for media in _MEDIA.get(kind, ("tv",))}
    asked = [key for key in dict.fromkeys(keys) if key.media_type in media]
    return [asked[start : start + SHOWS_AT_ONCE] for start in range(0, len(asked), SHOWS_AT_ONCE)]


_MEDIA = {EventType.MOVIE_RELEASE: ("movie",), EventType.STATUS_CHANGE: ("tv", "movie")}


def merged(groups: Sequence[EventsRead]) -> EventsRead:
    """The events of all groups in order, as far as all have been read.

    What one group has beyond the place up to which another was read may not be next, and is left out.
    """
    read_until = min((group.read_until for group in groups if group.read_until is not None), default=None)
    events = sorted((event for group in groups for event in group.events), key=Position.of)
    if read_until is not None:
        events = [event for event in events if Position.of(event) <= read_until]
    return EventsRead(events, read_until)


def _day_of(text: str, field: str) -> date:
    if not _is_day(text):
        message = "A day is written YYYY-MM-DD."
        raise InvalidRequest(message, ((field, message),))
    return date.fromisoformat(text)


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
