"""Bring what we hold of one show or movie up to date."""

from dataclasses import dataclass

from shared.domain.cache import Source
from shared.domain.movie import MovieId
from shared.domain.season import ShowId
from shared.domain.show import ShowKey
from shared.errors import Unavailable
from shared.usecases.load_movie import MovieLoader
from shared.usecases.load_seasons import SeasonLoader
from shared.usecases.ports import ShowSource

WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. `is_known`: TMDB has it. `loaded` of its `seasons` had to be fetched."""

    is_known: bool
    seasons: int = 0
    loaded: int = 0

    def as_fields(self) -> dict[str, int | bool]:
        """The report by the names it has in log lines."""
        return {"isKnown": self.is_known, "seasons": self.seasons, "seasonsLoaded": self.loaded}


async def sync_show(
    show_key: ShowKey,
    *,
    shows: ShowSource,
    seasons: SeasonLoader,
    movies: MovieLoader,
    wait: float = WAIT_SECONDS,
) -> SyncReport:
    """Load every season that TMDB lists, or the movie, where the cache has none or an old one.

    Run twice, the second run finds all of it fresh. Run by two at once, each season is fetched by one.

    Raises:
        UpstreamError: TMDB does not answer, or not all seasons were there within `wait` seconds.
        StoreError: Firestore does not answer.
    """
    if show_key.media_type == "movie":
        movie = await movies.get_movie_from_cache_or_tmdb(MovieId(show_key.tmdb_id), wait=wait)
        if movie.value is None:
            raise Unavailable("tmdb", f"{show_key} is still pending")
        return SyncReport(is_known=movie.value.title is not None)
    show_id = ShowId(show_key.tmdb_id)
    listed = await shows.listed_seasons(show_id)
    if listed is None:
        return SyncReport(is_known=False)
    loaded = await seasons.get_seasons_from_cache_or_tmdb(show_id, listed, wait=wait)
    missing = [number for number, season in loaded.items() if season.source in {Source.PENDING, Source.STALE}]
    if missing:
        raise Unavailable("tmdb", f"{len(missing)} of {len(loaded)} seasons of {show_key} are still pending")
    fetched = sum(season.source is Source.TMDB for season in loaded.values())
    return SyncReport(is_known=True, seasons=len(loaded), loaded=fetched)
