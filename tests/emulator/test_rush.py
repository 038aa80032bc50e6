"""Many users at once over several processes: TMDB is asked once per season for everybody."""

import asyncio
from pathlib import Path

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.auth_emulator import unsigned_token
from local.emulators import Emulators
from local.stand_ins.running import RunningTmdbStandIn
from tests.emulator.harness import (
    User,
    all_keys,
    enrich_hosts,
    is_whole,
    made_show,
    new_show_id,
    post_enrich,
    watched,
)

pytestmark = pytest.mark.anyio

USERS, PROCESSES, SEASONS, EPISODES = 200, 4, 10, 6


async def test_two_hundred_users_of_one_cold_show_over_four_processes(
    emulators: Emulators, project: str, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tmp_path: Path
) -> None:
    show, keys = new_show_id(), all_keys(SEASONS, EPISODES)
    tmdb.put_show(show, made_show(SEASONS, EPISODES))
    tmdb.slow_down(0.15)
    users = [User(firestore, f"user-{number}") for number in range(USERS)]
    await asyncio.gather(*(user.track(show, watched(keys)) for user in users))
    environment = {**emulators.environment(), "GOOGLE_CLOUD_PROJECT": project}
    with enrich_hosts(
        PROCESSES, emulators=environment, tmdb_base_url=tmdb.base_url, folder=tmp_path
    ) as hosts:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=USERS)) as client:

            async def enrich(number: int) -> list[int]:
                """The statuses of this user's calls, the last of which has nothing pending."""
                token = unsigned_token(project, users[number].user_id)
                statuses: list[int] = []
                while not statuses or statuses[-1] == httpx.codes.ACCEPTED:
                    response = await post_enrich(client, hosts[number % PROCESSES], token, show)
                    statuses.append(response.status_code)
                    assert response.status_code in (200, 202), response.text
                    assert (response.status_code == httpx.codes.ACCEPTED) == bool(response.json()["pending"])
                return statuses

            async with asyncio.timeout(120):
                statuses = await asyncio.gather(*(enrich(number) for number in range(USERS)))
    assert {final[-1] for final in statuses} == {httpx.codes.OK}
    assert tmdb.calls()["seasons"] == {f"{show}_{season}": 1 for season in range(1, SEASONS + 1)}
    assert tmdb.calls()["total"] == 1
    for user in users:
        episodes = await user.episodes(show)
        assert set(episodes) == set(keys)
        assert all(is_whole(entry) and entry["watched"] for entry in episodes.values())
