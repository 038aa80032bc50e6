"""Seasons of a show, from the cache or from TMDB."""

from collections.abc import Iterable

from shared.domain.cache import Loaded
from shared.domain.season import Season, SeasonKey, SeasonNumber, ShowId
from shared.usecases.read_through import ReadThroughCache


class SeasonLoader:
    """The season cache as the rest of the project sees it."""

    def __init__(self, cache: ReadThroughCache[SeasonKey, Season], *, wait: float) -> None:
        self._cache = cache
        self._wait = wait

    async def get_season_from_cache_or_tmdb(
        self, show_id: ShowId, season_number: SeasonNumber, *, wait: float | None = None
    ) -> Loaded[Season]:
        """One season. Without a value (`pending`) where it could not be had within `wait` seconds.

        A season or show that TMDB does not have is a season without episodes.

        Raises:
            StoreError: Firestore cannot be read.
        """
        seasons = await self.get_seasons_from_cache_or_tmdb(show_id, [season_number], wait=wait)
        return seasons[season_number]

    async def get_seasons_from_cache_or_tmdb(
        self, show_id: ShowId, season_numbers: Iterable[SeasonNumber], *, wait: float | None = None
    ) -> dict[SeasonNumber, Loaded[Season]]:
        """Many seasons of one show, by as few TMDB calls as possible; otherwise as for one."""
        keys = [SeasonKey(show_id, number) for number in dict.fromkeys(season_numbers)]
        loaded = await self._cache.load(keys, wait=self._wait if wait is None else wait)
        return {key.season: loaded[key] for key in keys}
