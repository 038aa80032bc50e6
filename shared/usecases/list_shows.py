"""What is trending and what is popular: TMDB's lists, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.cursor import bad_cursor, cursor_of, parts_of
from shared.domain.show import MediaType
from shared.domain.show_listing import ShowListing, without_doubles
from shared.usecases.catalogue_ports import ListingSource

MOST_PAGES = 25
"""500 shows: nobody reads further, and each page costs a call."""


class ListKind(StrEnum):
    """A list of TMDB's."""

    TRENDING = "trending"
    POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class ListedShows:
    """Some of a list, in its order. `cursor` gives the next page, None where this is the last.

    A list that changes meanwhile can tell of a show on two pages.
    """

    listings: Sequence[ShowListing]
    cursor: str | None


def page_of(kind: ListKind, media_type: MediaType, cursor: str | None) -> int:
    """The number of the page that a cursor leads to.

    Raises:
        InvalidRequest: it is no cursor of this list.
    """
    if cursor is None:
        return 1
    of_type, text = parts_of(cursor, kind.value, 2)
    if of_type != media_type or text not in _PAGES:
        raise bad_cursor()
    return int(text)


async def list_shows(
    kind: ListKind, media_type: MediaType, page: int, *, source: ListingSource
) -> ListedShows:
    """That page of the list, by one call.

    Raises:
        UpstreamError: TMDB fails us.
    """
    read = source.trending if kind is ListKind.TRENDING else source.popular
    found = await read(media_type, page)
    is_more = page < min(found.pages, MOST_PAGES)
    cursor = cursor_of(kind.value, media_type, str(page + 1)) if is_more else None
    return ListedShows(without_doubles(found.listings), cursor)


_PAGES = frozenset(str(page) for page in range(2, MOST_PAGES + 1))
