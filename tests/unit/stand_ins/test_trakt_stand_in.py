"""The Trakt stand-in signs users in and tells what they watched, in both of Trakt's shapes."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from local.stand_ins.made_trakt import made_watched_shows
from local.stand_ins.running_trakt import running_trakt_stand_in
from local.stand_ins.trakt import make_application
from local.stand_ins.trakt_facts import TraktFacts
from local.stand_ins.trakt_sign_in import ACCESS_TOKEN_SECONDS, SignIn
from local.stand_ins.trakt_users import TraktUsers

pytestmark = pytest.mark.anyio

APP = {"client_id": "app", "client_secret": "secret"}
HEADERS = {"trakt-api-version": "2", "trakt-api-key": "app"}
SIGNED_IN_PATHS = [
    *("/users/settings", "/sync/last_activities", "/sync/watched/shows"),
    *("/sync/history/shows", "/sync/history/episodes"),
]
SILO = 180770


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def trakt(clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    users = TraktUsers(TraktFacts())
    users.sign_in = SignIn(clock)
    transport = httpx.ASGITransport(make_application(users=users))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://trakt.test", headers=HEADERS
    ) as client:
        yield client


async def control(trakt: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:
    answer = await trakt.request(method, f"/_control/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def signed_in(trakt: httpx.AsyncClient, user: str = "ada") -> dict[str, str]:
    """The headers of a user who is signed in."""
    tokens = await control(trakt, "POST", f"users/{user}/tokens", {"client_id": "app"})
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def poll(trakt: httpx.AsyncClient, code: dict[str, Any]) -> httpx.Response:
    return await trakt.post("/oauth/device/token", json={"code": code["device_code"], **APP})


async def refresh(trakt: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    body = {"refresh_token": refresh_token, "grant_type": "refresh_token", "redirect_uri": "", **APP}
    return await trakt.post("/oauth/token", json=body)


def paging(answer: httpx.Response) -> list[int]:
    """Page, limit, number of pages and number of items, as the headers tell them."""
    names = ("page", "limit", "page-count", "item-count")
    return [int(answer.headers[f"x-pagination-{name}"]) for name in names]


class TestDeviceCodes:
    async def test_a_code_is_pending_then_approved_then_used(
        self, trakt: httpx.AsyncClient, clock: Clock
    ) -> None:
        code = (await trakt.post("/oauth/device/code", json={"client_id": "app"})).json()
        assert (code["expires_in"], code["interval"], len(code["user_code"])) == (600, 5, 8)

        statuses = []
        for _ in range(2):
            statuses.append((await poll(trakt, code)).status_code)
            clock.now += 5
        await control(trakt, "POST", f"codes/{code['user_code']}/approve", {"user": "ada"})
        approved = await poll(trakt, code)
        again = await poll(trakt, code)

        assert [*statuses, approved.status_code, again.status_code] == [400, 400, 200, 409]
        tokens = approved.json()
        assert tokens["token_type"] == "bearer"
        assert (tokens["expires_in"], tokens["created_at"]) == (ACCESS_TOKEN_SECONDS, int(clock.now))
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        settings = (await trakt.get("/users/settings", headers=headers)).json()
        assert settings["user"]["username"] == "ada"

    @pytest.mark.parametrize(("decision", "status"), [("deny", 418), ("expire", 410)])
    async def test_a_code_is_denied_or_expires(
        self, trakt: httpx.AsyncClient, decision: str, status: int
    ) -> None:
        code = (await trakt.post("/oauth/device/code", json={"client_id": "app"})).json()
        await control(trakt, "POST", f"codes/{code['user_code']}/{decision}")

        assert (await poll(trakt, code)).status_code == status

    async def test_a_code_expires_in_time(self, trakt: httpx.AsyncClient, clock: Clock) -> None:
        code = (await trakt.post("/oauth/device/code", json={"client_id": "app"})).json()
        clock.now += 600

        assert (await poll(trakt, code)).status_code == 410

    async def test_polling_too_fast_is_a_429(self, trakt: httpx.AsyncClient, clock: Clock) -> None:
        code = (await trakt.post("/oauth/device/code", json={"client_id": "app"})).json()
        await poll(trakt, code)
        clock.now += 4

        assert (await poll(trakt, code)).status_code == 429

    async def test_the_interval_can_be_set(self, trakt: httpx.AsyncClient) -> None:
        await control(trakt, "PUT", "codes", {"interval": 0})
        code = (await trakt.post("/oauth/device/code", json={"client_id": "app"})).json()

        assert [(await poll(trakt, code)).status_code for _ in range(2)] == [400, 400]

    async def test_an_unknown_code_is_a_404(self, trakt: httpx.AsyncClient) -> None:
        assert (await poll(trakt, {"device_code": "unheard"})).status_code == 404

    async def test_a_code_is_good_for_its_app_alone(self, trakt: httpx.AsyncClient) -> None:
        code = (await trakt.post("/oauth/device/code", json={"client_id": "another"})).json()

        assert (await poll(trakt, code)).status_code == 404

    async def test_a_wrong_app_is_refused(self, trakt: httpx.AsyncClient) -> None:
        code = await trakt.post("/oauth/device/code", json={"client_id": "wrong"})
        token = await trakt.post("/oauth/token", json={**APP, "client_secret": "wrong"})
        not_json = await trakt.post("/oauth/device/code", data={"client_id": "app"})

        assert (code.status_code, token.status_code, not_json.status_code) == (403, 401, 412)
        assert token.json()["error"] == "invalid_client"


class TestTokens:
    @pytest.fixture
    async def tokens(self, trakt: httpx.AsyncClient) -> Any:
        return await control(trakt, "POST", "users/ada/tokens", {"client_id": "app"})

    async def status(self, trakt: httpx.AsyncClient, tokens: dict[str, Any]) -> int:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return (await trakt.get("/sync/last_activities", headers=headers)).status_code

    async def test_a_refresh_token_is_good_once(
        self, trakt: httpx.AsyncClient, tokens: dict[str, Any]
    ) -> None:
        renewed = await refresh(trakt, tokens["refresh_token"])
        again = await refresh(trakt, tokens["refresh_token"])

        assert (renewed.status_code, again.status_code) == (200, 400)
        assert again.json()["error"] == "invalid_grant"
        assert await self.status(trakt, renewed.json()) == 200
        assert await self.status(trakt, tokens) == 401
        assert (await refresh(trakt, renewed.json()["refresh_token"])).status_code == 200

    async def test_a_used_refresh_token_was_a_401_in_the_older_shape(
        self, trakt: httpx.AsyncClient, tokens: dict[str, Any]
    ) -> None:
        await control(trakt, "PUT", "shape", {"shape": "older"})

        assert (await refresh(trakt, "unheard")).status_code == 401
        assert (await refresh(trakt, tokens["refresh_token"])).status_code == 200

    async def test_an_expired_token_can_be_renewed(
        self, trakt: httpx.AsyncClient, tokens: dict[str, Any]
    ) -> None:
        await control(trakt, "POST", "users/ada/tokens/expire")

        assert await self.status(trakt, tokens) == 401
        assert (await refresh(trakt, tokens["refresh_token"])).status_code == 200

    async def test_a_token_expires_in_time(
        self, trakt: httpx.AsyncClient, tokens: dict[str, Any], clock: Clock
    ) -> None:
        clock.now += tokens["expires_in"] - 1
        before = await self.status(trakt, tokens)
        clock.now += 1

        assert (before, await self.status(trakt, tokens)) == (200, 401)

    async def test_a_revoked_token_is_over_with_its_refresh_token(
        self, trakt: httpx.AsyncClient, tokens: dict[str, Any]
    ) -> None:
        revoked = await trakt.post("/oauth/revoke", json={"token": tokens["access_token"], **APP})

        assert (revoked.status_code, revoked.json()) == (200, {})
        assert await self.status(trakt, tokens) == 401
        assert (await refresh(trakt, tokens["refresh_token"])).status_code == 400

    async def test_a_user_revokes_all_tokens(self, trakt: httpx.AsyncClient, tokens: dict[str, Any]) -> None:
        grace = await signed_in(trakt, "grace")
        await control(trakt, "POST", "users/ada/tokens/revoke")

        assert await self.status(trakt, tokens) == 401
        assert (await trakt.get("/users/settings", headers=grace)).status_code == 200

    @pytest.mark.parametrize("path", SIGNED_IN_PATHS)
    async def test_a_call_without_a_good_token_is_a_401(self, trakt: httpx.AsyncClient, path: str) -> None:
        missing = await trakt.get(path)
        unknown = await trakt.get(path, headers={"Authorization": "Bearer wrong"})

        assert (missing.status_code, unknown.status_code) == (401, 401)
        assert "invalid_token" in unknown.headers["www-authenticate"]

    @pytest.mark.parametrize("headers", [{"trakt-api-key": "wrong"}, {"trakt-api-version": "1"}])
    async def test_a_call_without_a_good_app_is_a_403(
        self, trakt: httpx.AsyncClient, headers: dict[str, str]
    ) -> None:
        good = await signed_in(trakt)

        assert (await trakt.get("/users/settings", headers={**good, **headers})).status_code == 403


class TestWatchedShows:
    async def test_seasons_come_with_progress_alone(self, trakt: httpx.AsyncClient) -> None:
        ada = await signed_in(trakt)

        plain = await trakt.get("/sync/watched/shows", headers=ada)
        full = await trakt.get("/sync/watched/shows?extended=full", headers=ada)
        progress = await trakt.get("/sync/watched/shows?extended=full,progress", headers=ada)

        assert not any("seasons" in entry for entry in [*plain.json(), *full.json()])
        assert all(entry["seasons"] for entry in progress.json())
        assert {entry["show"]["aired_episodes"] > 0 for entry in plain.json()} == {True}

    async def test_specials_come_when_asked_for(self, trakt: httpx.AsyncClient) -> None:
        ada = await signed_in(trakt)

        async def archer(query: str) -> list[int]:
            watched = (await trakt.get(f"/sync/watched/shows?{query}", headers=ada)).json()
            (seasons,) = [w["seasons"] for w in watched if w["show"]["title"] == "Archer"]
            return [season["number"] for season in seasons]

        assert await archer("extended=progress") == [1, 2, 3, 4]
        assert await archer("extended=progress&specials=true") == [0, 1, 2, 3, 4]

    async def test_an_id_that_is_not_known_is_missing_in_the_newer_shape_and_null_in_the_older(
        self, trakt: httpx.AsyncClient
    ) -> None:
        ada = await signed_in(trakt)
        newer = (await trakt.get("/sync/watched/shows", headers=ada)).json()
        await control(trakt, "PUT", "shape", {"shape": "older"})
        older = (await trakt.get("/sync/watched/shows", headers=ada)).json()

        ids = [
            next(w["show"]["ids"] for w in got if w["show"]["title"] == "Driven") for got in (newer, older)
        ]
        assert "tmdb" not in ids[0]
        assert ids[1]["tmdb"] is None

    async def test_the_older_shape_is_all_at_once(self, trakt: httpx.AsyncClient) -> None:
        await control(trakt, "PUT", "shape", {"shape": "older"})
        await control(trakt, "PUT", "users/ada/watched", made_watched_shows(120, 1200))
        ada = await signed_in(trakt)

        everything = await trakt.get("/sync/watched/shows?page=2&limit=10", headers=ada)
        bare = await trakt.get("/sync/watched/shows?extended=noseasons", headers=ada)

        assert len(everything.json()) == len(bare.json()) == 120
        assert "x-pagination-page" not in everything.headers
        assert all("seasons" in entry for entry in everything.json())
        assert not any("seasons" in entry for entry in bare.json())

    @pytest.mark.parametrize(
        ("query", "told", "items"),
        [
            ("", [1, 100, 9, 860], 100),
            ("limit=1000", [1, 250, 4, 860], 250),
            ("limit=1000&extended=progress", [1, 100, 9, 860], 100),
            ("limit=250&page=4", [4, 250, 4, 860], 110),
            ("limit=7&page=3&extended=progress", [3, 7, 123, 860], 7),
            ("page=10", [10, 100, 9, 860], 0),
        ],
    )
    async def test_pages(self, trakt: httpx.AsyncClient, query: str, told: list[int], items: int) -> None:
        await control(trakt, "PUT", "users/ada/watched", made_watched_shows(860, 860))

        answer = await trakt.get(f"/sync/watched/shows?{query}", headers=await signed_in(trakt))

        assert (paging(answer), len(answer.json())) == (told, items)

    async def test_who_has_watched_nothing_has_no_page(self, trakt: httpx.AsyncClient) -> None:
        await control(trakt, "PUT", "users/ada/watched", [])

        answer = await trakt.get("/sync/watched/shows", headers=await signed_in(trakt))

        assert (paging(answer), answer.json()) == ([1, 100, 0, 0], [])

    async def test_the_largest_history_is_read_in_seconds(self, trakt: httpx.AsyncClient) -> None:
        made = made_watched_shows(860, 26_000)
        started = time.monotonic()
        await control(trakt, "PUT", "users/ada/watched", made)
        ada = await signed_in(trakt)
        watched, plays = [], 0
        for page in range(1, 10):
            answer = await trakt.get(f"/sync/watched/shows?extended=progress&page={page}", headers=ada)
            watched += answer.json()
        for page in range(1, 105):
            answer = await trakt.get(f"/sync/history/shows?limit=250&page={page}", headers=ada)
            plays += len(answer.json())

        assert (len(watched), plays) == (860, 26_000)
        assert sorted((w["show"]["ids"]["trakt"], w["plays"]) for w in watched) == sorted(
            (w["show"]["ids"]["trakt"], w["plays"]) for w in made
        )
        assert time.monotonic() - started < 10


class TestHistory:
    async def test_an_item_has_the_ids_that_tmdb_knows(self, trakt: httpx.AsyncClient) -> None:
        answer = await trakt.get("/sync/history/episodes?limit=1", headers=await signed_in(trakt))

        (item,) = answer.json()
        assert (item["watched_at"], item["type"]) == ("2026-08-04T20:15:00.000Z", "episode")
        assert item["show"]["ids"]["trakt"] == SILO
        assert item["episode"]["ids"]["tmdb"] == 7173960
        assert item["episode"]["season"] == 3

    async def test_shows_and_episodes_are_the_same_history(self, trakt: httpx.AsyncClient) -> None:
        ada = await signed_in(trakt)

        by_show = await trakt.get("/sync/history/shows?limit=250", headers=ada)
        by_episode = await trakt.get("/sync/history/episodes?limit=250", headers=ada)

        assert by_show.json() == by_episode.json()
        assert paging(by_show) == [1, 250, 2, paging(by_show)[3]]

    async def test_pages_hold_every_play_once_and_the_newest_first(self, trakt: httpx.AsyncClient) -> None:
        ada = await signed_in(trakt)
        items: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = await trakt.get(f"/sync/history/shows?page={page}", headers=ada)
            items += answer.json()
            page += 1
            if page > paging(answer)[2]:
                break

        times = [item["watched_at"] for item in items]
        assert len({item["id"] for item in items}) == len(items) == paging(answer)[3]
        assert times == sorted(times, reverse=True)

    @pytest.mark.parametrize(
        ("between", "numbers"),
        [
            ("start_at=2026-08-03T20:15:00.000Z", [4, 3]),
            ("start_at=2026-08-03T20:15:00.001Z", [4]),
            ("start_at=2026-08-02T00:00:00.000Z&end_at=2026-08-03T20:15:00.000Z", [3, 2]),
            ("start_at=2026-08-02T22:15:00+02:00&end_at=2026-08-02T20:15:00Z", [2]),
        ],
    )
    async def test_between_two_times(
        self, trakt: httpx.AsyncClient, between: str, numbers: list[int]
    ) -> None:
        answer = await trakt.get(f"/sync/history/shows?{between}", headers=await signed_in(trakt))

        assert [item["episode"]["number"] for item in answer.json()] == numbers

    async def test_what_is_no_time_is_a_400(self, trakt: httpx.AsyncClient) -> None:
        answer = await trakt.get("/sync/history/shows?start_at=soon", headers=await signed_in(trakt))

        assert answer.status_code == 400

    async def test_the_older_shape_has_ten_a_page(self, trakt: httpx.AsyncClient) -> None:
        await control(trakt, "PUT", "shape", {"shape": "older"})

        answer = await trakt.get("/sync/history/shows", headers=await signed_in(trakt))

        assert (paging(answer)[:2], len(answer.json())) == ([1, 10], 10)


class TestChanges:
    async def test_what_is_watched_long_ago_and_added_now_is_told_by_the_last_activities(
        self, trakt: httpx.AsyncClient
    ) -> None:
        ada = await signed_in(trakt)
        before = (await trakt.get("/sync/last_activities", headers=ada)).json()
        plays = [
            {"show": SILO, "season": 1, "number": 1, "watched_at": "2023-05-06T07:08:09.000Z"},
            {"show": SILO, "season": 1, "number": 1},
        ]
        await control(trakt, "POST", "users/ada/history", plays)

        after = (await trakt.get("/sync/last_activities", headers=ada)).json()
        watched = (await trakt.get("/sync/watched/shows?extended=progress", headers=ada)).json()

        assert after["episodes"]["watched_at"] > before["episodes"]["watched_at"]
        assert after["all"] == after["episodes"]["watched_at"]
        assert after["movies"] == before["movies"]
        assert (watched[0]["show"]["title"], watched[0]["plays"]) == ("Silo", 6)
        assert watched[0]["seasons"][0]["episodes"][0]["plays"] == 2

    async def test_a_show_that_is_new(self, trakt: httpx.AsyncClient) -> None:
        show = {"title": "New", "year": None, "ids": {"trakt": 7, "slug": "new", "tmdb": None}}
        await control(trakt, "POST", "users/ada/history", [{"show": show, "season": 0, "number": 3}])

        answer = await trakt.get("/sync/history/shows?limit=1", headers=await signed_in(trakt))

        assert answer.json()[0]["show"] == show
        assert answer.json()[0]["episode"]["title"] == "Episode 3"

    async def test_last_activities_are_bumped(self, trakt: httpx.AsyncClient) -> None:
        ada = await signed_in(trakt)
        await control(
            trakt, "PUT", "users/ada/last_activities", {"shows": {"dropped_at": "2027-01-01T00:00:00Z"}}
        )

        told = (await trakt.get("/sync/last_activities", headers=ada)).json()

        assert told["shows"]["dropped_at"] == told["all"] == "2027-01-01T00:00:00.000Z"

    async def test_a_reset_undoes_everything(self, trakt: httpx.AsyncClient) -> None:
        ada = await signed_in(trakt)
        await control(trakt, "PUT", "users/ada/watched", [])
        await control(trakt, "PUT", "shape", {"shape": "older"})
        await control(trakt, "POST", "reset")

        assert (await trakt.get("/users/settings", headers=ada)).status_code == 401
        answer = await trakt.get("/sync/watched/shows", headers=await signed_in(trakt))
        assert paging(answer)[3] == 17

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("shape", {"shape": "round"}),
            ("users/ada/watched", [{"show": {}}]),
            ("users/ada/watched", [{"show": {"ids": {"trakt": 1}}}]),
        ],
    )
    async def test_what_is_not_understood_is_refused(
        self, trakt: httpx.AsyncClient, path: str, body: object
    ) -> None:
        assert (await trakt.put(f"/_control/{path}", json=body)).status_code == 422


class TestFaults:
    @pytest.mark.parametrize(
        ("status", "headers"),
        [
            (401, {}),
            (420, {"X-Account-Limit": "100"}),
            (423, {"X-Account-Locked": "true"}),
            (426, {"X-Upgrade-URL": "https://trakt.tv/vip"}),
            (429, {"Retry-After": "10"}),
            (503, {}),
            (522, {}),
        ],
    )
    async def test_every_status_of_trakt_can_be_had(
        self, trakt: httpx.AsyncClient, status: int, headers: dict[str, str]
    ) -> None:
        fault = {"kind": "status", "path": "^/sync/", "times": 1, "status": status, "headers": headers}
        await control(trakt, "PUT", "faults", [fault])
        ada = await signed_in(trakt)

        failed = await trakt.get("/sync/watched/shows?page=2", headers=ada)
        good = await trakt.get("/sync/watched/shows?page=2", headers=ada)

        assert (failed.status_code, good.status_code) == (status, 200)
        assert all(failed.headers[name] == value for name, value in headers.items())

    async def test_calls_are_counted(self, trakt: httpx.AsyncClient) -> None:
        await trakt.get("/sync/watched/shows?page=2", headers=await signed_in(trakt))

        assert (await control(trakt, "GET", "calls"))["by_path"] == {"/sync/watched/shows?page=2": 1}


def test_it_runs_in_a_process_of_its_own() -> None:
    with running_trakt_stand_in() as stand_in:
        stand_in.time_codes(interval=0)
        code = httpx.post(f"{stand_in.base_url}/oauth/device/code", json={"client_id": "app"}).json()
        stand_in.approve(code["user_code"], "ada")
        wanted = {"code": code["device_code"], **APP}
        tokens = httpx.post(f"{stand_in.base_url}/oauth/device/token", json=wanted).json()
        stand_in.put_watched("ada", made_watched_shows(2, 6))
        stand_in.add_history("ada", [{"show": 9_000_001, "season": 9, "number": 9}])
        stand_in.bump_last_activity("ada", at="2030-01-01T00:00:00.000Z")
        headers = {**HEADERS, "Authorization": f"Bearer {tokens['access_token']}"}

        def told(path: str) -> Any:
            return httpx.get(f"{stand_in.base_url}{path}", headers=headers).json()

        assert [entry["plays"] for entry in told("/sync/watched/shows")] == [4, 3]
        assert told("/sync/last_activities")["all"] == "2030-01-01T00:00:00.000Z"
        assert stand_in.calls()["total"] == 4
