"""Which adapters serve the use cases. Each is made on first use, inside the running loop, once an instance.

Imports are made where they are needed, so that an instance loads the client of a service when it first asks.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore.enrich_queue import EnrichQueueDocuments
from shared.adapters.firestore.seasons import season_cache
from shared.adapters.firestore.sync_state import JobStateDocuments
from shared.adapters.firestore.tracking import TrackingDocuments
from shared.adapters.identity import FirebaseIdentity
from shared.config import Settings
from shared.domain.movie import MovieDetails, MovieId
from shared.domain.season import Season, SeasonKey
from shared.errors import Misconfigured
from shared.usecases.load_seasons import SeasonLoader
from shared.usecases.read_through import ReadThroughCache

if TYPE_CHECKING:
    from shared.adapters.http import ServiceClient
    from shared.adapters.tmdb.client import TmdbMovies, TmdbSeasons, TmdbShows
    from shared.adapters.topics import PubsubTopics
    from shared.usecases.load_movie import MovieLoader

SEASON_MEMORY_EPISODES = 50_000
MOVIE_MEMORY = 5_000


class Wiring:
    """The adapters of one instance. `tmdb_calls_per_10_seconds` is its share of TMDB's rate limit."""

    def __init__(self, settings: Settings, *, tmdb_calls_per_10_seconds: int) -> None:
        self.settings = settings
        self._tmdb_calls = tmdb_calls_per_10_seconds

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
        return lambda: datetime.now(UTC)

    @cached_property
    def firestore(self) -> AsyncClient:
        return AsyncClient(project=self.settings.project)

    @cached_property
    def identity(self) -> FirebaseIdentity:
        return FirebaseIdentity(self.settings.project)

    @cached_property
    def tracking(self) -> TrackingDocuments:
        return TrackingDocuments(self.firestore)

    @cached_property
    def enrich_queue(self) -> EnrichQueueDocuments:
        return EnrichQueueDocuments(self.firestore)

    @cached_property
    def job_states(self) -> JobStateDocuments:
        return JobStateDocuments(self.firestore)

    @cached_property
    def seasons(self) -> SeasonLoader:
        cache = ReadThroughCache[SeasonKey, Season](
            store=season_cache(self.firestore, self.settings.lifetimes),
            upstream=lambda: self._tmdb_seasons,
            lifetimes=self.settings.lifetimes,
            memory_capacity=SEASON_MEMORY_EPISODES,
            weigh=lambda season: len(season.episodes) + 1,
        )
        return SeasonLoader(cache, wait=self.settings.enrich_wait_seconds)

    @cached_property
    def movies(self) -> "MovieLoader":
        from shared.adapters.firestore.movies import movie_cache
        from shared.usecases.load_movie import MovieLoader

        cache = ReadThroughCache[MovieId, MovieDetails](
            store=movie_cache(self.firestore, self.settings.lifetimes),
            upstream=lambda: self._tmdb_movies,
            lifetimes=self.settings.lifetimes,
            memory_capacity=MOVIE_MEMORY,
            weigh=lambda _: 1,
        )
        return MovieLoader(cache, wait=self.settings.enrich_wait_seconds)

    @cached_property
    def shows(self) -> "TmdbShows":
        from shared.adapters.tmdb.client import TmdbShows

        return TmdbShows(self._tmdb)

    @cached_property
    def topics(self) -> "PubsubTopics":
        from shared.adapters.topics import PubsubTopics

        return PubsubTopics(self.settings.project, emulator_host=self.settings.pubsub_emulator_host)

    @cached_property
    def _tmdb(self) -> "ServiceClient":
        from shared.adapters.http import Share
        from shared.adapters.tmdb.client import tmdb_client

        if not self.settings.tmdb_access_token:
            raise Misconfigured(
                "TMDB_ACCESS_TOKEN is not set: create one at themoviedb.org under Settings, API."
            )
        return tmdb_client(
            base_url=self.settings.tmdb_base_url,
            access_token=self.settings.tmdb_access_token,
            share=Share(self._tmdb_calls),
        )

    @cached_property
    def _tmdb_seasons(self) -> "TmdbSeasons":
        from shared.adapters.tmdb.client import TmdbSeasons

        return TmdbSeasons(self._tmdb)

    @cached_property
    def _tmdb_movies(self) -> "TmdbMovies":
        from shared.adapters.tmdb.client import TmdbMovies

        return TmdbMovies(self._tmdb)
