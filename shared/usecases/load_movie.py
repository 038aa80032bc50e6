"""A movie's details, from the cache or from TMDB."""

from shared.domain.cache import Loaded
from shared.domain.movie import MovieDetails, MovieId
from shared.usecases.read_through import ReadThroughCache


class MovieLoader:
    """The movie cache as the rest of the project sees it: the same protocol as for seasons."""

    def __init__(self, cache: ReadThroughCache[MovieId, MovieDetails], *, wait: float) -> None:
        self._cache = cache
        self._wait = wait

    async def get_movie_from_cache_or_tmdb(
        self, movie_id: MovieId, *, wait: float | None = None
    ) -> Loaded[MovieDetails]:
        """The details. Without a value (`pending`) where they could not be had within `wait` seconds.

        A movie that TMDB does not have has no title.

        Raises:
            StoreError: Firestore cannot be read.
        """
        loaded = await self._cache.load([movie_id], wait=self._wait if wait is None else wait)
        return loaded[movie_id]
