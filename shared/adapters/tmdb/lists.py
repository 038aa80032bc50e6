"""TMDB's searches and lists."""

import logging
from collections.abc import Collection, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.adapters.http import ServiceClient
from shared.adapters.tmdb.client import SERVICE
from shared.adapters.tmdb.translate import clean_text
from shared.domain.season import air_date_or_none
from shared.domain.show import MediaType, ShowKey
from shared.domain.show_listing import ListingPage, ShowListing
from shared.errors import Malformed

logger = logging.getLogger(__name__)


class _WirePage(BaseModel):
    """https://developer.themoviedb.org/reference/search-tv, and the same of every list."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    results: list[Any]
    total_pages: int = Field(1, ge=0)


class _WireListing(BaseModel):
    """A line of a list: a show has a name and a first air date, a movie a title and a release date."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int = Field(gt=0, lt=10**16)
    media_type: str | None = None
    name: str | None = None
    original_name: str | None = None
    first_air_date: str | None = None
    title: str | None = None
    original_title: str | None = None
    release_date: str | None = None
    poster_path: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None


class TmdbLists:
    """The `ListingSource`."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def search(self, query: str, media_types: Collection[MediaType]) -> Sequence[ShowListing]:
        """See `ListingSource.search`. Of one kind, or of all, where people are left out.

        https://developer.themoviedb.org/reference/search-multi
        """
        kind = next(iter(media_types)) if len(media_types) == 1 else None
        params = {"query": query, "include_adult": "false", "page": "1"}
        answer = await self._client.get(f"search/{kind or 'multi'}", params=params)
        return _page(answer.body, kind).listings

    async def trending(self, media_type: MediaType, page: int) -> ListingPage:
        """See `ListingSource.trending`. https://developer.themoviedb.org/reference/trending-tv"""
        answer = await self._client.get(f"trending/{media_type}/week", params={"page": str(page)})
        return _page(answer.body, media_type)

    async def popular(self, media_type: MediaType, page: int) -> ListingPage:
        """See `ListingSource.popular`. https://developer.themoviedb.org/reference/tv-series-popular-list"""
        answer = await self._client.get(f"{media_type}/popular", params={"page": str(page)})
        return _page(answer.body, media_type)


def _page(body: object, media_type: MediaType | None) -> ListingPage:
    """A page of listings. A line that cannot be read is left out, as are people."""
    try:
        sent = _WirePage.model_validate(body)
    except ValidationError as error:
        raise Malformed(SERVICE, "the answer is not a list") from error
    listings = [listing for item in sent.results if (listing := _listing(item, media_type)) is not None]
    return ListingPage(tuple(listings), sent.total_pages)


def _listing(item: object, media_type: MediaType | None) -> ShowListing | None:
    try:
        sent = _WireListing.model_validate(item)
    except ValidationError:
        logger.warning("TMDB sent a line without an id; it is left out")
        return None
    kind: str | None = media_type or sent.media_type
    if kind == "tv":
        key = ShowKey("tv", sent.id)
        names, day = (sent.name, sent.original_name), sent.first_air_date
    elif kind == "movie":
        key = ShowKey("movie", sent.id)
        names, day = (sent.title, sent.original_title), sent.release_date
    else:
        return None
    title, original = map(clean_text, names)
    if not title and not original:
        return None
    return ShowListing(
        key,
        title=title or original or "",
        original_title=original,
        premiere_date=air_date_or_none(day),
        poster_path=sent.poster_path,
        rating=sent.vote_average or None,
        votes=max(0, sent.vote_count or 0),
    )
