"""Who may enrich what: real users of the Auth emulator, and tokens that are not theirs to use."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.auth_emulator import sign_up, unsigned_token
from local.emulators import Emulators
from local.functions_host import FunctionHost
from local.processes import ROOT
from local.stand_ins.running import RunningTmdbStandIn
from tests.emulator.harness import User, enrich_hosts, is_whole, post_enrich, watched

pytestmark = pytest.mark.anyio

SHOW = 87108


@pytest.fixture
def host(emulators: Emulators, tmdb: RunningTmdbStandIn, tmp_path: Path) -> Iterator[FunctionHost]:
    with enrich_hosts(1, emulators=emulators.environment(), tmdb_base_url=tmdb.base_url, folder=tmp_path) as (
        running,
    ):
        yield running


async def test_a_user_enriches_their_own_documents_and_no_trace_of_anothers(
    emulators: Emulators, project: str, host: FunctionHost
) -> None:
    firestore = AsyncClient(project=emulators.project)
    ada_id, ada_token = sign_up(str(emulators.auth), f"{project}-ada@example.com")
    _, eve_token = sign_up(str(emulators.auth), f"{project}-eve@example.com")
    ada = User(firestore, ada_id)
    await ada.track(SHOW, watched(["1_1"]))
    async with httpx.AsyncClient() as client:
        of_eve = await post_enrich(client, host, eve_token, SHOW)
        assert of_eve.status_code == 404
        assert of_eve.json()["code"] == "not_found"
        nowhere = await post_enrich(client, host, eve_token, SHOW + 1)
        assert nowhere.json()["detail"].replace(str(SHOW + 1), str(SHOW)) == of_eve.json()["detail"]
        assert await ada.episodes(SHOW) == watched(["1_1"])
        assert (await post_enrich(client, host, ada_token, SHOW)).status_code == 200
        assert is_whole((await ada.episodes(SHOW))["1_1"])
        for token in refused_tokens(emulators.project, ada_id):
            refused = await post_enrich(client, host, token, SHOW)
            assert refused.status_code == 401, token
            assert refused.json()["code"] == "not_signed_in"
            assert refused.headers["WWW-Authenticate"] == "Bearer"
    log = host.log.read_text()
    assert ada_token not in log
    assert ada_id not in log
    await firestore._firestore_api.transport.close()


def refused_tokens(project: str, user_id: str) -> list[str]:
    return [
        unsigned_token(project, user_id, expires_in=-60),
        unsigned_token("demo-another-project", user_id),
        unsigned_token(project, ""),
        unsigned_token(project, "x" * 129),
        unsigned_token(project, f"{user_id}/episode_tracking/1/more"),
        "not-a-token",
        "a.b.c",
    ]


@pytest.mark.parametrize(
    "name", ["FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"]
)
def test_a_process_on_cloud_run_refuses_to_start_with_an_emulator(name: str) -> None:
    framework = str(Path(sys.executable).parent / "functions-framework")
    started = subprocess.run(  # noqa: S603 - our own program
        [framework, "--source", "functions/main.py", "--target", "enrich", "--port", "0"],
        cwd=ROOT,
        env={
            **{key: value for key, value in os.environ.items() if "EMULATOR" not in key},
            "GOOGLE_CLOUD_PROJECT": "real",
            "K_SERVICE": "enrich",
            name: "127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode != 0
    assert f"{name} must not be set on Cloud Run" in started.stderr
