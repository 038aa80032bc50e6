"""Where a page ended, as text, and texts that are none."""

import base64

import pytest

from shared.domain.cursor import LONGEST, checked_limit, cursor_of, is_document_id, parts_of
from shared.errors import InvalidRequest


def encoded(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode("utf-8", "surrogatepass")).decode().rstrip("=")


@pytest.mark.parametrize("parts", [("a",), ("",), ("2026-01-01", "episode_5"), ("a/b", "ü€", '"', "[]")])
def test_the_parts_come_back(parts: tuple[str, ...]) -> None:
    cursor = cursor_of("timeline", *parts)

    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert parts_of(cursor, "timeline", len(parts)) == parts


@pytest.mark.parametrize(
    "cursor",
    [
        *["", "=", "a b", "a\n", "ü", "%", "a.b", "A", "AAAAA", "null", "x" * (LONGEST + 1)],
        *map(encoded, ["", "null", "5", "{}", "[]", '"timeline"', '["timeline"', '["timeline","a"]']),
        *map(encoded, ['["timeline","a",5]', '["timeline","a",null]', '["timeline","a","b","c"]']),
        *map(encoded, ['["inbox","a","b"]', '[["timeline"],"a","b"]', "[" * 700, "\ud800", "NaN"]),
        cursor_of("timeline", "a", "b")[:-3],
        cursor_of("timeline", "a", "b") + "=",
    ],
)
def test_what_is_no_cursor(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        parts_of(cursor, "timeline", 2)

    assert [name for name, _ in error.value.fields] == ["cursor"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *[("episode_5", True), ("release_movie_27205", True), ("status_tv_1396_2", True), ("a" * 200, True)],
        *[("", False), (".", False), ("..", False), ("a/b", False), ("__a__", False), ("a" * 201, False)],
        *[("a\n", False), ("é", False), (" a", False), ("-a", False)],
    ],
)
def test_which_ids_a_document_of_ours_can_have(text: str, is_one: bool) -> None:
    assert is_document_id(text) is is_one


@pytest.mark.parametrize("limit", [-1, 0, 201])
def test_a_page_has_a_size(limit: int) -> None:
    assert (checked_limit(1, 200), checked_limit(200, 200)) == (1, 200)
    with pytest.raises(InvalidRequest):
        checked_limit(limit, 200)
