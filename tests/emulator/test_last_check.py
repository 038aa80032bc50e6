"""The last check before a push: what its user has watched, wants, and where they are by then."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.alert_message import PlanAlerts
from shared.domain.alert_preferences import ShowWishes
from shared.domain.timeline import EventType
from tests.emulator.alerting import SILO, Alerting, edit_of, episode
from tests.emulator.pushing import (
    DAY,
    FIFTH,
    HOUR,
    MINUTE,
    change_follow,
    lone_message,
)

pytestmark = pytest.mark.anyio

Change = Callable[[Alerting, str], Awaitable[Any]]


async def settle(alerting: Alerting) -> None:
    """Let what users have changed be planned."""
    for message in await alerting.published("alert-plans"):
        assert isinstance(message, PlanAlerts)
        await alerting.plan(message)


def follow_with(**wishes: Any) -> Change:
    return lambda alerting, user: alerting.follow(user, edit=edit_of(wishes=ShowWishes(**wishes)))


def has_watched(*keys: str) -> Change:
    return lambda alerting, user: alerting.watch(user, *keys)


def wants(**document: Any) -> Change:
    async def change(alerting: Alerting, user: str) -> None:
        await alerting.want(user, **document)
        await settle(alerting)

    return change


def is_at(season: int, number: int) -> Change:
    return lambda alerting, user: alerting.follow(user, edit=edit_of(last_watched=(season, number)))


async def nothing(alerting: Alerting, user: str) -> None:
    """Nothing changes."""


BEFORE_THE_HOUR: Mapping[str, tuple[Change, str]] = {
    "has-changed-nothing": (nothing, "sent"),
    "has-watched-it": (has_watched("3_5"), "skipped: watched"),
    "has-watched-another": (has_watched("3_4", "2_5"), "sent"),
    "is-past-it": (is_at(3, 6), "skipped: watched"),
    "is-just-before-it": (is_at(3, 4), "sent"),
    "has-unfollowed": (lambda alerting, user: alerting.unfollow(user), "skipped: not_followed"),
    "has-silenced-it": (follow_with(is_silenced=True), "skipped: silenced"),
    "wants-no-episodes-of-it": (follow_with(notify_new_episode=False), "skipped: kind_off"),
    "wants-no-episodes": (wants(notifyNewEpisode=False), "skipped: kind_off"),
    "wants-its-episodes-only": (
        lambda alerting, user: _both(
            alerting, user, follow_with(notify_new_episode=True), wants(notifyNewEpisode=False)
        ),
        "sent",
    ),
    "is-not-caught-up": (follow_with(only_within_episodes=0), "skipped: not_caught_up"),
    "is-within-four": (follow_with(only_within_episodes=4), "sent"),
    "is-not-within-three": (wants(onlyWithinEpisodes=3), "skipped: not_caught_up"),
    "has-caught-up": (
        lambda alerting, user: _both(
            alerting, user, wants(onlyWithinEpisodes=0), has_watched("3_1", "3_2", "3_3", "3_4")
        ),
        "sent",
    ),
    "says-to-have-caught-up": (
        lambda alerting, user: alerting.follow(
            user, edit=edit_of(wishes=ShowWishes(only_within_episodes=0), last_watched=(3, 4))
        ),
        "sent",
    ),
}


async def _both(alerting: Alerting, user: str, one: Change, other: Change) -> None:
    await one(alerting, user)
    await other(alerting, user)


async def test_what_is_so_at_the_hour_decides(alerting: Alerting) -> None:
    for user in BEFORE_THE_HOUR:
        await alerting.device(user, user)
        await alerting.follow(user)
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR - MINUTE
    for user, (change, _) in BEFORE_THE_HOUR.items():
        await change(alerting, user)

    await alerting.at(HOUR)

    became = {user: (await alerting.statuses(user))[FIFTH] for user in BEFORE_THE_HOUR}
    assert became == {user: outcome for user, (_, outcome) in BEFORE_THE_HOUR.items()}
    seen = {user: len(alerting.screen(user)) for user in BEFORE_THE_HOUR}
    assert seen == {user: int(outcome == "sent") for user, outcome in became.items()}
    for user, outcome in became.items():
        notification = await alerting.notification(user, FIFTH)
        assert (notification.arrived_at is not None, notification.is_unread) == ((outcome == "sent"),) * 2


AT_THE_LAST_MOMENT: Mapping[str, tuple[Mapping[str, Any] | None, str]] = {
    "unfollowed": (None, "skipped: not_followed"),
    "silenced": ({"isSilenced": True}, "skipped: silenced"),
    "kind-off": ({"notifyNewEpisode": False}, "skipped: kind_off"),
    "all-kinds-off": ({"user.preferences.notifyNewEpisode": False}, "skipped: kind_off"),
    "watched": ({"lastWatchedSeason": 3, "lastWatchedEpisode": 5}, "skipped: watched"),
    "quiet": ({"user.preferences.quietHours": {"from": "08:00", "to": "10:30"}}, "pending"),
    "elsewhere": (
        {
            "user.timezone": "Pacific/Honolulu",
            "user.preferences.quietHours": {"from": "22:00", "to": "05:00"},
        },
        "pending",
    ),
    "wanted-in-the-evening": ({"notifyHoursBefore": -20}, "pending"),
}


async def test_what_changed_after_it_was_handed_over_decides(alerting: Alerting) -> None:
    for user in AT_THE_LAST_MOMENT:
        await alerting.device(user, user)
        await alerting.follow(user)
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    for user, (change, _) in AT_THE_LAST_MOMENT.items():
        if change is None:
            await alerting.firestore.document(f"users/{user}/tracked_shows/{SILO}").delete()
        else:
            await change_follow(alerting, user, **change)

    report = await alerting.push(message)

    assert report.counts == {"skipped": 5, "pending": 3, "lost": 0}
    became = {user: (await alerting.statuses(user))[FIFTH] for user in AT_THE_LAST_MOMENT}
    assert became == {user: outcome for user, (_, outcome) in AT_THE_LAST_MOMENT.items()}
    # Quiet hours put off and drop nothing.
    assert (await alerting.notification("quiet", FIFTH)).due_at == HOUR.replace(hour=10, minute=30)
    assert (await alerting.notification("elsewhere", FIFTH)).due_at == HOUR.replace(hour=15)
    assert not await alerting.at(HOUR + timedelta(minutes=89))
    assert await alerting.at(HOUR + timedelta(minutes=90)) == {"sent": 1}
    # After the quiet hours it is five there, and the user's hour is nine.
    assert await alerting.at(HOUR.replace(hour=15)) == {"pending": 1}
    assert await alerting.at(HOUR.replace(hour=19)) == {"sent": 1}
    assert await alerting.at(HOUR.replace(hour=20)) == {"sent": 1}
    assert [alerting.screen(user) for user in ("quiet", "elsewhere", "wanted-in-the-evening")] == [
        [("Season 3, episode 5: Episode 5 (today)", 1)]
    ] * 3


async def test_what_is_taken_back_while_it_is_on_its_way_is_not_sent(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)
    await alerting.unfollow("ada")

    assert (await alerting.push(message)).counts == {"lost": 1}
    assert await alerting.statuses("ada") == {FIFTH: "skipped: not_followed"}
    assert alerting.screen("phone") == []


async def test_one_that_waited_too_long_for_the_push_is_skipped(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR
    message = await lone_message(alerting)

    alerting.clock = HOUR + timedelta(hours=48, seconds=1)
    assert (await alerting.push(message)).counts == {"skipped": 1, "lost": 0}
    assert await alerting.statuses("ada") == {FIFTH: "skipped: too_old"}


ALL_TEN = [f"3_{number}" for number in range(1, 11)]
DROP = episode(
    1,
    DAY,
    event_type=EventType.SEASON_PREMIERE,
    description="Season 3, episodes 1 to 10",
    episode_count=10,
    is_whole_season=True,
    details={"episodeIds": list(range(7173957, 7173967)), "seasons": [3]},
)


async def test_a_whole_season_is_one_alert_and_none_for_who_has_watched_it(alerting: Alerting) -> None:
    watched = {"none": [], "nine": ALL_TEN[:-1], "all": ALL_TEN}
    for user, keys in watched.items():
        await alerting.device(user, user)
        await alerting.follow(user)
        await alerting.watch(user, *keys)
    await alerting.announce(DROP)
    assert await alerting.at(HOUR) == {"sent": 2, "skipped": 1}

    assert {user: await alerting.statuses(user) for user in watched} == {
        "none": {DROP.event_id: "sent"},
        "nine": {DROP.event_id: "sent"},
        "all": {DROP.event_id: "skipped: watched"},
    }
    assert alerting.screen("none") == [("The whole season: Season 3, episodes 1 to 10 (today)", 1)]
    assert [len(alerting.screen(user)) for user in ("nine", "all")] == [1, 0]
    (message,) = {one["message"]["data"]["path"] for one in alerting.fcm.messages()}
    assert message == f"/show/{SILO}/season/3"


async def test_quiet_hours_over_midnight_end_in_the_users_zone(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    quiet = {"from": "22:00", "to": "08:00"}
    await alerting.want("ada", timezone="Europe/Berlin", notifyHoursBefore=0, quietHours=quiet)
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))

    notification = await alerting.notification("ada", FIFTH)
    assert notification.scheduled_for == HOUR.replace(day=23, hour=22)
    assert notification.due_at == HOUR.replace(hour=6)
    assert not await alerting.at(HOUR.replace(hour=5, minute=59))
    assert await alerting.at(HOUR.replace(hour=6)) == {"sent": 1}
    assert alerting.screen("phone") == [("Season 3, episode 5: Episode 5 (today)", 1)]


async def test_a_zone_that_is_changed_meanwhile_moves_the_alert(alerting: Alerting) -> None:
    for user, before, after in (
        ("east", "Europe/Berlin", "Pacific/Kiritimati"),
        ("west", "Europe/Berlin", "Pacific/Honolulu"),
    ):
        await alerting.device(user, user)
        await alerting.want(user, timezone=before, notifyAtHour=9)
        await alerting.follow(user)
        await alerting.announce(episode(5, DAY))
        await alerting.want(user, timezone=after, notifyAtHour=9)
    await settle(alerting)

    # Nine in the morning of the 24th: on the Line Islands it is still the 23rd in UTC.
    assert not await alerting.at(HOUR.replace(day=23, hour=18, minute=59))
    assert await alerting.at(HOUR.replace(day=23, hour=19)) == {"sent": 1}
    assert not await alerting.at(HOUR.replace(hour=18, minute=59))
    assert await alerting.at(HOUR.replace(hour=19)) == {"sent": 1}
    assert [alerting.screen(user) for user in ("east", "west")] == [
        [("Season 3, episode 5: Episode 5 (today)", 1)]
    ] * 2
