"""A show or movie as lists and searches name it: enough to know it by, and to ask for the rest."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.show import ShowKey


@dataclass(frozen=True, slots=True)
class ShowListing:
    """A line of a list. The date is `YYYY-MM-DD`, of a movie its release; `rating` is TMDB's, of 10.

    `followers` are those of our own users, 0 for what none of them follows.
    """

    key: ShowKey
    title: str
    original_title: str | None = None
    premiere_date: str | None = None
    poster_path: str | None = None
    rating: float | None = None
    votes: int = 0
    followers: int = 0


def without_doubles(listings: Iterable[ShowListing]) -> list[ShowListing]:
    """Each show once, where it first stands."""
    return list({listing.key: listing for listing in reversed(list(listings))}.values())[::-1]


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A page of one of TMDB's lists, of `pages` in all."""

    listings: tuple[ShowListing, ...]
    pages: int = 1
