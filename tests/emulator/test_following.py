"""Users begin to follow a show and stop, while it is told and while others do the same."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.stand_ins.running import RunningTmdbStandIn
from shared.adapters.firestore import paths
from shared.domain.alert_preferences import ShowWishes
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.usecases.sync_show import sync_show
from tests.emulator.alerting import NOON, SILO, Alerting, edit_of, episode
from tests.emulator.crowd import let_follow, told
from tests.emulator.harness import Instance, new_show_id
from tests.emulator.test_show_sync import weekly

pytestmark = pytest.mark.anyio

FOURTH, FIFTH = "episode_7173960", "episode_7173961"
DAY, LATER = "2026-07-24", "2026-07-31"
DAYS = timedelta(days=1)
RACES = 30


@pytest.fixture
async def instances(alerting: Alerting) -> AsyncIterator[list[Alerting]]:
    """Several instances, each with its own connections."""
    others = [Instance(alerting.instance.settings) for _ in range(3)]
    yield [alerting, *(Alerting(one, alerting.firestore, alerting.fcm, alerting.topics) for one in others)]
    for one in others:
        await one.close()


async def stored(alerting: Alerting, path: str) -> dict[str, Any]:
    return (await alerting.firestore.document(path).get()).to_dict() or {}


async def counts(alerting: Alerting, key: ShowKey = SILO) -> tuple[int, int, bool]:
    """How many follow a show, by its own account, what priority that gives it, and whether anybody does."""
    show = await stored(alerting, paths.show(key))
    return show["followerCount"], show["syncPriority"], show["isFollowed"]


async def followed_by(alerting: Alerting, name: str) -> list[str]:
    user = await stored(alerting, paths.user(UserId(name)))
    return list(user["followedShows"])


async def test_a_follower_hears_of_what_is_known_to_come(alerting: Alerting) -> None:
    await alerting.tell(episode(3, "2026-07-17"), episode(4, DAY), episode(5, LATER))
    followed = await alerting.follow("ada")
    assert (followed.is_new, followed.changed_alerts) == (True, 2)
    assert await alerting.statuses("ada") == {FOURTH: "pending", FIFTH: "pending"}
    again = await alerting.follow("ada")
    assert (again.is_new, again.changed_alerts) == (False, 0)
    assert await counts(alerting) == (1, 2, True)


async def test_what_is_withdrawn_by_leaving_is_planned_again_by_coming_back(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY), episode(5, LATER))
    assert await alerting.at(NOON + 4 * DAYS) == {"skipped": 1}  # there is no device
    assert await alerting.unfollow("ada")
    assert not await alerting.unfollow("ada")
    assert await alerting.statuses("ada") == {FOURTH: "skipped: no_device", FIFTH: "skipped: not_followed"}
    assert (await counts(alerting), await followed_by(alerting, "ada")) == ((0, 1, False), [])
    await alerting.follow("ada")
    assert await alerting.statuses("ada") == {FOURTH: "skipped: no_device", FIFTH: "pending"}
    assert (await counts(alerting), await followed_by(alerting, "ada")) == ((1, 2, True), [str(SILO)])


async def test_a_silenced_show_is_withdrawn_and_planned_again(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY))
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(is_silenced=True)))
    assert await alerting.statuses("ada") == {FOURTH: "skipped: silenced"}
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes()))
    assert await alerting.statuses("ada") == {FOURTH: "pending"}


async def test_following_while_an_event_is_told_gives_one_alert_of_it(
    alerting: Alerting, instances: list[Alerting]
) -> None:
    await let_follow(alerting, 6)
    chance = random.Random(5)  # noqa: S311  # the same races each time

    async def after_a_while(work: Any) -> Any:
        await asyncio.sleep(chance.random() * 0.04)
        return await work

    async def is_told(number: int) -> None:
        (message,) = await instances[0].tell(episode(number, LATER))
        await after_a_while(instances[1].fan_out(message, page=4, part=2))

    for number in range(1, RACES + 1):
        name = f"fan-0000{number % 6}-{number}"  # anywhere among the others
        await asyncio.gather(after_a_while(is_told(number)), after_a_while(instances[2].follow(name)))
        assert (await told(alerting, episode(number, LATER).event_id))[name] == ("pending",)
    events = {episode(number, LATER).event_id for number in range(1, RACES + 1)}
    for number in range(1, RACES + 1):
        statuses = await alerting.statuses(f"fan-0000{number % 6}-{number}")
        assert statuses == dict.fromkeys(events, "pending")


async def test_leaving_while_an_event_is_told_leaves_nothing_to_be_sent(
    alerting: Alerting, instances: list[Alerting]
) -> None:
    names = [f"user-{number}" for number in range(8)]
    for name in names:
        await alerting.device(name, f"phone-{name}")
        await alerting.follow(name)
    messages = await alerting.tell(*(episode(number, DAY) for number in (4, 5, 6)))
    await asyncio.gather(
        *(instances[1].fan_out(message, page=3, part=2) for message in messages),
        *(instances[2 + number % 2].unfollow(name) for number, name in enumerate(names)),
    )
    said = await alerting.at(NOON + 4 * DAYS)
    assert said["sent"] == 0
    for name in names:
        assert set((await alerting.statuses(name)).values()) <= {"skipped: not_followed"}
        assert alerting.screen(f"phone-{name}") == []


async def test_many_who_come_and_leave_at_once_are_counted_exactly(
    alerting: Alerting, instances: list[Alerting]
) -> None:
    names = [f"user-{number}" for number in range(48)]
    await asyncio.gather(*(instances[number % 4].follow(name) for number, name in enumerate(names)))
    assert await counts(alerting) == (48, 49, True)
    for name in names:
        assert await followed_by(alerting, name) == [str(SILO)]
    held = await stored(alerting, paths.HELD_SHOWS)
    assert held["tv"] == [SILO.tmdb_id]

    others = [f"other-{number}" for number in range(16)]
    await asyncio.gather(
        *(instances[number % 4].follow(name) for number, name in enumerate(others)),
        *(instances[number % 4].unfollow(name) for number, name in enumerate(names[:32])),
    )
    assert await counts(alerting) == (32, 33, True)
    assert await followed_by(alerting, names[0]) == []


async def test_the_last_who_leave_at_once_leave_a_show_that_nobody_follows(
    alerting: Alerting, instances: list[Alerting]
) -> None:
    names = [f"user-{number}" for number in range(8)]
    for name in names:
        await alerting.follow(name)
    await asyncio.gather(*(instances[number % 4].unfollow(name) for number, name in enumerate(names)))
    assert await counts(alerting) == (0, 1, False)
    await asyncio.gather(*(instances[number % 4].follow(name) for number, name in enumerate(names)))
    assert await counts(alerting) == (8, 9, True)


async def test_one_user_who_taps_many_times_follows_once(
    alerting: Alerting, instances: list[Alerting]
) -> None:
    await alerting.tell(episode(4, DAY))
    followed = await asyncio.gather(*(instances[number % 4].follow("ada") for number in range(8)))
    assert sum(one.is_new for one in followed) == 1
    assert (await counts(alerting), await followed_by(alerting, "ada")) == ((1, 2, True), [str(SILO)])
    left = await asyncio.gather(*(instances[number % 4].unfollow("ada") for number in range(8)))
    assert sum(left) == 1
    assert (await counts(alerting), await followed_by(alerting, "ada")) == ((0, 1, False), [])


async def test_a_show_that_nobody_held_is_synced_and_its_first_events_are_told(
    alerting: Alerting, tmdb: RunningTmdbStandIn
) -> None:
    alerting.clock = datetime.now(UTC)
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, {"name": "Made", "recorded_seasons": {"1": {"episodes": weekly(2, start=2)}}})
    await alerting.follow("ada", key)
    await alerting.follow("bob", key)
    assert await alerting.topics["show-sync"].syncs_requested() == {str(key): 2}
    assert await alerting.inbox("ada") == {}

    async def sync() -> None:
        wiring = alerting.instance
        await sync_show(
            key,
            source=wiring.shows,
            store=wiring.show_documents,
            topics=wiring.topics,
            supplements=wiring.supplements,
            now=alerting.now,
        )

    await sync()
    assert await alerting.deliver("timeline-events") == {"complete": 2}
    first = {"episode_9000001": "pending", "episode_9000002": "pending"}
    assert (await alerting.statuses("ada"), await alerting.statuses("bob")) == (first, first)
    assert await counts(alerting, key) == (2, 3, True)

    await alerting.follow("eve", key)
    assert await alerting.topics["show-sync"].syncs_requested() == {}
    assert await alerting.statuses("eve") == first
    # One that is gone and comes back is told to who came meanwhile too.
    tmdb.put_season(key.tmdb_id, 1, weekly(2, start=2)[:1])
    await sync()
    await alerting.deliver("timeline-events")
    await alerting.follow("late", key)
    tmdb.put_season(key.tmdb_id, 1, weekly(2, start=2))
    await sync()
    await alerting.deliver("timeline-events")
    for name in ("ada", "bob", "eve", "late"):
        assert await alerting.statuses(name) == first
