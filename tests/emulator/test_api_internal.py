"""What the people who run the service can see and do, and that nobody else can."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.emulators import Emulators
from local.processes import free_ports
from local.stand_ins.running import RunningTmdbStandIn
from shared.adapters.firestore import paths
from shared.adapters.firestore.notifications import put_of
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.notification import Notification
from shared.domain.rate_limit import SYNC
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from tests.emulator.accounts import client_at, make_account
from tests.emulator.harness import Instance, instance_settings
from tests.emulator.published import ReadTopic, read_topic

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
ROUTES = [("POST", "/sync/trigger"), ("GET", "/sync/status"), ("GET", "/health")]


@pytest.fixture
async def topics(emulators: Emulators, project: str) -> AsyncIterator[dict[str, ReadTopic]]:
    async with (
        read_topic(emulators, project, "show-sync") as syncs,
        read_topic(emulators, project, "alert-plans") as plans,
        read_topic(emulators, project, "push") as pushes,
    ):
        yield {topic.name: topic for topic in (syncs, plans, pushes)}


@pytest.fixture
async def running(
    emulators: Emulators, project: str, tmdb: RunningTmdbStandIn, topics: dict[str, ReadTopic]
) -> AsyncIterator[Instance]:
    """An instance for which all services of others are at one stand-in, which counts what it is asked."""
    del topics
    addresses = dict.fromkeys(
        ("TVDB_BASE_URL", "OMDB_BASE_URL", "TRAKT_BASE_URL", "FCM_BASE_URL"), tmdb.base_url
    )
    settings = instance_settings(
        project, tmdb.base_url, PUBSUB_EMULATOR_HOST=str(emulators.pubsub), **addresses
    )
    instance = Instance(settings)
    yield instance
    await instance.close()


@pytest.fixture
def app(running: Instance) -> FastAPI:
    return make_app(running)


@pytest.fixture
async def admin(app: FastAPI, running: Instance, project: str) -> AsyncIterator[httpx.AsyncClient]:
    await make_account(running, "ann", admin=True)
    async with client_at(app, project, "ann", base="/api/internal", admin=True) as client:
        yield client


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("claim", [{}, {"admin": False}, {"admin": "true"}, {"admin": 1}, {"Admin": True}])
async def test_nobody_else_learns_anything(
    app: FastAPI,
    running: Instance,
    project: str,
    topics: dict[str, ReadTopic],
    method: str,
    path: str,
    claim: dict[str, Any],
) -> None:
    await make_account(running, "eve")
    async with client_at(app, project, "eve", base="/api/internal", **claim) as eve:
        bodies: list[Any] = [{"showId": "tv_1"}, {"all": "due"}, {"nonsense": 1}, None]
        refused = [ok(await eve.request(method, path, json=body), 403) for body in bodies]
    assert {one["code"] for one in refused} == {"not_allowed"}
    assert len({str(one) for one in refused}) == 1
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api/api/internal"
    ) as anyone:
        assert ok(await anyone.request(method, path), 401)["code"] == "not_signed_in"
    assert not await topics["show-sync"].syncs_requested()


async def test_a_show_is_asked_for(admin: httpx.AsyncClient, topics: dict[str, ReadTopic]) -> None:
    assert ok(await admin.post("/sync/trigger", json={"showId": "tv_1396"}), 202) == {"requested": 1}
    assert await topics["show-sync"].syncs_requested() == {"tv_1396": 1}
    for wrong in (
        {},
        {"showId": "1396"},
        {"all": "every"},
        {"showId": "tv_1", "all": "due"},
        {"showid": "tv_1"},
    ):
        assert ok(await admin.post("/sync/trigger", json=wrong), 422)["code"] == "invalid_request"
    assert not await topics["show-sync"].syncs_requested()


async def test_what_is_due_is_asked_for(
    admin: httpx.AsyncClient, topics: dict[str, ReadTopic], firestore: AsyncClient
) -> None:
    for number, due_in in ((1, -1), (2, 48), (3, -5)):
        await firestore.document(paths.show(ShowKey("tv", number))).set(
            {
                "status": "returning",
                "syncPriority": 2,
                "isFollowed": True,
                "syncDueAt": NOW + timedelta(hours=due_in),
                "lastSyncedAt": NOW,
            }
        )
    assert ok(await admin.post("/sync/trigger", json={"all": "due"}), 202) == {"requested": 2}
    assert await topics["show-sync"].syncs_requested() == {"tv_1": 1, "tv_3": 1}


async def test_syncs_cannot_be_asked_for_without_end(admin: httpx.AsyncClient) -> None:
    assert SYNC.per_user is not None
    body = {"showId": "tv_1"}
    statuses = [
        (await admin.post("/sync/trigger", json=body)).status_code for _ in range(SYNC.per_user.most + 1)
    ]
    # The window may end in between, after which it goes on.
    assert set(statuses) <= {202, 429}
    assert statuses[0] == 202


async def test_an_admin_who_has_signed_out_starts_nothing(
    app: FastAPI, running: Instance, project: str, topics: dict[str, ReadTopic]
) -> None:
    await make_account(running, "ann", admin=True)
    await running.identity.revoke(UserId("ann"))
    async with client_at(
        app, project, "ann", base="/api/internal", signed_in_ago=60, admin=True
    ) as signed_out:
        assert ok(await signed_out.post("/sync/trigger", json={"showId": "tv_1"}), 401)
    assert not await topics["show-sync"].syncs_requested()


async def test_the_latest_syncs_and_how_they_went(admin: httpx.AsyncClient, firestore: AsyncClient) -> None:
    assert ok(await admin.get("/sync/status")) == {"counts": {}, "syncs": []}
    for number, status in enumerate(["failed", "success", "partial", "success"]):
        at = NOW - timedelta(hours=10 - number)
        await firestore.document(paths.sync_log(f"log_{number}")).set(
            {
                "subject": f"tv_{number}",
                "source": "tmdb",
                "status": status,
                "recordsUpdated": number,
                "error": "TMDB is down" if status == "failed" else None,
                "startedAt": at,
                "finishedAt": at + timedelta(seconds=2),
            }
        )
    await firestore.document(paths.sync_log("broken")).set({"startedAt": NOW - timedelta(days=1)})
    told = ok(await admin.get("/sync/status"))
    assert told["counts"] == {"failed": 1, "partial": 1, "success": 2}
    assert [one["subject"] for one in told["syncs"]] == ["tv_3", "tv_2", "tv_1", "tv_0"]
    assert told["syncs"][-1]["error"] == "TMDB is down"
    assert len(ok(await admin.get("/sync/status?limit=2"))["syncs"]) == 2
    assert (await admin.get("/sync/status?limit=201")).status_code == 422


async def test_all_is_well_and_nothing_waits(admin: httpx.AsyncClient, tmdb: RunningTmdbStandIn) -> None:
    told = ok(await admin.get("/health"))
    assert told["status"] == "ok"
    assert told["dependencies"] == dict.fromkeys(
        ("firestore", "pubsub", "tmdb", "tvdb", "omdb", "trakt", "fcm"), "ok"
    )
    assert [
        told[name] for name in ("oldestClaimSeconds", "oldestDueAlertSeconds", "leastFreshFollowedShow")
    ] == [None] * 3
    assert told["omdbCallsLeftToday"] == 1000
    budget = told["tmdbBudget"]
    assert budget["callsPerTenSeconds"] == 40
    assert 0 < sum(budget["shares"].values()) <= 40
    assert tmdb.calls()["total"] == 0  # nothing of a budget is spent


async def test_what_waits_is_told(admin: httpx.AsyncClient, firestore: AsyncClient) -> None:
    now = datetime.now(UTC)
    for number, ago in ((1, 40), (2, 900)):
        await firestore.document(f"tmdb_cache/tv/seasons/{number}_1").set(
            {"status": "populating", "lastUpdated": now - timedelta(seconds=ago), "episodes": {}}
        )
    await firestore.document("tmdb_cache/tv/seasons/3_1").set(
        {"status": "complete", "lastUpdated": now - timedelta(days=9), "episodes": {}}
    )
    for user, due in (("ada", -600), ("eve", -60), ("ann", 60)):
        at = now + timedelta(seconds=due)
        planned = Notification(
            user_id=UserId(user),
            notification_id="episode_1",
            event_version=1,
            show_key=ShowKey("tv", 1),
            kind=AlertKind.EPISODE,
            title="Silo",
            body="Episode 1",
            event_date="2026-07-24",
            scheduled_for=at,
            due_at=at,
            lapses_at=at + MOST_AGE,
        )
        batch = firestore.batch()
        batch._add_write_pbs([put_of(firestore, planned)])
        await batch.commit()
    shows = (
        (1, "returning", True, 5),
        (2, "in_production", True, 30),
        (3, "ended", True, 400),
        (4, "returning", False, 500),
    )
    for number, status, is_followed, hours in shows:
        await firestore.document(paths.show(ShowKey("tv", number))).set(
            {"status": status, "isFollowed": is_followed, "lastSyncedAt": now - timedelta(hours=hours)}
        )
    today = date.today().isoformat()  # noqa: DTZ011 - the machine's is UTC's, or the budget counts as unspent
    await firestore.document("sync_state/omdb_budget").set({"day": today, "calls": 123})
    told = ok(await admin.get("/health"))
    assert 900 <= told["oldestClaimSeconds"] < 960
    assert 600 <= told["oldestDueAlertSeconds"] < 660
    seen = told["leastFreshFollowedShow"]
    assert (seen["showId"], seen["ageSeconds"] // 3600) == ("tv_2", 30)
    assert told["omdbCallsLeftToday"] == 877
    assert told["status"] == "ok"


async def test_what_does_not_answer_is_told_and_the_rest_too(
    project: str, tmdb: RunningTmdbStandIn, topics: dict[str, ReadTopic], emulators: Emulators
) -> None:
    (silent,) = free_ports(1)
    nowhere = f"http://127.0.0.1:{silent}"
    instance = Instance(
        instance_settings(
            project,
            tmdb.base_url,
            PUBSUB_EMULATOR_HOST=str(emulators.pubsub),
            **dict.fromkeys(("TVDB_BASE_URL", "FCM_BASE_URL"), nowhere),
            **dict.fromkeys(("OMDB_BASE_URL", "TRAKT_BASE_URL"), tmdb.base_url),
        )
    )
    await topics["push"].remove()
    async with client_at(make_app(instance), project, "ann", base="/api/internal", admin=True) as admin:
        told = ok(await admin.get("/health"))
    await instance.close()
    assert told["status"] == "degraded"
    assert told["dependencies"] == {
        "firestore": "ok",
        "pubsub": "missing",
        "tmdb": "ok",
        "tvdb": "unreachable",
        "omdb": "ok",
        "trakt": "ok",
        "fcm": "unreachable",
    }


async def test_anybody_can_ask_whether_it_lives(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as anyone:
        assert ok(await anyone.get("/api/live")) == {"status": "ok"}
