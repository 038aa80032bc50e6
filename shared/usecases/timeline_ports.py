"""What reading a user's timeline asks of its adapter."""

from collections.abc import Sequence
from typing import Protocol

from shared.domain.show import ShowKey
from shared.domain.timeline_page import DayRange, EventsRead, FollowedShows, Position
from shared.domain.tracking import UserId


class Timeline(Protocol):
    """The events of the shows that users follow. Every method may raise `StoreUnavailable`."""

    async def followed(self, user_id: UserId) -> FollowedShows:
        """What the user follows, and their zone; nothing and UTC where there is no document of theirs."""
        ...

    async def events(
        self, groups: Sequence[Sequence[ShowKey]], days: DayRange, after: Position | None, limit: int
    ) -> Sequence[EventsRead]:
        """Of each group of up to 30 shows the first `limit` events of these days, from `after` on.

        What was withdrawn is left out.
        """
        ...
