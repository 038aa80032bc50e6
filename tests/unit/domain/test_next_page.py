"""The order in which shows are offered, and its cursors."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.cursor import cursor_of
from shared.domain.next_page import NextPosition
from shared.domain.show import ShowKey
from shared.errors import InvalidRequest

AT = datetime(2026, 3, 10, 12, 0, 0, 1, UTC)


def position(number: int, at: datetime | None = AT) -> NextPosition:
    return NextPosition.of("tv_9", at, ShowKey("tv", number))


def test_the_latest_come_first_and_what_is_never_was_last() -> None:
    early, late, never = position(1, AT - timedelta(microseconds=1)), position(3), position(2, None)
    ancient = position(4, datetime(1950, 1, 1, tzinfo=UTC))
    assert sorted([ancient, never, early, position(2), late], key=lambda one: one.order) == [
        *(position(2), late, early, never),
        ancient,
    ]
    assert early.is_before(never)
    assert not never.is_before(early)
    assert not late.is_before(late)
    assert NextPosition(window="tv_1").is_before(ancient)


@pytest.mark.parametrize("one", [position(1), position(1, None), NextPosition(), NextPosition("tv_10")])
def test_a_cursor_gives_its_position_again(one: NextPosition) -> None:
    assert NextPosition.parse(one.cursor) == one


@pytest.mark.parametrize(
    "parts",
    [
        *[
            ("", "", ""),
            ("", "1.5", ""),
            ("", "٣", ""),
            ("", "9" * 19, ""),
            ("", "0", "x"),
            ("../x", "0", ""),
        ],
        *[("", "0"), ("", "0", "", ""), ("tv_01", "0", "")],
    ],
)
def test_what_is_no_cursor_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest):
        NextPosition.parse(cursor_of("next", *parts))
