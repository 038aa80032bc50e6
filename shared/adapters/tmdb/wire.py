"""What TMDB sends, as far as it is used. Its description marks nothing as nullable, and yet much is null."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

StorableInt = Annotated[int, Field(ge=0, lt=2**63)]
"""Firestore keeps no larger number, and a season that it refuses could never be cached."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class WireEpisode(_Wire):
    """https://developer.themoviedb.org/reference/tv-episode-details"""

    id: StorableInt
    episode_number: StorableInt
    name: str | None = None
    air_date: str | None = None


class WireSeason(_Wire):
    """https://developer.themoviedb.org/reference/tv-season-details

    The episodes are read one by one, so that a broken one does not take the season with it.
    """

    episodes: list[Any]


class WireListedSeason(_Wire):
    """A season as a show's details list it."""

    season_number: StorableInt


class WireShow(_Wire):
    """https://developer.themoviedb.org/reference/tv-series-details"""

    seasons: list[WireListedSeason]


class WireMovie(_Wire):
    """https://developer.themoviedb.org/reference/movie-details"""

    id: int
    title: str | None = None
    release_date: str | None = None
    status: str | None = None
