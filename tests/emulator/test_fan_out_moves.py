"""An event changes while its alerts are pending, being sent, and sent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.firestore.notifications import NotificationDocuments
from shared.domain.alert_message import PushNotifications
from shared.domain.notification import Notification
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.version import Version
from tests.emulator.alerting import Alerting, episode
from tests.emulator.crowd import let_follow, told

pytestmark = pytest.mark.anyio

FOURTH, FIFTH, SIXTH = (f"episode_{7173956 + number}" for number in (4, 5, 6))
DAY, SOONER, LATER = "2026-07-24", "2026-07-26", "2026-07-31"
HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of July."""
    return datetime(2026, 7, day, hour, minute, tzinfo=UTC)


class HeldBack(NotificationDocuments):
    """Notifications whose writer waits, with what it is about to write, until it may go on."""

    def __init__(self, alerting: Alerting) -> None:
        super().__init__(alerting.firestore)
        self.is_waiting, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def put(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        self.is_waiting.set()
        await self.may_go_on.wait()
        return await super().put(notifications)


@asynccontextmanager
async def while_it_is_written(alerting: Alerting, event: TimelineEvent) -> AsyncIterator[None]:
    """In this block the fan-out of the event has decided what it writes; after it, all is written."""
    (message,) = await alerting.tell(event)
    writer = HeldBack(alerting)
    task = asyncio.create_task(alerting.fan_out(message, notifications=writer))
    await writer.is_waiting.wait()
    yield
    writer.may_go_on.set()
    assert (await task).outcome == "superseded"


async def test_a_date_moves_twice_while_alerts_are_pending_being_sent_and_sent(alerting: Alerting) -> None:
    zones = {"eve": "Pacific/Kiritimati", "bob": None, "ada": "Pacific/Honolulu"}
    for name, zone in zones.items():
        await alerting.want(name, timezone=zone)
        await alerting.device(name, f"phone-of-{name}")
        await alerting.follow(name)
    await alerting.announce(episode(4, DAY))
    assert await alerting.at(at(23, 19, 1)) == {"sent": 1}  # nine o'clock on Kiritimati

    alerting.clock = at(24, 9, 1)
    await alerting.dispatch()
    (message,) = await alerting.published("push")
    assert isinstance(message, PushNotifications)
    alerting.fcm.hold("messages:send")
    push = asyncio.create_task(alerting.push(message))
    await asyncio.to_thread(alerting.fcm.wait_until_held)
    for version, day in ((2, SOONER), (3, LATER)):
        await alerting.announce(episode(4, day, version=version))
    alerting.fcm.release()
    assert (await push).counts["sent"] == 1

    assert await told(alerting, FOURTH, "status", "eventDate") == {
        "eve": ("sent", DAY),
        "bob": ("sent", LATER),
        "ada": ("pending", LATER),
    }
    assert (await alerting.notification("ada", FOURTH)).scheduled_for == at(31, 19)
    for moment in (at(24, 20), at(26, 20), at(30, 19, 1), at(31, 9, 1)):
        assert not await alerting.at(moment)
    assert await alerting.at(at(31, 19, 1)) == {"sent": 1}
    for name in zones:
        ((_, times),) = alerting.screen(f"phone-of-{name}")
        assert times == 1


async def test_one_that_was_handed_over_when_its_date_moved_waits_for_its_new_hour(
    alerting: Alerting,
) -> None:
    await alerting.device("bob", "phone")
    await alerting.follow("bob")
    await alerting.announce(episode(4, DAY))
    alerting.clock = at(24, 9, 1)
    await alerting.dispatch()
    (message,) = await alerting.published("push")
    assert isinstance(message, PushNotifications)
    await alerting.announce(episode(4, SOONER, version=2))
    assert (await alerting.push(message)).counts == {"lost": 1}
    assert alerting.screen("phone") == []
    assert not await alerting.at(at(26, 8, 59))
    assert await alerting.at(at(26, 9, 1)) == {"sent": 1}
    assert not await alerting.at(at(27, 9, 1))
    ((_, times),) = alerting.screen("phone")
    assert times == 1


async def test_one_that_could_not_be_sent_when_its_date_moved_waits_too(alerting: Alerting) -> None:
    await alerting.device("bob", "phone")
    await alerting.follow("bob")
    await alerting.announce(episode(4, DAY))
    alerting.clock = at(24, 9, 1)
    await alerting.dispatch()
    (message,) = await alerting.published("push")
    assert isinstance(message, PushNotifications)
    alerting.fcm.refuse_all(503)
    alerting.fcm.hold("messages:send")
    push = asyncio.create_task(alerting.push(message))
    await asyncio.to_thread(alerting.fcm.wait_until_held)
    await alerting.announce(episode(4, SOONER, version=2))
    alerting.fcm.release()
    assert (await push).counts == {"lost": 1}
    alerting.fcm.work_again()
    moved = await alerting.notification("bob", FOURTH)
    assert (moved.status.value, moved.scheduled_for, moved.due_at) == ("pending", at(26, 9), at(26, 9))


async def test_nobody_keeps_the_old_date_of_an_event_that_moves_while_it_is_told(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 5)
    async with while_it_is_written(alerting, episode(4, DAY)):
        (report,) = await alerting.announce(episode(4, LATER, version=2))
        assert report.written == 5
    newest = dict.fromkeys(fans, ("pending", 2, LATER))
    assert await told(alerting, FOURTH, "status", "eventVersion", "eventDate") == newest


async def test_nobody_keeps_an_old_date_of_an_event_that_moves_while_it_is_moved(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 5)
    await alerting.announce(episode(4, DAY))
    async with while_it_is_written(alerting, episode(4, SOONER, version=2)):
        (report,) = await alerting.announce(episode(4, LATER, version=3))
        assert report.written == 5
    newest = dict.fromkeys(fans, ("pending", 3, LATER))
    assert await told(alerting, FOURTH, "status", "eventVersion", "eventDate") == newest


async def test_nobody_hears_of_an_event_that_is_withdrawn_while_it_is_told(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 5)
    async with while_it_is_written(alerting, episode(4, DAY)):
        (report,) = await alerting.announce(episode(4, DAY, version=2, is_withdrawn=True))
        assert report.followers == 0  # nobody has been told yet
    assert await told(alerting, FOURTH, "status", "reason") == dict.fromkeys(
        fans, ("skipped", "event_withdrawn")
    )
    await alerting.announce(episode(4, LATER, version=3))
    assert await told(alerting, FOURTH, "status", "eventDate") == dict.fromkeys(fans, ("pending", LATER))


async def test_an_event_is_withdrawn_and_restored(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 3)
    await alerting.announce(episode(4, DAY))
    await alerting.announce(episode(4, DAY, version=2, is_withdrawn=True))
    withdrawn = dict.fromkeys(fans, ("skipped", "event_withdrawn"))
    assert await told(alerting, FOURTH, "status", "reason") == withdrawn
    assert not await alerting.at(at(24, 9, 1))
    await alerting.announce(episode(4, LATER, version=3))
    restored = dict.fromkeys(fans, ("pending", None, LATER))
    assert await told(alerting, FOURTH, "status", "reason", "eventDate") == restored


@pytest.mark.parametrize("is_told", [True, False])
async def test_who_follows_while_an_event_is_withdrawn_is_told_when_it_is_restored(
    alerting: Alerting, *, is_told: bool
) -> None:
    fans = await let_follow(alerting, 3)
    await alerting.announce(episode(4, DAY))
    withdrawal = await alerting.tell(episode(4, DAY, version=2, is_withdrawn=True))
    if is_told:
        await alerting.fan_out(withdrawal[0])
    await alerting.follow("late")
    await alerting.announce(episode(4, LATER, version=3))
    assert await told(alerting, FOURTH, "status", "eventDate") == dict.fromkeys(
        [*fans, "late"], ("pending", LATER)
    )


async def test_who_follows_after_the_hour_is_told_when_it_is_put_off(alerting: Alerting) -> None:
    fans = await let_follow(alerting, 2)
    await alerting.announce(episode(4, DAY))
    alerting.clock = at(24, 12)
    await alerting.follow("late")
    assert await told(alerting, FOURTH) == dict.fromkeys(fans, ("pending",))
    await alerting.announce(episode(4, LATER, version=2))
    assert await told(alerting, FOURTH, "status", "eventDate") == dict.fromkeys(
        [*fans, "late"], ("pending", LATER)
    )


async def test_who_follows_after_the_hour_is_not_told_what_only_gets_another_name(alerting: Alerting) -> None:
    await let_follow(alerting, 2)
    await alerting.announce(episode(4, DAY))
    alerting.clock = at(24, 12)
    await alerting.follow("late")
    await alerting.announce(episode(4, DAY, version=2, description="Season 3, episode 4: Its real name"))
    assert "late" not in await told(alerting, FOURTH) or (await told(alerting, FOURTH))["late"] == (
        "skipped",
    )


async def test_an_episode_becomes_a_premiere(alerting: Alerting) -> None:
    await alerting.want("premieres", notifyNewEpisode=False)
    await alerting.want("none", notifyNewEpisode=False, notifyNewSeason=False)
    for name in ("premieres", "none", "all"):
        await alerting.follow(name)
    await alerting.announce(episode(4, DAY))
    assert await told(alerting, FOURTH, "status", "kind") == {"all": ("pending", "episode")}
    premiere = episode(4, DAY, version=2, event_type=EventType.SEASON_PREMIERE)
    await alerting.announce(premiere)
    assert await told(alerting, FOURTH, "status", "kind") == {
        "all": ("pending", "premiere"),
        "premieres": ("pending", "premiere"),
    }
    # And back: who wants only premieres has nothing to hear any more.
    await alerting.announce(replace(premiere, event_type=EventType.NEW_EPISODE, version=3))
    assert await told(alerting, FOURTH, "status", "reason", "kind") == {
        "all": ("pending", None, "episode"),
        "premieres": ("skipped", "kind_off", "premiere"),
    }


async def test_three_episodes_become_a_drop_of_one_day(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    await alerting.announce(*(episode(number, f"2026-07-{20 + number}") for number in (4, 5, 6)))
    drop = episode(
        4,
        "2026-07-26",
        version=2,
        description="Season 3, 3 episodes",
        episode_count=3,
        details={"seasons": [3], "episodeIds": [7173960, 7173961, 7173962]},
    )
    gone = [episode(number, f"2026-07-{20 + number}", version=2, is_withdrawn=True) for number in (5, 6)]
    for message in reversed(await alerting.tell(drop, *gone)):
        await alerting.fan_out(message)
    assert await alerting.statuses("ada") == {
        FOURTH: "pending",
        FIFTH: "skipped: event_withdrawn",
        SIXTH: "skipped: event_withdrawn",
    }
    assert await alerting.at(at(26, 9, 1)) == {"sent": 1}
    assert alerting.screen("phone") == [("Season 3, 3 episodes (today)", 1)]
