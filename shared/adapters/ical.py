"""Events as iCalendar (RFC 5545), which calendar apps subscribe to."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, timedelta

from icalendar import Calendar, Event, vDuration

from shared.domain.calendar import CalendarEvent

NAME = "TV"
REFRESHED_EVERY = timedelta(hours=6)
DOMAIN = "tv-tracker"


def write_calendar(events: Sequence[CalendarEvent]) -> bytes:
    """The calendar of these events, each on its whole day. About 0.25 ms an event.

    An event keeps its UID for ever. Its SEQUENCE rises when it changes, and it is CANCELLED when it was
    withdrawn; its DTSTAMP is when that happened (RFC 5545, 3.8.7.2).
    """
    calendar = Calendar()
    calendar.add("PRODID", "-//TV tracker//Timeline//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", NAME)  # RFC 7986; the other two are what apps read that do not know it
    calendar.add("X-WR-CALNAME", NAME)
    calendar.add("REFRESH-INTERVAL", REFRESHED_EVERY, {"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESHED_EVERY))
    for one in events:
        calendar.add_component(_event(one))
    written: bytes = calendar.to_ical()
    return written


def _event(one: CalendarEvent) -> Event:
    told, day = one.event, date.fromisoformat(one.event.event_date)
    event = Event()
    event.add("UID", f"{told.event_id}@{DOMAIN}")
    event.add("DTSTAMP", one.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("LAST-MODIFIED", one.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("SEQUENCE", one.sequence)
    event.add("DTSTART", day)
    event.add("DTEND", day + timedelta(days=1))
    event.add("SUMMARY", _text(f"{told.title}: {told.description}"))
    event.add("CATEGORIES", [told.event_type.value])
    event.add("STATUS", "CANCELLED" if told.is_withdrawn else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")  # nobody is busy because something is on
    return event


def _text(text: str) -> str:
    """The text without signs for control, of which iCalendar may hold none but line breaks and tabs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
