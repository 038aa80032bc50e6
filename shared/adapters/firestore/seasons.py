"""Season cache documents: exactly `episodes`, `lastUpdated` and `status`."""

from collections.abc import Mapping
from typing import Any

from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient

from shared.adapters.firestore import paths
from shared.adapters.firestore.cache import CacheDocuments
from shared.domain.cache import Lifetimes, Status
from shared.domain.season import Episode, Season, SeasonKey, air_date_or_none


def season_cache(client: AsyncClient, lifetimes: Lifetimes) -> CacheDocuments[SeasonKey, Season]:
    """The cache at `tmdb_cache/tv/seasons/{show}_{season}`."""
    return CacheDocuments(
        client, path=paths.season_cache, encode=_encode, decode=_decode, lifetimes=lifetimes
    )


def season_cache_fields(season: Season) -> dict[str, Any]:
    """The whole document of a season that somebody has just read from TMDB."""
    return {**_episodes(season), "lastUpdated": SERVER_TIMESTAMP, "status": Status.COMPLETE.value}


def _encode(_key: SeasonKey, season: Season | None) -> dict[str, Any]:
    return _episodes(season or Season({}))


def _episodes(season: Season) -> dict[str, Any]:
    return {
        "episodes": {
            str(number): {
                "episodeId": episode.episode_id,
                "episodeName": episode.name or "",
                "episodeAirDate": episode.air_date,
            }
            for number, episode in season.episodes.items()
        }
    }


def _decode(document: Mapping[str, Any], status: Status) -> Season | None:
    episodes = {
        int(number): Episode(
            episode_id=int(fields["episodeId"]),
            name=fields["episodeName"] or None,
            air_date=air_date_or_none(fields["episodeAirDate"]),
        )
        for number, fields in document["episodes"].items()
    }
    if not episodes and status is Status.POPULATING:
        return None
    return Season(episodes)
