"""Several devices of one user change the same things at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.auth_emulator import unsigned_token
from local.emulators import Emulators
from shared.adapters.firestore import paths
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from tests.emulator.alerting import reading
from tests.emulator.harness import Instance, instance_settings
from tests.emulator.show_documents import put_shows

pytestmark = pytest.mark.anyio

ADA, SILO = UserId("ada"), ShowKey("tv", 125988)


@pytest.fixture
async def devices(
    emulators: Emulators, project: str, publishing: Instance
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two devices of one user, each served by an instance of its own."""
    other = Instance(
        instance_settings(project, "http://127.0.0.1:9", PUBSUB_EMULATOR_HOST=str(emulators.pubsub))
    )
    async with reading(emulators, project):
        clients = [client_of(make_app(instance), project) for instance in (publishing, other)]
        yield clients
        for client in clients:
            await client.aclose()
    await other.close()


def client_of(app: FastAPI, project: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://api/api/v1",
        headers={"Authorization": f"Bearer {unsigned_token(project, ADA)}"},
        timeout=60,
    )


async def follow(firestore: AsyncClient, device: httpx.AsyncClient) -> None:
    synced: dict[str, Any] = {"sync": {"events": {}, "seasons": {}}}
    unfollowed = {"followerCount": 0, "isFollowed": False, "syncPriority": 1}
    await put_shows(firestore, {SILO: {**unfollowed, **synced}})
    assert (await device.post("/tracking", json={"showId": str(SILO)})).status_code == 201


async def test_two_devices_that_change_different_wishes_of_a_show_both_have_them(
    firestore: AsyncClient, devices: list[httpx.AsyncClient]
) -> None:
    await follow(firestore, devices[0])
    for hour in range(10):
        answers = await asyncio.gather(
            devices[0].patch(f"/tracking/{SILO}", json={"notifyAtHour": hour}),
            devices[1].patch(f"/tracking/{SILO}", json={"lastWatchedSeason": 3, "lastWatchedEpisode": hour}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        (found,) = (await devices[0].get("/tracking")).json()["tracking"]
        assert (found["notifyAtHour"], found["lastWatchedEpisode"]) == (hour, hour)


async def test_two_devices_that_change_different_preferences_both_have_them(
    devices: list[httpx.AsyncClient],
) -> None:
    await devices[0].patch("/me", json={"username": "ada"})
    for hour in range(10):
        answers = await asyncio.gather(
            devices[0].patch("/me", json={"preferences": {"notifyAtHour": hour}}),
            devices[1].patch("/me", json={"preferences": {"digestHour": hour}}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        wishes = (await devices[0].get("/me")).json()["preferences"]
        assert (wishes["notifyAtHour"], wishes["digestHour"]) == (hour, hour)


async def test_a_favourite_that_is_toggled_fifty_times_in_parallel_is_one_or_none(
    firestore: AsyncClient, devices: list[httpx.AsyncClient]
) -> None:
    await follow(firestore, devices[0])

    answers = await asyncio.gather(
        *(
            devices[number % 2].post(f"/tracking/{SILO}/favorite", json={"isFavorite": number % 3 == 0})
            for number in range(50)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["isFavorite"] for answer in answers] == [number % 3 == 0 for number in range(50)]
    show = (await firestore.document(paths.show(SILO)).get()).to_dict() or {}
    assert (show["followerCount"], show["syncPriority"]) == (1, 2)


async def test_a_show_that_is_followed_and_left_fifty_times_is_counted_right(
    firestore: AsyncClient, devices: list[httpx.AsyncClient]
) -> None:
    await follow(firestore, devices[0])

    async def tap(number: int) -> int:
        device = devices[number % 2]
        if number % 3:
            return (await device.post("/tracking", json={"showId": str(SILO)})).status_code
        return (await device.delete(f"/tracking/{SILO}")).status_code

    assert set(await asyncio.gather(*map(tap, range(50)))) <= {200, 201, 204, 404}
    followed = (await devices[0].get("/tracking")).json()["tracking"]
    show = (await firestore.document(paths.show(SILO)).get()).to_dict() or {}
    assert show["followerCount"] == len(followed)
    user = (await firestore.document(paths.user(ADA)).get()).to_dict() or {}
    assert len(user["followedShows"]) == len(followed)
