"""What searching and looking at shows asks of its adapters."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.season import SeasonNumber
from shared.domain.show import MediaType, ShowKey
from shared.domain.show_listing import ListingPage, ShowListing
from shared.domain.show_page import ShowPage
from shared.domain.show_season import SeasonFacts

Admit = Callable[[], Awaitable[None]]
"""Asked before TMDB is; it raises where whoever asks may not cost us a call now."""


class HeldPages(Protocol):
    """What we hold of shows. Every method may raise `StoreUnavailable`."""

    async def page(self, key: ShowKey) -> ShowPage | None:
        """The show; None where there is none, or one that was never synced."""
        ...

    async def seasons(
        self, key: ShowKey, numbers: Collection[SeasonNumber]
    ) -> Mapping[SeasonNumber, SeasonFacts]:
        """Those of these seasons that are stored."""
        ...


class SearchIndex(Protocol):
    """Where shows are found by terms of their titles. May raise `StoreUnavailable`."""

    async def having_any(
        self, terms: Sequence[str], media_types: Collection[MediaType], limit: int
    ) -> Sequence[ShowListing]:
        """Up to `limit` that have at least one of the terms, of up to 15; those that matter most first."""
        ...


class FoundShows(SearchIndex, Protocol):
    """What TMDB found earlier, as far as we do not hold it."""

    async def keep(self, listings: Collection[ShowListing], *, now: datetime) -> None:
        """Let these be found for a month."""
        ...


class ListingSource(Protocol):
    """Lists from outside. Every method may raise `UpstreamError`."""

    async def search(self, query: str, media_types: Collection[MediaType]) -> Sequence[ShowListing]:
        """What it finds, by one call, the best first."""
        ...

    async def trending(self, media_type: MediaType, page: int) -> ListingPage:
        """What was looked at most this week."""
        ...

    async def popular(self, media_type: MediaType, page: int) -> ListingPage:
        """What is popular now."""
        ...
