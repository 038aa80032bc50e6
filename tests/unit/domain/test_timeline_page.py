"""Which days are asked for, and how the events of many shows become one page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from shared.domain.cursor import cursor_of
from shared.domain.local_time import Zone
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.timeline_page import DayRange, EventsRead, Position, Window, groups_of, merged
from shared.errors import InvalidRequest

KIRITIMATI, HONOLULU = "Pacific/Kiritimati", "Pacific/Honolulu"


@pytest.mark.parametrize(
    ("now", "zone", "window", "first", "last"),
    [
        # At noon of UTC it is 02:00 of the next day in Kiritimati and 02:00 of the same day in Honolulu.
        ("2026-03-10 12:00", KIRITIMATI, "today", "2026-03-11", "2026-03-11"),
        ("2026-03-10 12:00", HONOLULU, "today", "2026-03-10", "2026-03-10"),
        ("2026-03-10 12:00", None, "today", "2026-03-10", "2026-03-10"),
        ("2026-03-10 09:59", KIRITIMATI, "today", "2026-03-10", "2026-03-10"),
        ("2026-03-10 10:00", KIRITIMATI, "today", "2026-03-11", "2026-03-11"),
        ("2026-03-10 09:59", HONOLULU, "today", "2026-03-09", "2026-03-09"),
        ("2026-03-10 10:00", HONOLULU, "today", "2026-03-10", "2026-03-10"),
        ("2026-12-31 12:00", KIRITIMATI, "week", "2027-01-01", "2027-01-07"),
        ("2026-12-31 12:00", HONOLULU, "week", "2026-12-31", "2027-01-06"),
        ("2028-02-28 12:00", "UTC", "week", "2028-02-28", "2028-03-05"),
        ("2026-03-10 12:00", "UTC", "upcoming", "2026-03-10", "2026-04-08"),
        ("2026-03-10 12:00", KIRITIMATI, "upcoming", "2026-03-11", "2026-04-09"),
        # The clocks there are put forward on the 29th of March.
        ("2026-03-28 22:59", "Europe/Berlin", "today", "2026-03-28", "2026-03-28"),
        ("2026-03-28 23:00", "Europe/Berlin", "today", "2026-03-29", "2026-03-29"),
        ("2026-03-29 22:00", "Europe/Berlin", "week", "2026-03-30", "2026-04-05"),
    ],
)
def test_the_days_of_a_window(now: str, zone: str | None, window: str, first: str, last: str) -> None:
    days = DayRange.ahead(Window(window), Zone.of(zone), datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert (days.first.isoformat(), days.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-10", "2026-03-10"),
        ("2026-01-01", "2026-12-31"),
        ("2028-01-01", "2028-12-31"),
        ("2026-01-01", "2027-01-01"),
        ("0001-01-01", "0001-12-31"),
        ("9999-01-01", "9999-12-31"),
    ],
)
def test_a_range(first: str, last: str) -> None:
    days = DayRange.parse(first, last)

    assert days == DayRange(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("2026-03-11", "2026-03-10", "to"),
        ("2026-01-01", "2027-01-02", "to"),
        ("0001-01-01", "9999-12-31", "to"),
        *[(text, "2026-03-10", "from") for text in ("", "2026-3-1", "20260301", "2026-02-30", "2026-W10-1")],
        *[
            ("2026-03-10", text, "to")
            for text in ("tomorrow", "2026-03-10\n", "2026-03-10T00:00", "٢٠٢٦-٠٣-١٠")
        ],
    ],
)
def test_what_is_no_range(first: str, last: str, wrong: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        DayRange.parse(first, last)

    assert [name for name, _ in error.value.fields] == [wrong]


def test_a_cursor_names_a_position() -> None:
    position = Position("2026-03-10", "status_tv_1396_2")

    assert Position.parse(position.cursor) == position


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        cursor_of("inbox", "2026-03-10", "episode_5"),
        cursor_of("timeline", "2026-03-10"),
        *[cursor_of("timeline", day, "episode_5") for day in ("", "2026-02-30", "2026-03-10T00:00", "null")],
        *[cursor_of("timeline", "2026-03-10", id_) for id_ in ("", "a/b", "..", "__a__", "\ud800")],
    ],
)
def test_what_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        Position.parse(cursor)


def keys(media: str, count: int) -> list[ShowKey]:
    return [ShowKey.parse(f"{media}_{number}") for number in range(1, count + 1)]


TV, MOVIES = keys("tv", 40), keys("movie", 25)


@pytest.mark.parametrize(
    ("types", "sizes"),
    [
        ([], [30, 30, 5]),
        ([EventType.STATUS_CHANGE], [30, 30, 5]),
        ([EventType.NEW_EPISODE], [30, 10]),
        ([EventType.SERIES_FINALE, EventType.SEASON_PREMIERE], [30, 10]),
        ([EventType.MOVIE_RELEASE], [25]),
        ([EventType.MOVIE_RELEASE, EventType.NEW_EPISODE], [30, 30, 5]),
    ],
)
def test_shows_are_asked_for_in_groups(types: Sequence[EventType], sizes: Sequence[int]) -> None:
    groups = groups_of([*TV, *MOVIES, *TV], types)

    assert [len(group) for group in groups] == sizes
    asked = [key for group in groups for key in group]
    assert len(set(asked)) == len(asked)


def test_who_follows_nothing_asks_for_nothing() -> None:
    assert groups_of([], []) == []


def event(day: int, id_: str) -> TimelineEvent:
    return TimelineEvent(id_, EventType.NEW_EPISODE, TV[0], "T", "", f"2026-03-{day:02}")


def some(*events: tuple[int, str], until: tuple[int, str] | None = None) -> EventsRead:
    return EventsRead([event(*one) for one in events], None if until is None else Position.of(event(*until)))


@pytest.mark.parametrize(
    ("groups", "ids", "until"),
    [
        ([], "", None),
        ([some()], "", None),
        ([some((1, "a"), (2, "c")), some((1, "b"), (3, "d"))], "abcd", None),
        # The second has more after its last: what the first has after that may not be next.
        ([some((1, "a"), (5, "c")), some((2, "b"), until=(2, "b"))], "ab", (2, "b")),
        ([some((2, "a"), (2, "c")), some((2, "b"), until=(2, "b"))], "ab", (2, "b")),
        ([some((1, "a"), until=(1, "a")), some((1, "b"), until=(1, "b"))], "a", (1, "a")),
        # The last one of a group could not be read.
        ([some((1, "a"), until=(4, "x")), some((3, "b"), (5, "c"))], "ab", (4, "x")),
    ],
)
def test_groups_are_merged_as_far_as_all_are_known(
    groups: list[EventsRead], ids: str, until: tuple[int, str] | None
) -> None:
    together = merged(groups)

    assert [one.event_id for one in together.events] == list(ids)
    assert together.read_until == (None if until is None else Position.of(event(*until)))
