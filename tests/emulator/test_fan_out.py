"""An event is told to all who follow its show: once, whatever the messages do."""

import asyncio
import itertools
from collections import Counter
from typing import Any

import pytest

from shared import usage
from shared.domain.message import TimelineEventChanged
from tests.emulator.alerting import SILO, Alerting, episode
from tests.emulator.crowd import let_follow, told, told_in_order
from tests.emulator.harness import Instance
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

FOURTH, FIFTH = "episode_7173960", "episode_7173961"
DAY, LATER = "2026-07-24", "2026-07-31"

SMALL: dict[str, Any] = {"followers": 6, "page": 4, "part": 3}
"""Eight followers a message: two pages, each in two parts."""


async def test_all_followers_are_told_and_nobody_else(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 7)
    (report,) = await alerting.announce(episode(4, DAY))
    assert (report.outcome, report.followers, report.written) == ("complete", 7, 7)
    await alerting.follow("late")
    of_event = await told(alerting, FOURTH, "status", "eventVersion")
    assert of_event == dict.fromkeys([*fans, "late"], ("pending", 1))


async def test_a_message_that_comes_again_writes_nothing(alerting: Alerting) -> None:
    await let_follow(alerting, 7)
    (message,) = await alerting.tell(episode(4, DAY))
    await alerting.fan_out(message)
    spent = usage.begin()
    reports = [await alerting.fan_out(message) for _ in range(3)]
    assert [(report.outcome, report.written) for report in reports] == [("complete", 0)] * 3
    assert spent.firestore_writes == 0


async def test_a_message_that_died_before_its_end_writes_nothing_twice(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 7)
    (message,) = await alerting.tell(episode(4, DAY))
    await alerting.fan_out(message)
    # As if it had died before it could say that all have been told.
    await alerting.firestore.document(f"timeline_events/{FOURTH}").update({"toldKind": None})
    spent = usage.begin()
    report = await alerting.fan_out(message)
    assert (report.followers, report.written, spent.firestore_writes) == (7, 0, 1)
    assert await told(alerting, FOURTH) == dict.fromkeys(fans, ("pending",))


async def test_three_messages_of_one_event_at_once_tell_it_once(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 60)
    (message,) = await alerting.tell(episode(4, DAY))
    reports = await asyncio.gather(*(alerting.fan_out(message, part=20, page=40) for _ in range(3)))
    assert sum(report.written for report in reports) == len(fans)
    assert await told(alerting, FOURTH) == dict.fromkeys(fans, ("pending",))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_messages_in_any_order_end_with_the_newest_version(
    alerting: Alerting, order: tuple[int, ...]
) -> None:
    fans = await let_follow(alerting, 5)
    messages = [
        (await alerting.tell(episode(4, day, version=version)))[0]
        for version, day in ((1, DAY), (2, "2026-07-25"), (3, LATER))
    ]
    outcomes = [(await alerting.fan_out(messages[index])).outcome for index in (*order, *order, *order)]
    newest = dict.fromkeys(fans, ("pending", 3, LATER))
    assert await told(alerting, FOURTH, "status", "eventVersion", "eventDate") == newest
    assert Counter(outcomes) == {"superseded": 6, "complete": 3}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_versions_that_are_told_as_they_come(alerting: Alerting, order: tuple[int, ...]) -> None:
    fans = await let_follow(alerting, 5)
    messages = []
    for version, day in ((1, DAY), (2, "2026-07-25"), (3, LATER)):
        messages += await alerting.tell(episode(4, day, version=version))
        if order[0] == version - 1:
            await alerting.fan_out(messages[-1])
    for index in order:
        await alerting.fan_out(messages[index])
    newest = dict.fromkeys(fans, ("pending", 3, LATER))
    assert await told(alerting, FOURTH, "status", "eventVersion", "eventDate") == newest


async def test_an_event_that_is_gone_is_told_to_nobody(alerting: Alerting) -> None:
    await let_follow(alerting, 2)
    report = await alerting.fan_out(TimelineEventChanged(event_id="episode_1", show_key=SILO, version=1))
    assert (report.outcome, report.followers, report.written) == ("gone", 0, 0)


@pytest.mark.parametrize("count", [0, 7, 8, 16, 25])
async def test_more_than_one_message_takes_goes_on_by_another(alerting: Alerting, count: int) -> None:
    fans = await let_follow(alerting, count)
    (first,) = await alerting.tell(episode(4, DAY))
    begun = await alerting.fan_out(first, **SMALL)
    outcomes = Counter({begun.outcome: 1}) + await alerting.deliver("timeline-events", **SMALL)
    assert outcomes == Counter({"continued": count // 8, "complete": 1})
    assert await told(alerting, FOURTH) == dict.fromkeys(fans, ("pending",))
    # And what is told is moved in the same way.
    (second,) = await alerting.tell(episode(4, LATER, version=2))
    moved = await alerting.fan_out(second, **SMALL)
    outcomes = Counter({moved.outcome: 1}) + await alerting.deliver("timeline-events", **SMALL)
    assert outcomes == Counter({"continued": count // 8, "complete": 1})
    assert await told(alerting, FOURTH, "eventDate") == dict.fromkeys(fans, (LATER,))


async def test_who_comes_or_leaves_between_two_messages(alerting: Alerting) -> None:
    await alerting.follow("fan-00003-comes-later")
    fans = await let_follow(alerting, 20)
    (first,) = await alerting.tell(episode(4, DAY))
    await alerting.unfollow("fan-00003-comes-later")
    assert (await alerting.fan_out(first, **SMALL)).outcome == "continued"
    await alerting.follow("fan-00003-comes-later")  # whom the pages have passed
    await alerting.follow("fan-00015-too")
    for name in (fans[1], fans[17]):
        await alerting.unfollow(name)
    await alerting.deliver("timeline-events", **SMALL)
    statuses = await told_in_order(alerting, fans, FOURTH)
    assert statuses.pop(17) is None
    assert statuses.pop(1) == "skipped"
    assert statuses == ["pending"] * 18
    assert await told_in_order(alerting, ["fan-00003-comes-later", "fan-00015-too"], FOURTH) == [
        "pending",
        "pending",
    ]


async def test_two_thousand_followers_have_one_each(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 2_000)
    (first,) = await alerting.tell(episode(4, DAY))
    report = await alerting.fan_out(first, followers=900, page=450, part=150)
    assert report.outcome == "continued"
    await alerting.deliver("timeline-events", followers=900, page=450, part=150)
    assert await told(alerting, FOURTH) == dict.fromkeys(fans, ("pending",))


async def test_a_follower_costs_one_read_and_one_write(
    alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    fans = len(await let_follow(alerting, 40))
    wire = count_on_the_wire(monkeypatch)
    instance = Instance(alerting.instance.settings)
    counted = Alerting(instance, alerting.firestore, alerting.fcm, alerting.topics)

    async def cost(**fields: object) -> tuple[int, int]:
        """Beside the followers' documents: the event before and after, and the show that it is of."""
        (message,) = await alerting.tell(episode(4, **fields))  # type: ignore[arg-type]
        wire.reset()
        spent = usage.begin()
        await counted.fan_out(message)
        assert (spent.firestore_reads, spent.firestore_writes) == wire.both
        assert wire.refused == 0
        return wire.reads - 3, wire.writes

    assert await cost(day=DAY) == (fans, fans + 1)  # and that all have been told
    assert await cost(day=LATER, version=2) == (fans, fans)
    assert await cost(day=LATER, version=3, is_withdrawn=True) == (fans, fans)
    assert await cost(day=LATER, version=3, is_withdrawn=True) == (fans, 0)
    # Some may have begun to follow meanwhile, so all are looked through, and what each has already.
    assert await cost(day=LATER, version=4) == (2 * fans, fans + 1)
    assert await cost(day=DAY, version=5) == (fans, fans)
    await instance.close()
