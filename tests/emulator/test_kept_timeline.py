"""A user's timeline out of the cache: what it costs, what makes it wrong, and that it is nobody else's."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient

from functions.api.app import make_app
from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.show_fields import event_fields
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.tracking import UserId
from shared.usecases import changed_shows as module
from shared.usecases.changed_shows import LOOK_AGAIN, SKEW
from tests.emulator.harness import Instance, instance_settings
from tests.emulator.shows_api import client_of, documents, ok
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

TODAY = datetime.now(UTC).date()
SILO, DARK = ShowKey("tv", 125988), ShowKey("tv", 70523)


class Later(Instance):
    """An instance whose clock is ahead."""

    ahead = timedelta(0)

    @property
    def now(self) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC) + self.ahead


@pytest.fixture
async def later(project: str) -> AsyncIterator[Later]:
    running = Later(instance_settings(project, "http://unused"))
    yield running
    await running.close()


@pytest.fixture
def app(later: Later) -> FastAPI:
    return make_app(later)


@pytest.fixture
async def ada(app: FastAPI, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, project) as client:
        yield client


def episode(key: ShowKey, number: int) -> TimelineEvent:
    return TimelineEvent(
        event_id=f"episode_{key.tmdb_id * 100 + number}",
        event_type=EventType.NEW_EPISODE,
        show_key=key,
        title=str(key),
        description=f"Episode {number}",
        event_date=(TODAY + timedelta(days=number)).isoformat(),
        season=1,
        episode=number,
        episode_id=key.tmdb_id * 100 + number,
    )


async def put(firestore: AsyncClient, *events: TimelineEvent, at: Any = SERVER_TIMESTAMP) -> None:
    """Write events as a sync does."""
    batch = firestore.batch()
    for event in events:
        batch.set(
            firestore.document(paths.timeline_event(event.event_id)), {**event_fields(event), "updatedAt": at}
        )
    await batch.commit()


async def follow(firestore: AsyncClient, user_id: str, *keys: ShowKey, zone: str = "UTC") -> None:
    fields = {"followedShows": [str(key) for key in keys], "timezone": zone}
    await firestore.document(paths.user(UserId(user_id))).set(fields)


async def shown(client: httpx.AsyncClient) -> list[str]:
    """The ids of the events of the next week."""
    return [event["id"] for event in ok(await client.get("/timeline/week"))["events"]]


LONG_AGO = datetime.now(UTC) - timedelta(days=1)


async def test_a_timeline_costs_its_events_once_in_five_minutes(
    project: str, firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [episode(SILO, number) for number in range(1, 6)]
    await put(firestore, *events, at=LONG_AGO)
    await follow(firestore, "ada", SILO)
    wire = count_on_the_wire(monkeypatch)
    one, other = (Later(instance_settings(project, "http://unused")) for _ in range(2))

    async def cost(instance: Instance) -> tuple[int, int]:
        wire.reset()
        counted = usage.begin()
        async with client_of(make_app(instance), project) as client:
            assert await shown(client) == [event.event_id for event in events]
        assert (counted.firestore_reads, counted.firestore_writes) == wire.both
        return wire.both

    # The user, what has changed lately (nothing), nothing kept, the events; and it is kept.
    assert await cost(one) == (1 + 1 + 1 + 5, 1)
    assert await cost(one) == (1, 0)
    assert await cost(other) == (1 + 1 + 1, 0)
    one.ahead = LOOK_AGAIN
    assert await cost(one) == (1 + 1, 0)
    one.ahead = timedelta(minutes=5)
    assert await cost(one) == (1 + 1 + 1 + 5, 1)
    for instance in (one, other):
        await instance.close()


async def test_to_follow_and_to_stop_are_seen_at_once_on_every_instance(
    project: str, firestore: AsyncClient, ada: httpx.AsyncClient
) -> None:
    other = Instance(instance_settings(project, "http://unused"))
    await put(firestore, episode(SILO, 1), episode(DARK, 2), at=LONG_AGO)
    async with client_of(make_app(other), project) as elsewhere:
        for keys, ids in (
            ((), []),
            ((SILO,), ["episode_12598801"]),
            ((SILO, DARK), ["episode_12598801", "episode_7052302"]),
            ((DARK,), ["episode_7052302"]),
            ((), []),
        ):
            await follow(firestore, "ada", *keys)
            assert await shown(ada) == await shown(elsewhere) == ids
    await other.close()


async def test_to_move_is_seen_at_once(ada: httpx.AsyncClient, firestore: AsyncClient) -> None:
    for zone in ("UTC", "Europe/Vienna", "Pacific/Auckland"):
        await follow(firestore, "ada", SILO, zone=zone)
        assert ok(await ada.get("/timeline/today"))["timezone"] == zone


async def test_what_a_sync_changes_is_seen_when_it_is_looked_for_next(
    ada: httpx.AsyncClient, later: Later, firestore: AsyncClient
) -> None:
    await follow(firestore, "ada", SILO)
    first, second = episode(SILO, 1), episode(SILO, 2)
    await put(firestore, first, at=LONG_AGO)
    later.ahead = -2 * LOOK_AGAIN
    before = await ada.get("/timeline/week")
    assert [event["id"] for event in ok(before)["events"]] == [first.event_id]
    await put(firestore, replace(first, is_withdrawn=True), second)
    assert await shown(ada) == [first.event_id]
    later.ahead = SKEW
    assert await shown(ada) == [second.event_id]
    # What was made after the change is kept as ever, and what has changed once is not made anew each time.
    later.ahead = SKEW + LOOK_AGAIN
    counted = usage.begin()
    assert await shown(ada) == [second.event_id]
    assert counted.firestore_reads <= 2 + 2 + 1 + 1
    counted = usage.begin()
    assert await shown(ada) == [second.event_id]
    assert counted.firestore_reads == 1
    stale = await ada.get("/timeline/week", headers={"If-None-Match": before.headers["ETag"]})
    assert stale.status_code == 200


async def test_another_instance_does_not_give_what_was_kept_before_a_change(
    project: str, ada: httpx.AsyncClient, later: Later, firestore: AsyncClient
) -> None:
    await follow(firestore, "ada", SILO)
    later.ahead = -timedelta(minutes=1)
    assert await shown(ada) == []
    await put(firestore, episode(SILO, 1))
    other = Instance(instance_settings(project, "http://unused"))
    async with client_of(make_app(other), project) as elsewhere:
        assert await shown(elsewhere) == ["episode_12598801"]
    await other.close()


async def test_a_change_of_what_one_does_not_follow_makes_nothing_wrong(
    ada: httpx.AsyncClient, later: Later, firestore: AsyncClient
) -> None:
    await follow(firestore, "ada", SILO)
    assert await shown(ada) == []
    await put(firestore, episode(DARK, 1))
    later.ahead = LOOK_AGAIN
    counted = usage.begin()
    assert await shown(ada) == []
    # The user, and the one event that has changed.
    assert counted.firestore_reads == 2


async def test_after_very_many_changes_all_counts_as_old(
    ada: httpx.AsyncClient, later: Later, firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    await follow(firestore, "ada", SILO)
    later.ahead = -timedelta(minutes=1)
    assert await shown(ada) == []
    for number in range(1, 12):
        await put(firestore, episode(DARK, number))
    await put(firestore, episode(SILO, 1))
    later.ahead = timedelta(0)
    assert await shown(ada) == ["episode_12598801"]


async def test_nobody_is_given_what_is_anothers(
    app: FastAPI, project: str, ada: httpx.AsyncClient, firestore: AsyncClient
) -> None:
    await put(firestore, episode(SILO, 1), episode(DARK, 2), at=LONG_AGO)
    await follow(firestore, "ada", SILO)
    await follow(firestore, "eve", DARK)
    async with client_of(app, project, "eve") as eve:
        assert await shown(ada) == ["episode_12598801"]
        assert await shown(eve) == ["episode_7052302"]
        # Also where both follow the same, each has an answer of their own.
        await follow(firestore, "eve", SILO)
        assert await shown(eve) == await shown(ada)
    kept = await documents(firestore, paths.API_CACHE)
    assert sorted(one["uid"] for one in kept.values()) == ["ada", "eve", "eve"]
    # A document that has come under another's name is not read.
    theirs = next(one for one in kept.values() if one["uid"] == "eve" and "7052302" in one["body"])
    mine = next(name for name, one in kept.items() if one["uid"] == "ada")
    await firestore.collection(paths.API_CACHE).document(mine).set(theirs)
    other = Instance(instance_settings(project, "http://unused"))
    async with client_of(make_app(other), project) as again:
        assert await shown(again) == ["episode_12598801"]
    await other.close()
