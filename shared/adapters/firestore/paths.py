"""Every document path of the project (DESIGN.md, section 3)."""

from typing import TYPE_CHECKING

from shared.domain.movie import MovieId
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.tracking import TrackingKey, UserId

if TYPE_CHECKING:  # whoever has no such key to name need not load what it is
    from shared.domain.device import DeviceId
    from shared.domain.kept_answer import AnswerKey
    from shared.domain.show import ShowKey

TRACKING_COLLECTION = "episode_tracking"
DEVICES = "devices"
TRACKED_SHOWS = "tracked_shows"
USERS = "users"
NOTIFICATIONS = "notifications"
ENRICH_QUEUE = "enrich_queue"
CALENDAR_KEYS = "calendar_keys"
ERASURES = "erasures"
SHOWS = "shows"
FOUND_SHOWS = "found_shows"
API_CACHE = "api_cache"
TIMELINE_EVENTS = "timeline_events"
SYNC_LOG = "sync_log"
SEASON_CACHE = "tmdb_cache/tv/seasons"
HELD_SHOWS = "sync_state/held_shows"


def season_cache(key: SeasonKey) -> str:
    return f"{SEASON_CACHE}/{key.show_id}_{key.season}"


def movie_cache(movie_id: MovieId) -> str:
    return f"tmdb_cache/movie/details/{movie_id}"


def user(user_id: UserId) -> str:
    return f"users/{user_id}"


def device(user_id: UserId, device_id: "DeviceId") -> str:
    return f"users/{user_id}/{DEVICES}/{device_id}"


def is_device(path: str) -> bool:
    """Whether a user's device is there, and not what merely is in a collection of such a name."""
    parts = path.split("/")
    return len(parts) == 4 and parts[0] == "users" and parts[2] == DEVICES


def tracked_show(user_id: UserId, key: "ShowKey") -> str:
    return f"users/{user_id}/{TRACKED_SHOWS}/{key}"


def tracked_show_key(path: str) -> "tuple[UserId, ShowKey] | None":
    """Who follows what there, or None for what merely has such a collection's name."""
    from shared.domain.show import ShowKey

    parts = path.split("/")
    if len(parts) != 4 or parts[0] != "users" or parts[2] != TRACKED_SHOWS:
        return None
    try:
        return UserId(parts[1]), ShowKey.parse(parts[3])
    except ValueError:
        return None


def notification(user_id: UserId, notification_id: str) -> str:
    return f"users/{user_id}/{NOTIFICATIONS}/{notification_id}"


def sessions(user_id: UserId) -> str:
    return f"users/{user_id}/private/sessions"


def rate_limit(key: str) -> str:
    return f"rate_limits/{key}"


def tracking(key: TrackingKey) -> str:
    return f"users/{key.user_id}/{TRACKING_COLLECTION}/{key.show_id}"


def tracking_key(path: str) -> TrackingKey | None:
    """The key of a tracking document's path, or None for what merely has such a collection's name."""
    parts = path.split("/")
    if len(parts) != 4 or parts[0] != "users" or not parts[3].isascii() or not parts[3].isdigit():
        return None
    return TrackingKey(UserId(parts[1]), ShowId(int(parts[3])))


def private_calendar(user_id: UserId) -> str:
    return f"users/{user_id}/private/calendar"


def calendar_key(key_hash: str) -> str:
    return f"{CALENDAR_KEYS}/{key_hash}"


def erasure(user_id: UserId) -> str:
    return f"{ERASURES}/{user_id}"


def enrich_queue(key: TrackingKey) -> str:
    return f"{ENRICH_QUEUE}/{key.user_id}_{key.show_id}"


def sync_state(name: str) -> str:
    return f"sync_state/{name}"


def service_token(service: str) -> str:
    return sync_state(f"{service}_token")


def show(key: "ShowKey") -> str:
    return f"{SHOWS}/{key}"


def found_show(key: "ShowKey") -> str:
    return f"{FOUND_SHOWS}/{key}"


def kept_answer(key: "AnswerKey") -> str:
    return f"{API_CACHE}/{key.name}"


def show_season(key: "ShowKey", number: SeasonNumber) -> str:
    return f"{SHOWS}/{key}/seasons/{number}"


def timeline_event(event_id: str) -> str:
    return f"{TIMELINE_EVENTS}/{event_id}"


def sync_log(log_id: str) -> str:
    return f"{SYNC_LOG}/{log_id}"


def show_key(path: str) -> "ShowKey | None":
    """The key of a show's document's path, or None for another document that lies beside them."""
    return _key_below(SHOWS, path)


def found_show_key(path: str) -> "ShowKey | None":
    """The same of a show that was found."""
    return _key_below(FOUND_SHOWS, path)


def _key_below(collection: str, path: str) -> "ShowKey | None":
    from shared.domain.show import ShowKey

    try:
        return ShowKey.parse(path.removeprefix(f"{collection}/"))
    except ValueError:
        return None
