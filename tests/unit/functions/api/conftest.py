"""The application in this process, as far as it goes without a database."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from functions.api.app import make_app
from local.auth_emulator import unsigned_token
from shared.config import read_settings
from shared.wiring import Wiring

PROJECT = "demo-api"
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    # Without these the clients look for credentials as soon as they are made.
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", NOWHERE)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", NOWHERE)
    settings = read_settings({"GOOGLE_CLOUD_PROJECT": PROJECT, "PUBSUB_EMULATOR_HOST": NOWHERE})
    return make_app(Wiring(settings, tmdb_calls_per_10_seconds=1))


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api/api/v1") as client:
        yield client


@pytest.fixture
async def ada(anyone: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with a token as the Auth emulator gives them, which nobody is asked about."""
    anyone.headers["Authorization"] = f"Bearer {unsigned_token(PROJECT, 'ada')}"
    return anyone
