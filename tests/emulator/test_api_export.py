"""The export of everything that is held of a user."""

import json
import os
import tracemalloc
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient, GeoPoint
from google.cloud.firestore_v1.vector import Vector

from functions.api import export
from functions.api.app import make_app
from local.auth_emulator import unsigned_token
from local.emulators import Emulators
from local.functions_host import function_host
from shared.adapters.firestore import paths
from shared.domain.rate_limit import EXPORT
from shared.domain.tracking import UserId
from shared.errors import StoreUnavailable
from tests.emulator.accounts import client_at, make_account
from tests.emulator.harness import Instance, all_keys
from tests.emulator.proxy import Relay, relay

pytestmark = pytest.mark.anyio

ADA = UserId("ada")


@pytest.fixture
def app(instance: Instance) -> FastAPI:
    return make_app(instance)


@pytest.fixture
async def ada(app: FastAPI, instance: Instance, project: str) -> AsyncIterator[httpx.AsyncClient]:
    await make_account(instance, ADA, patron=True)
    async with client_at(app, project, ADA) as client:
        yield client


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


async def exported(client: httpx.AsyncClient) -> Any:
    answer = await client.get("/me/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.content, parse_constant=refuse_constant)
    export.ExportAnswer.model_validate(told)
    return told


async def test_all_that_is_held_is_there_but_of_secrets_only_that_they_are(
    ada: httpx.AsyncClient, firestore: AsyncClient
) -> None:
    at = datetime(2026, 7, 24, 20, 15, 30, 123456, tzinfo=UTC)
    held: dict[str, dict[str, Any]] = {
        "users/ada": {"email": "ada@example.com", "timezone": "Europe/Vienna", "createdAt": at},
        "users/ada/devices/d1": {"token": "a-token", "platform": "ios"},
        "users/ada/tracked_shows/tv_1396": {"showKey": "tv_1396", "uid": "ada"},
        "users/ada/notifications/episode_1": {"title": "Silo", "status": "sent"},
        "users/ada/episode_tracking/1396": {"episodes": {"1_1": {"watched": True, "watchedAt": at}}},
        "users/ada/a_later_version/one": {"text": "kept"},
        "users/ada/private/sessions": {"sessions": {"s1": {"sealed": b"secret-1", "digest": "secret-2"}}},
        "users/ada/private/trakt": {"accessToken": "secret-3"},
        "enrich_queue/ada_1396": {"uid": "ada", "showId": 1396},
        "calendar_keys/secret-4": {"uid": "ada"},
        "enrich_queue/ada_1_1396": {"uid": "ada_1", "showId": 1396, "whose": "not hers"},
        "users/eve": {"email": "eve@example.com"},
        "users/eve/devices/d2": {"token": "not hers"},
    }
    for path, fields in held.items():
        await firestore.document(path).set(fields)
    told = await exported(ada)
    when = "2026-07-24T20:15:30.123456Z"
    account = told.pop("account")
    assert (account["email"], account["displayName"], account["claims"]) == (
        "ada@example.com",
        "Ada",
        {"patron": True},
    )
    assert account["createdAt"]
    assert datetime.fromisoformat(told.pop("exportedAt")).tzinfo is not None
    assert told == {
        "userId": "ada",
        "user": {"email": "ada@example.com", "timezone": "Europe/Vienna", "createdAt": when},
        "collections": {
            "devices": {"d1": {"token": "a-token", "platform": "ios"}},
            "tracked_shows": {"tv_1396": {"showKey": "tv_1396", "uid": "ada"}},
            "notifications": {"episode_1": {"title": "Silo", "status": "sent"}},
            "episode_tracking": {"1396": {"episodes": {"1_1": {"watched": True, "watchedAt": when}}}},
            "a_later_version": {"one": {"text": "kept"}},
            "private": {"sessions": {"held": True}, "trakt": {"held": True}},
            "enrich_queue": {"ada_1396": {"uid": "ada", "showId": 1396}},
            "calendar_keys": {"1": {"held": True}},
        },
        "isComplete": True,
    }
    assert "secret" not in json.dumps(told)


async def test_who_has_nothing_but_an_account(ada: httpx.AsyncClient) -> None:
    told = await exported(ada)
    assert (told["user"], told["collections"], told["isComplete"]) == (None, {}, True)


async def test_odd_values_and_names_are_valid_json(ada: httpx.AsyncClient, firestore: AsyncClient) -> None:
    odd = {
        'a "name"\n': "\u2028 \x01 \U0001f600 \\",
        "no number": [float("nan"), float("inf"), float("-inf"), -0.0, 1e308],
        "bytes": b"\x00\xff",
        "reference": firestore.document("shows/tv_1396"),
        "point": GeoPoint(48.2, 16.4),
        "vector": Vector([1.0, 2.5]),
        "large": 2**63 - 1,
        "none": None,
        "deep": {"er": [{"and": {"deeper": []}}, {}]},
    }
    await firestore.collection("users/ada/notifications").document("a 'b' \"c\" ü").set({"x": 1})
    await firestore.document("users/ada/episode_tracking/not a show").set(odd)
    told = (await exported(ada))["collections"]["episode_tracking"]["not a show"]
    assert told == {
        **odd,
        "no number": ["NaN", "Infinity", "-Infinity", 0.0, 1e308],
        "bytes": "AP8=",
        "reference": "shows/tv_1396",
        "point": {"latitude": 48.2, "longitude": 16.4},
        "vector": [1.0, 2.5],
    }


async def hold_long_shows(firestore: AsyncClient, count: int, seasons: int, episodes: int) -> None:
    entry = {"watched": True, "episodeName": "An episode of a usual name", "episodeAirDate": "2026-07-24"}
    fields = {"episodes": dict.fromkeys(all_keys(seasons, episodes), entry)}
    for start in range(1, count + 1, 20):
        batch = firestore.batch()
        for number in range(start, min(start + 20, count + 1)):
            batch.set(firestore.document(f"users/ada/episode_tracking/{number}"), fields)
            batch.set(firestore.document(f"users/ada/tracked_shows/tv_{number}"), {"uid": "ada"})
        await batch.commit()


async def test_five_hundred_shows_are_sent_while_they_are_read(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient
) -> None:
    await hold_long_shows(firestore, 500, 10, 20)
    told = await exported(ada)
    assert told["collections"]["episode_tracking"].keys() == {str(number) for number in range(1, 501)}
    assert len(told["collections"]["tracked_shows"]) == 500
    assert len(told["collections"]["episode_tracking"]["250"]["episodes"]) == 200
    # What is in memory meanwhile is a page of them.
    answer = await export.export_me(ADA, instance, export_limits())
    size = 0
    tracemalloc.start()
    async for chunk in answer.body_iterator:
        assert isinstance(chunk, bytes)
        size += len(chunk)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < size / 2


async def gathered(chunks: AsyncIterable[Any], into: bytearray) -> None:
    async for chunk in chunks:
        into += chunk


def export_limits() -> Any:
    class Unlimited:
        async def spend(self, *_: object) -> None:
            return

    return Unlimited()


async def test_where_the_database_fails_in_between_it_is_no_whole_json(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ada  # she has to be there
    await hold_long_shows(firestore, 30, 10, 20)
    elsewhere = instance.held.elsewhere

    async def fail(user_id: UserId, collection: str) -> AsyncIterator[Any]:
        async for one in elsewhere(user_id, collection):
            yield one
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(instance.held, "elsewhere", fail)
    came = bytearray()
    pieces = await export.export_me(ADA, instance, export_limits())
    with pytest.raises(StoreUnavailable):
        await gathered(pieces.body_iterator, came)
    assert len(came) > 100_000
    with pytest.raises(json.JSONDecodeError):
        json.loads(bytes(came))


async def test_the_real_function_cuts_the_connection_where_the_database_goes_away(
    emulators: Emulators, instance: Instance, firestore: AsyncClient, project: str, tmp_path: Path
) -> None:
    await make_account(instance, ADA)
    await hold_long_shows(firestore, 200, 10, 40)
    with relay(str(emulators.firestore)) as store:
        environment = {
            **os.environ,
            **emulators.environment(),
            "FIRESTORE_EMULATOR_HOST": store.host,
            "GOOGLE_CLOUD_PROJECT": project,
        }
        with function_host("api", environment=environment, log=tmp_path / "api.log") as host:
            headers = {"Authorization": f"Bearer {unsigned_token(project, ADA)}"}
            came = bytearray()
            async with httpx.AsyncClient(headers=headers, timeout=60) as client:
                with pytest.raises(httpx.RemoteProtocolError):
                    await cut(client, f"{host.url}api/v1/me/export", store, came)
    assert came
    with pytest.raises(json.JSONDecodeError):
        json.loads(bytes(came))
    log = (tmp_path / "api.log").read_text()
    assert "The database does not answer" in log


async def cut(client: httpx.AsyncClient, url: str, store: Relay, came: bytearray) -> None:
    """Get it, and let the database go away when the first of it has come."""
    async with client.stream("GET", url) as answer:
        assert answer.status_code == 200
        async for chunk in answer.aiter_bytes():
            came += chunk
            store.block()


async def test_what_fails_before_anything_is_sent_is_a_problem(
    ada: httpx.AsyncClient, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: UserId) -> None:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(instance.held, "user", fail)
    answer = await ada.get("/me/export")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")


async def test_it_is_for_who_is_still_there_and_not_too_often(
    ada: httpx.AsyncClient, app: FastAPI, project: str
) -> None:
    async with client_at(app, project, "nobody") as nobody:
        assert (await nobody.get("/me/export")).status_code == 401
    assert EXPORT.per_user is not None
    answers = [await ada.get("/me/export") for _ in range(EXPORT.per_user.most + 1)]
    assert [answer.status_code for answer in answers] == [200] * EXPORT.per_user.most + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_its_collections_are_those_of_the_stores() -> None:
    from shared.usecases.export_user import ELSEWHERE

    assert set(ELSEWHERE) == {paths.ENRICH_QUEUE, paths.CALENDAR_KEYS, paths.API_CACHE}
