"""What of a show's document matters to who follows it."""

from collections.abc import Iterable, Iterator, Mapping

from shared.adapters.firestore import show_fields
from shared.adapters.firestore.calls import fields_of
from shared.adapters.firestore.reads import Snapshot, version_of
from shared.domain.follow_state import FollowedShow
from shared.domain.notification import AboutShow
from shared.domain.timeline import TimelineEvent

FIELDS = ("followerCount", "posterPath", "seasons", "sync.events", "sync.seasons", "syncPriority")
"""The fields that are read: the document of a long show is many times that."""


def followed_show(snapshot: Snapshot) -> FollowedShow | None:
    """The show that a document holds, None if there is none. What cannot be read of it counts as missing."""
    document = fields_of(snapshot)
    if document is None:
        return None
    sync, poster_path = document.get("sync"), document.get("posterPath")
    return FollowedShow(
        about=AboutShow(
            poster_path if isinstance(poster_path, str) else None,
            tuple(sorted(_of_sync(sync) or _listed(document.get("seasons")))),
        ),
        events=_events(sync),
        followers=_count(document.get("followerCount")) or 0,
        sync_priority=_count(document.get("syncPriority")) or 0,
        is_synced=isinstance(sync, Mapping),
        version=version_of(snapshot),
    )


def _of_sync(sync: object) -> list[tuple[int, int]]:
    """The seasons that were looked into."""
    held = sync.get("seasons") if isinstance(sync, Mapping) else None
    if not isinstance(held, Mapping):
        return []
    return list(_sizes((number, fields) for number, fields in held.items()))


def _listed(seasons: object) -> list[tuple[int, int]]:
    """The seasons that the show itself lists, where none was looked into."""
    if not isinstance(seasons, list):
        return []
    return list(_sizes((one.get("number"), one) for one in seasons if isinstance(one, Mapping)))


def _sizes(seasons: Iterable[tuple[object, object]]) -> Iterator[tuple[int, int]]:
    for number, fields in seasons:
        text = str(number)
        count = _count(fields.get("episodeCount")) if isinstance(fields, Mapping) else None
        if count is not None and text.isascii() and text.isdigit():
            yield int(text), count


def _events(sync: object) -> dict[str, TimelineEvent]:
    held = sync.get("events") if isinstance(sync, Mapping) else None
    events: dict[str, TimelineEvent] = {}
    for event_id, fields in held.items() if isinstance(held, Mapping) else ():
        try:
            events[event_id] = show_fields.event(event_id, fields)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue  # the next sync of the show finds it, and writes it anew
    return events


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
