"""Claimers that die or stop at the worst moments: the season is served after the lease, and once."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.auth_emulator import unsigned_token
from local.emulators import Emulators
from local.functions_host import FunctionHost
from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn
from tests.emulator.harness import (
    User,
    enrich_hosts,
    made_show,
    new_show_id,
    post_enrich,
    season_document,
    watched,
)
from tests.emulator.proxy import relay

pytestmark = pytest.mark.anyio

LEASE = "3"


def signal_all(host: FunctionHost, number: signal.Signals) -> None:
    for process_id in host.process_ids():
        os.kill(process_id, number)


async def whole_answer(
    client: httpx.AsyncClient, host: FunctionHost, token: str, show: int
) -> dict[str, Any]:
    """Ask as an app does, until nothing is pending."""
    async with asyncio.timeout(60):
        while True:
            response = await post_enrich(client, host, token, show, waitSeconds=5)
            assert response.status_code in (200, 202), response.text
            if response.status_code == httpx.codes.OK:
                answer: dict[str, Any] = response.json()
                return answer


@pytest.mark.parametrize("is_fetched", [False, True], ids=["after the claim", "after the fetch"])
async def test_a_claimer_that_is_killed_is_replaced_by_one_other_after_the_lease(
    emulators: Emulators,
    project: str,
    firestore: AsyncClient,
    user: User,
    tmdb: RunningTmdbStandIn,
    tmp_path: Path,
    is_fetched: bool,
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(2, 3))
    await user.track(show, watched(["1_1", "2_1"]))
    token = unsigned_token(project, user.user_id)
    environment = {**emulators.environment(), "GOOGLE_CLOUD_PROJECT": project}
    tmdb.hold("/tv/")
    with (
        relay(str(emulators.firestore)) as line,
        enrich_hosts(
            1,
            emulators={**environment, "FIRESTORE_EMULATOR_HOST": line.host},
            tmdb_base_url=tmdb.base_url,
            folder=tmp_path,
            CLAIM_LEASE_SECONDS=LEASE,
        ) as (doomed,),
    ):
        async with httpx.AsyncClient() as client:
            dying = asyncio.create_task(post_enrich(client, doomed, token, show, waitSeconds=20))
            await asyncio.to_thread(tmdb.wait_until_held)
            assert (await season_document(firestore, show, 1))["status"] == "populating"
            if is_fetched:
                line.block()
                tmdb.release()
                await asyncio.to_thread(line.wait_until_kept_back)
            signal_all(doomed, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await dying
    tmdb.release()
    assert (await season_document(firestore, show, 1))["status"] == "populating"
    survivors = tmp_path / "survivors"
    survivors.mkdir()
    with enrich_hosts(
        2,
        emulators=environment,
        tmdb_base_url=tmdb.base_url,
        folder=survivors,
        CLAIM_LEASE_SECONDS=LEASE,
    ) as hosts:
        async with httpx.AsyncClient() as client:
            answers = await asyncio.gather(*(whole_answer(client, host, token, show) for host in hosts * 10))
    assert all(answer["pending"] == [] for answer in answers)
    assert (await season_document(firestore, show, 1))["status"] == "complete"
    assert tmdb.calls()["seasons"] == {f"{show}_1": 2, f"{show}_2": 2}


async def test_a_claimer_that_was_only_slow_cannot_overwrite_its_successor(
    emulators: Emulators,
    project: str,
    firestore: AsyncClient,
    user: User,
    tmdb: RunningTmdbStandIn,
    tmp_path: Path,
) -> None:
    show = new_show_id()
    (old,) = made_episodes(1)
    new = {**old, "name": "The name that came later"}
    tmdb.put_show(show, {"name": "Made", "recorded_seasons": {"1": {"episodes": [old]}}})
    await user.track(show, watched(["1_1"]))
    token = unsigned_token(project, user.user_id)
    environment = {**emulators.environment(), "GOOGLE_CLOUD_PROJECT": project}
    with enrich_hosts(
        2,
        emulators=environment,
        tmdb_base_url=tmdb.base_url,
        folder=tmp_path,
        CLAIM_LEASE_SECONDS=LEASE,
    ) as (slow, quick):
        async with httpx.AsyncClient() as client:
            tmdb.hold("/season/")
            stopped = asyncio.create_task(post_enrich(client, slow, token, show, waitSeconds=20))
            await asyncio.to_thread(tmdb.wait_until_held)
            signal_all(slow, signal.SIGSTOP)
            try:
                tmdb.release()
                tmdb.put_season(show, 1, [new])
                await whole_answer(client, quick, token, show)
                stored = await season_document(firestore, show, 1)
                assert stored["episodes"]["1"]["episodeName"] == new["name"]
            finally:
                signal_all(slow, signal.SIGCONT)
            assert (await stopped).status_code in (200, 202)
            async with asyncio.timeout(30):
                while "taken over" not in slow.log.read_text():
                    await asyncio.sleep(0.05)
    assert await season_document(firestore, show, 1) == stored
