"""What is sent to Firebase Authentication, and what its answers mean."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from shared.adapters.firebase_auth import FirebaseAccounts, accounts_client, tokens_client
from shared.adapters.http import Share
from shared.errors import (
    AlreadyExists,
    AppError,
    InvalidRequest,
    Malformed,
    Misconfigured,
    NotAllowed,
    RateLimited,
    Rejected,
    SessionOver,
    TooManyRequests,
    Unavailable,
    WrongCredentials,
)

pytestmark = pytest.mark.anyio

SIGNED_IN = {
    "localId": "ada",
    "idToken": "i",
    "refreshToken": "r",
    "expiresIn": "3600",
    "email": "a@example.com",
}
RENEWED = {"user_id": "ada", "id_token": "i", "refresh_token": "r", "expires_in": "3600"}
Reply = Callable[[httpx.Request], httpx.Response]


def accounts(reply: Reply, emulator_host: str | None = None) -> FirebaseAccounts:
    def client(make: Callable[..., Any]) -> Any:
        return make(
            api_key="key",
            emulator_host=emulator_host,
            share=Share(1_000, 0.01),
            transport=httpx.MockTransport(reply),
        )

    return FirebaseAccounts(client(accounts_client), client(tokens_client))


def failing(message: object, status: int = 400) -> FirebaseAccounts:
    error = {"error": {"code": status, "message": message, "errors": [{"domain": "global"}]}}
    return accounts(lambda _: httpx.Response(status, json=error))


@pytest.mark.parametrize("emulator_host", [None, "127.0.0.1:9099"])
async def test_what_is_asked(emulator_host: str | None) -> None:
    asked: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=SIGNED_IN | RENEWED)

    firebase = accounts(reply, emulator_host)
    made = await firebase.register("a@example.com", "secret")
    assert (made.user_id, made.id_token, made.refresh_token, made.expires_in) == ("ada", "i", "r", 3600)
    assert await firebase.sign_in("a@example.com", "secret") == made
    assert (await firebase.renew("r")).user_id == "ada"
    base = f"http://{emulator_host}/" if emulator_host else "https://"
    assert [str(request.url) for request in asked] == [
        f"{base}identitytoolkit.googleapis.com/v1/accounts:signUp",
        f"{base}identitytoolkit.googleapis.com/v1/accounts:signInWithPassword",
        f"{base}securetoken.googleapis.com/v1/token",
    ]
    assert {request.headers["X-Goog-Api-Key"] for request in asked} == {"key"}
    body = {"email": "a@example.com", "password": "secret", "returnSecureToken": True}
    assert [json.loads(request.content) for request in asked[:2]] == [body, body]
    form = {"grant_type": "refresh_token", "refresh_token": "r"}
    assert dict(parse_qsl(asked[2].content.decode())) == form


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("EMAIL_EXISTS", AlreadyExists),
        ("INVALID_EMAIL", InvalidRequest),
        ("WEAK_PASSWORD : Password should be at least 6 characters", InvalidRequest),
        ("PASSWORD_DOES_NOT_MEET_REQUIREMENTS : Missing password requirements: [...]", InvalidRequest),
        ("ADMIN_ONLY_OPERATION", NotAllowed),
        ("TOO_MANY_ATTEMPTS_TRY_LATER", TooManyRequests),
        ("OPERATION_NOT_ALLOWED", Misconfigured),
        ("API key not valid. Please pass a valid API key.", Misconfigured),
        ("SOMETHING_NEW", Rejected),
        ("Something else.", Rejected),
        (None, Rejected),
        (7, Rejected),
    ],
)
async def test_a_registration_that_is_refused(message: object, error: type[AppError]) -> None:
    with pytest.raises(error) as raised:
        await failing(message).register("a@example.com", "secret")
    assert type(raised.value) is error or error is Rejected


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("INVALID_LOGIN_CREDENTIALS", WrongCredentials),
        ("EMAIL_NOT_FOUND", WrongCredentials),
        ("INVALID_PASSWORD", WrongCredentials),
        ("USER_DISABLED", WrongCredentials),
        ("INVALID_EMAIL", WrongCredentials),
        ("TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account has been disabled.", TooManyRequests),
        ("PASSWORD_LOGIN_DISABLED", Misconfigured),
        ("SOMETHING_NEW", Rejected),
    ],
)
async def test_a_sign_in_that_is_refused(message: str, error: type[AppError]) -> None:
    with pytest.raises(error) as raised:
        await failing(message).sign_in("a@example.com", "secret")
    if error is WrongCredentials:
        assert str(raised.value) == "There is no account with this address and password that may sign in."


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("INVALID_REFRESH_TOKEN", SessionOver),
        ("TOKEN_EXPIRED", SessionOver),
        ("USER_DISABLED", SessionOver),
        ("USER_NOT_FOUND", SessionOver),
        ("MISSING_REFRESH_TOKEN", SessionOver),
        ("API key expired. Please renew the API key.", Misconfigured),
        ("INVALID_GRANT_TYPE", Rejected),
    ],
)
async def test_a_refresh_token_that_is_refused(message: str, error: type[AppError]) -> None:
    with pytest.raises(error):
        await failing(message).renew("r")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, {"error": {"message": "EMAIL_EXISTS"}}, Unavailable),
        (429, {"error": {"message": "RESOURCE_EXHAUSTED"}}, RateLimited),
        (403, {"error": {"message": "Requests from this app are blocked."}}, Rejected),
        (404, {"error": {"message": "CONFIGURATION_NOT_FOUND"}}, Misconfigured),
        (400, [], Rejected),
        (200, [], Malformed),
        (200, {}, Malformed),
        (200, {**SIGNED_IN, "expiresIn": "soon"}, Malformed),
        (200, {**SIGNED_IN, "idToken": None}, Malformed),
        (200, {**SIGNED_IN, "localId": "a/b"}, Malformed),
        (200, {"mfaPendingCredential": "x", "localId": "ada"}, NotAllowed),
    ],
)
async def test_an_answer_that_is_none_of_ours(status: int, body: object, error: type[AppError]) -> None:
    asked = 0

    def reply(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(status, json=body)

    with pytest.raises(error):
        await accounts(reply).register("a@example.com", "secret")
    assert asked == 1  # what was made, though its answer was lost, would be refused the second time
