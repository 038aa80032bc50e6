"""Where a page of an inbox ended."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.cursor import cursor_of
from shared.domain.inbox_page import InboxPosition
from shared.errors import InvalidRequest

AT = datetime(2026, 3, 10, 12, 0, 0, 123_456, tzinfo=UTC)


@pytest.mark.parametrize("at", [AT, AT.replace(microsecond=0), AT.astimezone(timezone(timedelta(hours=14)))])
def test_a_cursor_names_a_position(at: datetime) -> None:
    position = InboxPosition(at, "episode_5")

    assert InboxPosition.parse(position.cursor) == position


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        cursor_of("timeline", AT.isoformat(), "episode_5"),
        *[
            cursor_of("inbox", at, "episode_5")
            for at in ("", "now", "2026-03-10", "2026-03-10T12:00", "2026-03-10T12:00+14:00", "1773144000")
        ],
        *[cursor_of("inbox", AT.isoformat(), id_) for id_ in ("", "a/b", "..")],
    ],
)
def test_what_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        InboxPosition.parse(cursor)
