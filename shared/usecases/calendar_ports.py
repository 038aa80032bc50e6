"""What calendar feeds ask of their adapters. Every method of a store may raise `StoreUnavailable`."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.calendar import CalendarDays, CalendarEvent
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId


class Calendars(Protocol):
    """The keys of the users' calendars, and the events that are in them."""

    async def replace_key(self, user_id: UserId, key_hash: str) -> None:
        """The user's calendar is opened by this key alone. Raises `Contention` where others keep doing it."""
        ...

    async def revoke(self, user_id: UserId) -> None:
        """No key opens it any more. Raises `Contention`."""
        ...

    async def user_of(self, key_hash: str) -> UserId | None:
        """Whose calendar the key opens, or None."""
        ...

    async def events(self, keys: Sequence[Sequence[ShowKey]], days: CalendarDays) -> Sequence[CalendarEvent]:
        """The events of these groups of up to 30 shows on these days, in no certain order.

        What was withdrawn is among them.
        """
        ...
