"""Shows as `sync_show` leaves them, as far as schedule and polls look at them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore import paths
from shared.adapters.firestore.held_shows import holding
from shared.domain.changes import HeldShows
from shared.domain.show import ShowKey
from tests.emulator.harness import Instance

NOW = datetime.now(UTC)
WRITES_AT_ONCE = 400


def tv(ids: Iterable[int]) -> list[ShowKey]:
    """The keys of these shows."""
    return [ShowKey("tv", id_) for id_ in ids]


def show_fields(key: ShowKey, **fields: Any) -> dict[str, Any]:
    """A show that is followed, returning, and was synced this hour; `fields` say what is otherwise."""
    return {
        "mediaType": key.media_type,
        "tmdbId": key.tmdb_id,
        "status": "returning",
        "syncPriority": 10,
        "isFollowed": True,
        "followerCount": 1,
        "createdAt": NOW - timedelta(days=100),
        "lastSyncedAt": NOW - timedelta(hours=1),
        "syncDueAt": NOW + timedelta(hours=5),
        **fields,
    }


async def put_shows(firestore: AsyncClient, shows: Mapping[ShowKey, Mapping[str, Any]]) -> None:
    """Hold these shows, each with what is special about it."""
    everything = list(shows.items())
    for start in range(0, len(everything), WRITES_AT_ONCE):
        some = everything[start : start + WRITES_AT_ONCE]
        batch = firestore.batch()
        for key, fields in some:
            batch.set(firestore.document(paths.show(key)), show_fields(key, **fields))
        batch.set(firestore.document(paths.HELD_SHOWS), holding([key for key, _ in some]), merge=True)
        await batch.commit()


async def show_field(firestore: AsyncClient, key: ShowKey, name: str) -> Any:
    """One field of a show's document."""
    return (await firestore.document(paths.show(key)).get()).get(name)


async def priorities(firestore: AsyncClient, keys: Collection[ShowKey]) -> list[int]:
    """Their `syncPriority`, one each."""
    return [await show_field(firestore, key, "syncPriority") for key in keys]


async def set_cursor(firestore: AsyncClient, through: datetime) -> None:
    """Let the changes of both feeds be dealt with up to then."""
    document = firestore.document(paths.HELD_SHOWS)
    await document.set({"changesThrough": {"tv": through, "movie": through}}, merge=True)


async def held(instance: Instance) -> HeldShows:
    """What is held, and the cursor."""
    return await instance.held_shows.read()
