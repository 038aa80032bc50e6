"""The daily budget: who may spend how much of it, and when a day begins."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shared.domain.budget import Spending, may_spend, spending_of

TODAY = date(2026, 8, 22)
NOON = datetime(2026, 8, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("priority", "most"), [(-1, 0), (0, 0), (1, 400), (2, 700), (3, 700), (4, 700), (5, 1000), (99, 1000)]
)
def test_each_priority_may_use_up_its_part(priority: int, most: int) -> None:
    assert [spent for spent in range(1100) if may_spend(spent, 1000, priority)] == list(range(most))


@pytest.mark.parametrize("daily", [0, 1, 2, 3, 7, 10])
def test_a_small_budget_is_never_exceeded_and_goes_to_the_highest_first(daily: int) -> None:
    may = [sum(may_spend(spent, daily, priority) for spent in range(20)) for priority in (0, 1, 2, 5)]

    assert may == sorted(may)
    assert (may[0], may[-1]) == (0, daily)


@pytest.mark.parametrize(
    ("kept", "now", "counts"),
    [
        pytest.param(None, NOON, Spending(TODAY), id="nothing is kept"),
        pytest.param(Spending(TODAY, 7), NOON, Spending(TODAY, 7), id="the same day goes on"),
        pytest.param(
            Spending(TODAY, 7), NOON + timedelta(hours=12), Spending(date(2026, 8, 23)), id="a new day"
        ),
        pytest.param(
            Spending(TODAY, 7),
            NOON + timedelta(hours=12) - timedelta(microseconds=1),
            Spending(TODAY, 7),
            id="the last moment of a day",
        ),
        pytest.param(Spending(date(2026, 8, 1), 1000), NOON, Spending(TODAY), id="weeks ago"),
        pytest.param(
            Spending(date(2026, 8, 23), 3), NOON, Spending(date(2026, 8, 23), 3), id="a clock that is behind"
        ),
        pytest.param(Spending(date(2099, 1, 1), 1000), NOON, Spending(TODAY), id="a day that cannot be"),
        pytest.param(
            Spending(TODAY, 7),
            datetime(2026, 8, 23, 1, tzinfo=timezone(timedelta(hours=2))),
            Spending(TODAY, 7),
            id="the day is that of UTC",
        ),
    ],
)
def test_what_counts_now(kept: Spending | None, now: datetime, counts: Spending) -> None:
    assert spending_of(kept, now) == counts
