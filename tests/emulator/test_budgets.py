"""The counted budgets of enrichment (DESIGN.md, section 6), measured on the wire and at TMDB's stand-in."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from local.stand_ins.running import RunningTmdbStandIn
from shared import usage
from tests.emulator.harness import (
    Instance,
    User,
    all_keys,
    instance_settings,
    made_show,
    new_show_id,
    watched,
)
from tests.emulator.wire_count import WireCount, count_on_the_wire

pytestmark = pytest.mark.anyio

EPISODES = 3


@pytest.fixture
async def counted(
    project: str, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Instance, WireCount]]:
    """An instance whose traffic is counted."""
    wire = count_on_the_wire(monkeypatch)
    instance = Instance(instance_settings(project, tmdb.base_url))
    yield instance, wire
    await instance.close()


@pytest.mark.parametrize("seasons", [1, 2, 10, 20, 21, 40, 41])
async def test_cold_seasons_cost_a_call_for_each_twenty(
    counted: tuple[Instance, WireCount], user: User, tmdb: RunningTmdbStandIn, seasons: int
) -> None:
    instance, wire = counted
    show = await track_made_show(user, tmdb, seasons)
    wire.reset()
    spent = usage.begin()
    result = await instance.enrich(user.user_id, show, wait=20)
    assert result.plan.enriched == seasons * EPISODES
    assert tmdb.calls()["total"] == -(-seasons // 20)
    assert wire.both == (1 + seasons, 2 * seasons + 1)
    # What the log lines say is what went over the wire.
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert spent.calls["tmdb"] == tmdb.calls()["total"]


@pytest.mark.parametrize("seasons", [1, 10, 30])
async def test_cached_seasons_cost_a_read_each_and_one_write(
    counted: tuple[Instance, WireCount],
    user: User,
    tmdb: RunningTmdbStandIn,
    seasons: int,
) -> None:
    instance, wire = counted
    show = await track_made_show(user, tmdb, seasons)
    filler = Instance(instance.settings)
    await filler.enrich(user.user_id, show, wait=20)
    await filler.close()
    tmdb.reset()
    await user.track(show, watched(all_keys(seasons, EPISODES)))
    wire.reset()
    assert (await instance.enrich(user.user_id, show)).plan.enriched == seasons * EPISODES
    assert wire.both == (1 + seasons, 1)
    # And once more, now that this instance has them in memory.
    await user.track(show, watched(all_keys(seasons, EPISODES)))
    wire.reset()
    assert (await instance.enrich(user.user_id, show)).plan.enriched == seasons * EPISODES
    assert wire.both == (1, 1)
    assert tmdb.calls()["total"] == 0


async def test_with_nothing_missing_one_read_is_all(
    counted: tuple[Instance, WireCount], user: User, tmdb: RunningTmdbStandIn
) -> None:
    instance, wire = counted
    show = await track_made_show(user, tmdb, 3)
    await instance.enrich(user.user_id, show)
    tmdb.reset()
    wire.reset()
    assert (await instance.enrich(user.user_id, show)).plan.complete == 3 * EPISODES
    assert wire.both == (1, 0)
    assert tmdb.calls()["total"] == 0


async def test_so_many_requests_at_once_cost_the_calls_of_one(
    counted: tuple[Instance, WireCount], user: User, tmdb: RunningTmdbStandIn
) -> None:
    instance, wire = counted
    seasons, users = 5, 40
    show = await track_made_show(user, tmdb, seasons)
    everyone = [User(user.firestore, f"user-{number}") for number in range(users)]
    await asyncio.gather(*(each.track(show, watched(all_keys(seasons, EPISODES))) for each in everyone))
    wire.reset()
    others = [Instance(instance.settings) for _ in range(3)]
    instances = [instance, *others]
    results = await asyncio.gather(
        *(instances[number % 4].enrich(each.user_id, show, wait=20) for number, each in enumerate(everyone))
    )
    assert all(result.plan.enriched == seasons * EPISODES for result in results)
    assert tmdb.calls()["total"] == 1
    assert wire.writes == 2 * seasons + users
    for other in others:
        await other.close()


async def test_what_is_left_pending_costs_one_write_more(
    counted: tuple[Instance, WireCount], user: User, tmdb: RunningTmdbStandIn
) -> None:
    instance, wire = counted
    show = await track_made_show(user, tmdb, 1)
    tmdb.hold("/season/")
    wire.reset()
    assert (await instance.enrich(user.user_id, show, wait=0.2)).plan.pending == (1,)
    assert wire.both == (2, 2)  # the claim and the queue
    tmdb.release()


async def track_made_show(user: User, tmdb: RunningTmdbStandIn, seasons: int) -> int:
    """A cold show of which the user has watched everything."""
    show = new_show_id()
    tmdb.put_show(show, made_show(seasons, EPISODES))
    await user.track(show, watched(all_keys(seasons, EPISODES)))
    return show
