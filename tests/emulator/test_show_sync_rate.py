"""However many instances sync, TMDB is not asked more often than the catalogue allows."""

import asyncio
import contextlib
import os
from pathlib import Path

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from functions import _entry, catalog
from local.emulators import Emulators
from local.functions_host import function_host
from local.stand_ins.running import RunningTmdbStandIn
from shared.domain.show import ShowKey
from tests.emulator.harness import made_show, new_show_id
from tests.emulator.published import read_topic
from tests.emulator.test_show_sync_killed import EVENT, delivery

pytestmark = pytest.mark.anyio

SOURCE = Path(__file__).with_name("quick_functions.py")
PROCESSES = 4
SHOWS = 400
TIMES = 10


@pytest.mark.parametrize("row", catalog.FUNCTIONS, ids=lambda row: row.name)
def test_the_share_of_an_instance_is_that_of_its_row(
    row: catalog.Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-share")
    assert _entry._wiring_of(row.name)._tmdb_calls == row.tmdb_calls


async def test_four_hundred_syncs_over_four_processes_stay_within_their_share(
    emulators: Emulators, project: str, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tmp_path: Path
) -> None:
    keys = [ShowKey("tv", new_show_id()) for _ in range(SHOWS)]
    for key in keys:
        tmdb.put_show(key.tmdb_id, made_show(1, 1))
    environment = {
        **os.environ,
        **emulators.environment(),
        "GOOGLE_CLOUD_PROJECT": project,
        "TMDB_BASE_URL": tmdb.base_url,
        "TMDB_ACCESS_TOKEN": "stand-in",
    }
    with contextlib.ExitStack() as stack:
        hosts = [
            stack.enter_context(
                function_host(
                    "show_sync", environment=environment, log=tmp_path / f"{number}.log", source=SOURCE
                )
            )
            for number in range(PROCESSES)
        ]
        async with (
            read_topic(emulators, project, "timeline-events"),
            httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=64)) as client,
        ):
            answers = await asyncio.gather(
                *(
                    client.post(hosts[number % PROCESSES].url, headers=EVENT, json=delivery(key))
                    for number, key in enumerate(keys)
                )
            )
    assert {answer.status_code for answer in answers} == {204}
    share = catalog.function("show_sync").tmdb_calls * TIMES
    assert tmdb.calls()["total"] == SHOWS
    assert tmdb.calls()["busiest_10_seconds"] <= PROCESSES * share
    stored = [document async for document in firestore.collection("shows").select(()).stream()]
    assert len(stored) == SHOWS
