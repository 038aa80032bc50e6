"""Signing in over the API: real users of the Auth emulator, and tokens that are stolen, old or not theirs."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from firebase_admin import auth
from google.cloud.firestore_v1 import AsyncClient

from functions.api.access import PresentCaller
from functions.api.app import make_app
from local.auth_emulator import sign_up, unsigned_token
from local.emulators import Emulators
from local.functions_host import function_host
from local.stand_ins.running import RunningTmdbStandIn
from shared.adapters.firestore import paths
from shared.domain.rate_limit import Action, Limit
from shared.domain.session import KEPT, MOST_SESSIONS, RefreshToken
from shared.domain.tracking import UserId
from tests.emulator.harness import Instance, enrich_hosts, instance_settings, new_project, post_enrich

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"
AUTH = "/api/v1/auth"


class Later(Instance):
    """An instance whose clock can be moved."""

    ahead = timedelta()

    def begin_a_window(self, seconds: int) -> None:
        """Move it to where windows of this length begin, so that none ends while the test runs."""
        self.ahead += timedelta(seconds=seconds - self.now().timestamp() % seconds)

    @property
    def now(self) -> Any:
        real = super().now
        return lambda: real() + self.ahead


@pytest.fixture
async def instance(emulators: Emulators, project: str) -> AsyncIterator[Later]:
    """An instance on the project whose users the Auth emulator keeps."""
    del project  # it has set the environment
    settings = instance_settings(
        emulators.project,
        "http://127.0.0.1:1",
        FIREBASE_AUTH_EMULATOR_HOST=str(emulators.auth),
        ALLOWED_ORIGINS="https://app.example.com",
    )
    running = Later(settings)
    yield running
    await running.close()


@pytest.fixture
async def firestore(emulators: Emulators, project: str) -> AsyncIterator[AsyncClient]:
    del project
    client = AsyncClient(project=emulators.project)
    yield client
    await client._firestore_api.transport.close()


@pytest.fixture
def app(instance: Later) -> FastAPI:
    made = make_app(instance)

    @made.get("/api/v1/test/present")
    async def present(user_id: PresentCaller) -> str:
        return user_id

    return made


@pytest.fixture
def address() -> str:
    """Where the test's requests come from, and no other test's, which would use the limits up."""
    number = int(new_project().rpartition("-")[2])
    stamp = int(datetime.now().timestamp())  # noqa: DTZ005 - any number that rises
    return f"2001:db8:{stamp >> 16 & 0xFFFF:x}:{(stamp & 0xFFFF) ^ number << 4:x}::1"


@pytest.fixture
async def client(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser: it keeps cookies."""
    async with browser(app, address) as made:
        yield made


def browser(app: FastAPI, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 1)),
        base_url="https://api.example.com",
        timeout=60,
    )


@pytest.fixture
def email() -> str:
    return f"{new_project()}-ada@example.com"


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(answer: httpx.Response, status: int, code: str) -> Any:
    """The problem that was answered, which says nothing of secrets."""
    problem = ok(answer, status)
    assert problem["code"] == code
    assert PASSWORD not in answer.text
    return problem


async def registered(client: httpx.AsyncClient, email: str, place: str = "body") -> Any:
    body = {"email": email, "password": PASSWORD, "username": "Ada", "refreshTokenIn": place}
    return ok(await client.post(f"{AUTH}/register", json=body), 201)


async def logged_in(client: httpx.AsyncClient, email: str, place: str = "body") -> Any:
    body = {"email": email, "password": PASSWORD, "refreshTokenIn": place}
    return ok(await client.post(f"{AUTH}/login", json=body))


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{AUTH}/refresh", json={"refreshToken": token})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_who_registers_is_signed_in_and_known(client: httpx.AsyncClient, email: str) -> None:
    signed_in = await registered(client, email)
    me = ok(await client.get("/api/v1/me", headers=bearer(signed_in["idToken"])))
    assert (me["id"], me["email"], me["username"]) == (signed_in["userId"], email, "Ada")
    assert me["createdAt"] is not None
    assert signed_in["expiresInSeconds"] == 3600
    assert not client.cookies
    again = await logged_in(client, email)
    assert again["userId"] == signed_in["userId"]
    assert again["refreshToken"] != signed_in["refreshToken"]
    assert ok(await client.get("/api/v1/me", headers=bearer(again["idToken"]))) == me


async def test_a_user_who_is_not_known_yet_is_at_the_next_login(
    client: httpx.AsyncClient, email: str, firestore: AsyncClient
) -> None:
    signed_in = await registered(client, email)
    document = firestore.document(paths.user(UserId(signed_in["userId"])))
    await document.set({"username": "Countess", "timezone": "Europe/London"})
    await logged_in(client, email)
    stored = (await document.get()).to_dict() or {}
    assert (stored["email"], stored["username"], stored["timezone"]) == (email, "Countess", "Europe/London")


async def test_the_cookie_is_for_the_browser_and_these_routes_alone(
    client: httpx.AsyncClient, email: str
) -> None:
    body = {"email": email, "password": PASSWORD}
    answer = await client.post(f"{AUTH}/register", json=body)
    assert ok(answer, 201)["refreshToken"] is None
    cookie = answer.headers["Set-Cookie"]
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith("__session=")  # Firebase Hosting passes on no other
    assert {"httponly", "secure", "samesite=strict", f"path={AUTH}"} <= set(attributes)
    assert f"max-age={int(KEPT.total_seconds())}" in attributes
    assert answer.headers["Cache-Control"] == "private, no-store"
    first = client.cookies["__session"]
    renewed = await client.post(f"{AUTH}/refresh", json={})
    assert ok(renewed)["refreshToken"] is None
    assert client.cookies["__session"] != first
    id_token = renewed.json()["idToken"]
    assert ok(await client.post(f"{AUTH}/logout", headers=bearer(id_token)), 204) is None
    assert not client.cookies
    refused(await client.post(f"{AUTH}/refresh", json={}), 401, "session_over")


async def test_the_cookie_of_the_web_app_with_the_same_name_is_not_taken_for_it(
    client: httpx.AsyncClient, email: str
) -> None:
    token = (await registered(client, email))["refreshToken"]
    cookies = f"__session={token}; theme=dark; __session=of-the-app"
    ok(await client.post(f"{AUTH}/refresh", json={}, headers={"Cookie": cookies}))


async def test_a_page_of_another_site_cannot_use_the_cookie(client: httpx.AsyncClient, email: str) -> None:
    await registered(client, email, "cookie")
    for sent in ({"content": b"{}"}, {"data": {"refreshToken": ""}}, {}):
        kinds = ("text/plain", "application/x-www-form-urlencoded", None)
        for kind in kinds:
            headers = {"Content-Type": kind} if kind else {}
            answer = await client.post(f"{AUTH}/refresh", headers=headers, **sent)
            refused(answer, 422, "invalid_request")
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await client.options(f"{AUTH}/refresh", headers=preflight)
    assert "Access-Control-Allow-Origin" not in answer.headers
    ok(await client.post(f"{AUTH}/refresh", json={}))


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("https://app.example.com", True),
        ("http://localhost:5173", True),
        ("http://127.0.0.1:3000", True),
        ("https://app.example.com.evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
    ],
)
async def test_pages_of_configured_origins_may_call(
    client: httpx.AsyncClient, origin: str, is_allowed: bool
) -> None:
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    asked = await client.options("/api/v1/me", headers=preflight)
    answer = await client.get("/api/v1/me", headers={"Origin": origin})
    refused(answer, 401, "not_signed_in")
    allowed = origin if is_allowed else None
    assert asked.headers.get("Access-Control-Allow-Origin") == allowed
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    if is_allowed:
        assert asked.status_code == 200
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Retry-After"


async def test_an_address_registers_once(client: httpx.AsyncClient, email: str) -> None:
    await registered(client, email)
    body = {"email": email.upper(), "password": "another password"}
    refused(await client.post(f"{AUTH}/register", json=body), 409, "already_exists")


async def test_logging_in_tells_nobody_which_addresses_have_accounts(
    client: httpx.AsyncClient, email: str, instance: Later
) -> None:
    user_id = (await registered(client, email))["userId"]
    tries = [(email, "wrong"), (f"nobody-{email}", PASSWORD)]
    answers = [
        await client.post(f"{AUTH}/login", json={"email": address, "password": password})
        for address, password in tries
    ]
    auth.update_user(user_id, disabled=True, app=instance.identity._app)
    answers += [
        await client.post(f"{AUTH}/login", json={"email": email, "password": password})
        for password in (PASSWORD, "wrong")
    ]
    problems = [refused(answer, 401, "wrong_credentials") for answer in answers]
    assert all(problem == problems[0] for problem in problems)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "registered-by-nobody@example.com", "password": "12345"}, "password"),
        ({"email": "ada@example.com", "password": ""}, "password"),
        ({"email": "ada@example.com", "password": 7}, "password"),
        ({"email": "ada@example.com", "password": "\ud800" * 8}, "password"),
        ({"email": "ada", "password": PASSWORD}, "email"),
        ({"email": "ada@\ud800", "password": PASSWORD}, "email"),
        ({"email": "@example.com", "password": PASSWORD}, "email"),
        ({"password": PASSWORD}, "email"),
        ({"email": "ada@example.com", "password": PASSWORD, "username": " "}, "username"),
        ({"email": "ada@example.com", "password": PASSWORD, "refreshTokenIn": "header"}, "refreshTokenIn"),
        ({"email": "ada@example.com", "password": PASSWORD, "admin": True}, "admin"),
    ],
)
async def test_what_cannot_be_registered_is_told_by_field(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(
        f"{AUTH}/register", content=as_json(body), headers={"Content-Type": "application/json"}
    )
    problem = refused(answer, 422, "invalid_request")
    assert [wrong["field"] for wrong in problem["errors"]] == [field]


def as_json(body: object) -> bytes:
    return json.dumps(body).encode()


async def test_a_refresh_token_is_good_once_and_ends_its_session_if_it_comes_again(
    client: httpx.AsyncClient, email: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = (await registered(client, email))["refreshToken"]
    phone = (await logged_in(client, email))["refreshToken"]
    second = ok(await refresh(client, first))["refreshToken"]
    third = ok(await refresh(client, second))
    assert ok(await client.get("/api/v1/me", headers=bearer(third["idToken"])))["email"] == email
    with caplog.at_level(logging.WARNING):
        refused(await refresh(client, first), 401, "session_over")
    assert "used a second time" in caplog.text
    assert first not in caplog.text
    # Whoever has the latest one may be the thief.
    refused(await refresh(client, third["refreshToken"]), 401, "session_over")
    ok(await refresh(client, phone))


async def test_of_many_who_use_a_refresh_token_at_once_one_goes_on(
    client: httpx.AsyncClient, email: str
) -> None:
    token = (await registered(client, email))["refreshToken"]
    answers = await asyncio.gather(*(refresh(client, token) for _ in range(10)))
    passed = [answer for answer in answers if answer.status_code == 200]
    assert len(passed) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 503}
    assert {ok(answer, answer.status_code)["code"] for answer in answers if answer not in passed} <= {
        "busy",
        "session_over",
    }


async def test_two_devices_refresh_at_once(client: httpx.AsyncClient, email: str) -> None:
    first = (await registered(client, email))["refreshToken"]
    others = [(await logged_in(client, email))["refreshToken"] for _ in range(3)]
    answers = await asyncio.gather(*(refresh(client, token) for token in (first, *others)))
    assert [answer.status_code for answer in answers] == [200] * 4


async def test_after_a_logout_nothing_refreshes(client: httpx.AsyncClient, email: str) -> None:
    signed_in = await registered(client, email)
    phone = (await logged_in(client, email))["refreshToken"]
    asked = bearer(signed_in["idToken"])
    assert ok(await client.post(f"{AUTH}/logout", headers=asked), 204) is None
    for token in (signed_in["refreshToken"], phone):
        refused(await refresh(client, token), 401, "session_over")
    assert ok(await client.post(f"{AUTH}/logout", headers=asked), 204) is None
    # An ID token is believed until it expires, but for what cannot be undone.
    ok(await client.get("/api/v1/me", headers=asked))


async def test_a_refresh_during_a_logout_leaves_nothing_open(client: httpx.AsyncClient, email: str) -> None:
    signed_in = await registered(client, email)
    for _ in range(8):
        token = (await logged_in(client, email))["refreshToken"]
        logout = client.post(f"{AUTH}/logout", headers=bearer(signed_in["idToken"]))
        refreshed, out = await asyncio.gather(refresh(client, token), logout)
        ok(out, 204)
        left = ok(refreshed)["refreshToken"] if refreshed.status_code == 200 else token
        refused(await refresh(client, left), 401, "session_over")


async def test_a_logout_is_seen_where_firebase_is_asked(
    client: httpx.AsyncClient, email: str, instance: Later
) -> None:
    signed_in = await registered(client, email)
    asked = bearer(signed_in["idToken"])
    assert ok(await client.get("/api/v1/test/present", headers=asked)) == signed_in["userId"]
    user = instance.identity._app
    # Firebase counts in whole seconds: within the one of the sign-in nothing is revoked yet.
    issued = auth.get_user(signed_in["userId"], user).tokens_valid_after_timestamp
    while auth.get_user(signed_in["userId"], user).tokens_valid_after_timestamp <= issued + 1000:
        await instance.identity.revoke(UserId(signed_in["userId"]))
        await asyncio.sleep(0.2)
    refused(await client.get("/api/v1/test/present", headers=asked), 401, "not_signed_in")
    forged = bearer(unsigned_token(instance.settings.project, "nobody"))
    refused(await client.get("/api/v1/test/present", headers=forged), 401, "not_signed_in")
    refused(await client.get("/api/v1/test/present"), 401, "not_signed_in")


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_a_user_who_is_deleted_or_disabled_stays_out(
    client: httpx.AsyncClient, email: str, instance: Later, is_deleted: bool
) -> None:
    signed_in = await registered(client, email)
    app = instance.identity._app
    if is_deleted:
        auth.delete_user(signed_in["userId"], app)
    else:
        auth.update_user(signed_in["userId"], disabled=True, app=app)
    refused(await refresh(client, signed_in["refreshToken"]), 401, "session_over")
    body = {"email": email, "password": PASSWORD}
    refused(await client.post(f"{AUTH}/login", json=body), 401, "wrong_credentials")
    asked = bearer(signed_in["idToken"])
    refused(await client.get("/api/v1/test/present", headers=asked), 401, "not_signed_in")
    # The token itself goes on for at most an hour, and reaches that user's own documents alone.
    ok(await client.get("/api/v1/me", headers=asked))
    assert ok(await client.post(f"{AUTH}/logout", headers=asked), 204) is None


async def test_only_a_token_of_ones_own_and_of_now_is_believed(
    client: httpx.AsyncClient, email: str, instance: Later
) -> None:
    signed_in = await registered(client, email)
    project, user_id = instance.settings.project, signed_in["userId"]
    for token in (
        unsigned_token(project, user_id, expires_in=-60),
        unsigned_token("demo-another-project", user_id),
        unsigned_token(project, ""),
        unsigned_token(project, f"{user_id}/x/y"),
        signed_in["refreshToken"],
        "a.b.c",
        "",
    ):
        for method, path in (("GET", "/api/v1/me"), ("POST", f"{AUTH}/logout")):
            refused(await client.request(method, path, headers=bearer(token)), 401, "not_signed_in")
    refused(await client.get("/api/v1/me"), 401, "not_signed_in")
    basic = {"Authorization": f"Basic {signed_in['idToken']}"}
    refused(await client.get("/api/v1/me", headers=basic), 401, "not_signed_in")
    ok(await refresh(client, signed_in["refreshToken"]))


async def test_a_refresh_token_that_was_made_up_opens_nothing_and_ends_nothing(
    client: httpx.AsyncClient, email: str
) -> None:
    signed_in = await registered(client, email)
    token = RefreshToken.parse(signed_in["refreshToken"])
    assert token is not None
    strange = RefreshToken(token.user_id, f"s{'0' * 32}", token.secret)
    another = RefreshToken(UserId("eve"), token.session_id, token.secret)
    climbing = str(RefreshToken(UserId("../users/eve"), token.session_id, token.secret))
    for made_up in (str(strange), str(another), climbing, "x", "a.b.c", signed_in["idToken"][:900]):
        refused(await refresh(client, made_up), 401, "session_over")
    ok(await refresh(client, str(token)))


async def test_what_is_stored_opens_nothing(
    client: httpx.AsyncClient, email: str, firestore: AsyncClient
) -> None:
    signed_in = await registered(client, email)
    token = signed_in["refreshToken"]
    stored = (await firestore.document(paths.sessions(UserId(signed_in["userId"]))).get()).to_dict() or {}
    secret = token.rpartition(".")[2]
    assert secret not in str(stored)
    (session,) = stored["sessions"].values()
    assert b"_AuthEmulatorRefreshToken" not in session["sealed"]
    assert stored["expireAt"] - session["usedAt"] == KEPT


async def test_a_session_that_nobody_uses_ends(
    client: httpx.AsyncClient, email: str, instance: Later
) -> None:
    token = (await registered(client, email))["refreshToken"]
    instance.ahead = KEPT - timedelta(minutes=1)
    token = ok(await refresh(client, token))["refreshToken"]
    instance.ahead = 2 * KEPT - timedelta(minutes=2)
    token = ok(await refresh(client, token))["refreshToken"]
    instance.ahead = 3 * KEPT
    refused(await refresh(client, token), 401, "session_over")


async def test_a_user_has_so_many_sessions(
    client: httpx.AsyncClient, email: str, instance: Later, firestore: AsyncClient
) -> None:
    signed_in = await registered(client, email)
    tokens = [signed_in["refreshToken"]]
    for _ in range(MOST_SESSIONS):
        # Each in a window of its own.
        instance.ahead += timedelta(minutes=16)
        tokens.append((await logged_in(client, email))["refreshToken"])
    refused(await refresh(client, tokens[0]), 401, "session_over")
    ok(await refresh(client, tokens[1]))
    stored = (await firestore.document(paths.sessions(UserId(signed_in["userId"]))).get()).to_dict() or {}
    assert len(stored["sessions"]) == MOST_SESSIONS


async def test_guessing_passwords_is_stopped_and_keeps_the_owner_out_from_nowhere_else(
    app: FastAPI, client: httpx.AsyncClient, email: str, instance: Later
) -> None:
    instance.begin_a_window(15 * 60)
    await registered(client, email)
    guess = {"email": email, "password": "wrong"}
    for _ in range(10):
        refused(await client.post(f"{AUTH}/login", json=guess), 401, "wrong_credentials")
    body = {**guess, "email": email.upper(), "password": PASSWORD}
    answer = await client.post(f"{AUTH}/login", json=body)
    refused(answer, 429, "too_many_requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    async with browser(app, "192.0.2.7") as elsewhere:
        assert (await elsewhere.post(f"{AUTH}/login", json=body)).status_code == httpx.codes.OK
    instance.ahead += timedelta(minutes=15)
    await logged_in(client, email)


async def test_counting_is_one_write_for_all_instances_and_none_when_full(
    instance: Later, firestore: AsyncClient
) -> None:
    other = Later(instance.settings)
    instance.begin_a_window(3600)
    other.ahead = instance.ahead
    action = Action(new_project(), per_user=Limit(5, 3600), per_address=Limit(100, 3600))
    who = {"user": "ada", "address": "192.0.2.1"}
    spent = [each.rate_limiter.spend(action, **who) for each in (instance, other) for _ in range(20)]
    results = await asyncio.gather(*spent, return_exceptions=True)
    assert sum(result is None for result in results) == 5
    windows = action.windows(instance.now(), **who)
    counted = [(await firestore.document(paths.rate_limit(one.key)).get()).to_dict() for one in windows]
    before = [fields["count"] for fields in counted if fields is not None]
    with pytest.raises(Exception, match="too often"):
        await other.rate_limiter.spend(action, **who)
    after = [(await firestore.document(paths.rate_limit(one.key)).get()).get("count") for one in windows]
    assert after == before
    assert all(
        fields and fields["expireAt"] == one.ends_at for fields, one in zip(counted, windows, strict=True)
    )
    await other.close()


async def test_enriching_anew_is_limited_and_enriching_is_not(
    emulators: Emulators, tmdb: RunningTmdbStandIn, project: str, tmp_path: Path
) -> None:
    del project
    _, token = sign_up(str(emulators.auth), f"{new_project()}-ada@example.com")
    environment = emulators.environment()
    with enrich_hosts(1, emulators=environment, tmdb_base_url=tmdb.base_url, folder=tmp_path) as (host,):
        async with httpx.AsyncClient() as client:
            # The user tracks no such show, which is found out after it was counted.
            answers = [await post_enrich(client, host, token, 87108, refresh=True)]
            while answers[-1].status_code == 404:
                answers.append(await post_enrich(client, host, token, 87108, refresh=True))
            usual = await post_enrich(client, host, token, 87108)
    # One window may have ended on the way.
    assert 30 <= len(answers) - 1 <= 60
    refused(answers[-1], 429, "too_many_requests")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 600
    refused(usual, 404, "not_found")


async def test_the_log_of_the_function_has_no_password_and_no_token(
    emulators: Emulators, project: str, tmp_path: Path, email: str
) -> None:
    del project
    environment = {**os.environ, **emulators.environment(), "FIREBASE_WEB_API_KEY": "a-key-of-ours"}
    with function_host("api", environment=environment, log=tmp_path / "api.log") as host:
        async with httpx.AsyncClient(base_url=host.url, timeout=60) as client:
            signed_in = await registered(client, email)
            renewed = ok(await refresh(client, signed_in["refreshToken"]))
            refused(await refresh(client, signed_in["refreshToken"]), 401, "session_over")
            wrong = {"email": email, "password": "a wrong one"}
            refused(await client.post(f"{AUTH}/login", json=wrong), 401, "wrong_credentials")
            ok(await client.post(f"{AUTH}/logout", headers=bearer(renewed["idToken"])), 204)
        log = host.log.read_text()
    assert f"{AUTH}/login" in log
    secrets = [PASSWORD, "a wrong one", "a-key-of-ours", email, signed_in["userId"]]
    secrets += [answer[name] for answer in (signed_in, renewed) for name in ("idToken", "refreshToken")]
    assert not [secret for secret in secrets if secret in log]


async def test_made_up_refresh_tokens_keep_nobody_signed_out(
    app: FastAPI, client: httpx.AsyncClient, email: str
) -> None:
    made = await client.post(
        f"{AUTH}/register", json={"email": email, "password": PASSWORD, "refreshTokenIn": "body"}
    )
    real = made.json()["refreshToken"]
    whose = real.split(".")[0]
    async with browser(app, "192.0.2.9") as elsewhere:
        for number in range(70):
            forged = {"refreshToken": f"{whose}.s{number:032x}.{'A' * 43}"}
            assert (await elsewhere.post(f"{AUTH}/refresh", json=forged)).status_code == 401
    assert (await client.post(f"{AUTH}/refresh", json={"refreshToken": real})).status_code == httpx.codes.OK
