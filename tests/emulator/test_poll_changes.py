"""The poll of the changes feeds: what we hold of them is to be synced, and nothing is skipped."""

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
from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.held_shows import holding, no_longer_holding
from shared.domain.show import ShowKey
from shared.errors import Unavailable
from shared.usecases.poll_changes import PollReport, poll_changes
from tests.emulator.harness import Instance
from tests.emulator.published import ReadTopic
from tests.emulator.show_documents import NOW, held, put_shows, set_cursor, tv
from tests.emulator.wire_count import WireCount, count_on_the_wire

pytestmark = pytest.mark.anyio

TODAY = NOW.date().isoformat()
LONG_AGO = {"lastSyncedAt": NOW - timedelta(days=2)}


def days_ago(days: int) -> str:
    return (NOW.date() - timedelta(days=days)).isoformat()


async def poll(instance: Instance, *, at: datetime | None = None, seconds: float = 60.0) -> PollReport:
    return await poll_changes(
        feed=instance.tmdb_changes,
        held_shows=instance.held_shows,
        schedule=instance.show_schedule,
        topics=instance.topics,
        now=instance.now if at is None else lambda: at,
        seconds=seconds,
    )


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> WireCount:
    """The traffic of whoever connects from now on, as an instance does when it is first used."""
    return count_on_the_wire(monkeypatch)


async def test_what_is_held_of_the_feeds_is_to_be_synced(
    publishing: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, show_syncs: ReadTopic
) -> None:
    movie = ShowKey("movie", 7)  # the same number as a show's
    await put_shows(firestore, {**dict.fromkeys(tv([7, 8, 9]), LONG_AGO), movie: LONG_AGO})
    tmdb.put_changes("tv", [(None, TODAY), (8, TODAY), (1000, TODAY), (None, TODAY), (9, days_ago(1))])
    tmdb.put_changes("movie", [(7, TODAY), (None, days_ago(1))])
    report = await poll(publishing)
    assert await show_syncs.syncs_requested() == {"tv_8": 1, "tv_9": 1, "movie_7": 1}
    assert report == PollReport(pages=2, ids=4, matched=3, published=3, is_complete=True)


async def test_what_is_told_again_and_was_synced_just_now_is_passed_over_until_a_later_poll(
    publishing: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, show_syncs: ReadTopic
) -> None:
    just_now = {"lastSyncedAt": NOW - timedelta(hours=2)}
    await put_shows(firestore, {**dict.fromkeys(tv([1, 4]), just_now), **dict.fromkeys(tv([2]), LONG_AGO)})
    await firestore.document(paths.HELD_SHOWS).set(holding(tv([3])), merge=True)  # without a document yet
    tmdb.put_changes("tv", [(1, TODAY), (2, TODAY), (3, TODAY)])
    await poll(publishing, at=NOW - timedelta(minutes=30))
    # It is told for the first time: the change may be younger than the last sync.
    assert await show_syncs.syncs_requested() == {"tv_1": 1, "tv_2": 1, "tv_3": 1}
    tmdb.put_changes("tv", [(1, TODAY), (2, TODAY), (3, TODAY), (4, TODAY)])
    report = await poll(publishing)
    assert (report.matched, report.skipped) == (4, 1)
    assert await show_syncs.syncs_requested() == {"tv_2": 1, "tv_3": 1, "tv_4": 1}
    await poll(publishing, at=NOW + timedelta(hours=1, minutes=1))
    assert (await show_syncs.syncs_requested())["tv_1"] == 1


async def test_a_poll_costs_its_pages_and_what_it_matched(
    publishing: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    show_syncs: ReadTopic,
    wire: WireCount,
) -> None:
    await put_shows(firestore, dict.fromkeys(tv(range(1, 501)), LONG_AGO))
    await put_shows(firestore, {ShowKey("movie", 1): LONG_AGO})
    await set_cursor(firestore, NOW - timedelta(hours=1))
    matched = 25
    tmdb.put_changes("tv", [(500 - matched + number, TODAY) for number in range(1, 1001)])
    tmdb.put_changes("movie", [(number, TODAY) for number in range(1_000, 1_150)])
    wire.reset()
    spent = usage.begin()
    report = await poll(publishing)
    assert (report.pages, report.ids, report.matched) == (10 + 2, 1150, matched)
    assert tmdb.calls()["total"] == report.pages
    assert wire.both == (matched + 1, 1)
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert spent.calls["tmdb"] == report.pages
    assert len(await show_syncs.syncs_requested()) == matched


async def test_three_hundred_pages(
    publishing: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, show_syncs: ReadTopic
) -> None:
    ours = tv(range(50, 30_000, 300))
    await put_shows(firestore, dict.fromkeys(ours, LONG_AGO))
    tmdb.put_changes("tv", [(number, TODAY) for number in range(1, 30_001)])
    report = await poll(publishing)
    assert (report.pages, report.ids, report.is_complete) == (300, 30_000, True)
    assert await show_syncs.syncs_requested() == {str(key): 1 for key in ours}


async def test_nothing_is_asked_about_what_nothing_is_held_of(
    publishing: Instance, tmdb: RunningTmdbStandIn
) -> None:
    tmdb.put_changes("tv", [(1, TODAY)])
    assert (await poll(publishing)).is_complete
    assert tmdb.calls()["total"] == 0
    assert (await held(publishing)).through.keys() == {"tv", "movie"}


async def test_a_cursor_three_weeks_old_skips_nothing(
    publishing: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    show_syncs: ReadTopic,
    caplog: pytest.LogCaptureFixture,
) -> None:
    three_weeks = NOW - timedelta(days=21)
    seen_before = {"lastSyncedAt": three_weeks - timedelta(days=1)}
    seen_since = {"lastSyncedAt": NOW - timedelta(days=5)}
    await put_shows(
        firestore,
        {
            # 1 and 2 may have changed in the week that the feed no longer tells of.
            **dict.fromkeys(tv([1, 2]), seen_before),
            **dict.fromkeys(tv([3, 4, 5]), seen_since),
        },
    )
    await set_cursor(firestore, three_weeks)
    tmdb.put_changes("tv", [(2, days_ago(10)), (3, days_ago(12)), (4, TODAY), (99, days_ago(1))])
    begun = datetime.now(UTC)
    report = await poll(publishing)
    assert await show_syncs.syncs_requested() == {"tv_1": 1, "tv_2": 1, "tv_3": 1, "tv_4": 1}
    assert report.days_lost == 9
    assert "9 days of changes are lost" in caplog.text
    assert report.is_complete
    assert (await held(publishing)).through["tv"] >= begun


async def test_a_run_that_is_killed_half_way_is_followed_by_one_that_skips_nothing(
    emulators: Emulators,
    project: str,
    publishing: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    show_syncs: ReadTopic,
    tmp_path: Path,
) -> None:
    ours = tv(range(1, 601, 10))
    await put_shows(firestore, dict.fromkeys(ours, LONG_AGO))
    cursor = NOW - timedelta(days=5)
    await set_cursor(firestore, cursor)
    # A page for each of six days: the first three days are one part, the rest another.
    tmdb.put_changes("tv", [(number, days_ago(6 - (number - 1) // 100)) for number in range(1, 601)])
    tmdb.hold(rf"/tv/changes.*start_date={days_ago(3)}.*page=2")
    environment = {
        **os.environ,
        **emulators.environment(),
        "GOOGLE_CLOUD_PROJECT": project,
        "TMDB_BASE_URL": tmdb.base_url,
        "TMDB_ACCESS_TOKEN": "stand-in",
    }
    with function_host("poll_changes", environment=environment, log=tmp_path / "poll.log") as host:
        async with httpx.AsyncClient() as client:
            dying = asyncio.create_task(client.post(host.url, timeout=120))
            await asyncio.to_thread(tmdb.wait_until_held, within_seconds=60)
            for process_id in host.process_ids():
                os.kill(process_id, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await dying
    tmdb.release()
    assert cursor < (await held(publishing)).through["tv"] < NOW - timedelta(days=2)  # the first part is kept
    first = await show_syncs.syncs_requested()
    assert 0 < len(first) < len(ours)
    assert (await poll(publishing)).is_complete
    assert (first | await show_syncs.syncs_requested()).keys() == {str(key) for key in ours}


async def test_a_run_without_time_keeps_what_it_did_and_the_next_goes_on(
    publishing: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, show_syncs: ReadTopic
) -> None:
    await put_shows(firestore, {**dict.fromkeys(tv([1, 300]), LONG_AGO), ShowKey("movie", 5): LONG_AGO})
    await set_cursor(firestore, NOW - timedelta(hours=1))
    tmdb.put_changes("tv", [(number, TODAY) for number in range(1, 301)])
    tmdb.put_changes("movie", [(5, TODAY)])
    report = await poll(publishing, seconds=0)
    assert (report.pages, report.is_complete) == (0, False)
    tmdb.hold("/movie/changes")
    running = asyncio.create_task(poll(publishing, seconds=1.5))
    await asyncio.to_thread(tmdb.wait_until_held)
    await asyncio.sleep(1.5)
    tmdb.release()
    report = await running
    assert (report.pages, report.is_complete) == (4, False)  # the shows, and no time for the movies
    through = (await held(publishing)).through
    assert through["movie"] < NOW <= through["tv"]
    assert (await show_syncs.syncs_requested()).keys() == {"tv_1", "tv_300", "movie_5"}
    assert (await poll(publishing)).is_complete
    through = (await held(publishing)).through
    assert NOW <= through["tv"] == through["movie"]


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "wrong_shape"}])
async def test_a_feed_that_fails_does_not_hold_up_the_other(
    publishing: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    show_syncs: ReadTopic,
    fault: dict[str, Any],
) -> None:
    await put_shows(firestore, {**dict.fromkeys(tv([1, 150]), LONG_AGO), ShowKey("movie", 5): LONG_AGO})
    cursor = NOW - timedelta(days=4)
    await set_cursor(firestore, cursor)
    tmdb.put_changes("tv", [(number, days_ago(2)) for number in range(1, 201)])
    tmdb.put_changes("movie", [(5, TODAY)])
    tmdb.fail({"path": "/tv/changes.*page=2", **fault})
    with pytest.raises(Exception, match="tmdb"):
        await poll(publishing)
    through = (await held(publishing)).through
    assert through["tv"] < NOW <= through["movie"]
    assert await show_syncs.syncs_requested() == {"movie_5": 1}
    tmdb.fail()
    assert (await poll(publishing)).is_complete
    assert (await show_syncs.syncs_requested()).keys() >= {"tv_1", "tv_150"}


async def test_while_nothing_can_be_published_the_cursor_stays(
    publishing: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put_shows(firestore, dict.fromkeys(tv([1]), LONG_AGO))
    cursor = NOW - timedelta(hours=1)
    await set_cursor(firestore, cursor)
    tmdb.put_changes("tv", [(1, TODAY)])
    monkeypatch.setattr("shared.adapters.topics.PUBLISH_SECONDS", 0.5)
    publishing.topics._emulator_host = "127.0.0.1:1"
    with pytest.raises(Unavailable):
        await poll(publishing)
    assert (await held(publishing)).through["tv"] == cursor


async def test_of_two_polls_at_once_the_slower_one_moves_no_cursor_back(
    publishing: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, show_syncs: ReadTopic
) -> None:
    await put_shows(firestore, dict.fromkeys(tv([1, 2]), LONG_AGO))
    tmdb.put_changes("tv", [(1, TODAY), (2, TODAY)])
    tmdb.hold("/tv/changes")
    slow = asyncio.create_task(poll(publishing, at=NOW - timedelta(minutes=10)))
    await asyncio.to_thread(tmdb.wait_until_held)
    quick = asyncio.create_task(poll(publishing, at=NOW))
    await asyncio.to_thread(tmdb.wait_until_held, 2)
    # A show is added meanwhile, which changes the document too.
    await firestore.document(paths.HELD_SHOWS).set(holding(tv([3])), merge=True)
    tmdb.release()
    reports = await asyncio.gather(slow, quick)
    assert all(report.is_complete for report in reports)
    stored = await held(publishing)
    assert stored.through == {"tv": NOW, "movie": NOW}
    assert stored.ids["tv"] == {1, 2, 3}
    assert (await show_syncs.syncs_requested()).keys() == {"tv_1", "tv_2"}


async def test_the_cursor_goes_only_forward(publishing: Instance, firestore: AsyncClient) -> None:
    store = publishing.held_shows
    empty = await store.read()
    first = await store.advance(empty, {"tv": NOW}, {})
    await store.advance(empty, {"tv": NOW - timedelta(hours=1), "movie": NOW - timedelta(hours=2)}, {})
    assert (await store.read()).through == {"tv": NOW, "movie": NOW - timedelta(hours=2)}
    await store.advance(first, {"tv": NOW - timedelta(hours=1), "movie": NOW}, {})
    await firestore.document(paths.HELD_SHOWS).set(no_longer_holding(tv([1])), merge=True)
    assert (await store.read()).through == {"tv": NOW, "movie": NOW}
