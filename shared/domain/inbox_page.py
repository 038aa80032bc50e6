"""What a user's inbox shows, a page at a time, and what of it is unread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.domain.cursor import bad_cursor, cursor_of, is_document_id, parts_of
from shared.domain.notification import Notification
from shared.domain.version import Version

MOST_ON_A_PAGE = 200

_KIND = "inbox"


@dataclass(frozen=True, slots=True)
class InboxPosition:
    """A place in the order of an inbox, by an instant in UTC: when it arrived, or when it is due."""

    at: datetime
    notification_id: str

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The position that `cursor` names.

        Raises:
            InvalidRequest: it is no cursor of an inbox.
        """
        text, notification_id = parts_of(cursor, _KIND, 2)
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise bad_cursor() from error
        if at.utcoffset() != timedelta() or not is_document_id(notification_id):
            raise bad_cursor()
        return cls(at, notification_id)

    @property
    def cursor(self) -> str:
        """What to ask for the next page with."""
        return cursor_of(_KIND, self.at.astimezone(UTC).isoformat(), self.notification_id)


@dataclass(frozen=True, slots=True)
class InboxRead:
    """The next notifications of an inbox, and where it goes on; None where there are no more."""

    notifications: Sequence[Notification]
    read_until: InboxPosition | None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some notifications of a user. `cursor` gives the next page, which can be empty; None: there is none."""

    notifications: Sequence[Notification]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A notification that is unread, as far as reading it needs it."""

    notification_id: str
    collapse_id: str
    version: Version
