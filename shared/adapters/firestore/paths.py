"""Every document path of the project (DESIGN.md, section 3)."""

from shared.domain.movie import MovieId
from shared.domain.season import SeasonKey
from shared.domain.tracking import TrackingKey

TRACKING_COLLECTION = "episode_tracking"
ENRICH_QUEUE = "enrich_queue"


def season_cache(key: SeasonKey) -> str:
    return f"tmdb_cache/tv/seasons/{key.show_id}_{key.season}"


def movie_cache(movie_id: MovieId) -> str:
    return f"tmdb_cache/movie/details/{movie_id}"


def tracking(key: TrackingKey) -> str:
    return f"users/{key.user_id}/{TRACKING_COLLECTION}/{key.show_id}"


def enrich_queue(key: TrackingKey) -> str:
    return f"{ENRICH_QUEUE}/{key.user_id}_{key.show_id}"


def sync_state(name: str) -> str:
    return f"sync_state/{name}"
