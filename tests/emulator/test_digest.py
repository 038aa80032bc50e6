"""The daily digest: all alerts of a user's day in one place on the screen, at the hour that they chose."""

import asyncio
from datetime import timedelta

import pytest

from tests.emulator.alerting import Alerting, episode
from tests.emulator.pushing import DAY, HOUR, MINUTE, handed_over, hasten, lone_message, others

pytestmark = pytest.mark.anyio

EVENING = HOUR.replace(hour=20)
SECOND = timedelta(seconds=1)
FOURTH, FIFTH, SIXTH = "episode_7173960", "episode_7173961", "episode_7173962"


async def with_digest(alerting: Alerting, user_id: str = "ada", count: int = 3) -> None:
    """A user with a digest at 20 h and two devices: so many episodes come that day, from the fourth on."""
    await alerting.device(user_id, f"{user_id}-phone")
    await alerting.device(user_id, f"{user_id}-pad", "ios")
    await alerting.want(user_id, digestHour=20)
    await alerting.published("alert-plans")
    await alerting.follow(user_id)
    await alerting.announce(*(episode(number, DAY) for number in range(4, 4 + count)))


async def test_the_alerts_of_a_day_are_one_place_on_the_screen(alerting: Alerting) -> None:
    await with_digest(alerting)
    assert not await alerting.at(EVENING - SECOND)
    assert await alerting.at(EVENING) == {"sent": 3}

    text = "\n".join(f"Season 3, episode {number}: Episode {number} (today)" for number in (4, 5, 6))
    for token in ("ada-phone", "ada-pad"):
        assert alerting.screen(token) == [(text, 1)]
        (place,) = alerting.fcm.screen(token)
        assert place["collapse_id"] == f"digest_{DAY}"
        assert place["message"]["data"]["path"] == "/notifications"
    assert await alerting.statuses("ada") == dict.fromkeys((FOURTH, FIFTH, SIXTH), "sent")
    assert {one.is_unread for one in (await alerting.inbox("ada")).values()} == {True}
    assert not await alerting.at(EVENING + timedelta(minutes=10))
    assert alerting.screen("ada-phone") == [(text, 1)]


async def test_a_digest_is_handed_over_once_and_each_user_has_their_own(alerting: Alerting) -> None:
    await with_digest(alerting)
    await with_digest(alerting, "bea")
    alerting.clock = EVENING
    (message,) = await handed_over(alerting)
    assert sorted(one.notification().user_id for one in message.handed_over) == ["ada", "bea"]
    assert (await alerting.push(message)).counts == {"sent": 6, "lost": 0}
    assert [len(alerting.screen(f"{user}-phone")) for user in ("ada", "bea")] == [1, 1]


async def test_two_messages_of_a_digest_at_once_are_one_push(alerting: Alerting) -> None:
    await with_digest(alerting)
    alerting.clock = EVENING
    # Steps of one hand over each of its alerts by itself.
    handed = await handed_over(alerting, step=1)
    assert [len(message.handed_over) for message in handed] == [1, 1, 1]
    async with others(alerting, 3) as instances:
        reports = await asyncio.gather(
            *(one.push(message) for one, message in zip(instances, handed, strict=True)),
            *(alerting.push(message) for message in handed),
        )
    assert sum(report.counts["sent"] for report in reports) == 3
    assert sum(report.counts["lost"] for report in reports) == 5
    assert [times for _, times in alerting.screen("ada-phone")] == [1]
    assert await alerting.statuses("ada") == dict.fromkeys((FOURTH, FIFTH, SIXTH), "sent")


async def test_what_is_watched_meanwhile_is_left_out(alerting: Alerting) -> None:
    await with_digest(alerting)
    await alerting.watch("ada", "3_5")
    assert await alerting.at(EVENING) == {"sent": 2, "skipped": 1}
    text = "Season 3, episode 4: Episode 4 (today)\nSeason 3, episode 6: Episode 6 (today)"
    assert alerting.screen("ada-phone") == [(text, 1)]
    assert await alerting.statuses("ada") == {FOURTH: "sent", FIFTH: "skipped: watched", SIXTH: "sent"}


async def test_one_that_is_left_alone_is_told_as_itself(alerting: Alerting) -> None:
    await with_digest(alerting)
    await alerting.watch("ada", "3_4", "3_5")
    assert await alerting.at(EVENING) == {"sent": 1, "skipped": 2}
    assert alerting.screen("ada-phone") == [("Season 3, episode 6: Episode 6 (today)", 1)]
    (place,) = alerting.fcm.screen("ada-phone")
    assert place["collapse_id"] == f"digest_{DAY}"
    assert place["message"]["data"]["path"].endswith("/season/3/episode/6")


async def test_a_digest_of_what_was_all_watched_is_none(alerting: Alerting) -> None:
    await with_digest(alerting)
    await alerting.watch("ada", "3_4", "3_5", "3_6")
    assert await alerting.at(EVENING) == {"skipped": 3}
    assert alerting.screen("ada-phone") == []


async def test_the_next_day_has_a_digest_of_its_own(alerting: Alerting) -> None:
    await with_digest(alerting, count=2)
    await alerting.announce(episode(6, "2026-07-25"), episode(7, "2026-07-25"))
    assert await alerting.at(EVENING) == {"sent": 2}
    assert not await alerting.at(EVENING + timedelta(days=1) - SECOND)
    assert await alerting.at(EVENING + timedelta(days=1)) == {"sent": 2}
    places = [place["collapse_id"] for place in alerting.fcm.screen("ada-phone")]
    assert places == [f"digest_{DAY}", "digest_2026-07-25"]


async def test_a_digest_of_many_names_some_and_counts_the_rest(alerting: Alerting) -> None:
    await with_digest(alerting, count=7)
    assert await alerting.at(EVENING) == {"sent": 7}
    ((body, times),) = alerting.screen("ada-phone")
    assert (len(body.splitlines()), body.splitlines()[-1], times) == (5, "and 3 more", 1)


async def test_a_device_that_failed_gets_the_same_digest_again(alerting: Alerting) -> None:
    hasten(alerting)
    await with_digest(alerting)
    alerting.fcm.refuse("ada-pad", "internal", times=3)
    assert await alerting.at(EVENING) == {"pending": 3}
    assert await alerting.at(EVENING + 2 * MINUTE + SECOND) == {"sent": 3}
    assert [alerting.screen(token)[0][1] for token in ("ada-phone", "ada-pad")] == [1, 1]
    assert alerting.fcm.calls()["total"] == 1 + 3 + 1


async def test_one_of_a_digest_that_is_moved_while_it_is_handed_over_is_left_out(alerting: Alerting) -> None:
    await with_digest(alerting)
    alerting.clock = EVENING
    message = await lone_message(alerting)
    given = message.handed_over[0].notification().notification_id
    moved = next(number for number in (4, 5, 6) if f"episode_{7173956 + number}" != given)
    await alerting.announce(episode(moved, "2026-07-30", version=2))

    assert (await alerting.push(message)).counts == {"sent": 2, "lost": 0}
    ((body, _),) = alerting.screen("ada-phone")
    assert f"Episode {moved} " not in body
    assert await alerting.at(EVENING + timedelta(days=6)) == {"sent": 1}
    assert len(alerting.screen("ada-phone")) == 2
