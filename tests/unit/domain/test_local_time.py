"""When a day, an hour and the quiet hours are by a user's clock: gaps, repeated hours, days that never were.

Instants are written in UTC, and times of the local clock in the words beside them.
"""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.domain import local_time
from shared.domain.local_time import QuietHours, Zone, instant_of

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
ALL_ZONES = [name for name in sorted(zoneinfo.available_timezones()) if not Zone.of(name).is_assumed]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "name", [BERLIN, NEW_YORK, "UTC", "Etc/GMT+5", "EST5EDT", "US/Pacific", "America/Port-au-Prince"]
)
def test_a_zone_that_is_known(name: str) -> None:
    assert Zone.of(name) == Zone(name)
    assert not Zone.of(name).is_assumed


@pytest.mark.parametrize(
    "name",
    [
        *[
            None,
            "",
            " ",
            0,
            1,
            True,
            2.5,
            [],
            {},
            [BERLIN],
            {"name": BERLIN},
            b"Europe/Berlin",
            ZoneInfo(BERLIN),
        ],
        *["Nowhere", "Europe/Nowhere", "Berlin", "CEST", "+02:00", "UTC+2", "europe/berlin", "Etc/Unknown"],
        *[" Europe/Berlin", "Europe/Berlin ", "Europe/Berlin\n", "Europe//Berlin", "Europe/Berlin/", "/"],
        *["../etc", "../etc/passwd", "/etc/localtime", "./UTC", ".", "..", "Europe/../UTC", "Europe\\Berlin"],
        *[
            "a\0b",
            "\0",
            "Europe/Berlin\0",
            "\ud800",
            "Ünknown",
            "٢",
            "x" * 64,
            "x" * 65,
            "x/" * 100_000 + "x",
        ],
        *["America", "America/Indiana", "Europe/", "__init__", "Europe/__init__", "__pycache__"],
        *["zone.tab", "tzdata.zi", "leapseconds", "__init__.py"],
        *["localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin", "Factory"],
    ],
    ids=lambda name: ascii(name)[:30],
)
def test_what_is_no_zone_is_utc_and_says_so(name: object) -> None:
    assert Zone.of(name) == Zone("UTC", is_assumed=True)


def test_a_zone_that_was_not_looked_up_raises_when_used() -> None:
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        Zone("Nowhere").today(utc("2026-06-01"))


def test_every_zone_of_the_list_is_known_but_the_one_that_means_none() -> None:
    names = files("tzdata").joinpath("zones").read_text().split()

    assert len(names) > 500
    assert {name for name in names if Zone.of(name).is_assumed} == {"Factory"}
    assert {Zone.of(name).rules.key for name in names} == {*names} - {"Factory"} | {"UTC"}


@pytest.fixture
def _files_of_the_system_are_wrong(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "Europe").mkdir()
    for name in (BERLIN, "Europe/Nowhere"):
        (tmp_path / name).write_bytes(files("tzdata").joinpath("zoneinfo/Asia/Tokyo").read_bytes())
    zoneinfo.reset_tzpath(to=[tmp_path])
    ZoneInfo.clear_cache()
    local_time._rules.cache_clear()
    yield
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()


@pytest.mark.usefixtures("_files_of_the_system_are_wrong")
def test_what_the_system_says_of_zones_does_not_count() -> None:
    assert datetime(2026, 7, 1, tzinfo=ZoneInfo(BERLIN)).utcoffset() == timedelta(hours=9)

    assert instant_of(date(2026, 7, 1), 0, Zone.of(BERLIN)) == utc("2026-06-30T22:00")
    assert Zone.of("Europe/Nowhere").is_assumed


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        ("UTC", "2026-06-01T00:00", "2026-06-01"),
        (BERLIN, "2026-06-01T21:59", "2026-06-01"),
        (BERLIN, "2026-06-01T22:00", "2026-06-02"),
        ("Pacific/Kiritimati", "2026-06-01T10:00", "2026-06-02"),
        ("Pacific/Honolulu", "2026-06-01T09:59", "2026-05-31"),
        ("Asia/Kathmandu", "2026-06-01T18:15", "2026-06-02"),
        ("Pacific/Apia", "2011-12-30T09:59", "2011-12-29"),
        ("Pacific/Apia", "2011-12-30T10:00", "2011-12-31"),
        ("Africa/Cairo", "2026-04-23T21:59", "2026-04-23"),
        ("Africa/Cairo", "2026-04-23T22:00", "2026-04-24"),
        ("Pacific/Honolulu", "0001-01-01T00:00", "0001-01-01"),
        ("Pacific/Kiritimati", "9999-12-31T23:00", "9999-12-31"),
    ],
)
def test_today(zone: str, now: str, today: str) -> None:
    assert Zone.of(zone).today(utc(now)) == date.fromisoformat(today)


def test_today_whatever_zone_the_instant_is_written_in() -> None:
    now = datetime(2026, 6, 1, 8, tzinfo=timezone(timedelta(hours=10)))  # 2026-05-31T22:00 in UTC

    assert Zone.of("UTC").today(now) == date(2026, 5, 31)
    assert Zone.of(BERLIN).today(now) == date(2026, 6, 1)


def test_a_datetime_in_no_zone_is_no_instant() -> None:
    nowhere = utc("2026-06-01").replace(tzinfo=None)

    with pytest.raises(ValueError, match="no time zone"):
        Zone.of(BERLIN).today(nowhere)
    with pytest.raises(ValueError, match="no time zone"):
        QuietHours(time(22), time(8)).ends_after(nowhere, Zone.of(BERLIN))


@pytest.mark.parametrize(
    ("zone", "day", "hour", "instant"),
    [
        pytest.param("UTC", "2026-06-01", 0, "2026-06-01T00:00", id="UTC"),
        pytest.param(BERLIN, "2026-01-15", 9, "2026-01-15T08:00", id="Berlin, winter"),
        pytest.param(BERLIN, "2026-07-15", 9, "2026-07-15T07:00", id="Berlin, summer"),
        pytest.param("Pacific/Kiritimati", "2026-06-01", 0, "2026-05-31T10:00", id="first in the world"),
        pytest.param("Pacific/Honolulu", "2026-06-01", 23, "2026-06-02T09:00", id="among the last"),
        pytest.param("Asia/Kathmandu", "2026-06-01", 0, "2026-05-31T18:15", id="quarters of an hour"),
        pytest.param(BERLIN, "2026-03-29", 1, "2026-03-29T00:00", id="Berlin in spring: before the gap"),
        pytest.param(BERLIN, "2026-03-29", 2, "2026-03-29T01:00", id="Berlin in spring: 2 is skipped, so 3"),
        pytest.param(BERLIN, "2026-03-29", 3, "2026-03-29T01:00", id="Berlin in spring: after the gap"),
        pytest.param(BERLIN, "2026-10-25", 1, "2026-10-24T23:00", id="Berlin in autumn: before"),
        pytest.param(BERLIN, "2026-10-25", 2, "2026-10-25T00:00", id="Berlin in autumn: the first 2"),
        pytest.param(BERLIN, "2026-10-25", 3, "2026-10-25T02:00", id="Berlin in autumn: after"),
        pytest.param(NEW_YORK, "2026-03-08", 0, "2026-03-08T05:00", id="New York in spring: before"),
        pytest.param(NEW_YORK, "2026-03-08", 2, "2026-03-08T07:00", id="New York in spring: 2 is skipped"),
        pytest.param(NEW_YORK, "2026-03-08", 3, "2026-03-08T07:00", id="New York in spring: after"),
        pytest.param(NEW_YORK, "2026-11-01", 1, "2026-11-01T05:00", id="New York in autumn: the first 1"),
        pytest.param(NEW_YORK, "2026-11-01", 2, "2026-11-01T07:00", id="New York in autumn: after"),
        pytest.param("Africa/Cairo", "2026-04-23", 23, "2026-04-23T21:00", id="Cairo: before no midnight"),
        pytest.param("Africa/Cairo", "2026-04-24", 0, "2026-04-23T22:00", id="Cairo: no midnight, so 1"),
        pytest.param("Africa/Cairo", "2026-10-29", 23, "2026-10-29T20:00", id="Cairo: the first 23"),
        pytest.param("Africa/Cairo", "2026-10-30", 0, "2026-10-29T22:00", id="Cairo: midnight comes once"),
        pytest.param("Asia/Beirut", "2026-03-29", 0, "2026-03-28T22:00", id="Beirut: no midnight, so 1"),
        pytest.param("Asia/Beirut", "2026-10-25", 0, "2026-10-24T22:00", id="Beirut: after 23 came twice"),
        pytest.param("America/Havana", "2026-03-08", 0, "2026-03-08T05:00", id="Havana: no midnight, so 1"),
        pytest.param("America/Havana", "2025-11-02", 0, "2025-11-02T04:00", id="Havana: the first midnight"),
        pytest.param("America/Havana", "2025-11-02", 1, "2025-11-02T06:00", id="Havana: 1 comes once"),
        pytest.param("America/Asuncion", "2023-10-01", 0, "2023-10-01T04:00", id="Asunción: no midnight"),
        pytest.param("America/Asuncion", "2024-03-23", 23, "2024-03-24T02:00", id="Asunción: the first 23"),
        pytest.param("America/Asuncion", "2024-03-24", 0, "2024-03-24T04:00", id="Asunción: midnight once"),
        pytest.param("Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03T15:30", id="2:00 skipped, so 2:30"),
        pytest.param(
            "Australia/Lord_Howe", "2026-10-04", 3, "2026-10-03T16:00", id="after half an hour's gap"
        ),
        pytest.param("Australia/Lord_Howe", "2026-04-05", 1, "2026-04-04T14:00", id="1:30 to 2 comes twice"),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05", 2, "2026-04-04T15:30", id="2 after the second 1:30"
        ),
        pytest.param("Pacific/Apia", "2011-12-29", 23, "2011-12-30T09:00", id="Samoa: before the lost day"),
        pytest.param("Pacific/Apia", "2011-12-30", 0, "2011-12-30T10:00", id="Samoa: the lost day begins"),
        pytest.param("Pacific/Apia", "2011-12-30", 23, "2011-12-30T10:00", id="Samoa: the lost day ends"),
        pytest.param("Pacific/Apia", "2011-12-31", 0, "2011-12-30T10:00", id="Samoa: after the lost day"),
        pytest.param("Pacific/Kwajalein", "1993-08-21", 12, "1993-08-21T12:00", id="Kwajalein: a lost day"),
        pytest.param("America/Juneau", "1867-10-18", 12, "1867-10-17T20:57:41", id="Alaska: a day twice"),
        pytest.param(
            "America/Nuuk", "2026-03-28", 23, "2026-03-29T01:00", id="Nuuk: 23 skipped, so midnight"
        ),
        pytest.param(
            "America/Goose_Bay", "2010-11-07", 0, "2010-11-07T03:00", id="0:00 twice, 23:01 between"
        ),
        pytest.param("Africa/Casablanca", "2026-02-15", 2, "2026-02-15T01:00", id="back for Ramadan"),
        pytest.param("UTC", "0001-01-01", 0, "0001-01-01T00:00", id="the first day"),
        pytest.param(BERLIN, "0001-01-01", 0, "0001-01-01T00:00", id="before the first instant"),
        pytest.param(
            "Pacific/Honolulu", "0001-01-01", 0, "0001-01-01T10:31:26", id="by the sun, in Honolulu"
        ),
        pytest.param("UTC", "9999-12-31", 23, "9999-12-31T23:00", id="the last day"),
        pytest.param(
            "Pacific/Honolulu", "9999-12-31", 23, "9999-12-31T23:59:59.999999", id="after the last instant"
        ),
    ],
)
def test_when_an_hour_begins(zone: str, day: str, hour: int, instant: str) -> None:
    found = instant_of(date.fromisoformat(day), hour, Zone.of(zone))

    assert found == utc(instant)
    assert found.tzinfo is UTC


def test_an_hour_of_an_assumed_zone_is_one_of_utc() -> None:
    assert instant_of(date(2026, 6, 1), 9, Zone.of(None)) == utc("2026-06-01T09:00")


@pytest.mark.parametrize("hour", [-1, 24])
def test_a_day_has_hours_0_to_23(hour: int) -> None:
    with pytest.raises(ValueError, match="hour must be in"):
        instant_of(date(2026, 6, 1), hour, Zone.of(BERLIN))


@pytest.mark.parametrize("day", [date.min, date.max], ids=str)
def test_no_day_is_too_early_or_too_late_anywhere(day: date) -> None:
    for zone in map(Zone.of, ALL_ZONES):
        for hour in (0, 12, 23):
            instant = instant_of(day, hour, zone)
            assert abs((instant.date() - day).days) <= 1
            assert abs((zone.today(instant) - day).days) <= 1
            assert QuietHours(time(22), time(8)).ends_after(instant, zone) is None


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        ({"from": "22:00", "to": "08:00"}, (time(22), time(8))),
        ({"from": "00:00", "to": "23:59"}, (time(0), time(23, 59))),
        ({"from": "13:05", "to": "14:35", "more": 1}, (time(13, 5), time(14, 35))),
    ],
)
def test_quiet_hours_of_a_document(value: dict[str, object], hours: tuple[time, time]) -> None:
    quiet = QuietHours.of(value)

    assert quiet == QuietHours(*hours)
    assert quiet is not None
    assert quiet.as_fields() == {"from": value["from"], "to": value["to"]}


@pytest.mark.parametrize(
    "value",
    [
        *[None, "", "22:00-08:00", 22, True, [], ["22:00", "08:00"], {}, {"from": "22:00"}, {"to": "08:00"}],
        *[{"from": "22:00", "to": None}, {"from": 22, "to": 8}, {"from": time(22), "to": time(8)}],
        *[
            {"from": "22:00", "to": "22:00"},
            {"from": "00:00", "to": "24:00"},
            {"from": "22:00", "to": "08:60"},
        ],
        *[
            {"from": "22:00", "to": to}
            for to in ("8:00", "08", "0800", "08:00:00", "08:00Z", "08:00 ", "08:00\n")
        ],
        *[{"from": "22:00", "to": to} for to in ("", "-8:00", "٠٨:٠٠", "08:0\0", "8 am", "T08:00")],
        {"start": "22:00", "end": "08:00"},
    ],
    ids=repr,
)
def test_what_are_no_quiet_hours(value: object) -> None:
    assert QuietHours.of(value) is None


@pytest.mark.parametrize(
    ("hours", "zone", "instant", "end"),
    [
        pytest.param("22:00-08:00", BERLIN, "2026-06-01T19:59:59.999999", None, id="just before they start"),
        pytest.param("22:00-08:00", BERLIN, "2026-06-01T20:00", "2026-06-02T06:00", id="as they start"),
        pytest.param(
            "22:00-08:00", BERLIN, "2026-06-02T05:59:59.999999", "2026-06-02T06:00", id="nearly over"
        ),
        pytest.param("22:00-08:00", BERLIN, "2026-06-02T06:00", None, id="as they end"),
        pytest.param("22:00-08:00", BERLIN, "2026-06-01T22:00", "2026-06-02T06:00", id="at midnight"),
        pytest.param("22:00-00:00", BERLIN, "2026-06-01T21:00", "2026-06-01T22:00", id="until midnight"),
        pytest.param("22:00-00:00", BERLIN, "2026-06-01T22:00", None, id="until midnight, over"),
        pytest.param("00:00-08:00", BERLIN, "2026-06-01T22:00", "2026-06-02T06:00", id="from midnight"),
        pytest.param("09:00-17:30", BERLIN, "2026-06-01T08:00", "2026-06-01T15:30", id="within a day"),
        pytest.param("09:00-17:30", BERLIN, "2026-06-01T15:30", None, id="within a day, over"),
        pytest.param("08:00-07:59", BERLIN, "2026-06-01T06:00", "2026-06-02T05:59", id="all but a minute"),
        pytest.param("08:00-08:00", BERLIN, "2026-06-01T06:00", None, id="never quiet"),
        pytest.param(
            "22:00-08:00", "Pacific/Kiritimati", "2026-06-01T08:30", "2026-06-01T18:00", id="UTC+14"
        ),
        pytest.param("22:00-08:00", "Pacific/Honolulu", "2026-06-01T08:30", "2026-06-01T18:00", id="UTC-10"),
        pytest.param("22:00-08:00", "Asia/Kathmandu", "2026-06-01T16:15", "2026-06-02T02:15", id="UTC+5:45"),
        pytest.param(
            "22:00-08:00", BERLIN, "2026-03-28T22:00", "2026-03-29T06:00", id="a night an hour shorter"
        ),
        pytest.param(
            "22:00-08:00", BERLIN, "2026-10-24T21:00", "2026-10-25T07:00", id="a night an hour longer"
        ),
        pytest.param("22:00-02:30", BERLIN, "2026-03-28T22:00", "2026-03-29T01:00", id="the end is skipped"),
        pytest.param(
            "22:00-02:30", BERLIN, "2026-03-29T00:59:59", "2026-03-29T01:00", id="a second before the gap"
        ),
        pytest.param("22:00-02:30", BERLIN, "2026-03-29T01:00", None, id="after the gap that skips the end"),
        pytest.param("02:15-02:45", BERLIN, "2026-03-29T01:00", None, id="all of them are skipped"),
        pytest.param(
            "02:30-09:00", BERLIN, "2026-03-29T01:00", "2026-03-29T07:00", id="the start is skipped"
        ),
        pytest.param(
            "02:45-02:15",
            BERLIN,
            "2026-03-29T00:00",
            "2026-03-30T00:15",
            id="the end and the next start skipped",
        ),
        pytest.param(
            "22:00-02:30", BERLIN, "2026-10-24T23:00", "2026-10-25T00:30", id="until the first 2:30"
        ),
        pytest.param("22:00-02:30", BERLIN, "2026-10-25T00:30", None, id="the first 2:30"),
        pytest.param("22:00-02:30", BERLIN, "2026-10-25T01:10", "2026-10-25T01:30", id="quiet again at 2:10"),
        pytest.param("22:00-02:30", BERLIN, "2026-10-25T01:30", None, id="the second 2:30"),
        pytest.param(
            "02:15-02:45", BERLIN, "2026-10-25T00:30", "2026-10-25T00:45", id="2:30 for the first time"
        ),
        pytest.param("02:15-02:45", BERLIN, "2026-10-25T01:00", None, id="between the two 2:30"),
        pytest.param("02:15-02:45", BERLIN, "2026-10-25T01:30", "2026-10-25T01:45", id="2:30 once more"),
        pytest.param(
            "22:00-08:00", BERLIN, "2026-10-25T00:30", "2026-10-25T07:00", id="first 2:30, all night"
        ),
        pytest.param(
            "22:00-08:00", BERLIN, "2026-10-25T01:30", "2026-10-25T07:00", id="second 2:30, all night"
        ),
        pytest.param(
            "02:30-09:00",
            BERLIN,
            "2026-10-25T00:45",
            "2026-10-25T08:00",
            id="started before the clock goes back",
        ),
        pytest.param(
            "02:30-02:10",
            BERLIN,
            "2026-10-25T00:50",
            "2026-10-25T01:10",
            id="the clock goes back before the end",
        ),
        pytest.param(
            "22:00-00:00", "Africa/Cairo", "2026-04-23T21:00", "2026-04-23T22:00", id="no midnight to end at"
        ),
        pytest.param(
            "20:00-23:30",
            "Asia/Beirut",
            "2026-10-24T21:10",
            "2026-10-24T21:30",
            id="23:10 for the second time",
        ),
        pytest.param(
            "22:00-00:30", "America/Havana", "2025-11-02T05:10", "2025-11-02T05:30", id="the second 0:10"
        ),
        pytest.param(
            "00:00-23:30",
            "America/Goose_Bay",
            "2010-11-07T03:00:30",
            "2010-11-07T03:30",
            id="back to yesterday",
        ),
        pytest.param(
            "22:00-02:15",
            "Australia/Lord_Howe",
            "2026-10-03T15:00",
            "2026-10-03T15:30",
            id="half an hour's gap",
        ),
        pytest.param(
            "22:00-01:45", "Australia/Lord_Howe", "2026-04-04T15:10", "2026-04-04T15:15", id="1:40 once more"
        ),
        pytest.param(
            "22:00-08:00",
            "Pacific/Apia",
            "2011-12-30T09:00",
            "2011-12-30T18:00",
            id="over a day that never was",
        ),
        pytest.param(
            "12:00-11:00",
            "Pacific/Apia",
            "2011-12-30T09:00",
            "2011-12-30T21:00",
            id="the end on the lost day",
        ),
        pytest.param("22:00-08:00", "UTC", "0001-01-01T00:00", None, id="the first instant"),
        pytest.param("22:00-08:00", "UTC", "9999-12-31T23:59", None, id="the last day"),
        pytest.param("22:00-08:00", "UTC", "9998-12-31T23:00", "9999-01-01T08:00", id="the last night"),
        pytest.param("22:00-08:00", "UTC", "0002-01-01T00:00", "0002-01-01T08:00", id="the first night"),
    ],
)
def test_when_quiet_hours_end(hours: str, zone: str, instant: str, end: str | None) -> None:
    quiet = QuietHours(*(time.fromisoformat(text) for text in hours.split("-")))
    found = quiet.ends_after(utc(instant), Zone.of(zone))

    assert found == (None if end is None else utc(end))
    assert found is None or found.tzinfo is UTC


def test_quiet_hours_of_an_instant_that_is_written_in_its_zone() -> None:
    second = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo(BERLIN), fold=1)

    assert QuietHours(time(22), time(2, 30)).ends_after(second, Zone.of(BERLIN)) == utc("2026-10-25T01:30")


NEAR_CHANGES = [
    *[date(2026, 2, 15), date(2026, 3, 8), date(2026, 3, 28), date(2026, 3, 29), date(2026, 4, 5)],
    *[date(2026, 4, 24), date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1), date(2040, 3, 25)],
    *[date(2011, 12, 30), date(1993, 8, 21), date(1944, 4, 3)],
]


def shown(instant: datetime, name: str) -> datetime:
    """What a clock there shows: only from UTC to local time, which is never ambiguous."""
    return instant.astimezone(Zone.of(name).rules).replace(tzinfo=None)


@pytest.mark.parametrize("day", NEAR_CHANGES, ids=str)
def test_everywhere_the_clock_shows_the_hour_or_has_just_jumped_past_it(day: date) -> None:
    for name in ALL_ZONES:
        zone = Zone.of(name)
        for hour in (0, 1, 2, 3, 23):
            wanted = datetime.combine(day, time(hour))
            instant = instant_of(day, hour, zone)
            # The first: a second before, and in all the hours before, the clock had not yet come so far.
            for seconds in (1, 900, 1800, 3600, 5400, 7200, 10_800):
                assert shown(instant - timedelta(seconds=seconds), name) < wanted, (name, hour)
            if shown(instant, name) != wanted:
                assert shown(instant, name) > wanted, (name, hour)
                assert shown(instant, name) - shown(instant - timedelta(seconds=1), name) > timedelta(
                    seconds=1
                )


QUIET = [
    QuietHours(time(22), time(8)),
    QuietHours(time(23, 30), time(2, 30)),
    QuietHours(time(0), time(0, 30)),
]


@pytest.mark.parametrize("day", NEAR_CHANGES, ids=str)
def test_everywhere_quiet_hours_end_later_and_in_no_quiet_hour(day: date) -> None:
    for name in ALL_ZONES:
        zone = Zone.of(name)
        for hours in range(-6, 30, 5):
            instant = datetime.combine(day, time(0, 10), UTC) + timedelta(hours=hours)
            local = shown(instant, name).time()
            for quiet in QUIET:
                is_over_midnight = quiet.end < quiet.start
                is_quiet = (local >= quiet.start, local < quiet.end).count(True) >= (
                    1 if is_over_midnight else 2
                )
                end = quiet.ends_after(instant, zone)
                assert (end is not None) == is_quiet, (name, instant, quiet)
                if end is not None:
                    assert instant < end <= instant + timedelta(hours=12), (name, instant, quiet)
                    assert quiet.ends_after(end, zone) is None, (name, instant, quiet)
                    before = shown(end - timedelta(seconds=1), name)
                    assert before.time() < quiet.end or before.time() >= quiet.start, (name, instant, quiet)
