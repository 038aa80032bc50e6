"""FCM on bad days: errors, limits, silence, tokens that are gone and tokens that are wrong."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.emulator.alerting import Alerting, episode
from tests.emulator.pushing import (
    DAY,
    FIFTH,
    HOUR,
    MINUTE,
    crowd,
    handed_over,
    hasten,
    lone_message,
)

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
ONCE = [("Season 3, episode 5: Episode 5 (today)", 1)]


async def due_at_the_hour(alerting: Alerting, *tokens: str, platform: str = "android") -> None:
    """One alert of ada, who has devices with these tokens, is due now."""
    for token in tokens:
        await alerting.device("ada", token, platform)
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR


async def run(alerting: Alerting) -> Mapping[str, int]:
    """Hand over what is due now, and push it."""
    return dict(await alerting.at(alerting.clock))


async def devices_of(alerting: Alerting, user_id: str) -> set[str]:
    """The tokens of a user's devices."""
    collection = alerting.firestore.collection(f"users/{user_id}/devices")
    return {snapshot.get("token") async for snapshot in collection.stream()}


async def test_a_device_that_fails_three_times_ends_it_with_the_reason(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.refuse("phone", "internal")
    pauses: list[float] = []
    for tries in (1, 2):
        begun = alerting.clock
        assert await run(alerting) == {"pending": 1}
        notification = await alerting.notification("ada", FIFTH)
        assert notification.tries == tries
        assert notification.due_at is not None
        pauses.append(round((notification.due_at - begun).total_seconds()))
        assert await run(alerting) == {}
        alerting.clock = notification.due_at
    assert pauses == [120, 1800]
    assert await run(alerting) == {"failed": 1}

    notification = await alerting.notification("ada", FIFTH)
    assert (notification.status, notification.reason, notification.tries) == ("failed", "INTERNAL", 3)
    assert (notification.is_unread, notification.arrived_at is not None) == (True, True)
    assert notification.due_at is None
    # Each try is three calls.
    assert alerting.fcm.calls()["total"] == 9
    assert await devices_of(alerting, "ada") == {"phone"}
    alerting.clock += timedelta(days=1)
    assert await run(alerting) == {}


async def test_what_goes_well_at_the_third_try_is_sent(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.refuse("phone", "internal", times=6)
    assert await run(alerting) == {"pending": 1}
    alerting.clock += 2 * MINUTE
    assert await run(alerting) == {"pending": 1}
    alerting.clock += 30 * MINUTE
    assert await run(alerting) == {"sent": 1}
    assert alerting.screen("phone") == ONCE


async def test_a_short_pause_that_is_asked_for_is_waited_for(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.refuse("phone", "quota_exceeded", times=1, retry_after=1)
    begun = time.monotonic()
    assert await run(alerting) == {"sent": 1}
    assert time.monotonic() - begun >= 1
    assert alerting.screen("phone") == ONCE


@pytest.mark.parametrize(
    ("of", "tries"), [pytest.param("device", 1, id="a device's"), pytest.param("project", 0, id="all")]
)
async def test_a_long_pause_that_is_asked_for_is_kept(alerting: Alerting, of: str, tries: int) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    if of == "device":
        alerting.fcm.refuse("phone", "quota_exceeded", times=1, retry_after=600)
    else:
        alerting.fcm.refuse_all(429, times=1, retry_after=600)
    assert await run(alerting) == {"pending": 1}
    assert (await alerting.notification("ada", FIFTH)).tries == tries

    alerting.clock = HOUR + 599 * SECOND
    assert await run(alerting) == {}
    alerting.clock = HOUR + 601 * SECOND
    assert await run(alerting) == {"sent": 1}
    assert alerting.fcm.calls()["total"] == 2


@pytest.mark.parametrize(("answer", "tries"), [("disconnect", 0), ("internal", 0), ("unavailable", 0)])
@pytest.mark.parametrize("platform", ["android", "ios", "web"])
async def test_what_is_delivered_without_an_answer_is_seen_once(
    alerting: Alerting, platform: str, answer: str, tries: int
) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone", platform=platform)
    alerting.fcm.deliver_without_answer("phone", times=2, answer=answer)
    assert await run(alerting) == {"sent": 1}
    assert alerting.screen("phone") == [(ONCE[0][0], 3)]  # one place, that was put there three times
    assert (await alerting.notification("ada", FIFTH)).tries == tries


async def test_what_is_never_answered_is_seen_once(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.deliver_without_answer("phone", times=20)
    while (await run(alerting)) != {"failed": 1}:
        alerting.clock += 3 * MINUTE
    assert [times for _, times in alerting.screen("phone")] == [9]
    assert (await alerting.notification("ada", FIFTH)).reason == "no whole answer (ServerDisconnectedError)"


async def test_a_token_that_is_always_invalid_ends_it_and_stays(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.refuse("phone", "invalid_token")
    assert await run(alerting) == {"failed": 1}
    notification = await alerting.notification("ada", FIFTH)
    assert (notification.reason, notification.tries, notification.is_unread) == ("INVALID_ARGUMENT", 0, True)
    assert await devices_of(alerting, "ada") == {"phone"}
    # It is tried again with the next alert, as the message may have been at fault.
    assert alerting.fcm.calls()["total"] == 1


STATES: Mapping[str, tuple[str, bool]] = {
    "unregistered": ("skipped: no_device", False),
    "sender_mismatch": ("skipped: no_device", False),
    "quota_exceeded": ("pending", True),
    "unavailable": ("pending", True),
    "internal": ("pending", True),
    "third_party_auth": ("pending", True),
    "invalid_token": ("failed: INVALID_ARGUMENT", True),
    "delivered_without_answer": ("pending", True),
    "ok": ("sent", True),
}


@pytest.mark.parametrize("state", STATES)
async def test_only_a_device_that_is_gone_is_removed(alerting: Alerting, state: str) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    outcome, stays = STATES[state]
    alerting.fcm.refuse("phone", state)
    said = await run(alerting)
    assert await alerting.statuses("ada") == {FIFTH: outcome}
    assert await devices_of(alerting, "ada") == ({"phone"} if stays else set())
    assert said.get("devicesGone", 0) == (0 if stays else 1)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_no_error_of_the_whole_service_removes_a_device(alerting: Alerting, status: int) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.refuse_all(status)
    assert await run(alerting) == {"pending": 1}
    assert await devices_of(alerting, "ada") == {"phone"}
    alerting.fcm.work_again()
    alerting.clock += 3 * MINUTE
    assert await run(alerting) == {"sent": 1}
    assert alerting.screen("phone") == ONCE


async def test_a_device_that_is_gone_does_not_keep_the_others_from_it(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "old", "new")
    alerting.fcm.refuse("old", "unregistered")
    assert await run(alerting) == {"sent": 1, "devicesGone": 1}
    assert await devices_of(alerting, "ada") == {"new"}
    assert alerting.screen("new") == ONCE


async def test_of_twelve_only_the_one_that_failed_is_tried_again(alerting: Alerting) -> None:
    hasten(alerting)
    tokens = [f"phone-{number}" for number in range(12)]
    await due_at_the_hour(alerting, *tokens)
    alerting.fcm.refuse("phone-7", "internal", times=3)
    assert await run(alerting) == {"pending": 1}
    notification = await alerting.notification("ada", FIFTH)
    assert len(notification.delivered_to) == 11
    calls = alerting.fcm.calls()["total"]

    alerting.clock += 2 * MINUTE
    assert await run(alerting) == {"sent": 1}
    assert alerting.fcm.calls()["total"] - calls == 1
    assert {token: alerting.screen(token) for token in tokens} == dict.fromkeys(tokens, ONCE)


async def test_one_of_twelve_that_always_fails_does_not_make_it_failed(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, *(f"phone-{number}" for number in range(12)))
    alerting.fcm.refuse("phone-7", "internal")
    for _ in range(2):
        assert await run(alerting) == {"pending": 1}
        alerting.clock += 31 * MINUTE
    assert await run(alerting) == {"sent": 1}
    assert alerting.fcm.calls()["total"] == 11 + 3 * 3


async def test_what_reached_one_device_counts_as_sent_however_long_another_is_down(
    alerting: Alerting,
) -> None:
    """APNs may be wrongly set up for days, while Android is well."""
    hasten(alerting)
    await alerting.device("ada", "phone")
    await due_at_the_hour(alerting, "pad", platform="ios")
    alerting.fcm.refuse("pad", "third_party_auth")
    assert await run(alerting) == {"pending": 1}
    alerting.clock = HOUR + timedelta(hours=48, seconds=1)
    await alerting.dispatch()
    assert await alerting.statuses("ada") == {FIFTH: "sent"}
    assert (await alerting.notification("ada", FIFTH)).is_unread
    assert alerting.screen("phone") == ONCE


async def test_a_slow_fcm_is_waited_for(alerting: Alerting) -> None:
    hasten(alerting)
    await crowd(alerting, 150)
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    alerting.fcm.slow_down(0.3)
    begun = time.monotonic()
    for message in await handed_over(alerting):
        await alerting.push(message)
    seconds = time.monotonic() - begun
    assert len(alerting.fcm.messages()) == 150
    assert seconds < 10, "they wait one after the other"


async def test_an_fcm_that_is_too_slow_is_tried_again_later(alerting: Alerting) -> None:
    hasten(alerting, attempt_seconds=0.2)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.slow_down(5)
    assert await run(alerting) == {"pending": 1}
    assert (await alerting.notification("ada", FIFTH)).tries == 1
    alerting.fcm.work_again()
    alerting.clock += 2 * MINUTE
    assert await run(alerting) == {"sent": 1}
    assert [times for _, times in alerting.screen("phone")] == [1]


async def test_a_device_that_registers_anew_while_it_is_forgotten_stays(alerting: Alerting) -> None:
    hasten(alerting)
    await due_at_the_hour(alerting, "phone")
    alerting.fcm.refuse("phone", "unregistered")
    message = await lone_message(alerting)
    alerting.fcm.hold("messages:send")
    pushing = asyncio.create_task(alerting.push(message))
    await asyncio.to_thread(alerting.fcm.wait_until_held)
    (device,) = [one async for one in alerting.firestore.collection("users/ada/devices").stream()]
    await device.reference.update({"token": "phone-anew"})  # under the id that the app keeps
    alerting.fcm.release()

    assert (await pushing).counts == {"skipped": 1, "lost": 0}
    assert await devices_of(alerting, "ada") == {"phone-anew"}


async def held_while_pushed(alerting: Alerting) -> "asyncio.Task[Any]":
    """A push that is with FCM, and waits for its answer."""
    message = await lone_message(alerting)
    alerting.fcm.hold("messages:send")
    pushing = asyncio.create_task(alerting.push(message))
    await asyncio.to_thread(alerting.fcm.wait_until_held)
    return pushing


async def test_what_is_moved_while_it_is_sent_is_sent(alerting: Alerting) -> None:
    await due_at_the_hour(alerting, "phone")
    pushing = await held_while_pushed(alerting)
    (report,) = await alerting.announce(episode(5, "2026-07-31", version=2))
    assert report.written == 1
    alerting.fcm.release()

    assert (await pushing).counts == {"sent": 1, "lost": 0}
    assert await alerting.statuses("ada") == {FIFTH: "sent"}
    assert await alerting.at(HOUR + timedelta(days=7)) == {}
    assert alerting.screen("phone") == ONCE


@pytest.mark.parametrize("how", ["withdrawn", "unfollowed", "silenced"])
async def test_what_is_taken_back_while_it_is_sent_is_sent(alerting: Alerting, how: str) -> None:
    """The device shows it, and so does the inbox; and it does not come a second time."""
    await due_at_the_hour(alerting, "phone")
    pushing = await held_while_pushed(alerting)
    if how == "withdrawn":
        await alerting.announce(episode(5, DAY, version=2, is_withdrawn=True))
    elif how == "unfollowed":
        await alerting.unfollow("ada")
    else:
        await alerting.want("ada", notifyNewEpisode=False)
        (message,) = await alerting.published("alert-plans")
        await alerting._handled(message)
    assert (await alerting.statuses("ada"))[FIFTH].startswith("skipped")
    alerting.fcm.release()

    assert (await pushing).counts == {"sent": 1, "lost": 0}
    notification = await alerting.notification("ada", FIFTH)
    assert (notification.status, notification.reason, notification.is_unread) == ("sent", None, True)
    if how == "withdrawn":
        await alerting.announce(episode(5, DAY, version=3))
    assert await alerting.at(HOUR + timedelta(days=1)) == {}
    assert alerting.screen("phone") == ONCE
