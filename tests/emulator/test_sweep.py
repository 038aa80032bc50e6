"""The sweep: what was left pending, and what nobody asked to enrich."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.functions_host import function_host
from local.stand_ins.running import RunningTmdbStandIn
from shared.usecases.sweep_enrichments import SweepLimits, SweepReport, sweep_enrichments
from tests.emulator.harness import (
    Instance,
    User,
    instance_settings,
    is_whole,
    made_show,
    new_show_id,
    watched,
)

pytestmark = pytest.mark.anyio


async def sweep(instance: Instance, *, later: timedelta = timedelta(0), **limits: Any) -> SweepReport:
    return await sweep_enrichments(
        tracking=instance.tracking,
        seasons=instance.seasons,
        queue=instance.enrich_queue,
        jobs=instance.job_states,
        now=lambda: datetime.now(UTC) + later,
        limits=SweepLimits(**{"wait": 2.0, **limits}),
    )


async def queue_entries(firestore: AsyncClient) -> dict[str, Any]:
    return {entry.id: entry.to_dict() async for entry in firestore.collection("enrich_queue").stream()}


async def tracked_shows(
    firestore: AsyncClient, tmdb: RunningTmdbStandIn, count: int
) -> list[tuple[User, int]]:
    """So many users, each of whom tracks a show of their own."""
    shows = []
    for number in range(count):
        show, user = new_show_id(), User(firestore, f"user-{number:03}")
        tmdb.put_show(show, made_show(1, 2))
        await user.track(show, watched(["1_1", "1_2"]))
        shows.append((user, show))
    return shows


async def whole(shows: list[tuple[User, int]]) -> int:
    """How many of the documents are enriched."""
    documents = [await user.episodes(show) for user, show in shows]
    return sum(all(is_whole(entry) for entry in episodes.values()) for episodes in documents)


async def test_what_was_left_pending_is_enriched_and_leaves_the_queue(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    ((user, show),) = await tracked_shows(firestore, tmdb, 1)
    tmdb.fail({"kind": "status", "status": 500, "body": ""})
    assert (await instance.enrich(user.user_id, show)).plan.pending == (1,)
    (entry,) = (await queue_entries(firestore)).values()
    assert (entry["uid"], entry["showId"], entry["seasons"]) == (user.user_id, show, [1])
    assert entry["expireAt"] > entry["dueAt"] > datetime.now(UTC)
    tmdb.fail()
    report = await sweep(instance, later=timedelta(minutes=2), documents=0)
    assert (report.queue_done, report.episodes_enriched) == (1, 2)
    assert await queue_entries(firestore) == {}
    assert await whole([(user, show)]) == 1


async def test_what_fails_again_is_tried_later_and_later(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    ((user, show),) = await tracked_shows(firestore, tmdb, 1)
    tmdb.fail({"kind": "status", "status": 500, "body": ""})
    await instance.enrich(user.user_id, show)
    waits = []
    for attempt in range(1, 12):
        (entry,) = (await queue_entries(firestore)).values()
        later = entry["dueAt"] - datetime.now(UTC) + timedelta(seconds=1)
        assert (await sweep(instance, later=later, documents=0)).queue_postponed == 1
        (postponed,) = (await queue_entries(firestore)).values()
        assert postponed["attempts"] == attempt
        waits.append((postponed["dueAt"] - entry["dueAt"]).total_seconds() // 60)
    assert waits == sorted(waits)
    assert waits[0] == 1
    assert waits[-1] == 360


async def test_an_entry_whose_document_is_gone_and_one_that_is_garbage_leave_the_queue(
    instance: Instance, firestore: AsyncClient
) -> None:
    queue = firestore.collection("enrich_queue")
    due = {"dueAt": datetime(2026, 1, 1, tzinfo=UTC), "shard": 0}
    await queue.document("gone_1").set({**due, "uid": "gone", "showId": 1, "attempts": 0})
    await queue.document("garbage").set({**due, "uid": 7})
    await queue.document("other_2").set({**due, "uid": "a/b", "showId": 2, "attempts": 0})
    await sweep(instance, documents=0)
    assert await queue_entries(firestore) == {}


async def test_one_that_is_put_again_while_it_is_worked_off_stays(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    ((user, show),) = await tracked_shows(firestore, tmdb, 1)
    tmdb.fail({"kind": "status", "status": 500, "body": ""})
    await instance.enrich(user.user_id, show)
    (entry,) = await instance.enrich_queue.due(now=datetime.now(UTC) + timedelta(hours=1), limit=10)
    await instance.enrich(user.user_id, show)
    await instance.enrich_queue.remove(entry)
    await instance.enrich_queue.postpone(entry, datetime(2030, 1, 1, tzinfo=UTC))
    (kept,) = (await queue_entries(firestore)).values()
    assert kept["dueAt"] < datetime.now(UTC) + timedelta(minutes=2)


async def test_the_cursor_goes_on_where_the_last_run_stopped_and_begins_anew_after_the_last(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    shows = await tracked_shows(firestore, tmdb, 7)
    first = await sweep(instance, documents=3, page=3)
    assert (first.documents_seen, first.is_lap_complete, await whole(shows)) == (3, False, 3)
    second = await sweep(instance, documents=3, page=3)
    assert (second.documents_seen, second.is_lap_complete, await whole(shows)) == (3, False, 6)
    third = await sweep(instance, documents=3, page=3)
    assert (third.documents_seen, third.is_lap_complete, await whole(shows)) == (1, True, 7)
    assert (await sweep(instance, documents=3, page=3)).documents_seen == 3


async def test_of_two_runs_at_once_one_finds_nothing_to_do(
    project: str, instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    shows = await tracked_shows(firestore, tmdb, 5)
    other = Instance(instance_settings(project, tmdb.base_url))
    reports = await asyncio.gather(sweep(instance), sweep(other))
    assert sorted(report.is_running_elsewhere for report in reports) == [False, True]
    assert sum(report.documents_seen for report in reports) == 5
    assert await whole(shows) == 5
    await other.close()


async def test_a_run_that_is_killed_is_followed_by_one_that_goes_on_from_its_last_page(
    emulators: Emulators,
    project: str,
    instance: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    tmp_path: Path,
) -> None:
    shows = await tracked_shows(firestore, tmdb, 50)
    environment = {
        **os.environ,
        **emulators.environment(),
        "GOOGLE_CLOUD_PROJECT": project,
        "TMDB_BASE_URL": tmdb.base_url,
        "TMDB_ACCESS_TOKEN": "stand-in",
    }
    # What the first page needs is in the cache, and the second page is where the run dies.
    for user, show in shows[:40]:
        await instance.enrich(user.user_id, show)
    tmdb.hold("/tv/")
    log = tmp_path / "sweep.log"
    with function_host("enrich_sweep", environment=environment, log=log) as host:
        async with httpx.AsyncClient() as client:
            dying = asyncio.create_task(client.post(host.url, timeout=60))
            await asyncio.to_thread(tmdb.wait_until_held)
            for process_id in host.process_ids():
                os.kill(process_id, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await dying
    tmdb.reset()
    for _, show in shows:
        tmdb.put_show(show, made_show(1, 2))
    state = firestore.document("sync_state/enrich_sweep")
    stored = (await state.get()).to_dict()
    assert stored is not None
    assert stored["cursor"].startswith("users/user-039/")
    assert (await sweep(instance)).is_running_elsewhere
    # Its lease is let pass here by setting it, which the run itself did with 300 seconds.
    await state.update({"leaseSeconds": 0})
    successor = Instance(instance_settings(project, tmdb.base_url, CLAIM_LEASE_SECONDS="3"))
    report = await sweep(successor, documents=400, wait=20.0)
    assert (report.documents_seen, report.is_lap_complete) == (10, True)
    assert await whole(shows) == 50
    await successor.close()
