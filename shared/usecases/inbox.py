"""A user's inbox: what has arrived, what is planned, and what of it was read."""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.domain.alert_message import ClearNotifications
from shared.domain.cursor import checked_limit, is_document_id
from shared.domain.delivery import Outgoing
from shared.domain.inbox_page import MOST_ON_A_PAGE, InboxPage, InboxPosition, Unread
from shared.domain.notification import NotificationStatus, read
from shared.domain.tracking import UserId
from shared.errors import Contention, NotFound
from shared.usecases.inbox_ports import Inbox
from shared.usecases.show_ports import Topics

TOPIC = "push"

PAGE = 50

READ_AT_ONCE = 300
"""So many are marked by one commit, and cleared by one message."""

ATTEMPTS = 10
"""Whenever one is refused, another device of the same user has read something."""


async def history(
    user_id: UserId,
    status: NotificationStatus | None = None,
    *,
    cursor: str | None = None,
    limit: int = PAGE,
    inbox: Inbox,
) -> InboxPage:
    """A page of what has arrived, of that status or of any, the latest first.

    What is pending has not arrived: asked for that status, it is what is planned, the soonest first.

    Raises:
        InvalidRequest: the cursor is none, or the limit is not from 1 to 200.
        StoreUnavailable: Firestore does not answer.
    """
    limit = checked_limit(limit, MOST_ON_A_PAGE)
    after = None if cursor is None else InboxPosition.parse(cursor)
    if status is NotificationStatus.PENDING:
        found = await inbox.pending(user_id, after, limit)
    else:
        found = await inbox.arrived(user_id, status, after, limit)
    return InboxPage(found.notifications, None if found.read_until is None else found.read_until.cursor)


async def mark_read(
    user_id: UserId, notification_id: str, *, inbox: Inbox, topics: Topics, now: Callable[[], datetime]
) -> None:
    """The user has read it: mark it, and take it off their other devices.

    What one digest has gathered is shown as one there, and stays until all of it is read. Reading again does
    no harm, and takes it away again: the first call may have died between the two.

    Raises:
        NotFound: the user has no such notification, or it has not arrived.
        Contention: it was changed at every attempt.
        StoreUnavailable: Firestore does not answer.
        Unavailable: it is marked, but cannot be taken away. Call again.
    """
    for _ in range(ATTEMPTS):
        found = await inbox.one(user_id, notification_id) if is_document_id(notification_id) else None
        if found is None or found.arrived_at is None or found.version is None:
            raise NotFound("There is no such notification in the inbox.")
        unread = Unread(found.notification_id, found.collapse_id, found.version)
        if read(found, now()) is None or await inbox.mark_read(user_id, [unread], now()):
            break
    else:
        raise Contention("The notification is being changed by too many at once. Try again in a moment.")
    # The last two of a digest may be read at once: whichever looks later finds none.
    if found.digest_id is None or not await inbox.has_unread_of(user_id, found.digest_id):
        await _clear(user_id, [unread], topics)


async def mark_all_read(user_id: UserId, *, inbox: Inbox, topics: Topics, now: Callable[[], datetime]) -> int:
    """The user has read all: mark it, take it off their devices, and return how many were marked.

    What arrives meanwhile may stay unread. Each page is taken off the devices before it is marked, so that a
    call that dies between the two is simply made again.

    Raises:
        Contention: others kept reading the same.
        StoreUnavailable: Firestore does not answer.
        Unavailable: what is left can neither be taken away nor marked.
    """
    marked, refused = 0, 0
    while refused < ATTEMPTS:
        unread = await inbox.unread(user_id, READ_AT_ONCE)
        if not unread:
            return marked
        await _clear(user_id, unread, topics)
        if not await inbox.mark_read(user_id, unread, now()):
            refused += 1
            continue
        marked, refused = marked + len(unread), 0
        if len(unread) < READ_AT_ONCE:
            return marked
    raise Contention("The inbox is being read by too many at once. Try again in a moment.")


async def unread_count(user_id: UserId, *, inbox: Inbox) -> int:
    """How many notifications are unread, for one read up to 1,000 of them.

    Raises:
        StoreUnavailable: Firestore does not answer.
    """
    return await inbox.unread_count(user_id)


async def _clear(user_id: UserId, unread: Sequence[Unread], topics: Topics) -> None:
    collapse_ids = tuple(dict.fromkeys(one.collapse_id for one in unread))
    message = ClearNotifications(user_id=user_id, collapse_ids=collapse_ids)
    await topics.publish(TOPIC, [Outgoing(message.encode())])
