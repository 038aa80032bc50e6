"""An ASGI application as an entry point, called as the framework calls it."""

import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import functions_framework.aio
import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from functions import _entry
from shared.errors import Misconfigured, StoreUnavailable
from shared.wiring import Wiring

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    _entry._wiring.cache_clear()
    yield
    _entry._wiring.cache_clear()


def echoing() -> FastAPI:
    """An application that says what it was sent."""
    app = FastAPI()

    @app.api_route("/api/v1/things/{id}", methods=["POST", "PATCH", "DELETE"])
    async def echo(request: Request) -> dict[str, Any]:
        return {"path": request.scope["path"], "body": (await request.body()).decode(), **request.path_params}

    return app


async def failing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ZeroDivisionError(SECRET)


async def failing_midway(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"so far", "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    raise ZeroDivisionError(SECRET)


async def without_database(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise StoreUnavailable("Firestore does not answer.")


def entry_of(make: Callable[[], ASGIApp]) -> Any:
    def api(_wiring: Wiring) -> ASGIApp:
        return make()

    return _entry.application(api)


async def call(entry: Any, method: str, path: str, **more: Any) -> httpx.Response:
    """Call it through the framework, as any server does."""
    serve: Any = functions_framework.aio._create_asgi_app_with_function
    served = serve(entry, "http", enable_id_logging=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://x") as client:
        return await client.request(method, path, **more)


def logged(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


async def pieces() -> AsyncIterator[bytes]:
    yield b"half and "
    yield b"half"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_the_application_has_the_whole_path_and_the_unread_body(
    method: str, lines: io.StringIO
) -> None:
    answer = await call(entry_of(echoing), method, "/api/v1/things/7?x=1", content=pieces())
    assert answer.status_code == 200
    told = {"path": "/api/v1/things/7", "body": "half and half", "id": "7"}
    assert {name: answer.json()[name] for name in told} == told
    (line,) = logged(lines)
    assert (line["message"], line["outcome"], line["status"]) == ("api", "ok", 200)
    # Not the path itself: it names what is its user's.
    assert (line["method"], line["route"]) == (method, "/api/v1/things/{id}")
    assert line["milliseconds"] >= 0
    assert line["firestoreReads"] == 0


async def test_what_is_at_no_route_is_logged_without_its_path(lines: io.StringIO) -> None:
    answer = await call(entry_of(echoing), "POST", "/api/v1/users/ada")
    assert answer.status_code == 404
    (line,) = logged(lines)
    assert (line["outcome"], line["status"], line["route"]) == ("refused", 404, "")
    assert "ada" not in lines.getvalue()


async def test_the_application_is_made_once() -> None:
    made = []

    def make() -> ASGIApp:
        made.append(1)
        return echoing()

    entry = entry_of(make)
    for _ in range(3):
        await call(entry, "POST", "/api/v1/things/7")
    assert made == [1]


async def test_a_bug_is_logged_and_says_nothing_to_the_caller(lines: io.StringIO) -> None:
    answer = await call(entry_of(lambda: failing), "GET", "/")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert SECRET not in answer.text
    assert [line["severity"] for line in logged(lines)] == ["ERROR", "WARNING"]
    assert "ZeroDivisionError" in logged(lines)[0]["stack_trace"]


async def test_a_bug_after_the_answer_is_logged_and_changes_nothing(lines: io.StringIO) -> None:
    answer = await call(entry_of(lambda: failing_midway), "GET", "/")
    assert (answer.status_code, answer.text) == (200, "so far")
    assert [line["severity"] for line in logged(lines)] == ["ERROR", "INFO"]


async def test_a_known_error_is_a_problem(lines: io.StringIO) -> None:
    answer = await call(entry_of(lambda: without_database), "GET", "/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["code"] == "store_unavailable"
    assert "stack_trace" not in lines.getvalue()


async def test_a_missing_setting_is_told_at_the_first_call_and_may_be_mended(lines: io.StringIO) -> None:
    refusals = [Misconfigured("APP_URL is not set.")]

    def make() -> ASGIApp:
        if refusals:
            raise refusals.pop()
        return echoing()

    entry = entry_of(make)
    assert (await call(entry, "POST", "/api/v1/things/7")).json()["code"] == "misconfigured"
    assert (await call(entry, "POST", "/api/v1/things/7")).status_code == 200
    assert [line["severity"] for line in logged(lines)] == ["ERROR", "WARNING", "INFO"]
