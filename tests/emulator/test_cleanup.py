"""The cleanup: shows that nobody follows are looked after no longer, and what is followed is left alone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore import paths
from shared.domain.show import ShowKey
from shared.usecases.cleanup import CleanupLimits, CleanupReport, cleanup
from tests.emulator.harness import Instance
from tests.emulator.show_documents import NOW, held, priorities, put_shows, set_cursor, show_field, tv

pytestmark = pytest.mark.anyio

UNNEEDED = {"isFollowed": False, "followerCount": 0, "createdAt": NOW - timedelta(days=30)}


async def clean(instance: Instance, **limits: int) -> CleanupReport:
    return await cleanup(schedule=instance.show_schedule, now=lambda: NOW, limits=CleanupLimits(**limits))


async def test_what_nobody_follows_is_needed_no_more_after_thirty_days(
    instance: Instance, firestore: AsyncClient
) -> None:
    movie = ShowKey("movie", 1)
    kept: dict[ShowKey, dict[str, Any]] = {
        ShowKey("tv", 2): {},
        ShowKey("tv", 3): {**UNNEEDED, "createdAt": NOW - timedelta(days=29, hours=23)},
        ShowKey("movie", 4): {**UNNEEDED, "followerCount": 1},
    }
    await put_shows(firestore, {ShowKey("tv", 1): UNNEEDED, movie: UNNEEDED, **kept})
    await set_cursor(firestore, NOW)
    assert await clean(instance) == CleanupReport(retired=2, left=0, is_complete=True)
    assert await priorities(firestore, [ShowKey("tv", 1), movie]) == [0, 0]
    assert await priorities(firestore, kept) == [10, 10, 10]
    stored = await held(instance)
    assert stored.ids == {"tv": {2, 3}, "movie": {4}}
    assert stored.through == {"tv": NOW, "movie": NOW}
    assert (await clean(instance)).retired == 0


async def test_many_go_page_by_page_and_not_more_than_a_run_takes(
    instance: Instance, firestore: AsyncClient
) -> None:
    await put_shows(firestore, dict.fromkeys(tv(range(1, 251)), UNNEEDED))
    assert await clean(instance, shows=100, page=50) == CleanupReport(retired=100)
    assert len((await held(instance)).ids["tv"]) == 150
    assert await clean(instance) == CleanupReport(retired=150, is_complete=True)
    assert (await held(instance)).ids["tv"] == set()


async def test_one_that_is_followed_at_that_moment_is_left_and_the_others_go(
    instance: Instance, firestore: AsyncClient
) -> None:
    await put_shows(firestore, dict.fromkeys(tv(range(1, 8)), UNNEEDED))
    found = await instance.show_schedule.unneeded(before=NOW - timedelta(days=30), limit=100)
    followed = ShowKey("tv", 4)
    await firestore.document(paths.show(followed)).update({"followerCount": 1, "isFollowed": True})
    assert await instance.show_schedule.retire(found) == 6
    assert await show_field(firestore, followed, "syncPriority") == 10
    assert (await held(instance)).ids["tv"] == {4}


async def test_two_runs_at_once(instance: Instance, firestore: AsyncClient) -> None:
    await put_shows(firestore, dict.fromkeys(tv(range(1, 61)), UNNEEDED))
    reports = await asyncio.gather(clean(instance, page=20), clean(instance, page=20))
    assert sum(report.retired for report in reports) == 60
    assert set(await priorities(firestore, tv(range(1, 61)))) == {0}
