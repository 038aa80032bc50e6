"""The API as apps call it: each route on the emulators, and a few in the real function."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.auth_emulator import sign_up, unsigned_token
from local.emulators import Emulators
from local.functions_host import FunctionHost, function_host
from shared.adapters.firestore import paths
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.device import DeviceId
from shared.domain.notification import Notification, sent
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import Outcome, ShowRecord
from shared.domain.sync_log import SyncLog
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.tracking import UserId
from tests.emulator.harness import Instance
from tests.emulator.published import ReadTopic, read_topic

pytestmark = pytest.mark.anyio

ADA, EVE = UserId("ada"), UserId("eve")
NOW = datetime.now(UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
SILO = ShowKey("tv", 125988)


@pytest.fixture
async def topics(emulators: Emulators, project: str) -> AsyncIterator[Mapping[str, ReadTopic]]:
    """The topics that the API publishes to."""
    async with (
        read_topic(emulators, project, "show-sync") as syncs,
        read_topic(emulators, project, "alert-plans") as plans,
        read_topic(emulators, project, "push") as pushes,
    ):
        yield {topic.name: topic for topic in (syncs, plans, pushes)}


@pytest.fixture
def app(publishing: Instance, topics: Mapping[str, ReadTopic]) -> FastAPI:
    del topics  # they have to be there
    return make_app(publishing)


def client_of(app: FastAPI, project: str, user_id: UserId) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://api/api/v1",
        headers={"Authorization": f"Bearer {unsigned_token(project, user_id)}"},
        timeout=60,
    )


@pytest.fixture
async def ada(app: FastAPI, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, project, ADA) as client:
        yield client


@pytest.fixture
async def eve(app: FastAPI, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, project, EVE) as client:
        yield client


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """What was answered, if it was with that status."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def episode(number: int, day: date) -> TimelineEvent:
    """The event of one episode of Silo's third season."""
    return TimelineEvent(
        event_id=f"episode_{7173956 + number}",
        event_type=EventType.NEW_EPISODE,
        show_key=SILO,
        title="Silo",
        description=f"Season 3, episode {number}",
        event_date=day.isoformat(),
        season=3,
        episode=number,
        episode_id=7173956 + number,
    )


async def hold(instance: Instance, *events: TimelineEvent) -> None:
    """Store Silo and these events as a sync does."""
    facts = ShowFacts(SILO, "Silo", "Silo", ShowStatus.RETURNING, poster_path="/silo.jpg")
    told = {event.event_id: event for event in events}
    record = ShowRecord(facts, ShowStatus.RETURNING, events=told)
    log = SyncLog(str(SILO), "tmdb", "success", len(told), NOW, NOW)
    assert await instance.show_documents.write(Outcome(record, {}, told), log) is not None


async def receive(instance: Instance, user_id: UserId, *numbers: int) -> None:
    """Notifications that have arrived, the later the higher their numbers."""
    planned = {
        number: Notification(
            user_id=user_id,
            notification_id=f"episode_{number}",
            event_version=1,
            show_key=SILO,
            kind=AlertKind.EPISODE,
            title="Silo",
            body=f"Episode {number}",
            event_date="2026-07-24",
            scheduled_for=NOW,
            due_at=NOW,
            lapses_at=NOW + MOST_AGE,
        )
        for number in numbers
    }
    arrived = [sent(one, NOW - DAY + timedelta(minutes=number)) for number, one in planned.items()]
    assert None not in await instance.notifications.put(arrived)


async def test_a_show_is_followed_changed_and_followed_no_more(
    ada: httpx.AsyncClient, topics: Mapping[str, ReadTopic], firestore: AsyncClient
) -> None:
    begun = ok(await ada.post("/tracking", json={"showId": "tv_1396", "notifyAtHour": 20}), 201)
    assert (begun["showId"], begun["tmdbId"], begun["mediaType"]) == ("tv_1396", 1396, "tv")
    assert (begun["notifyAtHour"], begun["notifyNewEpisode"], begun["isFavorite"]) == (20, None, False)
    assert await topics["show-sync"].syncs_requested() == {"tv_1396": 1}
    again = ok(await ada.post("/tracking", json={"showId": "tv_1396", "isSilenced": True}), 200)
    assert again == {**begun, "isSilenced": True}
    changes = {"isSilenced": False, "notifyAtHour": None, "lastWatchedSeason": 1, "lastWatchedEpisode": 3}
    changed = ok(await ada.patch("/tracking/tv_1396", json=changes))
    assert changed == {**begun, **changes}
    assert ok(await ada.get("/tracking")) == {"tracking": [changed], "cursor": None}
    show = firestore.document(paths.show(ShowKey("tv", 1396)))
    assert (await show.get()).get("followerCount") == 1
    assert ok(await ada.delete("/tracking/tv_1396"), 204) is None
    assert (await show.get()).get("followerCount") == 0
    assert ok(await ada.get("/tracking")) == {"tracking": [], "cursor": None}
    for method, path in (("DELETE", ""), ("PATCH", ""), ("POST", "/favorite")):
        body = {"isFavorite": True}
        answer = await ada.request(method, f"/tracking/tv_1396{path}", json=body)
        assert ok(answer, 404)["code"] == "not_found"


async def test_what_is_followed_and_the_favourites_come_in_pages(ada: httpx.AsyncClient) -> None:
    keys = ["movie_27205", "tv_1", "tv_10", "tv_2", "tv_3"]
    for key in keys:
        ok(await ada.post("/tracking", json={"showId": key, "isFavorite": key != "tv_10"}), 201)

    async def pages(path: str) -> list[list[str]]:
        found: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = ok(await ada.get(f"{path}?limit=2{cursor and f'&cursor={cursor}'}"))
            found.append([one["showId"] for one in page["tracking"]])
            cursor = page["cursor"]
        return found

    assert await pages("/tracking") == [keys[:2], keys[2:4], keys[4:]]
    assert await pages("/tracking/favorites") == [["movie_27205", "tv_1"], ["tv_2", "tv_3"], []]
    for is_favorite in (False, False, True, False):
        answer = await ada.post("/tracking/tv_1/favorite", json={"isFavorite": is_favorite})
        assert ok(answer)["isFavorite"] is is_favorite
    assert await pages("/tracking/favorites") == [["movie_27205", "tv_2"], ["tv_3"]]


async def test_a_show_with_episodes_to_come_is_on_the_timeline_and_will_be_told(
    ada: httpx.AsyncClient, publishing: Instance, topics: Mapping[str, ReadTopic]
) -> None:
    days = [TODAY - DAY, TODAY + 3 * DAY, TODAY + 10 * DAY, TODAY + 40 * DAY]
    events = [episode(number, day) for number, day in enumerate(days, start=1)]
    ids = [event.event_id for event in events]
    await hold(publishing, *events)
    assert ok(await ada.get("/timeline/upcoming"))["events"] == []
    ok(await ada.post("/tracking", json={"showId": str(SILO)}), 201)
    assert await topics["show-sync"].syncs_requested() == {}

    async def shown(path: str) -> list[str]:
        return [event["id"] for event in ok(await ada.get(f"/timeline{path}"))["events"]]

    assert await shown("/today") == []
    assert await shown("/week") == ids[1:2]
    assert await shown("/upcoming") == ids[1:3]
    span = f"?from={days[0]}&to={days[-1]}"
    first = ok(await ada.get(f"/timeline{span}&limit=3"))
    assert (first["from"], first["to"], first["timezone"]) == (str(days[0]), str(days[-1]), "UTC")
    assert [event["id"] for event in first["events"]] == ids[:3]
    assert await shown(f"{span}&limit=3&cursor={first['cursor']}") == ids[3:]
    assert await shown(f"{span}&type=season_premiere&type=status_change") == []
    assert await shown(f"{span}&type=new_episode") == ids
    assert first["events"][1] == {
        "id": ids[1],
        "type": "new_episode",
        "showId": str(SILO),
        "title": "Silo",
        "description": "Season 3, episode 2",
        "date": str(days[1]),
        "season": 3,
        "episode": 2,
        "episodeId": 7173958,
        "episodeCount": 1,
        "seasons": [3],
        "isWholeSeason": False,
        "statusBefore": None,
        "statusAfter": None,
    }
    planned = ok(await ada.get("/notifications?status=pending"))["notifications"]
    assert [one["id"] for one in planned] == ids[1:]
    assert (planned[0]["status"], planned[0]["arrivedAt"], planned[0]["isUnread"]) == ("pending", None, False)
    assert planned[0]["scheduledFor"] == f"{days[1]}T09:00:00Z"
    assert ok(await ada.get("/notifications"))["notifications"] == []

    why = ok(await ada.get(f"/notifications/{ids[1]}/why"))
    assert (why["status"], why["now"], why["by"]["switch"]) == ("pending", "pending", "notifyNewEpisode")
    ok(await ada.patch(f"/tracking/{SILO}", json={"isSilenced": True}))
    silenced = ok(await ada.get(f"/notifications/{ids[1]}/why"))
    assert (silenced["status"], silenced["now"]) == ("skipped", "silenced")
    assert silenced["reason"] == "silenced"
    assert ok(await ada.get("/notifications?status=pending"))["notifications"] == []
    # One that was over before it was followed: nothing was ever planned.
    assert ok(await ada.get(f"/notifications/{ids[0]}/why"))["status"] is None


async def test_an_inbox_is_read_one_by_one_and_all_at_once(
    ada: httpx.AsyncClient, publishing: Instance, topics: Mapping[str, ReadTopic]
) -> None:
    await receive(publishing, ADA, *range(1, 6))
    assert ok(await ada.get("/notifications/unread-count")) == {"unread": 5}
    first = ok(await ada.get("/notifications?limit=3"))
    rest = ok(await ada.get(f"/notifications?limit=3&cursor={first['cursor']}"))
    assert [one["id"] for one in first["notifications"]] == ["episode_5", "episode_4", "episode_3"]
    assert [one["id"] for one in rest["notifications"]] == ["episode_2", "episode_1"]
    assert rest["cursor"] is None
    newest = first["notifications"][0]
    assert (newest["title"], newest["body"], newest["kind"]) == ("Silo", "Episode 5", "episode")
    assert (newest["status"], newest["isUnread"], newest["readAt"]) == ("sent", True, None)
    for _ in range(2):
        assert ok(await ada.patch("/notifications/episode_5/read"), 204) is None
    (read,) = ok(await ada.get("/notifications?status=read"))["notifications"]
    assert (read["id"], read["isUnread"]) == ("episode_5", False)
    assert read["readAt"] is not None
    assert ok(await ada.get("/notifications/unread-count")) == {"unread": 4}
    assert ok(await ada.post("/notifications/read-all")) == {"read": 4}
    assert ok(await ada.post("/notifications/read-all")) == {"read": 0}
    assert ok(await ada.get("/notifications/unread-count")) == {"unread": 0}
    cleared = [set(message["collapseIds"]) for message in await topics["push"].news()]
    assert {"episode_5"} in cleared
    assert {f"episode_{number}" for number in range(1, 5)} in cleared
    assert ok(await ada.patch("/notifications/episode_6/read"), 404)["code"] == "not_found"
    assert ok(await ada.get("/notifications/episode_6/why"), 404)["code"] == "not_found"


DEFAULTS = {
    "notifyNewEpisode": True,
    "notifyNewSeason": True,
    "notifyFinale": True,
    "notifyStatusChange": True,
    "notifySpecials": False,
    "onlyWithinEpisodes": None,
    "notifyHoursBefore": None,
    "notifyAtHour": 9,
    "quietHours": None,
    "digestHour": None,
}


async def test_a_user_changes_name_zone_and_preferences(
    ada: httpx.AsyncClient, topics: Mapping[str, ReadTopic], firestore: AsyncClient
) -> None:
    nobody = {"id": ADA, "email": None, "username": None, "timezone": None, "preferences": DEFAULTS}
    assert ok(await ada.get("/me")) == {**nobody, "createdAt": None}
    ok(await ada.patch("/me", json={}))
    assert not (await firestore.document(paths.user(ADA)).get()).exists
    assert ok(await ada.patch("/me", json={"username": "Ada"}))["username"] == "Ada"
    assert await topics["alert-plans"].news() == []
    quiet = {"from": "22:00", "to": "08:00"}
    changes = {"notifyHoursBefore": 2, "quietHours": quiet, "notifySpecials": True}
    changed = ok(await ada.patch("/me", json={"timezone": "Europe/Vienna", "preferences": changes}))
    assert changed["preferences"] == {**DEFAULTS, **changes, "notifyAtHour": None}
    (asked,) = await topics["alert-plans"].news()
    assert asked["uid"] == ADA
    back = {"notifyHoursBefore": None, "quietHours": None, "notifySpecials": None}
    ok(await ada.patch("/me", json={"username": None, "preferences": back}))
    after = ok(await ada.get("/me"))
    assert after == {**nobody, "timezone": "Europe/Vienna", "createdAt": after["createdAt"]}
    assert after["createdAt"] is not None
    assert ok(await ada.get("/timeline/today"))["timezone"] == "Europe/Vienna"


async def test_the_users_document_may_hold_anything(ada: httpx.AsyncClient, firestore: AsyncClient) -> None:
    odd = {"email": 5, "username": ["x"], "timezone": "Mars", "preferences": "none", "createdAt": "today"}
    await firestore.document(paths.user(ADA)).set({**odd, "followedShows": {"tv_1": True}, "theme": "dark"})
    assert ok(await ada.get("/me"))["preferences"] == DEFAULTS
    ok(await ada.patch("/me", json={"username": "Ada", "timezone": "UTC"}))
    stored = (await firestore.document(paths.user(ADA)).get()).to_dict() or {}
    assert (stored["username"], stored["timezone"], stored["theme"]) == ("Ada", "UTC", "dark")


async def test_a_device_is_registered_and_removed(ada: httpx.AsyncClient, firestore: AsyncClient) -> None:
    phone = {"platform": "android", "token": "t1", "name": "Ada's phone", "deviceId": "phone-1"}
    assert ok(await ada.post("/me/devices", json=phone), 201) == {"id": "phone-1"}
    assert ok(await ada.post("/me/devices", json=phone), 201) == {"id": "phone-1"}
    by_fid = ok(await ada.post("/me/devices", json={"platform": "web", "fid": "f1"}), 201)["id"]
    stored = (await firestore.document(paths.device(ADA, DeviceId("phone-1"))).get()).to_dict() or {}
    assert (stored["token"], stored["platform"], stored["name"]) == ("t1", "android", "Ada's phone")
    for device_id in ("phone-1", by_fid):
        assert ok(await ada.delete(f"/me/devices/{device_id}"), 204) is None
        assert not (await firestore.document(paths.device(ADA, DeviceId(device_id))).get()).exists
        assert ok(await ada.delete(f"/me/devices/{device_id}"), 404)["code"] == "not_found"


async def test_another_users_documents_are_out_of_reach(
    ada: httpx.AsyncClient, eve: httpx.AsyncClient, publishing: Instance, firestore: AsyncClient
) -> None:
    await hold(publishing, episode(1, TODAY + 3 * DAY))
    ok(await ada.post("/tracking", json={"showId": str(SILO)}), 201)
    ok(await ada.post("/me/devices", json={"platform": "ios", "token": "t", "deviceId": "phone"}), 201)
    ok(await ada.patch("/me", json={"username": "Ada"}))
    await receive(publishing, ADA, 7)

    async def whole() -> dict[str, Any]:
        found = {}
        for name in (paths.TRACKED_SHOWS, paths.NOTIFICATIONS, paths.DEVICES):
            async for snapshot in firestore.document(paths.user(ADA)).collection(name).stream():
                found[snapshot.reference.path] = (snapshot.to_dict(), snapshot.update_time)
        return found

    before = await whole()
    assert len(before) == 4
    for method, path in (
        ("PATCH", f"/tracking/{SILO}"),
        ("DELETE", f"/tracking/{SILO}"),
        ("POST", f"/tracking/{SILO}/favorite"),
        ("PATCH", "/notifications/episode_7/read"),
    ):
        theirs = await eve.request(method, path, json={"isFavorite": True})
        nobodys = await eve.request(method, path.replace(str(SILO), "tv_9"), json={"isFavorite": True})
        assert ok(theirs, 404)["detail"].replace(str(SILO), "tv_9") == ok(nobodys, 404)["detail"]
    ok(await eve.delete("/me/devices/phone"), 404)
    assert ok(await eve.get("/tracking"))["tracking"] == []
    assert ok(await eve.get("/tracking/favorites"))["tracking"] == []
    assert ok(await eve.get("/timeline/upcoming"))["events"] == []
    for status in ("pending", "sent", "read"):
        assert ok(await eve.get(f"/notifications?status={status}"))["notifications"] == []
    assert ok(await eve.get("/notifications/unread-count")) == {"unread": 0}
    assert ok(await eve.post("/notifications/read-all")) == {"read": 0}
    # The event is everybody's, what Ada is told of it is not.
    why = ok(await eve.get("/notifications/episode_7173957/why"))
    assert (why["status"], why["now"], why["decidedBy"]) == (None, "not_followed", None)
    assert ok(await eve.get("/me"))["username"] is None
    # A cursor is a place in a list, in whoever's.
    page = ok(await ada.get("/tracking?limit=1"))
    assert ok(await eve.get(f"/tracking?cursor={page['cursor']}"))["tracking"] == []
    assert await whole() == before


@pytest.fixture(scope="module")
def host(emulators: Emulators, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionHost]:
    log = tmp_path_factory.mktemp("api") / "api.log"
    with function_host("api", environment={**os.environ, **emulators.environment()}, log=log) as running:
        yield running


async def test_the_real_function_serves_a_user_who_signed_up(
    emulators: Emulators, project: str, host: FunctionHost
) -> None:
    user_id, token = sign_up(str(emulators.auth), f"{project}-ada@example.com")
    base = f"{host.url}api/v1"
    async with httpx.AsyncClient(base_url=base, timeout=60) as client:
        for refused in (
            "not-a-token",
            unsigned_token(emulators.project, user_id, expires_in=-60),
            unsigned_token("demo-another-project", user_id),
        ):
            answer = await client.get("/me", headers={"Authorization": f"Bearer {refused}"})
            assert ok(answer, 401)["code"] == "not_signed_in"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        client.headers["Authorization"] = f"Bearer {token}"
        assert ok(await client.get("/me"))["id"] == user_id
        device = ok(await client.post("/me/devices", json={"platform": "web", "token": project}), 201)
        assert ok(await client.delete(f"/me/devices/{device['id']}"), 204) is None
        assert ok(await client.patch("/me", json={"username": "Ada"}))["username"] == "Ada"
        assert ok(await client.get("/tracking?limit=5")) == {"tracking": [], "cursor": None}
        assert ok(await client.post("/notifications/read-all")) == {"read": 0}
        wrong = ok(await client.post("/tracking", json={"showId": "1396"}), 422)
        assert wrong["errors"][0]["field"] == "showId"
        assert ok(await client.put("/me"), 405)["code"] == "method_not_allowed"
        assert ok(await client.get("/nothing"), 404)["code"] == "not_found"
        assert "/api/v1/openapi.json" in (await client.get("/docs")).text
        assert ok(await client.get("/openapi.json"))["info"]["title"] == "TV tracker"
    log = host.log.read_text()
    assert "outcome=ok status=204" in log
    assert "method=DELETE route=/api/v1/me/devices/{id} firestoreReads=0 firestoreWrites=1" in log
    assert "outcome=refused status=422" in log
    for secret in (token, user_id, device["id"], "Traceback"):
        assert secret not in log


async def test_nobody_keeps_what_is_one_users(ada: httpx.AsyncClient) -> None:
    for path in ("/me", "/tracking", "/notifications", "/notifications/episode_1/why", "/nowhere"):
        answer = await ada.get(path)
        assert answer.headers["Cache-Control"] == "private, no-store", path
        assert "Authorization" in answer.headers["Vary"], path


async def test_ids_that_tmdb_cannot_have_are_none(ada: httpx.AsyncClient) -> None:
    assert (await ada.post("/tracking", json={"showId": "tv_9999999999999"})).status_code == 404
    answer = await ada.put("/tracking/tv_9999999999999/watched", json={"season": 1})
    assert answer.status_code == 404


async def test_asking_for_shows_that_nobody_knows_is_limited(ada: httpx.AsyncClient) -> None:
    answers = [await ada.post("/tracking", json={"showId": f"tv_{number}"}) for number in range(1, 40)]

    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {201, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) >= 1


async def test_a_document_that_is_full_is_no_fault_of_ours(
    ada: httpx.AsyncClient, firestore: AsyncClient
) -> None:
    full = {"1_1": {"watched": True, "note": "x" * 1_047_600}}
    await firestore.document(f"users/{ADA}/episode_tracking/1396").set({"episodes": full})

    answers = [
        await ada.put("/tracking/tv_1396/watched", json={"season": 2, "episode": number})
        for number in range(1, 1_500, 300)
    ]

    assert {answer.status_code for answer in answers} <= {200, 422}
