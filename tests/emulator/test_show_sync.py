"""A show or movie is synced: what is missing or old of it is fetched, once."""

import asyncio

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.running import RunningTmdbStandIn
from shared.domain.show import ShowKey
from shared.errors import Unavailable
from shared.usecases.sync_show import SyncReport, sync_show
from tests.emulator.harness import Instance, instance_settings, made_show, new_show_id, season_document

pytestmark = pytest.mark.anyio


async def sync(instance: Instance, key: ShowKey, *, wait: float = 10.0) -> SyncReport:
    return await sync_show(
        key, shows=instance.shows, seasons=instance.seasons, movies=instance.movies, wait=wait
    )


async def test_all_seasons_that_are_listed_are_fetched_by_two_calls(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    made = made_show(3, 2)
    del made["recorded_seasons"]["2"]  # a gap, as real shows have
    tmdb.put_show(show, made)
    assert await sync(instance, ShowKey("tv", show)) == SyncReport(is_known=True, seasons=2, loaded=2)
    assert tmdb.calls()["total"] == 2
    assert (await season_document(firestore, show, 3))["status"] == "complete"
    assert await season_document(firestore, show, 2) is None


async def test_the_second_sync_fetches_nothing(
    project: str, instance: Instance, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(3, 2))
    await sync(instance, ShowKey("tv", show))
    other = Instance(instance_settings(project, tmdb.base_url))
    assert await sync(other, ShowKey("tv", show)) == SyncReport(is_known=True, seasons=3, loaded=0)
    assert set(tmdb.calls()["seasons"].values()) == {1}
    await other.close()


async def test_two_at_once_fetch_each_season_once(
    project: str, instance: Instance, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(30, 1))
    other = Instance(instance_settings(project, tmdb.base_url))
    reports = await asyncio.gather(*(sync(one, ShowKey("tv", show)) for one in (instance, other)))
    assert sum(report.loaded for report in reports) == 30
    assert set(tmdb.calls()["seasons"].values()) == {1}
    await other.close()


async def test_a_show_that_tmdb_lacks_is_dealt_with(instance: Instance) -> None:
    assert await sync(instance, ShowKey("tv", new_show_id())) == SyncReport(is_known=False)


async def test_what_could_not_be_fetched_is_to_be_delivered_again(
    instance: Instance, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(2, 1))
    tmdb.fail({"path": "append_to_response", "kind": "status", "status": 500, "body": ""})
    with pytest.raises(Unavailable, match=f"2 of 2 seasons of tv_{show} are still pending"):
        await sync(instance, ShowKey("tv", show))
    tmdb.fail()
    assert (await sync(instance, ShowKey("tv", show))).loaded == 2


async def test_a_movie_is_fetched_once(instance: Instance, tmdb: RunningTmdbStandIn) -> None:
    assert (await sync(instance, ShowKey("movie", 27205))).is_known
    assert (await sync(instance, ShowKey("movie", 27205))).is_known
    assert tmdb.calls()["total"] == 1
    assert not (await sync(instance, ShowKey("movie", 999_999_999))).is_known
