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


class WireFullEpisode(WireEpisode):
    """An episode with what its page shows."""

    overview: str | None = None
    runtime: int | None = None
    still_path: str | None = None
    episode_type: str | None = None


class WireFullSeason(WireSeason):
    """A season with what its page shows."""

    id: int | None = None
    name: str | None = None
    air_date: str | None = None
    poster_path: str | None = None


class WireListedSeason(_Wire):
    """A season as a show's details list it."""

    season_number: StorableInt
    id: int | None = None
    name: str | None = None
    air_date: str | None = None
    episode_count: int | None = None
    poster_path: str | None = None


class WireNamed(_Wire):
    """A genre, or a network."""

    name: str | None = None


class WireExternalIds(_Wire):
    """https://developer.themoviedb.org/reference/tv-series-external-ids"""

    imdb_id: str | None = None
    tvdb_id: int | None = None


class WireShow(_Wire):
    """https://developer.themoviedb.org/reference/tv-series-details, with its external ids appended"""

    id: int
    seasons: list[WireListedSeason]
    name: str | None = None
    original_name: str | None = None
    status: str | None = None
    overview: str | None = None
    poster_path: str | None = None
    backdrop_path: str | None = None
    first_air_date: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    genres: list[WireNamed] | None = None
    networks: list[WireNamed] | None = None
    external_ids: WireExternalIds | None = None


class WireMovie(_Wire):
    """https://developer.themoviedb.org/reference/movie-details"""

    id: int
    title: str | None = None
    release_date: str | None = None
    status: str | None = None
    original_title: str | None = None
    overview: str | None = None
    poster_path: str | None = None
    backdrop_path: str | None = None
    runtime: int | None = None
    imdb_id: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    genres: list[WireNamed] | None = None
