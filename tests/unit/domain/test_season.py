"""When a season still changes, and which air dates are dates."""

from datetime import date, timedelta

import pytest

from shared.domain.season import Episode, Season, air_date_or_none

TODAY = date(2026, 8, 22)


def season(*dates: str | None) -> Season:
    return Season({number: Episode(100 + number, None, day) for number, day in enumerate(dates, 1)})


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("found", "is_ongoing"),
    [
        pytest.param(Season({}), True, id="no episodes"),
        pytest.param(season(None), True, id="no date at all"),
        pytest.param(season(days_ago(900), None), True, id="no date for the last episode"),
        pytest.param(season(None, days_ago(900)), False, id="only an earlier episode lacks its date"),
        pytest.param(season(days_ago(-1)), True, id="tomorrow"),
        pytest.param(season(days_ago(0)), True, id="today"),
        pytest.param(season(days_ago(14)), True, id="14 days ago"),
        pytest.param(season(days_ago(15)), False, id="15 days ago"),
        pytest.param(
            season(days_ago(-30), days_ago(900)), True, id="a date ahead that is not the last number"
        ),
        pytest.param(
            Season({9: Episode(1, None, days_ago(900)), 3: Episode(2, None, None)}),
            False,
            id="the last episode is the highest number, in whatever order they come",
        ),
    ],
)
def test_a_season_is_ongoing(found: Season, is_ongoing: bool) -> None:
    assert found.is_ongoing(TODAY) is is_ongoing


@pytest.mark.parametrize("value", ["2024-01-01", "2024-02-29", "1899-12-31", "9999-12-31"])
def test_a_calendar_day_is_kept(value: str) -> None:
    assert air_date_or_none(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *["", " ", "2024-13-01", "2023-02-29", "20240101", "2024-W01-1", "2024W011", "2024-1-1", "24-01-01"],
        *["2024-01-01 ", " 2024-01-01", "2024-01-01\n", "2024-01-01T00:00:00", "0000-00-00", "soon"],
        *["２０２４-01-01", None, 20240101, 0, True, date(2024, 1, 1), ["2024-01-01"], {}],
    ],
)
def test_anything_else_is_no_date(value: object) -> None:
    assert air_date_or_none(value) is None
