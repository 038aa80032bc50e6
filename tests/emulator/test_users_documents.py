"""What users want of all shows, in their own documents, which others write too."""

import asyncio
from collections.abc import AsyncIterator
from datetime import time
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.users import UserDocuments
from shared.domain.alert_preferences import AlertPreferences, Timing, UserAlerts
from shared.domain.local_time import QuietHours, Zone
from shared.domain.tracking import UserId
from shared.wiring import Wiring
from tests.emulator.alert_documents import ADA, EVE, HOUR, NOW
from tests.emulator.harness import instance_settings

pytestmark = pytest.mark.anyio

ALERTS = UserAlerts(
    Zone("Pacific/Kiritimati"),
    AlertPreferences(
        notify_specials=True,
        only_within_episodes=3,
        timing=Timing(-2, 7),
        quiet_hours=QuietHours(time(22), time(8)),
        digest_hour=18,
    ),
)


@pytest.fixture
async def users(project: str) -> AsyncIterator[UserDocuments]:
    wiring = Wiring(instance_settings(project, "http://unused"), tmdb_calls_per_10_seconds=1)
    yield wiring.users
    await wiring.firestore._firestore_api.transport.close()


async def document(firestore: AsyncClient, user_id: UserId = ADA) -> dict[str, Any]:
    held = (await firestore.document(paths.user(user_id)).get()).to_dict()
    assert held is not None
    return held


async def test_wishes_are_read_as_they_were_put(users: UserDocuments, firestore: AsyncClient) -> None:
    spent = usage.begin()
    assert await users.alerts(ADA) == UserAlerts()
    await users.put_alerts(ADA, ALERTS, NOW)
    assert await users.alerts(ADA) == ALERTS
    assert (spent.firestore_reads, spent.firestore_writes) == (2, 1)
    held = await document(firestore)
    assert (held["createdAt"], held["alertsRequestedAt"]) == (NOW, NOW)

    await users.put_alerts(ADA, UserAlerts(), NOW + HOUR)
    assert await users.alerts(ADA) == UserAlerts()
    held = await document(firestore)
    assert (held["createdAt"], held["alertsRequestedAt"]) == (NOW, NOW + HOUR)


async def test_what_others_keep_with_a_user_stays(users: UserDocuments, firestore: AsyncClient) -> None:
    whole = {
        "email": "a@b.c",
        "preferences": {"theme": "dark", "notifyFinale": False},
        "followedShows": ["x"],
    }
    await firestore.document(paths.user(ADA)).set(whole)
    await users.put_alerts(ADA, ALERTS, NOW)

    held = await document(firestore)
    assert (held["email"], held["followedShows"], held["preferences"]["theme"]) == ("a@b.c", ["x"], "dark")
    assert await users.alerts(ADA) == ALERTS
    assert "createdAt" not in held


@pytest.mark.parametrize(
    "odd",
    [
        {"preferences": "none", "timezone": 7},
        {"preferences": ["a"], "timezone": "Mars/Olympus"},
        {"preferences": {"quietHours": 5, "digestHour": "9", "notifyFinale": "yes"}},
    ],
)
async def test_what_cannot_be_read_is_as_by_default_and_can_be_written(
    users: UserDocuments, firestore: AsyncClient, odd: dict[str, Any]
) -> None:
    await firestore.document(paths.user(ADA)).set(odd)

    assert await users.alerts(ADA) == UserAlerts()
    await users.put_alerts(ADA, ALERTS, NOW)
    assert await users.alerts(ADA) == ALERTS


async def test_many_may_put_at_once_where_there_is_no_document(users: UserDocuments) -> None:
    await asyncio.gather(*(users.put_alerts(ADA, ALERTS, NOW + number * HOUR) for number in range(10)))

    assert await users.alerts(ADA) == ALERTS


async def test_what_was_planned_waits_no_more_and_a_later_wish_does(users: UserDocuments) -> None:
    await users.put_alerts(EVE, ALERTS, NOW + HOUR)
    await users.put_alerts(ADA, ALERTS, NOW)
    assert await users.unplanned(NOW + HOUR, 10) == [ADA, EVE]
    assert await users.unplanned(NOW + HOUR, 1) == [ADA]
    assert await users.unplanned(NOW - HOUR, 10) == []

    for user_id in (ADA, EVE, UserId("nobody")):
        await users.planned(user_id, NOW)
    assert await users.unplanned(NOW + HOUR, 10) == [EVE]
    spent = usage.begin()
    await users.planned(ADA, NOW)
    assert (spent.firestore_reads, spent.firestore_writes) == (1, 0)
    await users.planned(EVE, NOW + HOUR)
    assert (spent.firestore_reads, spent.firestore_writes) == (2, 1)
    assert await users.alerts(EVE) == ALERTS


async def test_a_wish_that_comes_while_the_one_before_is_planned_is_not_lost(users: UserDocuments) -> None:
    for number in range(20):
        await users.put_alerts(ADA, ALERTS, NOW)
        await asyncio.gather(users.planned(ADA, NOW), users.put_alerts(ADA, ALERTS, NOW + HOUR))
        assert await users.unplanned(NOW + HOUR, 10) == [ADA], number
