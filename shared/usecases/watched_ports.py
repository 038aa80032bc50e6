"""What marking episodes, and what to watch next, ask of their adapters. May raise `StoreUnavailable`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from shared.domain.next_episode import Progress, ShowOutline
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.show_season import EpisodeFacts
from shared.domain.tracking import UserId
from shared.domain.watched_marks import EpisodeKey, MarkChange, WatchedState


class WatchedMarks(Protocol):
    """What a user has watched of a show, in their app's document and in what they follow."""

    async def state(self, user_id: UserId, key: ShowKey) -> WatchedState:
        """As it is now."""
        ...

    async def write(self, key: ShowKey, change: MarkChange) -> bool:
        """Write both, or nothing: False if how far the user is has changed since it was read.

        Of the marks single fields are written, so that none of another request is lost, and nothing that
        enrichment writes.
        """
        ...

    async def progress(
        self, user_id: UserId, said: Mapping[ShowKey, EpisodeKey | None]
    ) -> Mapping[ShowKey, Progress]:
        """How far the user is with each of these shows, of which they have said so much. A read for each."""
        ...


class ShowEpisodes(Protocol):
    """The episodes of the shows that we hold."""

    async def outlines(self, keys: Collection[ShowKey]) -> Mapping[ShowKey, ShowOutline]:
        """Those of these shows that were synced. A read for each key."""
        ...

    async def episodes(
        self, wanted: Collection[tuple[ShowKey, SeasonNumber]]
    ) -> Mapping[tuple[ShowKey, SeasonNumber], Sequence[EpisodeFacts]]:
        """The episodes of those of these seasons that are stored, by number. A read for each."""
        ...
