"""What a user's inbox asks of its adapter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.inbox_page import InboxPosition, InboxRead, Unread
from shared.domain.notification import Notification, NotificationStatus
from shared.domain.tracking import UserId


class Inbox(Protocol):
    """The notifications of one user at a time. Every method may raise `StoreUnavailable`."""

    async def arrived(
        self, user_id: UserId, status: NotificationStatus | None, after: InboxPosition | None, limit: int
    ) -> InboxRead:
        """What has arrived, of that status or of any, the latest first."""
        ...

    async def pending(self, user_id: UserId, after: InboxPosition | None, limit: int) -> InboxRead:
        """What is still to be given, the soonest due first."""
        ...

    async def one(self, user_id: UserId, notification_id: str) -> Notification | None:
        """A notification, or None."""
        ...

    async def unread(self, user_id: UserId, limit: int) -> Sequence[Unread]:
        """So many of those that are unread, in no certain order."""
        ...

    async def has_unread_of(self, user_id: UserId, digest_id: str) -> bool:
        """Whether any that this digest has gathered is unread."""
        ...

    async def mark_read(self, user_id: UserId, unread: Sequence[Unread], now: datetime) -> bool:
        """Mark all of these as read, or none: False if any of them has changed since. 500 at most."""
        ...

    async def unread_count(self, user_id: UserId) -> int:
        """How many are unread."""
        ...
