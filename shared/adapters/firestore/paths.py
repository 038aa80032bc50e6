"""Every document path of the project (DESIGN.md, section 3)."""

from typing import TYPE_CHECKING

from shared.domain.movie import MovieId
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.tracking import TrackingKey, UserId

if TYPE_CHECKING:  # whoever has no such key to name need not load what it is
    from shared.domain.show import ShowKey

TRACKING_COLLECTION = "episode_tracking"
ENRICH_QUEUE = "enrich_queue"
SHOWS = "shows"
HELD_SHOWS = "sync_state/held_shows"


def season_cache(key: SeasonKey) -> str:
    return f"tmdb_cache/tv/seasons/{key.show_id}_{key.season}"


def movie_cache(movie_id: MovieId) -> str:
    return f"tmdb_cache/movie/details/{movie_id}"


def tracking(key: TrackingKey) -> str:
    return f"users/{key.user_id}/{TRACKING_COLLECTION}/{key.show_id}"


def tracking_key(path: str) -> TrackingKey | None:
    """The key of a tracking document's path, or None for what merely has such a collection's name."""
    parts = path.split("/")
    if len(parts) != 4 or parts[0] != "users" or not parts[3].isascii() or not parts[3].isdigit():
        return None
    return TrackingKey(UserId(parts[1]), ShowId(int(parts[3])))


def enrich_queue(key: TrackingKey) -> str:
    return f"{ENRICH_QUEUE}/{key.user_id}_{key.show_id}"


def sync_state(name: str) -> str:
    return f"sync_state/{name}"


def service_token(service: str) -> str:
    return sync_state(f"{service}_token")


def show(key: "ShowKey") -> str:
    return f"{SHOWS}/{key}"


def show_season(key: "ShowKey", number: SeasonNumber) -> str:
    return f"{SHOWS}/{key}/seasons/{number}"


def timeline_event(event_id: str) -> str:
    return f"timeline_events/{event_id}"


def sync_log(log_id: str) -> str:
    return f"sync_log/{log_id}"


def show_key(path: str) -> "ShowKey | None":
    """The key of a show's document's path, or None for another document that lies beside them."""
    from shared.domain.show import ShowKey

    try:
        return ShowKey.parse(path.removeprefix(f"{SHOWS}/"))
    except ValueError:
        return None
