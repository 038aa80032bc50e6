"""What is counted where, and how long somebody has to wait."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.rate_limit import Action, Limit

NOON = datetime(2026, 7, 24, 12, tzinfo=UTC)
BOTH = Action("both", per_user=Limit(2, 60), per_address=Limit(5, 600))


def keys(
    action: Action, at: datetime, user: str | None = "ada", address: str | None = "192.0.2.1"
) -> set[str]:
    return {window.key for window in action.windows(at, user=user, address=address)}


@pytest.mark.parametrize(
    ("action", "user", "address", "limits"),
    [
        (BOTH, "ada", "192.0.2.1", [2, 5]),
        (BOTH, "ada", None, [2]),
        (BOTH, None, "192.0.2.1", [5]),
        (BOTH, None, None, []),
        (BOTH, "", "", []),
        (Action("by user", per_user=Limit(2, 60)), "ada", "192.0.2.1", [2]),
        (Action("by address", per_address=Limit(5, 60)), "ada", "192.0.2.1", [5]),
    ],
)
def test_only_who_is_known_is_counted(
    action: Action, user: str | None, address: str | None, limits: list[int]
) -> None:
    assert [window.most for window in action.windows(NOON, user=user, address=address)] == limits


@pytest.mark.parametrize(
    ("seconds", "left"), [(0, 60), (0.001, 60), (0.999, 60), (1, 59), (59, 1), (59.999, 1), (60, 60)]
)
def test_a_window_ends_at_a_whole_multiple_of_its_length(seconds: float, left: int) -> None:
    now = NOON + timedelta(seconds=seconds)
    (window,) = Action("a", per_user=Limit(1, 60)).windows(now, user="ada", address=None)
    assert window.seconds_left(now) == left
    assert now < window.ends_at <= now + timedelta(seconds=60)


def test_every_window_of_everybody_has_a_key_of_its_own_that_names_nobody() -> None:
    first = keys(BOTH, NOON)
    assert keys(BOTH, NOON + timedelta(seconds=59.9)) == first
    others = [
        keys(BOTH, NOON + timedelta(minutes=10)),
        keys(BOTH, NOON, user="eve", address="192.0.2.2"),
        keys(BOTH, NOON, user="192.0.2.1", address="ada"),
        keys(Action("other", per_user=Limit(2, 60), per_address=Limit(5, 600)), NOON),
    ]
    every = [key for each in (first, *others) for key in each]
    assert len(set(every)) == 10
    assert all(key.isalnum() and len(key) == 40 for key in every)


def test_a_name_that_is_no_text_is_counted_too() -> None:
    assert len(keys(BOTH, NOON, user="\ud800")) == 2


@pytest.mark.parametrize(
    ("count", "is_full", "is_over"), [(1, False, False), (2, True, False), (3, True, True)]
)
def test_the_last_one_that_is_let_through_fills_a_window(count: int, is_full: bool, is_over: bool) -> None:
    (window,) = Action("a", per_user=Limit(2, 60)).windows(NOON, user="ada", address=None)
    assert (window.is_full(count), window.is_over(count)) == (is_full, is_over)
