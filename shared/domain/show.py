"""A show or movie as a whole: what TMDB says of it, and what its document is called."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self

from shared.domain.season import SeasonNumber

MediaType = Literal["tv", "movie"]

LAST_ID = 2**31 - 1
"""TMDB's ids are whole numbers of 32 bits."""

_SHOW_KEY = re.compile(r"(tv|movie)_([1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShowKey:
    """A TMDB id with its media type, written `tv_1396` or `movie_27205`: TMDB's two id spaces overlap."""

    media_type: MediaType
    tmdb_id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that is written so.

        Raises:
            ValueError: it is not one.
        """
        found = _SHOW_KEY.fullmatch(text)
        if found is None:
            raise ValueError("a show key is tv_ or movie_ and a TMDB id, as tv_1396")
        return cls("tv" if found[1] == "tv" else "movie", int(found[2]))

    def __str__(self) -> str:
        return f"{self.media_type}_{self.tmdb_id}"


class ShowStatus(StrEnum):
    """How far a show or movie is. Cancelled and ended are different things: one was meant to go on."""

    RETURNING = "returning"
    IN_PRODUCTION = "in_production"
    PLANNED = "planned"
    PILOT = "pilot"
    ENDED = "ended"
    CANCELED = "canceled"
    RUMORED = "rumored"
    POST_PRODUCTION = "post_production"
    RELEASED = "released"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether no further episodes are meant to come."""
        return self in {ShowStatus.ENDED, ShowStatus.CANCELED}


_STATUSES: Mapping[str, ShowStatus] = {
    "returning series": ShowStatus.RETURNING,
    "in production": ShowStatus.IN_PRODUCTION,
    "planned": ShowStatus.PLANNED,
    "pilot": ShowStatus.PILOT,
    "ended": ShowStatus.ENDED,
    "canceled": ShowStatus.CANCELED,
    "cancelled": ShowStatus.CANCELED,
    "rumored": ShowStatus.RUMORED,
    "post production": ShowStatus.POST_PRODUCTION,
    "released": ShowStatus.RELEASED,
}


def status_of(text: str | None) -> ShowStatus:
    """TMDB's status; one that was never seen before is unknown, and changes nothing that is known."""
    return _STATUSES.get((text or "").strip().lower(), ShowStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ListedSeason:
    """A season as the details of its show list it."""

    number: SeasonNumber
    season_id: int | None
    name: str | None
    air_date: str | None
    episode_count: int | None
    poster_path: str | None


@dataclass(frozen=True, slots=True)
class ShowFacts:
    """What TMDB says of a show or movie. Dates are `YYYY-MM-DD`; a movie's premiere is its release.

    `external_ids` may have `imdb` and `tvdb`.
    """

    key: ShowKey
    title: str | None
    original_title: str | None
    status: ShowStatus
    overview: str | None = None
    poster_path: str | None = None
    backdrop_path: str | None = None
    genres: tuple[str, ...] = ()
    network: str | None = None
    premiere_date: str | None = None
    runtime: int | None = None
    rating: float | None = None
    votes: int | None = None
    external_ids: Mapping[str, str | int] = field(default_factory=dict)
    seasons: tuple[ListedSeason, ...] = ()
