"""Which shows the full sync takes: those most in need, and what is followed and was long unseen."""

import random
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from shared.domain.show import ShowKey
from shared.usecases.full_sync import FullSyncReport, full_sync
from tests.emulator.harness import Instance
from tests.emulator.published import ReadTopic
from tests.emulator.show_documents import NOW, put_shows, tv

pytestmark = pytest.mark.anyio


async def sync(instance: Instance, *, most_unseen: int = 1000) -> FullSyncReport:
    return await full_sync(
        schedule=instance.show_schedule, topics=instance.topics, now=lambda: NOW, most_unseen=most_unseen
    )


async def test_a_hundred_of_three_hundred_by_priority_and_age(
    publishing: Instance, firestore: AsyncClient, show_syncs: ReadTopic
) -> None:
    shows: dict[ShowKey, dict[str, Any]] = {
        key: {
            "status": ("returning", "in_production")[key.tmdb_id % 2],
            "syncPriority": key.tmdb_id % 5 + 1,
            "syncDueAt": NOW - timedelta(minutes=key.tmdb_id * 7 % 300),
        }
        for key in tv(range(1, 301))
    }
    others: dict[str, dict[str, Any]] = {
        "not due": {"syncPriority": 99, "syncDueAt": NOW + timedelta(hours=1, minutes=5)},
        "ended": {"syncPriority": 99, "syncDueAt": NOW, "status": "ended"},
        "planned": {"syncPriority": 99, "syncDueAt": NOW, "status": "planned"},
        "unneeded": {"syncPriority": 0, "syncDueAt": NOW - timedelta(days=9)},
    }
    everything = {**shows, **dict(zip(tv(range(1001, 1005)), others.values(), strict=True))}
    mixed = list(everything.items())
    random.Random(7).shuffle(mixed)  # noqa: S311 - an order that is always the same
    await put_shows(firestore, dict(mixed))
    report = await sync(publishing)
    by_need = sorted(shows, key=lambda key: (-shows[key]["syncPriority"], shows[key]["syncDueAt"]))
    assert report == FullSyncReport(in_need=100, unseen=0, published=100)
    assert await show_syncs.syncs_requested() == {str(key): 1 for key in by_need[:100]}


async def test_what_is_followed_and_was_long_unseen_is_synced_whatever_it_is(
    publishing: Instance, firestore: AsyncClient, show_syncs: ReadTopic
) -> None:
    unseen = {"lastSyncedAt": NOW - timedelta(days=29), "status": "ended"}
    await put_shows(
        firestore,
        {
            ShowKey("tv", 1): unseen,
            ShowKey("tv", 2): unseen,
            ShowKey("movie", 1): {**unseen, "status": "released"},
            ShowKey("tv", 3): {**unseen, "lastSyncedAt": NOW - timedelta(days=28, hours=23)},
            ShowKey("tv", 4): {**unseen, "isFollowed": False, "followerCount": 0},
            # Both long unseen and in need.
            ShowKey("tv", 5): {**unseen, "status": "returning", "syncDueAt": NOW - timedelta(days=26)},
        },
    )
    report = await sync(publishing)
    assert report == FullSyncReport(in_need=1, unseen=4, published=4)
    assert await show_syncs.syncs_requested() == {"tv_1": 1, "tv_2": 1, "tv_5": 1, "movie_1": 1}


async def test_where_more_are_unseen_than_a_run_takes_the_longest_unseen_come_first(
    publishing: Instance, firestore: AsyncClient, show_syncs: ReadTopic, caplog: pytest.LogCaptureFixture
) -> None:
    shows = {key: {"lastSyncedAt": NOW - timedelta(days=29 + key.tmdb_id)} for key in tv(range(1, 8))}
    await put_shows(firestore, shows)
    assert (await sync(publishing, most_unseen=3)).unseen == 3
    assert (await show_syncs.syncs_requested()).keys() == {"tv_5", "tv_6", "tv_7"}
    assert "and maybe more" in caplog.text


async def test_with_nothing_to_do_nothing_is_published(publishing: Instance, show_syncs: ReadTopic) -> None:
    assert await sync(publishing) == FullSyncReport(in_need=0, unseen=0, published=0)
    assert not await show_syncs.syncs_requested()
