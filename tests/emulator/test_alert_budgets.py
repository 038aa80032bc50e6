"""What handing over and pushing cost (DESIGN.md, section 6), counted on the wire and by ourselves."""

import asyncio

import pytest

from shared import usage
from tests.emulator.alerting import SILO, Alerting, episode
from tests.emulator.pushing import (
    DAY,
    HOUR,
    crowd,
    lone_message,
    others,
    planned,
    put,
    tracking_path,
)
from tests.emulator.wire_count import WireCount, count_on_the_wire

pytestmark = pytest.mark.anyio


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> WireCount:
    """Counts for every client that is made after it."""
    return count_on_the_wire(monkeypatch)


async def test_what_handing_over_costs(wire: WireCount, alerting: Alerting) -> None:
    alerts = [planned(f"user-{number}", 1, HOUR) for number in range(7)]
    await put(alerting, alerts)
    alerting.clock = HOUR
    spent = usage.begin()
    wire.reset()
    await alerting.dispatch()
    # One read and one write each; then it sees that nothing is left, and that no wishes are forgotten.
    assert wire.both == (7 + 2, 7)
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert spent.calls == {"pubsub": 1}

    spent = usage.begin()
    wire.reset()
    await alerting.dispatch()
    # All queues are one query, and one that finds nothing is billed as one read.
    assert wire.both == (2, 0)
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert not spent.calls


async def test_two_runs_at_once_cost_no_more_writes(wire: WireCount, alerting: Alerting) -> None:
    await put(alerting, [planned(f"user-{number}", 1, HOUR, show_key=SILO) for number in range(50)])
    alerting.clock = HOUR
    async with others(alerting, 2) as instances:
        wire.reset()
        await asyncio.gather(*(one.dispatch() for one in instances))
    assert wire.writes <= 50
    assert wire.reads <= 2 * (50 + 2)


@pytest.mark.parametrize("devices", [1, 2, 12])
async def test_what_one_push_costs(wire: WireCount, alerting: Alerting, devices: int) -> None:
    for number in range(devices):
        await alerting.device("ada", f"phone-{number}")
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    spent = usage.begin()
    wire.reset()
    await alerting.push(message)
    assert wire.both == (2 + devices, 2)
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert spent.calls == {"fcm": devices}


async def test_a_push_to_nobody_costs_the_empty_query_of_the_devices(
    wire: WireCount, alerting: Alerting
) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    wire.reset()
    await alerting.push(message)
    # A query that finds nothing is billed as one read.
    assert wire.both == (2 + 1, 2)

    wire.reset()
    await alerting.push(message)
    # Delivered again it is refused at its claim. The empty commit that tells so is billed to nobody.
    assert wire.both == (0, 0)


async def test_many_in_one_message_cost_what_they_cost_alone(wire: WireCount, alerting: Alerting) -> None:
    await crowd(alerting, 100)
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    wire.reset()
    assert (await alerting.push(message)).counts == {"sent": 100, "lost": 0}
    assert wire.both == (100 * (2 + 1), 100 * 2)


async def test_what_is_watched_before_the_hour_needs_no_devices(wire: WireCount, alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    await alerting.firestore.document(tracking_path("ada")).set({"episodes": {"3_5": {"watched": True}}})
    alerting.clock = HOUR
    message = await lone_message(alerting)
    wire.reset()
    assert (await alerting.push(message)).counts == {"skipped": 1, "lost": 0}
    assert wire.both == (2, 2)


async def test_what_a_digest_costs(wire: WireCount, alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.device("ada", "pad", "ios")
    await alerting.want("ada", digestHour=20)
    await alerting.published("alert-plans")
    await alerting.follow("ada")
    await alerting.announce(*(episode(number, DAY) for number in (4, 5, 6)))
    alerting.clock = HOUR.replace(hour=20)
    message = await lone_message(alerting)
    wire.reset()
    await alerting.push(message)
    # What it gathers is read; of one show, there is one follow and one tracking document; and two devices.
    assert wire.both == (3 + 2 + 2, 2 * 3)
