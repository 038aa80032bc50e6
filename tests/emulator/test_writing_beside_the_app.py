"""The app writes the same document while it is enriched: what it wrote stands."""

import asyncio
from typing import Any

import pytest
from google.cloud.firestore_v1 import DELETE_FIELD, AsyncClient

from local.stand_ins.running import RunningTmdbStandIn
from shared.adapters.firestore import paths
from shared.domain.season import ShowId
from shared.domain.tracking import TrackingKey, UserId
from shared.errors import Contention, NotFound
from tests.emulator.harness import Instance, User, is_whole, watched

pytestmark = pytest.mark.anyio

SHOW = 70523
KEYS = [f"{season}_{number}" for season in (1, 2, 3) for number in range(1, 9)]


async def test_every_one_of_a_hundred_toggles_stands(instance: Instance, user: User) -> None:
    await user.track(SHOW, watched(KEYS))
    is_toggling = True

    async def toggle() -> None:
        nonlocal is_toggling
        for count in range(100):
            # As apps do it: the entry is written anew, and loses what enrichment gave it.
            await user.update(SHOW, {"episodes.`1_1`": {"watched": count % 2 == 0, "watchedAt": count}})
            entry = (await user.episodes(SHOW))["1_1"]
            assert (entry["watched"], entry["watchedAt"]) == (count % 2 == 0, count)
        is_toggling = False

    async def enrich_again_and_again() -> int:
        enriched = 0
        while is_toggling:
            try:
                enriched += (await instance.enrich(user.user_id, SHOW)).plan.enriched
            except Contention:
                continue  # what the HTTP function answers with 503 and Retry-After
        return enriched

    _, enriched = await asyncio.gather(toggle(), enrich_again_and_again())
    assert enriched > len(KEYS)
    await instance.enrich(user.user_id, SHOW)
    episodes = await user.episodes(SHOW)
    assert all(is_whole(entry) for entry in episodes.values())
    assert (episodes["1_1"]["watched"], episodes["1_1"]["watchedAt"]) == (False, 99)


async def test_a_key_removed_meanwhile_stays_removed(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn
) -> None:
    await user.track(SHOW, watched(KEYS))
    tmdb.hold("/tv/")
    enriching = asyncio.create_task(instance.enrich(user.user_id, SHOW, wait=20))
    await asyncio.to_thread(tmdb.wait_until_held)
    await user.update(SHOW, {"episodes.`2_2`": DELETE_FIELD})
    await asyncio.to_thread(tmdb.release)
    result = await enriching
    assert result.plan.enriched == len(KEYS) - 1
    assert set(await user.episodes(SHOW)) == set(KEYS) - {"2_2"}


async def test_a_document_deleted_meanwhile_stays_deleted(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn
) -> None:
    await user.track(SHOW, watched(KEYS))
    tmdb.hold("/tv/")
    enriching = asyncio.create_task(instance.enrich(user.user_id, SHOW, wait=20))
    await asyncio.to_thread(tmdb.wait_until_held)
    await user.delete(SHOW)
    await asyncio.to_thread(tmdb.release)
    with pytest.raises(NotFound):
        await enriching
    assert not await user.exists(SHOW)


async def test_the_update_names_single_fields_and_never_what_the_user_watched(
    instance: Instance, user: User, firestore: AsyncClient
) -> None:
    await user.track(SHOW, watched(["1_1"]))
    key = TrackingKey(UserId(user.user_id), ShowId(SHOW))
    stored = await instance.tracking.read(key)
    assert stored is not None
    await user.update(SHOW, {"note": "of another device"})
    fields: dict[str, Any] = {"1_1": {"episodeId": 1}}
    assert not await instance.tracking.write(key, fields, stored.version)
    stored = await instance.tracking.read(key)
    assert stored is not None
    assert await instance.tracking.write(key, fields, stored.version)
    document = (await firestore.document(paths.tracking(key)).get()).to_dict()
    assert document is not None
    assert document["note"] == "of another device"
    assert document["episodes"]["1_1"] == {**watched(["1_1"])["1_1"], "episodeId": 1}
