"""`POST /enrich` from the outside, as far as it comes without a database."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import functions_framework
import httpx
import pytest
from starlette.types import ASGIApp

from functions import _entry
from tests.unit.adapters.tokens import claims_of, unsigned

PROJECT = "demo-enrich-entry"
TOKEN = unsigned(claims_of(PROJECT))
SIGNED_IN = {"Authorization": f"Bearer {TOKEN}"}

NO_MAPS: list[object] = [[], None, 5, "x", True]
NO_SHOWS: list[object] = [None, "1396", 1396.0, 1396.5, True, False, 0, -1, 2**53, 10**400, [], {}]
NO_SEASON_LISTS: list[object] = [1, "1", True, {}, list(range(501))]
NO_SEASONS: list[object] = [None, "1", 1.0, True, -1, 1_000_000, [1]]
NO_FLAGS: list[object] = [None, 1, 0, "true", []]
NO_WAITS: list[object] = ["2", True, -0.1, 20.1, 1e300, float("nan"), float("inf"), []]

MALFORMED: list[tuple[object, list[str]]] = [
    *[(value, ["body"]) for value in NO_MAPS],
    ({}, ["showId"]),
    *[({"showId": value}, ["showId"]) for value in NO_SHOWS],
    *[({"showId": 1, "seasons": value}, ["seasons"]) for value in NO_SEASON_LISTS],
    *[({"showId": 1, "seasons": [1, value]}, ["seasons.1"]) for value in NO_SEASONS],
    *[({"showId": 1, "refresh": value}, ["refresh"]) for value in NO_FLAGS],
    *[({"showId": 1, "waitSeconds": value}, ["waitSeconds"]) for value in NO_WAITS],
    ({"showId": 1, "uid": "bob"}, ["uid"]),
    ({"show_id": 1}, ["showId", "show_id"]),
    ({"showId": 1, "\ud800": 1}, ["body"]),
]
"""Bodies, and the fields that their answer complains of."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("K_SERVICE", "CLAIM_LEASE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    _entry._wiring.cache_clear()
    yield
    _entry._wiring.cache_clear()


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    created: ASGIApp = functions_framework.create_app("enrich", "functions/main.py")  # type: ignore[no-untyped-call]
    return created


@pytest.fixture
async def client(app: ASGIApp, lines: io.StringIO) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://enrich.test") as client:
        yield client
    assert "Traceback" not in lines.getvalue()
    assert TOKEN not in lines.getvalue()


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a problem answer, with what all of them have in common looked at."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == body["status"] == status
    assert body["code"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert body.keys() <= {"type", "title", "status", "detail", "code", "errors"}
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    assert TOKEN not in answer.text
    return body


@pytest.mark.anyio
async def test_a_browser_is_told_that_it_may_call(client: httpx.AsyncClient) -> None:
    answer = await client.options(
        "/", headers={"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert {"authorization", "content-type"} <= set(
        answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_other_methods_are_not_allowed(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/", headers=SIGNED_IN)

    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="an empty header"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer   ", id="a blank token"),
        pytest.param("Bearer garbage", id="garbage"),
        pytest.param(f"Basic {TOKEN}", id="another scheme"),
        pytest.param(TOKEN, id="a token alone"),
        pytest.param(f"Bearer {TOKEN} {TOKEN}", id="two tokens"),
        pytest.param(f"Bearer {unsigned(claims_of('another'))}", id="a token of another project"),
        pytest.param(f"Bearer {unsigned(claims_of(PROJECT, exp=1))}", id="a token that has expired"),
        pytest.param(f"Bearer {unsigned(b'[' * 20_000)}", id="a token nested too deep"),
    ],
)
async def test_without_a_valid_token_nobody_is_let_in(
    client: httpx.AsyncClient, lines: io.StringIO, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}

    answer = await client.post("/", json={"showId": 1396}, headers=headers)

    problem_of(answer, 401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert header is None or len(header) < 20 or header[7:] not in answer.text + lines.getvalue()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="half"),
        pytest.param(b"showId=1396", id="a form"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
        pytest.param(b"[" * 60_000, id="nested too deep"),
        pytest.param(b'{"showId":' + b"9" * 5_000 + b"}", id="a number too long to read"),
        pytest.param(b'{"showId": 1' + b" " * _entry.LONGEST_BODY + b"}", id="too long"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/", content=body, headers=SIGNED_IN)

    assert "errors" not in problem_of(answer, 422, "invalid_request")


@pytest.mark.anyio
async def test_a_body_without_end_is_read_only_so_far(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * _entry.LONGEST_BODY:
            sent += 8192
            yield b" " * 8192

    problem_of(await client.post("/", content=endless(), headers=SIGNED_IN), 422, "invalid_request")
    assert sent <= 2 * _entry.LONGEST_BODY


@pytest.mark.anyio
@pytest.mark.parametrize(("body", "fields"), MALFORMED, ids=lambda part: repr(part)[:40])
async def test_a_malformed_body_is_refused_field_by_field(
    client: httpx.AsyncClient, body: object, fields: list[str]
) -> None:
    answer = await client.post("/", content=json.dumps(body), headers=SIGNED_IN)

    problem = problem_of(answer, 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == fields
    assert all(error["problem"] for error in problem["errors"])


@pytest.mark.anyio
async def test_a_setting_that_is_missing_is_our_fault(
    client: httpx.AsyncClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")

    answer = await client.post("/", json={"showId": 1}, headers=SIGNED_IN)

    problem_of(answer, 500, "misconfigured")
    assert '"ERROR"' in lines.getvalue()


@pytest.mark.anyio
async def test_each_request_is_one_line_with_what_it_cost(
    client: httpx.AsyncClient, lines: io.StringIO
) -> None:
    await client.post("/", json={}, headers=SIGNED_IN)

    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert line.pop("milliseconds") >= 0
    assert line == {
        "severity": "INFO",
        "message": "enrich",
        "outcome": "refused",
        "status": 422,
        "firestoreReads": 0,
        "firestoreWrites": 0,
        "logging.googleapis.com/labels": {"logger": "functions._log_line", "function": "enrich"},
    }
