"""A sync that dies at the worst moments, and is delivered again: all of it is done, once."""

import asyncio
import base64
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.functions_host import FunctionHost, function_host
from local.stand_ins.running import RunningTmdbStandIn
from shared.domain.message import ShowSync
from shared.domain.show import ShowKey
from tests.emulator.harness import new_show_id
from tests.emulator.proxy import relay
from tests.emulator.published import read_topic
from tests.emulator.test_show_sync import airing, events, logs, versions

pytestmark = pytest.mark.anyio

EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-source": "//pubsub.googleapis.com/projects/demo/topics/show-sync",
}


def delivery(key: ShowKey) -> dict[str, Any]:
    data = base64.b64encode(ShowSync(show_key=key).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "s", "deliveryAttempt": 1}


async def deliver(host: FunctionHost, key: ShowKey) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as client:
        return await client.post(host.url, headers=EVENT, json=delivery(key))


def kill(host: FunctionHost) -> None:
    for process_id in host.process_ids():
        os.kill(process_id, signal.SIGKILL)


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
async def test_a_sync_that_is_killed_is_done_once_when_it_is_delivered_again(
    emulators: Emulators,
    project: str,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    tmp_path: Path,
    moment: str,
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    environment = {
        **os.environ,
        **emulators.environment(),
        "GOOGLE_CLOUD_PROJECT": project,
        "TMDB_BASE_URL": tmdb.base_url,
        "TMDB_ACCESS_TOKEN": "stand-in",
    }
    async with read_topic(emulators, project, "timeline-events") as topic:
        with relay(str(emulators.firestore)) as store, relay(str(emulators.pubsub)) as pubsub:
            relayed = {"FIRESTORE_EMULATOR_HOST": store.host, "PUBSUB_EMULATOR_HOST": pubsub.host}
            doomed = function_host(
                "show_sync", environment={**environment, **relayed}, log=tmp_path / "doomed.log"
            )
            with doomed as host:
                tmdb.hold("/tv/")
                dying = asyncio.create_task(deliver(host, key))
                await asyncio.to_thread(tmdb.wait_until_held)
                line = store if moment == "before the commit" else pubsub
                line.block()
                tmdb.release()
                await asyncio.to_thread(line.wait_until_kept_back)
                kill(host)
                with pytest.raises(httpx.TransportError):
                    await dying
        assert len(await events(firestore)) == (0 if moment == "before the commit" else 3)
        assert await topic.news() == []
        with function_host("show_sync", environment=environment, log=tmp_path / "next.log") as host:
            for _ in range(2):
                assert (await deliver(host, key)).status_code == 204
        found = await events(firestore)
        assert {event["version"] for event in found.values()} == {1}
        assert versions(await topic.news()) == {(event_id, 1) for event_id in found}
    updated = [log["recordsUpdated"] for log in await logs(firestore)]
    assert max(updated) == 6
    assert sum(updated) == 6
