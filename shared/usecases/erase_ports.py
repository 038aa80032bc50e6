"""What erasing and exporting a user needs of the stores."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from shared.domain.account import Account
from shared.domain.erasure import Erasure
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId


class Erasures(Protocol):
    """What is written down of erasures."""

    async def begin(self, user_id: UserId, now: datetime) -> None:
        """Write down that it begins, or goes on."""
        ...

    async def read(self, user_id: UserId) -> Erasure | None:
        """The erasure of a user, or None."""
        ...

    async def end(self, user_id: UserId, now: datetime) -> None:
        """The account is gone too."""
        ...

    async def add(self, user_id: UserId, collection: str, count: int) -> None:
        """So many more documents of a collection are gone."""
        ...

    async def begun_since(self, since: datetime, *, is_urgent: bool = False) -> Mapping[UserId, datetime]:
        """Whose erasure has begun or gone on since then, and when. An urgent look is given up soon."""
        ...

    async def begun_before(self, before: datetime, limit: int) -> Sequence[Erasure]:
        """Erasures that were last gone on with before then, the oldest first."""
        ...

    async def forget(self, user_id: UserId) -> None:
        """There is nothing more to be known of it."""
        ...


class HeldOfUser(Protocol):
    """All documents of a user, wherever they are."""

    async def user(self, user_id: UserId) -> Mapping[str, Any] | None:
        """The user's own document in plain JSON values, or None."""
        ...

    async def collections(self, user_id: UserId) -> Sequence[str]:
        """The names of the collections below it."""
        ...

    def documents(self, user_id: UserId, collection: str) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """The documents of one of them, by id, in plain JSON values; a few are held at a time."""
        ...

    def names(self, user_id: UserId, collection: str) -> AsyncIterator[str]:
        """The ids of its documents alone."""
        ...

    def elsewhere(self, user_id: UserId, collection: str) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """The user's documents of a collection of all users', one of `ELSEWHERE`."""
        ...

    async def followed(self, user_id: UserId, limit: int) -> Sequence[ShowKey]:
        """Some of the shows that the user follows."""
        ...

    async def erase_some(self, user_id: UserId, limit: int) -> Mapping[str, int]:
        """Erase at most so many documents and count them: how many of each collection. None: all are gone.

        The user's own document is the last.
        """
        ...

    async def erase_unsolicited(self, user_ids: Collection[UserId]) -> int:
        """Erase what handlers make for users: notifications and enrichments that wait. How many it was."""
        ...


class AccountStore(Protocol):
    """The users' accounts."""

    async def account_of(self, user_id: UserId) -> Account | None:
        """A user's account, or None."""
        ...

    async def delete_account(self, user_id: UserId) -> None:
        """Delete it; it may be gone already."""
        ...
