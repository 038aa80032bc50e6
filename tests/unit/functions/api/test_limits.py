"""Limits when nobody can count, and a deployment that cannot sign anyone in."""

import logging

import httpx
import pytest
from fastapi import FastAPI

from functions.api.app import make_app
from shared.config import read_settings
from shared.domain.rate_limit import SEARCH_MISS
from shared.wiring import Wiring
from tests.unit.functions.api.conftest import NOWHERE, PROJECT

pytestmark = pytest.mark.anyio


async def test_where_nobody_can_count_everybody_may(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    wiring: Wiring = app.state.wiring
    with caplog.at_level(logging.WARNING):
        await wiring.rate_limiter.spend(SEARCH_MISS, user="ada", address="192.0.2.1")
    assert [record.getMessage() for record in caplog.records] == [
        "Not limited: search_miss. The database does not answer. Try again in a moment."
    ]
    await wiring.firestore._firestore_api.transport.close()


async def test_without_firebases_key_nobody_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", NOWHERE)
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    wiring = Wiring(read_settings({"GOOGLE_CLOUD_PROJECT": PROJECT}), tmdb_calls_per_10_seconds=1)
    app = make_app(wiring)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api") as client:
        body = {"email": "ada@example.com", "password": "secret words"}
        answer = await client.post("/api/v1/auth/login", json=body)
        preflight = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "GET"}
        asked = await client.options("/api/v1/me", headers=preflight)
    assert (answer.status_code, answer.json()["code"]) == (500, "misconfigured")
    assert "FIREBASE_WEB_API_KEY" in answer.json()["detail"]
    # A page on somebody's own machine is nobody's page to a deployment.
    assert "Access-Control-Allow-Origin" not in asked.headers
    await wiring.firestore._firestore_api.transport.close()
