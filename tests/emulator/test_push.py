"""Pushing what was handed over: once for all who deliver, to all devices, and what is seen there."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.stand_ins.fcm_messages import part_at
from shared.domain.alert_message import ClearNotifications
from shared.domain.alert_preferences import ShowWishes, Timing
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType
from tests.emulator.alerting import NOON, SILO, Alerting, edit_of, episode
from tests.emulator.pushing import (
    DAY,
    FIFTH,
    HOUR,
    MINUTE,
    crowd,
    handed_over,
    lone_message,
    messages,
    others,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("hours_before", "day", "text"),
    [
        (72, 21, "(Friday)"),
        (24, 23, "(tomorrow)"),
        (0, 24, "(today)"),
        (-30, 25, "(yesterday)"),
        (24 * 20, 4, "(24 July)"),
    ],
)
async def test_the_day_is_told_as_seen_from_the_hour(
    alerting: Alerting, hours_before: int, day: int, text: str
) -> None:
    alerting.clock = HOUR.replace(day=1)
    await alerting.device("ada", "phone")
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(timing=Timing(hours_before))))
    await alerting.announce(episode(5, DAY))
    assert await alerting.at(HOUR.replace(day=day, hour=6 if hours_before < 0 else 0)) == {"sent": 1}
    assert alerting.screen("phone") == [(f"Season 3, episode 5: Episode 5 {text}", 1)]


async def test_twelve_devices_of_three_platforms_show_it_once_each(alerting: Alerting) -> None:
    tokens = {f"{platform}-{n}": platform for platform in ("android", "ios", "web") for n in range(4)}
    for token, platform in tokens.items():
        await alerting.device("ada", token, platform)
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))

    assert await alerting.at(HOUR) == {"sent": 1}
    assert [alerting.screen(token) for token in tokens] == 12 * [
        [("Season 3, episode 5: Episode 5 (today)", 1)]
    ]
    notification = await alerting.notification("ada", FIFTH)
    assert len(notification.delivered_to) == 12


async def test_what_each_platform_is_given(alerting: Alerting) -> None:
    for platform in ("android", "ios", "web"):
        await alerting.device("ada", platform, platform)
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    await alerting.at(HOUR)

    given = {one["message"]["token"]: one["message"] for one in alerting.fcm.messages()}
    expected: Mapping[str, Mapping[str, Any]] = {
        "android": {
            "android.collapse_key": FIFTH,
            "android.notification.tag": FIFTH,
            "android.notification.title": "Silo",
            "android.notification.body": "Season 3, episode 5: Episode 5 (today)",
            "android.notification.image": "https://image.tmdb.org/t/p/w342/silo.jpg",
            "android.priority": "high",
            "android.ttl": f"{48 * 3600 - 1}s",
        },
        "ios": {
            "apns.headers.apns-collapse-id": FIFTH,
            "apns.headers.apns-expiration": str(int((HOUR + timedelta(hours=48)).timestamp())),
            "apns.payload.aps.alert.title": "Silo",
            "apns.payload.aps.alert.body": "Season 3, episode 5: Episode 5 (today)",
        },
        "web": {
            "webpush.headers.Topic": FIFTH,
            "webpush.notification.tag": FIFTH,
            "webpush.notification.title": "Silo",
            "webpush.notification.body": "Season 3, episode 5: Episode 5 (today)",
        },
    }
    for platform, parts in expected.items():
        message = given[platform]
        assert {place: part_at(message, place) for place in parts} == parts
        assert message["data"] == {
            "notificationId": FIFTH,
            "collapseId": FIFTH,
            "showKey": str(SILO),
            "kind": "episode",
            "eventDate": DAY,
            "season": "3",
            "episode": "5",
            "episodeCount": "1",
            "path": f"/show/{SILO}/season/3/episode/5",
        }
        # Only what is for this platform, so that none shows two.
        own = {"android": "android", "ios": "apns", "web": "webpush"}[platform]
        assert set(message) == {"data", "token", own}


async def test_who_has_no_device_finds_it_in_the_inbox(alerting: Alerting) -> None:
    await alerting.device("inactive", "switched-off")
    (device,) = [one async for one in alerting.firestore.collection("users/inactive/devices").stream()]
    await device.reference.update({"active": False})
    for user in ("none", "inactive"):
        await alerting.follow(user)
    await alerting.announce(episode(5, DAY))

    assert await alerting.at(HOUR) == {"skipped": 2}
    for user in ("none", "inactive"):
        notification = await alerting.notification(user, FIFTH)
        assert (notification.status, notification.reason) == ("skipped", "no_device")
        assert notification.is_unread
        assert notification.arrived_at is not None
        assert notification.arrived_at - HOUR < MINUTE
        assert notification.due_at is None
    assert alerting.fcm.messages() == []


@pytest.mark.parametrize("times", [2, 3])
async def test_a_message_that_is_delivered_again_does_nothing(alerting: Alerting, times: int) -> None:
    await crowd(alerting, 20)
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    handed = await handed_over(alerting, message=7)

    reports = [await alerting.push(message) for _ in range(times) for message in handed[::-1]]

    assert sum(report.counts["sent"] for report in reports) == 20
    assert sum(report.counts["lost"] for report in reports) == 20 * (times - 1)
    assert len(alerting.fcm.messages()) == 20


async def test_a_message_that_is_late_finds_another_in_its_place(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    late = await lone_message(alerting)
    alerting.clock = HOUR + timedelta(minutes=5, seconds=1)
    again = await lone_message(alerting)

    assert (await alerting.push(late)).counts == {"lost": 1}
    assert (await alerting.push(again)).counts == {"sent": 1, "lost": 0}
    assert (await alerting.push(late)).counts == {"lost": 1}
    assert [times for _, times in alerting.screen("phone")] == [1]


async def test_of_many_who_push_the_same_message_one_sends_each(alerting: Alerting) -> None:
    users = await crowd(alerting, 60)
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    async with others(alerting, 4) as instances:
        reports = await asyncio.gather(*(one.push(message) for one in instances for _ in range(3)))

    assert sum(report.counts["sent"] for report in reports) == 60
    assert sum(report.counts["lost"] for report in reports) == 60 * 11
    assert sorted(one["message"]["token"] for one in alerting.fcm.messages()) == users


async def test_a_claim_ends_by_itself(alerting: Alerting) -> None:
    """One that claimed and was killed: the alert is due again when its claim is over."""
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    alerting.fcm.hold("messages:send")
    killed = asyncio.create_task(alerting.push(message))
    await asyncio.to_thread(alerting.fcm.wait_until_held)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    await asyncio.to_thread(alerting.fcm.wait_until_none_is_held)
    alerting.fcm.release()

    assert not await alerting.at(HOUR + timedelta(minutes=4, seconds=59))
    assert await alerting.at(HOUR + timedelta(minutes=5, seconds=1)) == {"sent": 1}
    assert [times for _, times in alerting.screen("phone")] == [1]


async def test_a_movie_and_a_status_open_the_show(alerting: Alerting) -> None:
    movie = ShowKey("movie", 693134)
    await alerting.device("ada", "phone")
    await alerting.follow("ada", movie)
    await alerting.follow("ada")
    release = episode(
        1,
        DAY,
        event_id="movie_693134",
        event_type=EventType.MOVIE_RELEASE,
        show_key=movie,
        title="Dune: Part Two",
        season=None,
        episode=None,
        episode_id=None,
    )
    ended = episode(
        1,
        DAY,
        event_id="status_tv_125988_ended",
        event_type=EventType.STATUS_CHANGE,
        details={"from": "returning", "to": "ended"},
        season=None,
        episode=None,
        episode_id=None,
    )
    for message in [*await alerting.tell(release, key=movie), *await alerting.tell(ended)]:
        await alerting.fan_out(message)
    await alerting.at(HOUR)

    shown = {one["message"]["data"]["path"] for one in alerting.fcm.messages()}
    assert shown == {"/show/movie_693134", f"/show/{SILO}"}
    assert sorted(alerting.screen("phone")) == [("Released (today)", 1), ("Silo has ended", 1)]


async def test_what_was_read_elsewhere_is_taken_off_the_screens(alerting: Alerting) -> None:
    for platform in ("android", "ios", "web"):
        await alerting.device("ada", platform, platform)
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY), episode(6, DAY))
    await alerting.at(HOUR)
    assert {len(alerting.screen(token)) for token in ("android", "ios", "web")} == {2}

    cleared = await alerting.clear(ClearNotifications(user_id="ada", collapse_ids=(FIFTH,)))

    assert cleared == {"cleared": 2, "devices": 2}
    for token in ("android", "ios"):
        assert [body for body, _ in alerting.screen(token)] == ["Season 3, episode 6: Episode 6 (today)"]
    # A browser has to show something for every push, so it is left alone.
    assert len(alerting.screen("web")) == 2


async def test_messages_come_in_any_order(alerting: Alerting) -> None:
    users = await crowd(alerting, 30)
    await alerting.announce(*(episode(number, DAY) for number in (4, 5, 6)))
    alerting.clock = NOON + timedelta(days=4)
    await alerting.dispatch(message=8)
    handed = await messages(alerting)
    for message in [*handed[::-1], *handed, *handed[::2]]:
        await alerting.push(message)

    assert {user: len(alerting.screen(user)) for user in users[::7]} == dict.fromkeys(users[::7], 3)
    assert len(alerting.fcm.messages()) == 90
