"""TMDB's API, version 3, with the bearer token of version 4."""

import logging
from collections.abc import Mapping, Sequence

import httpx

from shared.adapters.http import Patience, ServiceClient, Share
from shared.adapters.tmdb import translate
from shared.domain.cache import Admission
from shared.domain.movie import MovieDetails, MovieId
from shared.domain.season import Season, SeasonKey
from shared.errors import Malformed

logger = logging.getLogger(__name__)

SERVICE = "tmdb"

MOST_APPENDED = 20
"""How many sub-requests one call may carry: https://developer.themoviedb.org/docs/append-to-response"""


def tmdb_client(
    *,
    base_url: str,
    access_token: str,
    share: Share,
    patience: Patience | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ServiceClient:
    """The HTTP client for TMDB. `base_url` ends with the version, as `https://api.themoviedb.org/3`."""
    return ServiceClient(
        service=SERVICE,
        base_url=base_url,
        headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"},
        share=share,
        patience=patience,
        transport=transport,
    )


class TmdbSeasons:
    """Seasons from TMDB: the `Upstream` of the season cache."""

    batch_size = MOST_APPENDED

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def admit(self) -> Admission:
        """See `Upstream.admit`."""
        return await self._client.admit()

    async def fetch(self, keys: Sequence[SeasonKey], admission: Admission) -> Mapping[SeasonKey, Season]:
        """Seasons of one show by one call; a season, or a whole show, that TMDB lacks has no episodes.

        One season: https://developer.themoviedb.org/reference/tv-season-details. Several: the show's
        details with the seasons appended, where a season that does not exist is absent.
        """
        if len(keys) == 1:
            (key,) = keys
            answer = await self._client.get(f"tv/{key.show_id}/season/{key.season}", admission=admission)
            return {key: translate.season(answer.body) if answer.is_found else Season({})}
        (show_id,) = {key.show_id for key in keys}
        answer = await self._client.get(
            f"tv/{show_id}",
            admission=admission,
            params={"append_to_response": ",".join(f"season/{key.season}" for key in keys)},
        )
        if not answer.is_found:
            return {key: Season({}) for key in keys}
        if not isinstance(answer.body, dict) or answer.body.get("id") != show_id:
            # Without this, an answer of another shape would say that none of the seasons exists.
            raise Malformed(SERVICE, "the answer is not the show")
        seasons: dict[SeasonKey, Season] = {}
        for key in keys:
            appended = answer.body.get(f"season/{key.season}")
            try:
                seasons[key] = Season({}) if appended is None else translate.season(appended)
            except Malformed as error:
                logger.warning("season %s of show %s is left out: %s", key.season, show_id, error)
        return seasons


class TmdbMovies:
    """Movie details from TMDB: the `Upstream` of the movie cache."""

    batch_size = 1

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def admit(self) -> Admission:
        """See `Upstream.admit`."""
        return await self._client.admit()

    async def fetch(self, keys: Sequence[MovieId], admission: Admission) -> Mapping[MovieId, MovieDetails]:
        """One movie; one that TMDB lacks has no title. https://developer.themoviedb.org/reference/movie-details"""
        (movie_id,) = keys
        answer = await self._client.get(f"movie/{movie_id}", admission=admission)
        if not answer.is_found:
            return {movie_id: MovieDetails(movie_id, None, None, None)}
        return {movie_id: translate.movie(movie_id, answer.body)}
