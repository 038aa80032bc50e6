"""Erasing a user over the API: nothing of them is left, whoever writes for them at that moment."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import functions_framework
import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient

from functions import _entry
from functions.api.app import make_app
from local.auth_emulator import unsigned_token
from shared.adapters.firestore import paths
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.erasure import SETTLED_AFTER
from shared.domain.notification import Notification
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.tracking import UserId
from shared.errors import StoreUnavailable
from shared.usecases.erase_user import Eraser, erase_user, settle_erasures
from tests.emulator.accounts import client_at, has_account, make_account
from tests.emulator.alerting import SILO, Alerting, episode
from tests.emulator.harness import Instance, User, new_show_id, watched
from tests.emulator.published import ReadTopic

pytestmark = pytest.mark.anyio

ADA, EVE = UserId("ada"), UserId("eve")
DAY = "2026-07-24"

EVENT = {
    "ce-specversion": "1.0",
    "ce-id": "17",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-source": "//pubsub.googleapis.com/projects/demo/topics/timeline-events",
    "content-type": "application/json",
}


def event(data: bytes) -> dict[str, Any]:
    """A message as Eventarc hands it over."""
    return {"message": {"data": base64.b64encode(data).decode(), "messageId": "17"}, "subscription": "s"}


def function_client(name: str) -> httpx.AsyncClient:
    """A client of the deployed function of that name, in this process."""
    app = functions_framework.create_app(name, "functions/main.py")  # type: ignore[no-untyped-call]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://function", timeout=60)


@pytest.fixture
def app(publishing: Instance, show_syncs: ReadTopic) -> FastAPI:
    del show_syncs  # it has to be there
    return make_app(publishing)


@pytest.fixture
async def ada(app: FastAPI, publishing: Instance, project: str) -> AsyncIterator[httpx.AsyncClient]:
    await make_account(publishing, ADA)
    async with client_at(app, project, ADA) as client:
        yield client


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def left_of(firestore: AsyncClient, user_id: str) -> list[str]:
    """The paths of all that names the user, beside what is written down of the erasure."""
    found: list[str] = []
    async for collection in firestore.collections():
        async for document in collection.list_documents():
            if document.id == user_id and collection.id != "erasures":
                found += [document.path] if (await document.get()).exists else []
                async for below in document.collections():
                    found += [one.reference.path async for one in below.stream()]
            elif collection.id in {"enrich_queue", "calendar_keys", "api_cache"}:
                fields = (await document.get()).to_dict() or {}
                found += [document.path] if fields.get("uid") == user_id else []
    return found


async def followers(firestore: AsyncClient, key: str) -> tuple[int, bool]:
    fields = (await firestore.document(f"shows/{key}").get()).to_dict() or {}
    return fields["followerCount"], fields["isFollowed"]


def notification(user_id: UserId, number: int) -> Notification:
    now = datetime.now(UTC)
    return Notification(
        user_id=user_id,
        notification_id=f"episode_{number}",
        event_version=1,
        show_key=SILO,
        kind=AlertKind.EPISODE,
        title="Silo",
        body=f"Episode {number}",
        event_date=DAY,
        scheduled_for=now,
        due_at=now,
        lapses_at=now + MOST_AGE,
    )


async def fill(client: httpx.AsyncClient, instance: Instance, firestore: AsyncClient) -> None:
    """Something in each place where something of a user can be."""
    for number in (1, 2, 3):
        ok(await client.post("/tracking", json={"showId": f"tv_{number}"}), 201)
    ok(await client.post("/me/devices", json={"platform": "android", "token": "a-token"}), 201)
    ok(await client.post("/me/calendar"), 201)
    show_id = new_show_id()
    await User(firestore, ADA).track(show_id, watched(["1_1"]))
    await instance.notifications.put([notification(ADA, number) for number in range(5)])
    await firestore.document(paths.sessions(ADA)).set({"sessions": {}})
    await firestore.document("users/ada/notes_of_a_later_version/one").set({"text": "kept?"})
    await firestore.document("enrich_queue/ada_7").set({"uid": ADA, "showId": 7})
    await firestore.document("api_cache/timeline_1").set({"uid": ADA, "body": "{}"})


async def test_everything_goes_and_a_receipt_says_what(
    ada: httpx.AsyncClient, app: FastAPI, project: str, publishing: Instance, firestore: AsyncClient
) -> None:
    await fill(ada, publishing, firestore)
    await make_account(publishing, EVE)
    await firestore.document("enrich_queue/ada_7_7").set({"uid": "ada_7", "showId": 7})
    async with client_at(app, project, EVE) as eve:
        ok(await eve.post("/tracking", json={"showId": "tv_1"}), 201)
    assert await followers(firestore, "tv_1") == (2, True)

    answer = await ada.delete("/me")
    receipt = ok(answer)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert receipt["isComplete"] is True
    assert receipt["erasedAt"]
    assert receipt["collections"] == {
        "api_cache": 1,
        "calendar_keys": 1,
        "devices": 1,
        "enrich_queue": 1,
        "episode_tracking": 1,
        "notes_of_a_later_version": 1,
        "notifications": 5,
        "private": 2,
        "tracked_shows": 3,
        "users": 1,
    }
    assert await left_of(firestore, ADA) == []
    assert not await has_account(publishing, ADA)
    assert await followers(firestore, "tv_1") == (1, True)
    assert await followers(firestore, "tv_2") == (0, False)
    assert len(await left_of(firestore, EVE)) == 2  # the user and the follow
    assert (await firestore.document("enrich_queue/ada_7_7").get()).exists

    # Whose answer was lost asks again, and is told the same.
    assert ok(await ada.delete("/me")) == receipt
    # For all else the token is worth nothing any more, and makes nothing.
    for method, path, body in (
        ("POST", "/tracking", {"showId": "tv_1"}),
        ("PATCH", "/me", {"username": "Ada"}),
        ("POST", "/me/devices", {"platform": "android", "token": "a-token"}),
    ):
        refused = ok(await ada.request(method, path, json=body), 401)
        assert refused["code"] == "not_signed_in"
    assert await left_of(firestore, ADA) == []


async def test_it_needs_a_recent_sign_in(
    ada: httpx.AsyncClient, app: FastAPI, project: str, firestore: AsyncClient
) -> None:
    ok(await ada.post("/tracking", json={"showId": "tv_1"}), 201)
    for ago in (3_000, 601):
        async with client_at(app, project, ADA, signed_in_ago=ago) as client:
            assert ok(await client.delete("/me"), 403)["code"] == "sign_in_again"
    assert len(await left_of(firestore, ADA)) == 2
    ok(await ada.delete("/me"))


async def test_who_was_never_there_or_has_signed_out_erases_nothing(
    ada: httpx.AsyncClient, app: FastAPI, project: str, publishing: Instance, firestore: AsyncClient
) -> None:
    ok(await ada.post("/tracking", json={"showId": "tv_1"}), 201)
    async with client_at(app, project, "nobody") as nobody:
        assert ok(await nobody.delete("/me"), 401)["code"] == "not_signed_in"
    async with client_at(app, project, ADA, signed_in_ago=60) as before:
        await publishing.identity.revoke(ADA)
        assert ok(await before.delete("/me"), 401)["code"] == "not_signed_in"
    assert len(await left_of(firestore, ADA)) == 2
    assert [one.id async for one in firestore.collection("erasures").list_documents()] == []


async def test_more_than_one_call_can_erase_goes_on_with_the_next(
    ada: httpx.AsyncClient, publishing: Instance, firestore: AsyncClient
) -> None:
    await publishing.notifications.put([notification(ADA, number) for number in range(700)])
    await fill(ada, publishing, firestore)
    calls, erasure = 0, None
    while erasure is None or erasure.ended_at is None:
        # The test's clock: a call has time for one step.
        ticks = iter(range(100))
        begun = datetime.now(UTC)
        eraser = publishing.eraser
        one_step = Eraser(
            erasures=eraser.erasures,
            held=eraser.held,
            accounts=eraser.accounts,
            follows=eraser.follows,
            notifications=eraser.notifications,
            now=lambda begun=begun, ticks=ticks: begun + timedelta(seconds=next(ticks)),  # type: ignore[misc]
        )
        erasure = await erase_user(ADA, one_step, within=timedelta(seconds=3))
        calls += 1
        assert calls < 50
    assert calls > 3
    assert erasure.erased["notifications"] == 700
    assert erasure.erased["tracked_shows"] == 3
    assert await left_of(firestore, ADA) == []


@pytest.mark.parametrize("dies_at", ["end", "delete_account"])
async def test_a_call_that_dies_is_repeated(
    ada: httpx.AsyncClient,
    publishing: Instance,
    firestore: AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    dies_at: str,
) -> None:
    await fill(ada, publishing, firestore)
    dying = publishing.erasures if dies_at == "end" else publishing.identity

    async def die(*_: Any) -> None:
        raise StoreUnavailable("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(dying, dies_at, die)
        assert (await ada.delete("/me")).status_code == 503
    # The account goes last, and it may be the very last step that is missing.
    assert await has_account(publishing, ADA) == (dies_at == "delete_account")
    receipt = ok(await ada.delete("/me"))
    assert receipt["isComplete"] is True
    assert receipt["collections"]["tracked_shows"] == 3
    assert not await has_account(publishing, ADA)
    assert await left_of(firestore, ADA) == []


async def test_a_fan_out_and_an_enrichment_that_run_meanwhile_leave_nothing(
    alerting: Alerting, firestore: AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the user's documents, and write when nothing of the user is left any more."""
    instance = alerting.instance
    monkeypatch.setattr(type(instance), "now", property(lambda _: alerting.now))
    monkeypatch.setattr(_entry, "_wiring_of", lambda _: instance)
    await make_account(instance, ADA)
    await alerting.follow("ada")
    await alerting.follow("eve")
    show_id = new_show_id()
    await User(firestore, ADA).track(show_id, watched(["1_1"]))
    # Somebody else is loading the season, so the enrichment has to wait in the queue.
    season = paths.season_cache(SeasonKey(ShowId(show_id), SeasonNumber(1)))
    populating = {"status": "populating", "lastUpdated": SERVER_TIMESTAMP, "episodes": {}}
    await firestore.document(season).set(populating)
    (message,) = await alerting.tell(episode(5, DAY))
    writing, is_erased = asyncio.Semaphore(0), asyncio.Event()

    def held_up(method: Callable[..., Any]) -> Callable[..., Any]:
        async def wait_and_call(*arguments: Any, **named: Any) -> Any:
            writing.release()
            await is_erased.wait()
            return await method(*arguments, **named)

        return wait_and_call

    monkeypatch.setattr(instance.notifications, "put", held_up(instance.notifications.put))
    monkeypatch.setattr(instance.enrich_queue, "put", held_up(instance.enrich_queue.put))
    async with function_client("fan_out_alerts") as alerts, function_client("enrich") as enrich:
        telling = asyncio.create_task(alerts.post("/", headers=EVENT, json=event(message.encode())))
        headers = {"Authorization": f"Bearer {unsigned_token(project, ADA)}"}
        asked = {"showId": show_id, "waitSeconds": 0}
        enriching = asyncio.create_task(enrich.post("/", headers=headers, json=asked))
        for _ in range(2):
            await asyncio.wait_for(writing.acquire(), 20)
        assert (await erase_user(ADA, instance.eraser)).ended_at is not None
        assert await left_of(firestore, ADA) == []
        is_erased.set()
        assert (await telling).status_code == 204
        assert (await enriching).status_code == 202
    assert await left_of(firestore, ADA) == []
    assert (await firestore.document(paths.notification(EVE, message.event_id)).get()).exists


async def test_what_slips_through_is_found_by_the_cleanup_once_all_tokens_are_over(
    ada: httpx.AsyncClient, publishing: Instance, firestore: AsyncClient
) -> None:
    ok(await ada.post("/tracking", json={"showId": "tv_1"}), 201)
    ok(await ada.delete("/me"))
    # An app writes what it may write itself, with a token that is good for an hour.
    await User(firestore, ADA).track(5, watched(["1_1"]))
    eraser = publishing.eraser

    def later(by: timedelta) -> Eraser:
        return Eraser(
            erasures=eraser.erasures,
            held=eraser.held,
            accounts=eraser.accounts,
            follows=eraser.follows,
            notifications=eraser.notifications,
            now=lambda: datetime.now(UTC) + by,
        )

    assert (await settle_erasures(later(timedelta(hours=1)))).as_fields() == {
        "erasuresSettled": 0,
        "erasuresLeft": 0,
    }
    assert (await settle_erasures(later(SETTLED_AFTER))).settled == 1
    assert await left_of(firestore, ADA) == []
    assert [one.id async for one in firestore.collection("erasures").list_documents()] == []


async def test_the_cleanup_ends_what_nobody_has_repeated_and_leaves_who_has_come_back(
    publishing: Instance, firestore: AsyncClient
) -> None:
    for user_id in (ADA, EVE):
        await make_account(publishing, user_id)
        await User(firestore, user_id).track(5, watched(["1_1"]))
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    await publishing.erasures.begin(ADA, long_ago)
    await publishing.erasures.begin(EVE, long_ago)
    await publishing.erasures.end(EVE, long_ago)
    assert (await settle_erasures(publishing.eraser)).settled == 2
    assert await left_of(firestore, ADA) == []
    assert not await has_account(publishing, ADA)
    assert await left_of(firestore, EVE) == ["users/eve/episode_tracking/5"]
    assert await has_account(publishing, EVE)


async def test_a_user_with_five_hundred_shows(
    ada: httpx.AsyncClient, publishing: Instance, firestore: AsyncClient
) -> None:
    ok(await ada.post("/tracking", json={"showId": "tv_1"}), 201)
    follow = (await firestore.document("users/ada/tracked_shows/tv_1").get()).to_dict()
    show = (await firestore.document("shows/tv_1").get()).to_dict()
    assert follow is not None
    assert show is not None
    batch = firestore.batch()
    for number in range(2, 501):
        key = {"showKey": f"tv_{number}", "tmdbId": number}
        batch.set(firestore.document(f"users/ada/tracked_shows/tv_{number}"), {**follow, **key})
        batch.set(firestore.document(f"shows/tv_{number}"), {**show, "tmdbId": number})
    await batch.commit()
    await publishing.notifications.put([notification(ADA, number) for number in range(2_000)])
    erased: dict[str, Any] = {"isComplete": False}
    while not erased["isComplete"]:
        erased = (await ada.delete("/me")).json()
    assert erased["collections"] == {"notifications": 2_000, "tracked_shows": 500, "users": 1}
    assert await left_of(firestore, ADA) == []
    assert await followers(firestore, "tv_250") == (0, False)
