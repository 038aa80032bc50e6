"""Search shows and movies by title: ours first, and TMDB's where we hold too few."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.search import folded, ranked, telling_terms
from shared.domain.show import MediaType
from shared.domain.show_listing import ShowListing, without_doubles
from shared.errors import Misconfigured, StoreError, UpstreamError
from shared.usecases.catalogue_ports import Admit, FoundShows, ListingSource, SearchIndex

logger = logging.getLogger(__name__)

ENOUGH = 5
"""With so many of ours nobody else is asked."""

MOST_HELD = 100
"""So many of ours are read for a search, those with the most followers.

What it misses: a show with few followers of a title of common letters alone, where 100 others have some too.
"""

MOST_FOUND = 40
"""The same of what TMDB found earlier."""

MOST_RESULTS = 40

TMDB_SECONDS = 4.0
"""So long a search waits for TMDB, its turn at it included."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found, the best first. `is_partial`: TMDB should have been asked, and did not answer."""

    listings: Sequence[ShowListing]
    is_partial: bool = False


async def search_shows(
    query: str,
    media_types: Collection[MediaType],
    *,
    held: SearchIndex,
    found: FoundShows,
    source: Callable[[], ListingSource],
    now: Callable[[], datetime],
    admit: Admit | None = None,
) -> SearchResult:
    """Up to 40 shows or movies that the query can mean.

    Ours go first, by how alike their titles are, then TMDB's in its own order, then what TMDB found earlier.
    Whatever is called just what was asked for goes before all of these.
    `admit` is asked before TMDB is, and what it raises is raised.
    It costs up to 100 reads; with fewer than five of ours up to 40 more, a call, and up to 20 writes.

    Raises:
        StoreUnavailable: Firestore does not answer.
    """
    terms = telling_terms(query)
    ours = ranked(query, await held.having_any(terms, media_types, MOST_HELD)) if terms else []
    if len(ours) >= ENOUGH or not query:
        return SearchResult(ours[:MOST_RESULTS])
    if admit is not None:
        await admit()
    known, theirs = await asyncio.gather(
        _known(query, terms, media_types, found), _asked(query, media_types, source)
    )
    if theirs:
        await _keep([listing for listing in theirs if listing not in known], found, now())
    merged = without_doubles([*ours, *(theirs or ()), *known])
    merged.sort(key=lambda listing: not _is_called(listing, query))
    return SearchResult(merged[:MOST_RESULTS], is_partial=theirs is None)


async def _known(
    query: str, terms: Sequence[str], media_types: Collection[MediaType], found: FoundShows
) -> list[ShowListing]:
    return ranked(query, await found.having_any(terms, media_types, MOST_FOUND)) if terms else []


async def _asked(
    query: str, media_types: Collection[MediaType], source: Callable[[], ListingSource]
) -> Sequence[ShowListing] | None:
    """What TMDB finds; None where it does not say."""
    try:
        async with asyncio.timeout(TMDB_SECONDS):
            return await source().search(query, media_types)
    except (Misconfigured, UpstreamError, TimeoutError) as error:
        logger.warning("a search goes without TMDB: %s", error or "no answer in time")
        return None


async def _keep(listings: Collection[ShowListing], found: FoundShows, now: datetime) -> None:
    if not listings:
        return
    try:
        await found.keep(listings, now=now)
    except StoreError as error:
        logger.warning("what was found is not kept: %s", error)


def _is_called(listing: ShowListing, query: str) -> bool:
    names = {folded(name) for name in (listing.title, listing.original_title) if name}
    return bool(names) and (folded(query) or query) in names
