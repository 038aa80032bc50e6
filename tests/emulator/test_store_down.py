"""Firestore goes away in the middle: a clear answer, and nothing half-written."""

import asyncio
from pathlib import Path

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.auth_emulator import unsigned_token
from local.emulators import firestore_alone
from local.stand_ins.running import RunningTmdbStandIn
from tests.emulator.harness import (
    User,
    all_keys,
    enrich_hosts,
    is_whole,
    made_show,
    new_project,
    new_show_id,
    post_enrich,
    watched,
)

pytestmark = pytest.mark.anyio


async def test_a_stopped_firestore_is_a_503_problem_and_the_document_is_whole(
    tmdb: RunningTmdbStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, show, keys = new_project(), new_show_id(), all_keys(3, 40)
    tmdb.put_show(show, made_show(3, 40))
    token = unsigned_token(project, "ada")
    with firestore_alone() as store:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", store.host)
        firestore = AsyncClient(project=project)
        user = User(firestore, "ada")
        await user.track(show, watched(keys))
        environment = {
            "GOOGLE_CLOUD_PROJECT": project,
            "FIRESTORE_EMULATOR_HOST": store.host,
            "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
        }
        with enrich_hosts(1, emulators=environment, tmdb_base_url=tmdb.base_url, folder=tmp_path) as (host,):
            async with httpx.AsyncClient() as client:
                tmdb.hold("/tv/")
                enriching = asyncio.create_task(post_enrich(client, host, token, show, waitSeconds=20))
                await asyncio.to_thread(tmdb.wait_until_held)
                store.pause()
                tmdb.release()
                assert_is_problem(await enriching)
                store.resume()
                episodes = await user.episodes(show)
                assert set(episodes) == set(keys)
                assert len({is_whole(entry) for entry in episodes.values()}) == 1
                assert all(entry["watched"] for entry in episodes.values())
                store.kill()
                assert_is_problem(await post_enrich(client, host, token, show))
        await firestore._firestore_api.transport.close()
    assert "Traceback" not in (tmp_path / "enrich-0.log").read_text().split("status=503")[-1]


def assert_is_problem(response: httpx.Response) -> None:
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"]
    assert response.json()["code"] == "store_unavailable"
