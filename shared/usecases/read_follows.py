"""What a user follows, a page at a time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.domain.cursor import bad_cursor, checked_limit, cursor_of, parts_of
from shared.domain.following import Following
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.usecases.alert_ports import FollowStore

PAGE = 50
MOST_ON_A_PAGE = 200

_KIND = "follows"


@dataclass(frozen=True, slots=True)
class FollowsPage:
    """Some of what a user follows. `cursor` gives the next page, which can be empty; None: there is none."""

    follows: Sequence[Following]
    cursor: str | None


async def read_follows(
    user_id: UserId, *, cursor: str | None = None, limit: int = PAGE, follows: FollowStore
) -> FollowsPage:
    """A page of what a user follows, in the order of the keys as texts.

    Raises:
        InvalidRequest: the cursor is none, or the limit is not from 1 to 200.
        StoreUnavailable: Firestore does not answer.
    """
    return await _page(user_id, cursor, limit, follows.followed_by)


async def read_favorites(
    user_id: UserId, *, cursor: str | None = None, limit: int = PAGE, follows: FollowStore
) -> FollowsPage:
    """The same of a user's favourites."""
    return await _page(user_id, cursor, limit, follows.favorites_of)


async def _page(
    user_id: UserId,
    cursor: str | None,
    limit: int,
    read: Callable[[UserId, ShowKey | None, int], Awaitable[Sequence[Following]]],
) -> FollowsPage:
    limit = checked_limit(limit, MOST_ON_A_PAGE)
    found = await read(user_id, None if cursor is None else _position(cursor), limit)
    is_more = len(found) == limit
    return FollowsPage(found, cursor_of(_KIND, str(found[-1].show_key)) if is_more else None)


def _position(cursor: str) -> ShowKey:
    (text,) = parts_of(cursor, _KIND, 1)
    try:
        return ShowKey.parse(text)
    except ValueError as error:
        raise bad_cursor() from error
