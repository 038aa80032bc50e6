"""The order in which shows are offered, and a place in it as a cursor."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.domain.cursor import bad_cursor, cursor_of, parts_of
from shared.domain.show import ShowKey

_KIND = "next"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS = re.compile("-?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NextPosition:
    """A place in that order: of the shows whose keys follow on `window`, after those of a later time.

    `active` is in microseconds since 1970, and so exact. Without a `show` it is before the first of them.
    """

    window: str = ""
    active: int = 0
    show: str = ""

    @classmethod
    def of(cls, window: str, at: datetime | None, key: ShowKey) -> Self:
        """Where a show stands that was last watched or aired at that time."""
        return cls(window, 0 if at is None else (at - _EPOCH) // timedelta(microseconds=1), str(key))

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The position that `cursor` names.

        Raises:
            InvalidRequest: it is no cursor of such pages.
        """
        window, active, show = parts_of(cursor, _KIND, 3)
        if not _MICROSECONDS.fullmatch(active) or not _are_keys(window, show):
            raise bad_cursor()
        return cls(window, int(active), show)

    @property
    def cursor(self) -> str:
        """What to ask for the next page with."""
        return cursor_of(_KIND, self.window, str(self.active), self.show)

    @property
    def order(self) -> tuple[int, str]:
        """The latest first, and what is equally late by the key."""
        return -self.active, self.show

    def is_before(self, other: "NextPosition") -> bool:
        """Whether the other one is still to come."""
        return not self.show or self.order < other.order


def _are_keys(*texts: str) -> bool:
    try:
        return all(str(ShowKey.parse(text)) == text for text in texts if text)
    except ValueError:
        return False
