"""Which days the feed is asked for, and how far the cursor moves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.changes import FeedPlan, Part, feed_plan, in_turn, is_due

NOW = datetime(2026, 8, 20, 14, 30, tzinfo=UTC)
TOMORROW = date(2026, 8, 21)
EARLIEST = date(2026, 8, 7)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("through", "starts", "days_lost"),
    [
        (None, [date(2026, 8, 19)], 0),
        (at(20, 13, 30), [date(2026, 8, 19)], 0),
        (at(20, 0, 10), [date(2026, 8, 19)], 0),
        (at(19, 23, 50), [date(2026, 8, 18)], 0),
        (at(18, 12), [date(2026, 8, 17), date(2026, 8, 20)], 0),
        (at(8, 0, 1), [date(2026, 8, 7), *(date(2026, 8, day) for day in (10, 13, 16, 19))], 0),
        (at(7, 23, 59), [EARLIEST, *(date(2026, 8, day) for day in (10, 13, 16, 19))], 1),
        (NOW - timedelta(days=21), [EARLIEST, *(date(2026, 8, day) for day in (10, 13, 16, 19))], 9),
        (NOW + timedelta(hours=5), [date(2026, 8, 19)], 0),
    ],
)
def test_which_days_are_asked_for(through: datetime | None, starts: list[date], days_lost: int) -> None:
    plan = feed_plan("tv", through, NOW)

    assert [part.start for part in plan.parts] == starts
    assert plan.days_lost == days_lost
    assert (plan.unseen_since is None) == (days_lost == 0)


@pytest.mark.parametrize("days_ago", range(30))
@pytest.mark.parametrize("hour", [0, 23])
def test_the_days_are_asked_for_without_a_gap_and_within_what_tmdb_allows(days_ago: int, hour: int) -> None:
    now = NOW.replace(hour=hour)
    plan = feed_plan("movie", now - timedelta(days=days_ago), now)

    assert all(one.end == other.start for one, other in zip(plan.parts, plan.parts[1:], strict=False))
    assert plan.parts[-1].end == TOMORROW
    assert (TOMORROW - plan.parts[0].start).days <= 14
    asked_from = datetime.combine(plan.parts[0].start, datetime.min.time(), tzinfo=UTC)
    assert plan.days_lost or asked_from <= now - timedelta(days=days_ago + 1)


def test_the_cursor_moves_over_whole_days_and_last_to_the_time_of_the_poll() -> None:
    plan = feed_plan("tv", at(15, 12), NOW)

    assert plan.parts == (
        Part("tv", date(2026, 8, 14), date(2026, 8, 17), through=at(17)),
        Part("tv", date(2026, 8, 17), date(2026, 8, 20), through=at(20)),
        Part("tv", date(2026, 8, 20), date(2026, 8, 21), through=NOW),
    )


def test_what_was_synced_well_after_the_lost_days_has_seen_them() -> None:
    assert feed_plan("tv", at(1), NOW).unseen_since == at(8)


@pytest.mark.parametrize("minute", [0, 7, 30, 59])
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_an_hourly_poll_asks_once_of_each_feed(hour: int, minute: int) -> None:
    now = at(20, hour, minute)

    assert len(feed_plan("tv", now - timedelta(hours=1), now).parts) == 1


def test_the_time_of_another_zone_is_the_same_time() -> None:
    zone = datetime.fromisoformat("2026-08-21T01:30:00+11:00")

    assert feed_plan("tv", None, zone) == feed_plan("tv", None, NOW)


def test_feeds_take_turns() -> None:
    long, short = feed_plan("tv", at(15, 12), NOW), feed_plan("movie", at(20), NOW)

    assert [len(together) for together in in_turn([long, short])] == [2, 1, 1]
    assert list(in_turn([FeedPlan(()), FeedPlan(())])) == []


@pytest.mark.parametrize(
    ("ago", "due"),
    [
        (None, True),
        (timedelta(0), False),
        (timedelta(hours=2, minutes=59), False),
        (timedelta(hours=3), True),
        (timedelta(days=9), True),
        (timedelta(hours=-1), False),
    ],
)
def test_what_is_told_again_and_was_synced_just_now_waits(ago: timedelta | None, due: bool) -> None:
    last_synced = None if ago is None else NOW - ago

    assert is_due(last_synced, NOW, was_told=True) is due
    assert is_due(last_synced, NOW, was_told=False)
