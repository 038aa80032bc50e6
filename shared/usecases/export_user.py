"""All that is held of a user, a piece at a time, so that it need not be in memory as a whole."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.account import Account
from shared.domain.tracking import UserId
from shared.usecases.erase_ports import AccountStore, HeldOfUser

SECRET = "private"  # noqa: S105 - the name of a collection
"""The collection whose documents are secrets: sessions, keys, tokens of other services."""

HELD: Mapping[str, Any] = {"held": True}
"""What is told of a secret."""

ELSEWHERE = ("enrich_queue", "calendar_keys", "api_cache")
"""The collections of all users' that name one in `uid`."""

SECRETS_ELSEWHERE = {"calendar_keys"}


@dataclass(frozen=True, slots=True)
class About:
    """What an export begins with."""

    user_id: UserId
    exported_at: datetime
    account: Account | None
    user: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Held:
    """One document. Those of a collection follow each other."""

    collection: str
    document_id: str
    fields: Mapping[str, Any]


async def export_user(
    user_id: UserId, *, held: HeldOfUser, accounts: AccountStore, now: Callable[[], datetime]
) -> AsyncIterator[About | Held]:
    """The user, and each document there is of them. What is being written meanwhile is there or not.

    Raises:
        StoreUnavailable, Unavailable: it cannot be gone on with; what was given is not all.
    """
    yield About(user_id, now(), await accounts.account_of(user_id), await held.user(user_id))
    for collection in await held.collections(user_id):
        if collection == SECRET:
            async for name in held.names(user_id, collection):
                yield Held(collection, name, HELD)
            continue
        async for document_id, fields in held.documents(user_id, collection):
            yield Held(collection, document_id, fields)
    for collection in ELSEWHERE:
        number = 0
        async for document_id, fields in held.elsewhere(user_id, collection):
            number += 1
            is_secret = collection in SECRETS_ELSEWHERE
            # Of these the id says the secret too.
            yield Held(collection, str(number), HELD) if is_secret else Held(collection, document_id, fields)
