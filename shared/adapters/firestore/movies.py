"""Movie cache documents: `movieId`, `title`, `releaseDate`, `movieStatus`, `lastUpdated` and `status`."""

from collections.abc import Mapping
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore import paths
from shared.adapters.firestore.cache import CacheDocuments
from shared.domain.cache import Lifetimes, Status
from shared.domain.movie import MovieDetails, MovieId
from shared.domain.season import air_date_or_none


def movie_cache(client: AsyncClient, lifetimes: Lifetimes) -> CacheDocuments[MovieId, MovieDetails]:
    """The cache at `tmdb_cache/movie/details/{movieId}`."""
    return CacheDocuments(client, path=paths.movie_cache, encode=_encode, decode=_decode, lifetimes=lifetimes)


def _encode(movie_id: MovieId, movie: MovieDetails | None) -> dict[str, Any]:
    return {
        "movieId": movie_id,
        "title": movie.title if movie else None,
        "releaseDate": movie.release_date if movie else None,
        "movieStatus": movie.movie_status if movie else None,
    }


def _decode(document: Mapping[str, Any], status: Status) -> MovieDetails | None:
    if document["title"] is None and status is Status.POPULATING:
        return None
    return MovieDetails(
        movie_id=MovieId(int(document["movieId"])),
        title=document["title"],
        release_date=air_date_or_none(document["releaseDate"]),
        movie_status=document["movieStatus"],
    )
