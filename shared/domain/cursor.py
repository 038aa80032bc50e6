"""Where a page ended, as a text that whoever asked hands back to get the next one.

What is in it is nobody's business and may change. It gives no rights: a forged one is of no more use than to
turn the pages.
"""

import base64
import json
import re

from shared.errors import InvalidRequest

LONGEST = 1_000

_TEXT = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
# No id that we make begins otherwise, and no path can be made of it.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}", re.ASCII)


def cursor_of(kind: str, *parts: str) -> str:
    """The cursor of such pages, from which `parts_of` makes the same parts again."""
    content = json.dumps([kind, *parts], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def parts_of(cursor: str, kind: str, count: int) -> tuple[str, ...]:
    """The so many parts of a cursor of such pages.

    Raises:
        InvalidRequest: it is none, or one of other pages.
    """
    if not _TEXT.fullmatch(cursor):
        raise bad_cursor()
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(content, list) or len(content) != count + 1 or content[0] != kind:
        raise bad_cursor()
    if not all(isinstance(part, str) for part in content):
        raise bad_cursor()
    return tuple(content[1:])


def bad_cursor() -> InvalidRequest:
    """The error of a cursor that was not got from an earlier page."""
    message = "This is no cursor of such pages; begin without one."
    return InvalidRequest(message, (("cursor", message),))


def is_document_id(text: str) -> bool:
    """Whether it can be the id of a document of ours, and not the path of another."""
    return _ID.fullmatch(text) is not None


def checked_limit(limit: int, most: int) -> int:
    """The limit, if a page may have that many.

    Raises:
        InvalidRequest: it may not.
    """
    if not 1 <= limit <= most:
        message = f"A page has 1 to {most}."
        raise InvalidRequest(message, (("limit", message),))
    return limit
