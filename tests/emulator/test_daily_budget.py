"""The daily budget, counted in Firestore by several at once."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import firestore_alone
from shared.adapters.firestore import daily_budget
from shared.adapters.firestore.daily_budget import DailyBudget
from tests.emulator.harness import new_project

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 8, 22, 12, tzinfo=UTC)
ALL, MIDDLE, LITTLE, NONE = 5, 2, 1, 0


async def stored(firestore: AsyncClient) -> Any:
    return (await firestore.document("sync_state/omdb_budget").get()).to_dict()


def budget(firestore: AsyncClient, daily: int = 10) -> DailyBudget:
    return DailyBudget(firestore, "omdb_budget", daily)


async def taken(budget: DailyBudget, priority: int, now: datetime = NOON, tries: int = 20) -> int:
    return sum([await budget.take(priority, now=now) for _ in range(tries)])


async def test_the_budget_is_spent_by_priority(firestore: AsyncClient) -> None:
    one = budget(firestore)

    assert await taken(one, NONE) == 0
    assert await stored(firestore) is None
    assert await taken(one, LITTLE) == 4
    assert await taken(one, MIDDLE) == 3
    assert await taken(one, LITTLE) == 0
    assert await taken(one, ALL) == 3
    assert await taken(one, ALL) == 0
    assert await stored(firestore) == {"day": "2026-08-22", "calls": 10}


async def test_all_instances_spend_the_same_budget_and_a_new_one_goes_on_with_it(
    firestore: AsyncClient,
) -> None:
    assert await taken(budget(firestore), ALL, tries=4) == 4
    assert await taken(budget(firestore), ALL) == 6


async def test_a_new_day_begins_with_nothing_spent(firestore: AsyncClient) -> None:
    one = budget(firestore)
    midnight = NOON + timedelta(hours=12)
    assert await taken(one, ALL, midnight - timedelta(seconds=1)) == 10

    assert await taken(one, ALL, midnight) == 10
    assert await stored(firestore) == {"day": "2026-08-23", "calls": 10}


async def test_an_instance_whose_clock_is_behind_does_not_bring_yesterday_back(
    firestore: AsyncClient,
) -> None:
    midnight = NOON + timedelta(hours=12)
    assert await taken(budget(firestore), ALL, midnight, tries=8) == 8

    assert await taken(budget(firestore), ALL, midnight - timedelta(seconds=1)) == 2
    assert await stored(firestore) == {"day": "2026-08-23", "calls": 10}


@pytest.mark.parametrize("daily", [5, 60])
async def test_eight_takers_at_once_never_exceed_it(project: str, firestore: AsyncClient, daily: int) -> None:
    """Eight instances, each of which asks one time after the other."""
    clients = [AsyncClient(project=project) for _ in range(8)]
    takers = [budget(client, daily) for client in clients]

    counts = await asyncio.gather(*(taken(taker, ALL, tries=6) for taker in takers))

    spent = (await stored(firestore))["calls"]
    assert 0 < sum(counts) <= spent <= daily
    if daily == 5:
        assert sum(counts) == 5
    for client in clients:
        await client._firestore_api.transport.close()


async def test_those_of_one_instance_do_not_get_in_each_others_way(firestore: AsyncClient) -> None:
    one = budget(firestore, 100)

    assert sum(await asyncio.gather(*(one.take(ALL, now=NOON) for _ in range(20)))) == 20
    assert (await stored(firestore))["calls"] == 20


async def test_what_the_service_says_is_used_up_is(firestore: AsyncClient) -> None:
    one, other = budget(firestore), budget(firestore)
    assert await one.take(ALL, now=NOON)

    await one.exhaust(now=NOON)

    assert await taken(other, ALL) == 0
    assert await stored(firestore) == {"day": "2026-08-22", "calls": 10}
    assert await taken(other, ALL, NOON + timedelta(days=1)) == 10


async def test_it_can_be_exhausted_before_anything_is_spent_and_while_others_take(
    firestore: AsyncClient,
) -> None:
    takers = [budget(firestore, 1000) for _ in range(4)]
    ending = budget(firestore, 1000)

    await asyncio.gather(*(taken(taker, ALL, tries=5) for taker in takers), ending.exhaust(now=NOON))

    assert await taken(ending, ALL, tries=1) == 0


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"day": 5, "calls": 1},
        {"day": "2026-08-22"},
        {"day": "2026-08-22", "calls": "9"},
        {"day": "x", "calls": 9},
    ],
    ids=str,
)
async def test_a_document_that_cannot_be_read_begins_anew(
    firestore: AsyncClient, document: dict[str, Any]
) -> None:
    await firestore.document("sync_state/omdb_budget").set(document)

    assert await taken(budget(firestore), ALL) == 10


async def test_two_budgets_do_not_know_of_each_other(firestore: AsyncClient) -> None:
    await budget(firestore).exhaust(now=NOON)

    assert await DailyBudget(firestore, "another_budget", 10).take(ALL, now=NOON)


async def test_a_database_that_does_not_answer_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daily_budget, "PATIENCE_SECONDS", 0.5)
    with firestore_alone() as store:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", store.host)
        firestore = AsyncClient(project=new_project())
        one = budget(firestore)
        assert await one.take(ALL, now=NOON)
        store.pause()
        begun = time.monotonic()

        assert await asyncio.gather(*(one.take(ALL, now=NOON) for _ in range(5))) == [False] * 5
        await one.exhaust(now=NOON)

        assert time.monotonic() - begun < 3
        store.resume()
        store.kill()
        assert not await one.take(ALL, now=NOON)
        await firestore._firestore_api.transport.close()
