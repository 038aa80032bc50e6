"""When an alert is given, by the clock on its user's wall.

Instants are in UTC; hours of the local clock stand in the words beside them. Where an alert is not given at
its own time, what follows is when it is, and in which digest.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest

from shared.domain.alert_preferences import AlertPreferences, ShowWishes, Timing
from shared.domain.alerts import MOST_AGE, Due, Silence, Timetable, due
from shared.domain.local_time import QuietHours, Zone
from tests.unit.domain.silo import GRAY_GOO, following, utc

KIRITIMATI, HONOLULU = "Pacific/Kiritimati", "Pacific/Honolulu"
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
LONG_BEFORE = "2025-12-01"
NIGHT = QuietHours(time(22), time(8))


def timetable(
    zone: str | None = BERLIN,
    hours_before: int | None = None,
    at_hour: int = 9,
    quiet: str | None = None,
    digest: int | None = None,
) -> Timetable:
    start, end = quiet.split("-") if quiet is not None else ("", "")
    quiet_hours = QuietHours.of({"from": start, "to": end})
    assert (quiet_hours is None) is (quiet is None)
    return Timetable(Zone.of(zone), Timing(hours_before, at_hour), quiet_hours, digest)


def shown(when: Due | Silence) -> str:
    if isinstance(when, Silence):
        return when.value
    scheduled_for, at = (each.replace(tzinfo=None).isoformat("T") for each in (when.scheduled_for, when.at))
    text = scheduled_for if at == scheduled_for else f"{scheduled_for} at {at}"
    return (text if when.digest_id is None else f"{text} in {when.digest_id}").replace(":00:00", ":00")


@pytest.mark.parametrize(
    ("day", "wishes", "expected"),
    [
        pytest.param("2026-08-20", {"zone": "UTC"}, "2026-08-20T09:00", id="9 o'clock unless told otherwise"),
        pytest.param("2026-08-20", {"zone": None}, "2026-08-20T09:00", id="no zone: that of UTC"),
        pytest.param("2026-08-20", {"zone": "Mars/Base"}, "2026-08-20T09:00", id="nobody's zone: UTC"),
        pytest.param("2026-08-20", {}, "2026-08-20T07:00", id="9 in Berlin"),
        pytest.param("2026-08-20", {"zone": KIRITIMATI}, "2026-08-19T19:00", id="9 in Kiritimati"),
        pytest.param("2026-08-20", {"zone": HONOLULU}, "2026-08-20T19:00", id="9 in Honolulu"),
        pytest.param(
            "2026-08-20",
            {"zone": KIRITIMATI, "hours_before": 0},
            "2026-08-19T10:00",
            id="start of the day in Kiritimati",
        ),
        pytest.param(
            "2026-08-20",
            {"zone": HONOLULU, "hours_before": 0},
            "2026-08-20T10:00",
            id="start of the day in Honolulu",
        ),
        pytest.param("2026-08-20", {"at_hour": 0}, "2026-08-19T22:00", id="hour 0 in Berlin"),
        pytest.param("2026-08-20", {"at_hour": 23}, "2026-08-20T21:00", id="hour 23 in Berlin"),
        pytest.param("2026-08-20", {"hours_before": 2}, "2026-08-19T20:00", id="2 hours before"),
        pytest.param("2026-08-20", {"hours_before": -9}, "2026-08-20T07:00", id="9 hours after"),
        pytest.param("2026-08-20", {"hours_before": 720}, "2026-07-20T22:00", id="30 days before"),
        pytest.param("2026-08-20", {"hours_before": -720}, "2026-09-18T22:00", id="30 days after"),
        pytest.param(
            "2026-08-20",
            {"hours_before": 2, "at_hour": 20},
            "2026-08-19T20:00",
            id="hours before count more than an hour",
        ),
        pytest.param("2026-03-08", {"zone": NEW_YORK}, "2026-03-08T13:00", id="9 on New York's short day"),
        pytest.param(
            "2026-03-08", {"zone": NEW_YORK, "at_hour": 2}, "2026-03-08T07:00", id="2 is skipped there: 3"
        ),
        pytest.param(
            "2026-03-08", {"zone": NEW_YORK, "hours_before": 0}, "2026-03-08T05:00", id="its midnight in EST"
        ),
        pytest.param(
            "2026-03-09",
            {"zone": NEW_YORK, "hours_before": 24},
            "2026-03-08T04:00",
            id="24 hours before the day after it are 25 by the clock",
        ),
        pytest.param(
            "2026-03-08", {"zone": NEW_YORK, "hours_before": -9}, "2026-03-08T14:00", id="9 hours into it: 10"
        ),
        pytest.param("2026-11-01", {"zone": NEW_YORK}, "2026-11-01T14:00", id="9 on New York's long day"),
        pytest.param(
            "2026-11-01", {"zone": NEW_YORK, "at_hour": 1}, "2026-11-01T05:00", id="1 comes twice: the first"
        ),
        pytest.param(
            "2026-11-01", {"zone": NEW_YORK, "hours_before": 0}, "2026-11-01T04:00", id="its midnight in EDT"
        ),
        pytest.param(
            "2026-11-02",
            {"zone": NEW_YORK, "hours_before": 24},
            "2026-11-01T05:00",
            id="24 hours before the day after it are 23 by the clock",
        ),
        pytest.param("2026-03-29", {"at_hour": 2}, "2026-03-29T01:00", id="2 is skipped in Berlin: 3"),
        pytest.param("2026-03-29", {}, "2026-03-29T07:00", id="9 on Berlin's short day"),
        pytest.param("2026-10-25", {"at_hour": 2}, "2026-10-25T00:00", id="2 comes twice in Berlin"),
        pytest.param("2026-10-25", {}, "2026-10-25T08:00", id="9 on Berlin's long day"),
        pytest.param(
            "2026-03-29",
            {"zone": "Asia/Beirut", "hours_before": 0},
            "2026-03-28T22:00",
            id="a day without midnight in Beirut begins at 1",
        ),
        pytest.param(
            "2026-04-24",
            {"zone": "Africa/Cairo", "hours_before": 0},
            "2026-04-23T22:00",
            id="a day without midnight in Cairo begins at 1",
        ),
        pytest.param(
            "2026-04-24",
            {"zone": "Africa/Cairo", "hours_before": 2},
            "2026-04-23T20:00",
            id="2 hours before it, in Cairo",
        ),
        pytest.param("9999-12-31", {"zone": "UTC"}, "9000-01-01T09:00", id="a day that never comes"),
        pytest.param("0001-01-01", {"zone": HONOLULU}, "too_old", id="a day before all shows"),
    ],
)
def test_the_time_of_an_alert(day: str, wishes: dict[str, Any], expected: str) -> None:
    assert shown(due(day, timetable(**wishes), utc(LONG_BEFORE), is_news=True)) == expected


@pytest.mark.parametrize(
    ("wishes", "now", "expected"),
    [
        pytest.param({}, LONG_BEFORE, "2026-08-20T07:00", id="9 is not in the night"),
        pytest.param(
            {"hours_before": 0},
            LONG_BEFORE,
            "2026-08-19T22:00 at 2026-08-20T06:00",
            id="from midnight to the morning",
        ),
        pytest.param(
            {"at_hour": 22},
            LONG_BEFORE,
            "2026-08-20T20:00 at 2026-08-21T06:00",
            id="over midnight: from its first minute on",
        ),
        pytest.param({"at_hour": 21}, LONG_BEFORE, "2026-08-20T19:00", id="the last hour before"),
        pytest.param({"at_hour": 8}, LONG_BEFORE, "2026-08-20T06:00", id="the hour at which they end"),
        pytest.param(
            {"at_hour": 13, "quiet": "12:30-14:15"},
            LONG_BEFORE,
            "2026-08-20T11:00 at 2026-08-20T12:15:00",
            id="a nap",
        ),
        pytest.param(
            {"zone": KIRITIMATI, "at_hour": 23},
            LONG_BEFORE,
            "2026-08-20T09:00 at 2026-08-20T18:00",
            id="Kiritimati's night",
        ),
        pytest.param(
            {"zone": HONOLULU, "at_hour": 23},
            LONG_BEFORE,
            "2026-08-21T09:00 at 2026-08-21T18:00",
            id="Honolulu's night",
        ),
        pytest.param({}, "2026-08-20T12:00", "2026-08-20T07:00", id="late, by day: due since its time"),
        pytest.param(
            {},
            "2026-08-20T21:00",
            "2026-08-20T07:00 at 2026-08-21T06:00",
            id="late, and told in the night: in the morning",
        ),
        pytest.param(
            {"hours_before": 0}, "2026-08-20T12:00", "2026-08-19T22:00", id="of last night, told by day: due"
        ),
    ],
)
def test_quiet_hours_put_off_and_never_drop(wishes: dict[str, Any], now: str, expected: str) -> None:
    table = timetable(**{"quiet": "22:00-08:00", **wishes})

    assert shown(due("2026-08-20", table, utc(now), is_news=True)) == expected


@pytest.mark.parametrize(
    ("day", "wishes", "expected"),
    [
        pytest.param(
            "2026-03-08",
            {"zone": NEW_YORK, "hours_before": 0, "quiet": "22:00-08:00"},
            "2026-03-08T05:00 at 2026-03-08T12:00",
            id="New York's short night ends at 8",
        ),
        pytest.param(
            "2026-11-01",
            {"zone": NEW_YORK, "hours_before": 0, "quiet": "22:00-08:00"},
            "2026-11-01T04:00 at 2026-11-01T13:00",
            id="New York's long night ends at 8",
        ),
        pytest.param(
            "2026-04-24",
            {"zone": "Africa/Cairo", "hours_before": 1, "quiet": "22:00-00:00"},
            "2026-04-23T21:00 at 2026-04-23T22:00",
            id="Cairo has no midnight to end at",
        ),
    ],
)
def test_quiet_hours_when_the_clocks_change(day: str, wishes: dict[str, Any], expected: str) -> None:
    assert shown(due(day, timetable(**wishes), utc(LONG_BEFORE), is_news=True)) == expected


@pytest.mark.parametrize(
    ("wishes", "now", "expected"),
    [
        pytest.param({}, LONG_BEFORE, "2026-08-20T16:00 in digest_2026-08-20", id="the day's digest"),
        pytest.param(
            {"at_hour": 20},
            LONG_BEFORE,
            "2026-08-20T16:00 in digest_2026-08-20",
            id="the day's digest, whatever its own hour",
        ),
        pytest.param(
            {"hours_before": 0}, LONG_BEFORE, "2026-08-20T16:00 in digest_2026-08-20", id="the day begins"
        ),
        pytest.param(
            {"hours_before": 1},
            LONG_BEFORE,
            "2026-08-20T16:00 in digest_2026-08-20",
            id="an hour before it: the first digest after that",
        ),
        pytest.param(
            {"hours_before": 6},
            LONG_BEFORE,
            "2026-08-19T16:00 in digest_2026-08-19",
            id="six hours before it: that day's digest, just then",
        ),
        pytest.param(
            {"hours_before": 7},
            LONG_BEFORE,
            "2026-08-19T16:00 in digest_2026-08-19",
            id="seven hours before it: that day's digest",
        ),
        pytest.param(
            {"hours_before": 168},
            "2026-08-18T10:00",
            "2026-08-13T16:00 at 2026-08-18T16:00 in digest_2026-08-18",
            id="a week before it, known two days before: the next digest",
        ),
        pytest.param(
            {"zone": HONOLULU}, LONG_BEFORE, "2026-08-21T04:00 in digest_2026-08-20", id="Honolulu's 18"
        ),
        pytest.param(
            {"zone": KIRITIMATI}, LONG_BEFORE, "2026-08-20T04:00 in digest_2026-08-20", id="Kiritimati's 18"
        ),
        pytest.param({"digest": 0}, LONG_BEFORE, "2026-08-19T22:00 in digest_2026-08-20", id="at hour 0"),
        pytest.param(
            {"digest": 23, "quiet": "22:00-08:00"},
            LONG_BEFORE,
            "2026-08-20T21:00 at 2026-08-21T06:00 in digest_2026-08-20",
            id="in quiet hours: the same digest, in the morning",
        ),
        pytest.param(
            {}, "2026-08-20T16:00", "2026-08-20T16:00 in digest_2026-08-20", id="told when it is given"
        ),
        pytest.param(
            {},
            "2026-08-20T16:01",
            "2026-08-20T16:00 at 2026-08-21T16:00 in digest_2026-08-21",
            id="its hour is over: the next one",
        ),
        pytest.param(
            {},
            "2026-08-21T10:00",
            "2026-08-20T16:00 at 2026-08-21T16:00 in digest_2026-08-21",
            id="told the next morning: that day's",
        ),
        pytest.param(
            {},
            "2026-08-21T16:00",
            "2026-08-20T16:00 at 2026-08-21T16:00 in digest_2026-08-21",
            id="told with the next digest",
        ),
        pytest.param(
            {}, "2026-08-21T17:00", "2026-08-20T16:00", id="too old for a further digest: by itself, at once"
        ),
        pytest.param({}, "2026-08-22T16:01", "too_old", id="too old for anything"),
    ],
)
def test_a_digest(wishes: dict[str, Any], now: str, expected: str) -> None:
    table = timetable(**{"digest": 18, **wishes})

    assert shown(due("2026-08-20", table, utc(now), is_news=True)) == expected


@pytest.mark.parametrize(
    ("day", "zone", "hour", "now", "expected"),
    [
        pytest.param(
            "2026-03-08",
            NEW_YORK,
            2,
            LONG_BEFORE,
            "2026-03-08T07:00 in digest_2026-03-08",
            id="an hour that is skipped",
        ),
        pytest.param(
            "2026-11-01",
            NEW_YORK,
            1,
            "2026-11-01T05:30",
            "2026-11-01T05:00 at 2026-11-02T06:00 in digest_2026-11-02",
            id="an hour that comes twice: the first time it was over",
        ),
        pytest.param(
            "2026-03-28",
            BERLIN,
            18,
            "2026-03-29T16:30",
            "2026-03-28T17:00 at 2026-03-30T16:00 in digest_2026-03-30",
            id="47 hours later, because an hour was skipped",
        ),
    ],
)
def test_a_digest_when_the_clocks_change(day: str, zone: str, hour: int, now: str, expected: str) -> None:
    assert shown(due(day, timetable(zone, digest=hour), utc(now), is_news=True)) == expected


@pytest.mark.parametrize(
    ("now", "if_news", "if_not"),
    [
        ("2026-08-20T08:59:59", "2026-08-20T09:00", "2026-08-20T09:00"),
        ("2026-08-20T09:00:00", "2026-08-20T09:00", "over_when_followed"),
        ("2026-08-20T09:00:01", "2026-08-20T09:00", "over_when_followed"),
        ("2026-08-22T09:00:00", "2026-08-20T09:00", "over_when_followed"),
        ("2026-08-22T09:00:01", "too_old", "over_when_followed"),
        ("2027-08-22T09:00:00", "too_old", "over_when_followed"),
    ],
)
def test_what_is_late(now: str, if_news: str, if_not: str) -> None:
    told = [due("2026-08-20", timetable("UTC"), utc(now), is_news=is_news) for is_news in (True, False)]

    assert [shown(each) for each in told] == [if_news, if_not]


@pytest.mark.parametrize(
    ("wishes", "now", "lapses"),
    [
        pytest.param({}, "2026-08-19", "2026-08-22T09:00", id="48 hours after its hour"),
        pytest.param({"hours_before": 168}, "2026-08-01", "2026-08-22T00:00", id="or after its day begins"),
        pytest.param({"hours_before": -5}, "2026-08-01", "2026-08-22T05:00", id="or after the hours after"),
        pytest.param({"quiet": "08:00-20:00"}, "2026-08-19", "2026-08-22T20:00", id="or after quiet hours"),
        pytest.param({"digest": 18}, "2026-08-19", "2026-08-22T18:00", id="or after the digest"),
        pytest.param({}, "2026-08-21", "2026-08-22T09:00", id="late news has no longer"),
        pytest.param(
            {"quiet": "23:00-10:00"}, "2026-08-21T23:30", "2026-08-24T10:00", id="unless it is put off"
        ),
    ],
)
def test_how_long_an_alert_is_worth_having(wishes: dict[str, Any], now: str, lapses: str) -> None:
    when = due("2026-08-20", timetable("UTC", **wishes), utc(now), is_news=True)

    assert timedelta(hours=48) == MOST_AGE
    assert isinstance(when, Due)
    assert when.lapses_at == utc(lapses)


@pytest.mark.parametrize(
    ("lapses", "expected"),
    [
        pytest.param(None, "too_old", id="it is told just now"),
        pytest.param("2026-08-22T09:00", "too_old", id="it waits, and was never put off"),
        pytest.param("2026-08-22T11:59:59", "too_old", id="it was put off, and has lapsed"),
        pytest.param("2026-08-22T12:00", "2026-08-20T09:00", id="it was put off"),
    ],
)
def test_what_was_put_off_is_too_old_later(lapses: str | None, expected: str) -> None:
    lapses_at = None if lapses is None else utc(lapses)
    when = due("2026-08-20", timetable("UTC"), utc("2026-08-22T12:00"), is_news=True, lapses_at=lapses_at)

    assert shown(when) == expected


@pytest.mark.parametrize(
    ("followed", "now", "expected"),
    [
        pytest.param("2026-08-19T12:00", "2026-08-21", "2026-08-20T09:00", id="followed before the day"),
        pytest.param("2026-08-20T12:00", "2026-08-20T12:01", "2026-08-20T09:00", id="on the day"),
        pytest.param("2026-08-21T12:00", "2026-08-21T12:01", "over_when_followed", id="on the day after"),
        pytest.param("2026-08-21T12:00", "2026-08-19", "2026-08-20T09:00", id="its time is ahead"),
    ],
)
def test_what_was_over_before_the_user_followed_is_no_news(followed: str, now: str, expected: str) -> None:
    when = due("2026-08-20", timetable("UTC"), utc(now), is_news=True, followed_at=utc(followed))

    assert when == Silence(expected) if isinstance(when, Silence) else when.scheduled_for == utc(expected)


@pytest.mark.parametrize("is_news", [True, False])
def test_what_is_ahead_is_told_at_once_where_the_hours_before_are_past(is_news: bool) -> None:
    """Who wants to hear a week before hears of a date that is known two days before."""
    table = timetable("UTC", hours_before=168)

    assert isinstance(due("2026-08-20", table, utc("2026-08-18"), is_news=is_news), Due)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        pytest.param({"at_hour": 20}, "2026-08-20T08:00", id="the digest's hour takes the place of an hour"),
        pytest.param({"hours_before": 24}, "2026-08-19T08:00", id="24 hours before: the day before"),
        pytest.param({"hours_before": 1}, "2026-08-20T08:00", id="an hour before: the digest after that"),
        pytest.param({"hours_before": -20}, "2026-08-21T08:00", id="at eight in the evening: the next day's"),
        pytest.param({"hours_before": -8}, "2026-08-20T08:00", id="just then"),
    ],
)
def test_a_digest_is_the_first_one_after_the_hours_before(wishes: dict[str, Any], expected: str) -> None:
    when = due("2026-08-20", timetable("UTC", digest=8, **wishes), utc("2026-08-01"), is_news=True)

    assert isinstance(when, Due)
    assert when.at == utc(expected)


WISHES: list[dict[str, Any]] = [
    {"zone": zone, **timing, "quiet": quiet}
    for zone, timing, quiet in product(
        ["UTC", BERLIN, NEW_YORK, KIRITIMATI, HONOLULU, "Asia/Beirut", "Africa/Cairo"],
        [{"hours_before": 0}, {"hours_before": 30}, {"hours_before": -5}, {"at_hour": 9}, {"at_hour": 23}],
        [None, "22:00-08:00", "00:00-23:00", "09:30-12:00"],
    )
]
DAYS = ["2026-03-08", "2026-03-29", "2026-04-24", "2026-08-20", "2026-10-25", "2026-11-01"]


def hours_around(day: str) -> list[datetime]:
    middle = datetime.combine(date.fromisoformat(day), time(0, 17), UTC)
    return [middle + timedelta(hours=hour) for hour in range(-60, 72, 5)]


@pytest.mark.parametrize("day", DAYS)
def test_whenever_it_is_planned_its_time_is_the_same_and_it_is_not_given_in_quiet_hours(day: str) -> None:
    for wishes, digest in product(WISHES, (None, 7)):
        table = timetable(**wishes, digest=digest)
        planned = [(now, due(day, table, now, is_news=True)) for now in hours_around(day)]
        given = [(now, when) for now, when in planned if isinstance(when, Due)]

        assert given
        assert len({when.scheduled_for for _, when in given}) == 1
        for now, when in given:
            assert when.at >= when.scheduled_for
            assert when.at - max(now, when.scheduled_for) < timedelta(hours=49)
            if table.quiet_hours is not None:
                assert table.quiet_hours.ends_after(max(now, when.at), table.zone) is None
            assert (when.digest_id is None) <= (digest is None or now > when.scheduled_for)
        if digest is None and table.quiet_hours is None:
            assert {when.at for _, when in given} == {given[0][1].scheduled_for}


def test_a_digest_takes_in_what_it_is_not_too_late_for() -> None:
    """Whatever waits for one is given before it is too old."""
    table = timetable(digest=18)

    for now in hours_around("2026-08-20"):
        when = due("2026-08-20", table, now, is_news=True)
        if isinstance(when, Due):
            assert when.at < when.lapses_at


@pytest.mark.parametrize(
    "table",
    [
        timetable(),
        timetable(None),
        timetable("UTC", hours_before=0),
        timetable(KIRITIMATI, hours_before=-3),
        timetable(at_hour=0, quiet="22:00-08:00", digest=0),
        timetable(at_hour=23, quiet="12:30-14:15", digest=23),
    ],
)
def test_a_timetable_is_kept_with_a_notification(table: Timetable) -> None:
    assert Timetable.read(table.as_fields()) == table


def test_of_an_hour_that_does_not_count_nothing_is_kept() -> None:
    table = timetable(hours_before=2, at_hour=20)

    assert table.as_fields()["notifyAtHour"] is None
    assert Timetable.read(table.as_fields()) == timetable(hours_before=2)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"timezone": "Nowhere", "notifyAtHour": 24, "quietHours": "night", "digestHour": -1},
        {"notifyAtHour": -1, "notifyHoursBefore": 721, "digestHour": 24},
        {"timezone": 3, "isTimezoneAssumed": True, "notifyHoursBefore": "2", "quietHours": {"from": "22:00"}},
    ],
)
def test_a_timetable_that_cannot_be_read_is_the_usual_one(fields: dict[str, Any]) -> None:
    assert Timetable.read(fields) == timetable(None)


def test_the_timetable_of_a_show_is_its_own_timing_in_its_users_zone() -> None:
    preferences: dict[str, Any] = {"timing": Timing(at_hour=7), "quiet_hours": NIGHT, "digest_hour": 18}
    own = ShowWishes(timing=Timing(hours_before=3))

    assert Timetable.of(following(**preferences)) == Timetable(Zone(BERLIN), Timing(at_hour=7), NIGHT, 18)
    assert Timetable.of(following(wishes=own, **preferences)).timing == Timing(hours_before=3)
    assert AlertPreferences().timing == Timing(at_hour=9)


def test_gray_goo_comes_at_nine_in_berlin() -> None:
    when = due(GRAY_GOO.event_date, Timetable.of(following()), utc("2026-08-18"), is_news=True)

    assert shown(when) == "2026-08-20T07:00"
