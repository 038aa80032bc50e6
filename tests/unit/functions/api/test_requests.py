"""What the API refuses, and how it says so."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from functions._entry import LONGEST_BODY
from shared.errors import AppError, Contention, NotFound, StoreUnavailable, Unavailable

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, which is of the form that all have."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail", "code"}
    return body


def fields(answer: httpx.Response) -> list[str]:
    return [error["field"] for error in problem(answer).get("errors", [])]


# Each body, and the fields that are said to be wrong in it.
BAD_FOLLOWS: list[tuple[Any, list[str]]] = [
    ({}, ["showId"]),
    ([], ["body"]),
    ("tv_1396", ["body"]),
    (None, ["body"]),
    ({"showId": 1396}, ["showId"]),
    ({"showId": "1396"}, ["showId"]),
    ({"showId": "tv_0"}, ["showId"]),
    ({"showId": "tv_1396/x"}, ["showId"]),
    ({"showId": "tv_1396\n"}, ["showId"]),
    ({"showId": "tv_١٣٩٦"}, ["showId"]),
    ({"showId": "\ud800"}, ["showId"]),
    ({"showId": "tv_" + "9" * 40}, ["showId"]),
    ({"showId": "tv_1396", "isFavourite": True}, ["isFavourite"]),
    ({"showId": "tv_1396", "is_favorite": True}, ["is_favorite"]),
    ({"showId": "tv_1396", "<script>": 1}, ["body"]),
    ({"showId": "tv_1396", "x" * 41: 1}, ["body"]),
    ({"showId": "tv_1396", "isFavorite": 1}, ["isFavorite"]),
    ({"showId": "tv_1396", "isFavorite": None}, ["isFavorite"]),
    ({"showId": "tv_1396", "isSilenced": "true"}, ["isSilenced"]),
    ({"showId": "tv_1396", "notifyNewEpisode": "yes"}, ["notifyNewEpisode"]),
    ({"showId": "tv_1396", "onlyWithinEpisodes": -1}, ["onlyWithinEpisodes"]),
    ({"showId": "tv_1396", "onlyWithinEpisodes": 1.5}, ["onlyWithinEpisodes"]),
    ({"showId": "tv_1396", "onlyWithinEpisodes": True}, ["onlyWithinEpisodes"]),
    ({"showId": "tv_1396", "onlyWithinEpisodes": 10**30}, ["onlyWithinEpisodes"]),
    ({"showId": "tv_1396", "notifyHoursBefore": 721}, ["notifyHoursBefore"]),
    ({"showId": "tv_1396", "notifyHoursBefore": -721}, ["notifyHoursBefore"]),
    ({"showId": "tv_1396", "notifyAtHour": 24}, ["notifyAtHour"]),
    ({"showId": "tv_1396", "notifyAtHour": 9, "notifyHoursBefore": 1}, ["notifyAtHour"]),
    ({"showId": "tv_1396", "lastWatchedSeason": 1}, ["lastWatchedEpisode"]),
    ({"showId": "tv_1396", "lastWatchedEpisode": 1}, ["lastWatchedEpisode"]),
    ({"showId": "tv_1396", "lastWatchedSeason": 1, "lastWatchedEpisode": None}, ["lastWatchedEpisode"]),
    ({"showId": "tv_1396", "lastWatchedSeason": "1", "lastWatchedEpisode": 1}, ["lastWatchedSeason"]),
    ({"showId": "tv_1396", "lastWatchedSeason": None, "lastWatchedEpisode": 1}, ["lastWatchedEpisode"]),
    ({"showId": "tv_1396", "lastWatchedSeason": 1, "lastWatchedEpisode": -1}, ["lastWatchedEpisode"]),
    ({"isFavorite": "x", "notifyAtHour": "x"}, ["isFavorite", "notifyAtHour", "showId"]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_FOLLOWS)
async def test_a_bad_follow_is_refused_with_its_fields(
    ada: httpx.AsyncClient, body: object, wrong: list[str]
) -> None:
    answer = await ada.post("/tracking", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert problem(answer)["code"] == "invalid_request"
    assert sorted(fields(answer)) == wrong


BAD_PROFILES: list[tuple[Any, list[str]]] = [
    ({"username": ""}, ["username"]),
    ({"username": "   "}, ["username"]),
    ({"username": "a\x00b"}, ["username"]),
    ({"username": "\ud800"}, ["username"]),
    ({"username": "a" * 41}, ["username"]),
    ({"username": 5}, ["username"]),
    ({"timezone": "Mars/Phobos"}, ["timezone"]),
    ({"timezone": "europe/vienna"}, ["timezone"]),
    ({"timezone": "../etc/passwd"}, ["timezone"]),
    ({"timezone": ""}, ["timezone"]),
    ({"timezone": "Factory"}, ["timezone"]),
    ({"timezone": 1}, ["timezone"]),
    ({"email": "eve@example.com"}, ["email"]),
    ({"preferences": None}, ["preferences"]),
    ({"preferences": []}, ["preferences"]),
    ({"preferences": {"notifyNewEpisodes": True}}, ["preferences.notifyNewEpisodes"]),
    ({"preferences": {"digestHour": 24}}, ["preferences.digestHour"]),
    ({"preferences": {"quietHours": {"from": "22:00"}}}, ["preferences.quietHours.to"]),
    ({"preferences": {"quietHours": {"from": "24:00", "to": "08:00"}}}, ["preferences.quietHours.from"]),
    ({"preferences": {"quietHours": {"from": "08:00", "to": "8:30"}}}, ["preferences.quietHours.to"]),
    ({"preferences": {"quietHours": {"from": "08:00", "to": "08:00"}}}, ["preferences.quietHours.to"]),
    ({"preferences": {"notifyAtHour": 1, "notifyHoursBefore": 0}}, ["preferences.notifyAtHour"]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_PROFILES)
async def test_a_bad_profile_is_refused_with_its_fields(
    ada: httpx.AsyncClient, body: object, wrong: list[str]
) -> None:
    answer = await ada.patch("/me", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert fields(answer) == wrong


BAD_DEVICES: list[tuple[Any, list[str]]] = [
    ({"platform": "android"}, ["token"]),
    ({"token": "t"}, ["platform"]),
    ({"platform": "symbian", "token": "t"}, ["platform"]),
    ({"platform": "ios", "token": "a b"}, ["token"]),
    ({"platform": "ios", "token": "t" * 1001}, ["token"]),
    ({"platform": "ios", "token": None, "fid": None}, ["token"]),
    ({"platform": "ios", "fid": "a/b"}, ["fid"]),
    ({"platform": "ios", "token": "t", "name": "\x07"}, ["name"]),
    ({"platform": "ios", "token": "t", "deviceId": "__all__"}, ["deviceId"]),
    ({"platform": "ios", "token": "t", "uid": "eve"}, ["uid"]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_DEVICES)
async def test_a_bad_device_is_refused_with_its_fields(
    ada: httpx.AsyncClient, body: object, wrong: list[str]
) -> None:
    answer = await ada.post("/me/devices", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert fields(answer) == wrong


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/tracking?limit=0", "limit"),
        ("/tracking?limit=201", "limit"),
        ("/tracking?limit=many", "limit"),
        ("/tracking?cursor=x", "cursor"),
        ("/tracking/favorites?cursor=%00", "cursor"),
        (f"/tracking?cursor={'x' * 1001}", "cursor"),
        ("/notifications?status=gone", "status"),
        ("/notifications?cursor=WyJmb2xsb3dzIiwidHZfMSJd", "cursor"),  # one of another list
        ("/timeline", "from"),
        ("/timeline?from=2026-01-01", "to"),
        ("/timeline?from=2026-02-30&to=2026-03-01", "from"),
        ("/timeline?from=1767225600&to=1767225600", "from"),
        ("/timeline?from=2026-03-02&to=2026-03-01", "to"),
        ("/timeline?from=2026-01-01&to=2027-01-02", "to"),
        ("/timeline/today?type=new_episode&type=news", "type.1"),
        ("/timeline/week?limit=-1", "limit"),
    ],
)
async def test_a_bad_query_is_refused_with_its_field(ada: httpx.AsyncClient, path: str, wrong: str) -> None:
    answer = await ada.get(path)
    assert answer.status_code == 422
    assert wrong in fields(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/tracking/1396"),
        ("DELETE", "/tracking/tv_"),
        ("DELETE", "/tracking/..%2F..%2Fusers%2Feve"),
        ("POST", "/tracking/movie_x/favorite"),
        ("DELETE", "/me/devices/__all__"),
        ("DELETE", f"/me/devices/{'x' * 65}"),
        ("PATCH", "/notifications/-/read"),
        ("GET", "/notifications/a%20b/why"),
        ("GET", "/timeline/tomorrow"),
        ("GET", "/tracking/"),
        ("GET", "/"),
    ],
)
async def test_what_can_be_nothing_is_not_found(ada: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await ada.request(method, path, json={"isFavorite": True} if method != "GET" else None)
    assert answer.status_code == 404
    assert problem(answer)["code"] == "not_found"


async def test_a_method_that_is_none_is_answered_with_those_that_are(anyone: httpx.AsyncClient) -> None:
    answer = await anyone.put("/me")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, PATCH")
    assert problem(answer)["code"] == "method_not_allowed"


SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    ("content", "headers", "wrong"),
    [
        (b"{", JSON, ["body"]),
        (b"", JSON, ["body"]),
        (b"\xff", JSON, []),
        (b"[" * 60_000, JSON, []),
        (b'{"showId": ' + b"9" * 5_000 + b"}", JSON, []),
        (b'{"showId": NaN}', JSON, ["showId"]),
        (b'{"showId": "tv_1396"}', {"Content-Type": "text/plain"}, ["body"]),
        (b'{"showId": "tv_1396"}', {}, ["body"]),
        (f'{{"{SECRET}": "{SECRET}", "showId": "{SECRET}"}}'.encode(), JSON, ["body", "showId"]),
        (b" " * (LONGEST_BODY + 1), JSON, []),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_problem_that_repeats_nothing(
    ada: httpx.AsyncClient, content: bytes, headers: dict[str, str], wrong: list[str]
) -> None:
    answer = await ada.post("/tracking", content=content, headers=headers)
    assert answer.status_code == 422
    assert problem(answer)["code"] == "invalid_request"
    assert sorted(fields(answer)) == wrong
    assert SECRET not in answer.text


async def test_a_body_that_is_sent_in_pieces_is_bounded_too(ada: httpx.AsyncClient) -> None:
    async def pieces() -> Any:
        for _ in range(70):
            yield b" " * 1_000

    answer = await ada.post("/tracking", content=pieces(), headers=JSON)
    assert answer.status_code == 422
    assert problem(answer)["detail"] == f"The body is longer than {LONGEST_BODY} bytes."


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer not-a-token"])
async def test_without_a_valid_token_nothing_is_told(anyone: httpx.AsyncClient, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    for method, path in (("GET", "/me"), ("POST", "/tracking"), ("DELETE", "/tracking/tv_1396")):
        answer = await anyone.request(method, path, headers=headers, json={"isFavorite": "wrong"})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert problem(answer)["code"] == "not_signed_in"


async def test_a_bug_is_a_problem_without_its_message(app: FastAPI, ada: httpx.AsyncClient) -> None:
    @app.get("/api/v1/bug")
    async def bug() -> None:
        raise ZeroDivisionError(SECRET)

    served = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=served, base_url=ada.base_url) as client:
        answer = await client.get("/bug")
    assert answer.status_code == 500
    assert problem(answer)["code"] == "internal"
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("Not there."), 404, "not_found"),
        (Contention("Too many."), 503, "busy"),
        (StoreUnavailable("No answer."), 503, "store_unavailable"),
        (Unavailable("pubsub", "no answer"), 503, "upstream_unavailable"),
    ],
)
async def test_a_known_error_is_a_problem(
    app: FastAPI, anyone: httpx.AsyncClient, error: AppError, status: int, code: str
) -> None:
    @app.get("/api/v1/error")
    async def fail() -> None:
        raise error

    answer = await anyone.get("/error")
    assert (answer.status_code, problem(answer)["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)
