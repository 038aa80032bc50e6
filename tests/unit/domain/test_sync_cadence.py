"""How soon something is looked at again: a row of the table each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.show import ShowStatus
from shared.domain.sync_cadence import due_at

NOW = datetime(2026, 8, 22, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def in_days(days: int) -> str:
    return (date(2026, 8, 22) + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("status", "days", "again_after"),
    [
        pytest.param(ShowStatus.RETURNING, [0], 6 * HOUR, id="airs today"),
        pytest.param(ShowStatus.RETURNING, [7], 6 * HOUR, id="airs in a week"),
        pytest.param(ShowStatus.RETURNING, [-2], 6 * HOUR, id="aired two days ago"),
        pytest.param(ShowStatus.RETURNING, [-40, 300, 3], 6 * HOUR, id="airs this week among others"),
        pytest.param(ShowStatus.ENDED, [-1], 6 * HOUR, id="is over, and aired yesterday"),
        pytest.param(ShowStatus.CANCELED, [5], 6 * HOUR, id="is cancelled, and airs this week"),
        pytest.param(ShowStatus.RETURNING, [8], DAY, id="airs in eight days"),
        pytest.param(ShowStatus.PLANNED, [400], DAY, id="is planned, with a date"),
        pytest.param(ShowStatus.RETURNING, [-3], 3 * DAY, id="aired three days ago"),
        pytest.param(ShowStatus.RETURNING, [], 3 * DAY, id="is returning"),
        pytest.param(ShowStatus.IN_PRODUCTION, [], 3 * DAY, id="is in production"),
        pytest.param(ShowStatus.POST_PRODUCTION, [], 3 * DAY, id="is in post production"),
        pytest.param(ShowStatus.PLANNED, [], 7 * DAY, id="is planned"),
        pytest.param(ShowStatus.PILOT, [], 7 * DAY, id="is a pilot"),
        pytest.param(ShowStatus.RUMORED, [], 7 * DAY, id="is rumoured"),
        pytest.param(ShowStatus.UNKNOWN, [], 7 * DAY, id="is of an unknown status"),
        pytest.param(ShowStatus.ENDED, [], 29 * DAY, id="has ended"),
        pytest.param(ShowStatus.CANCELED, [], 29 * DAY, id="was cancelled"),
        pytest.param(ShowStatus.RELEASED, [-3], 29 * DAY, id="is a movie that is out"),
    ],
)
def test_how_soon_follows_from_what_it_is(
    status: ShowStatus, days: list[int], again_after: timedelta
) -> None:
    dates = list(map(in_days, days))

    assert due_at(NOW, status=status, dates=dates, is_waiting_for_confirmation=False) == NOW + again_after


@pytest.mark.parametrize("status", ShowStatus)
@pytest.mark.parametrize("days", [[], [0], [9], [-90]])
def test_a_finding_that_waits_is_looked_at_again_before_all_else(status: ShowStatus, days: list[int]) -> None:
    dates = list(map(in_days, days))

    due = due_at(NOW, status=status, dates=dates, is_waiting_for_confirmation=True, is_behind=True)

    assert due == NOW + 3 * HOUR


@pytest.mark.parametrize("status", ShowStatus)
def test_what_is_behind_with_its_seasons_comes_again_the_same_day(status: ShowStatus) -> None:
    due = due_at(NOW, status=status, dates=[], is_waiting_for_confirmation=False, is_behind=True)

    assert due == NOW + 6 * HOUR


@pytest.mark.parametrize("status", ShowStatus)
def test_nothing_is_left_alone_for_thirty_days(status: ShowStatus) -> None:
    assert due_at(NOW, status=status, dates=[], is_waiting_for_confirmation=False) < NOW + 30 * DAY
