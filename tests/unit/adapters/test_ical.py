"""A calendar as calendar apps get it: written, and read back by another reader's rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from shared.adapters.ical import write_calendar
from shared.domain.calendar import CalendarEvent, CalendarFeed, key_hash
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent

CHANGED = datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC)

EVENT = TimelineEvent(
    event_id="episode_7173957",
    event_type=EventType.SEASON_PREMIERE,
    show_key=ShowKey("tv", 125988),
    title="Silo",
    description="Season 3, episode 1: Pilot",
    event_date="2026-07-24",
    version=1,
)


def one(event: TimelineEvent, changed_at: datetime = CHANGED) -> CalendarEvent:
    return CalendarEvent(event, changed_at)


def unfolded(written: bytes) -> list[str]:
    """The lines as RFC 5545, 3.1 has them read."""
    return written.decode().replace("\r\n ", "").split("\r\n")


def test_an_event_is_a_whole_day() -> None:
    lines = unfolded(write_calendar([one(EVENT)]))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert set(lines) >= {
        *("VERSION:2.0", "METHOD:PUBLISH", "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H"),
        *("UID:episode_7173957@tv-tracker", "DTSTAMP:20260301T093015Z", "SEQUENCE:0", "STATUS:CONFIRMED"),
        *("DTSTART;VALUE=DATE:20260724", "DTEND;VALUE=DATE:20260725", "TRANSP:TRANSPARENT"),
        r"SUMMARY:Silo: Season 3\, episode 1: Pilot",
    }


def test_one_that_moved_or_was_withdrawn_has_a_higher_sequence_and_the_same_uid() -> None:
    moved = replace(EVENT, event_date="2026-07-31", version=2)
    withdrawn = replace(moved, is_withdrawn=True, version=3)
    lines = unfolded(write_calendar([one(moved, CHANGED + timedelta(days=1))]))
    assert {"UID:episode_7173957@tv-tracker", "SEQUENCE:1", "DTSTAMP:20260302T093015Z"} <= set(lines)
    assert "DTSTART;VALUE=DATE:20260731" in lines
    lines = unfolded(write_calendar([one(withdrawn)]))
    assert {"UID:episode_7173957@tv-tracker", "SEQUENCE:2", "STATUS:CANCELLED"} <= set(lines)


NAMES = [
    'Grüße, Jürgen; \\o/ "quoted": 100 %',
    "😀👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "進撃の巨人 The Final Season 完結編" * 8,
    "مرحبا بالعالم‏" * 10,
    "two\nlines\tand a tab",
    "BEGIN:VEVENT\nEND:VCALENDAR",
    "x" * 75 + "\u00e9" * 80,
    "line\u2028separator\u0085next",
    "",
    " leading and trailing ",
    "\\n is not a break, \\, is no comma",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_come_back_as_they_are_in_lines_of_75_octets(name: str) -> None:
    written = write_calendar([one(replace(EVENT, title=name))])
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert all(b"\n" not in line and b"\r" not in line for line in written.split(b"\r\n"))
    for line in written.split(b"\r\n"):
        line.decode()  # no sign is torn apart
    (read,) = Calendar.from_ical(written).walk("VEVENT")
    shown = name.replace("\u0085", "")
    assert str(read["SUMMARY"]) == f"{shown}: {EVENT.description}"
    assert read.decoded("DTSTART") == date(2026, 7, 24)


@pytest.mark.parametrize(
    ("name", "shown"), [("a\x00b\x07c\x1bd\x7fe", "abcde"), ("a\r\nb\rc", "a\nb\nc"), ("\ud800x", "x")]
)
def test_signs_that_no_calendar_may_hold_are_left_out(name: str, shown: str) -> None:
    (read,) = Calendar.from_ical(write_calendar([one(replace(EVENT, title=name))])).walk("VEVENT")
    assert str(read["SUMMARY"]) == f"{shown}: {EVENT.description}"


def test_without_events_it_is_a_calendar_too() -> None:
    assert list(Calendar.from_ical(write_calendar([])).walk("VEVENT")) == []


def test_the_same_events_are_the_same_bytes() -> None:
    assert write_calendar([one(EVENT)]) == write_calendar([one(replace(EVENT))])


@pytest.mark.parametrize(
    "changed",
    [
        one(replace(EVENT, event_date="2026-07-25")),
        one(replace(EVENT, title="Silo II")),
        one(replace(EVENT, description="Season 3, episode 1")),
        one(replace(EVENT, is_withdrawn=True)),
        one(replace(EVENT, version=2)),
        one(replace(EVENT, event_type=EventType.NEW_EPISODE)),
        one(EVENT, CHANGED + timedelta(seconds=1)),
        one(replace(EVENT, event_id="episode_1")),
    ],
)
def test_whatever_is_written_otherwise_has_another_tag(changed: CalendarEvent) -> None:
    assert CalendarFeed([one(EVENT)]).tag == CalendarFeed([one(replace(EVENT))]).tag
    assert CalendarFeed([changed]).tag != CalendarFeed([one(EVENT)]).tag
    assert write_calendar([changed]) != write_calendar([one(EVENT)])


@pytest.mark.parametrize(
    "key", ["", "x", "x" * 42, "x" * 44, "x" * 42 + "\n", "x" * 42 + "ü", "../" * 14 + "x"]
)
def test_what_can_be_no_key_is_not_looked_up(key: str) -> None:
    assert key_hash(key) is None


def test_of_a_key_the_hash_is_stored() -> None:
    hashed = key_hash("x" * 43)
    assert hashed is not None
    assert (len(hashed), "x" * 10 in hashed) == (64, False)
