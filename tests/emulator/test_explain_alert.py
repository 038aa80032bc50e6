"""Why a user was alerted of an event, or was not."""

from datetime import timedelta

import pytest

from shared.domain.alert_preferences import ShowWishes
from shared.domain.tracking import UserId
from shared.errors import NotFound
from shared.usecases.explain_alert import Explanation, explain_alert
from tests.emulator.alerting import Alerting, edit_of, episode
from tests.emulator.pushing import DAY, FIFTH, HOUR

pytestmark = pytest.mark.anyio


async def explained(alerting: Alerting, user_id: str = "ada", event_id: str = FIFTH) -> Explanation:
    """What the user is told of it now."""
    wiring = alerting.instance
    return await explain_alert(
        UserId(user_id),
        event_id,
        events=wiring.events,
        follows=wiring.follows,
        notifications=wiring.notifications,
        watched=wiring.tracking,
        now=alerting.now,
    )


async def status_and_now(alerting: Alerting) -> tuple[str | None, str | None, str]:
    """Of the stored notification its status and its reason, and what would be decided now."""
    explanation = await explained(alerting)
    notification = explanation.notification
    if notification is None:
        return None, None, explanation.now
    return notification.status.value, notification.reason, explanation.now


async def test_one_that_waits_for_its_hour(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    explanation = await explained(alerting)
    assert explanation.now == "pending"
    assert explanation.notification is not None
    assert explanation.notification.scheduled_for == HOUR
    assert explanation.by == {
        "switch": "notifyNewEpisode",
        "saidBy": "preferences",
        "onlyWithinEpisodes": None,
        "timezone": "UTC",
        "isTimezoneAssumed": True,
        "notifyHoursBefore": None,
        "notifyAtHour": 9,
        "quietHours": None,
        "digestHour": None,
    }
    # What decided is kept with it.
    assert explanation.notification.why == explanation.by


async def test_one_that_was_sent(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(notify_new_episode=True)))
    await alerting.announce(episode(5, DAY))
    await alerting.at(HOUR)
    explanation = await explained(alerting)
    assert explanation.notification is not None
    assert (explanation.notification.status, explanation.by["saidBy"]) == ("sent", "show")
    # It stays told why it came when the user wants it otherwise by now.
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(notify_new_episode=False)))
    assert await status_and_now(alerting) == ("sent", None, "kind_off")
    later = await explained(alerting)
    assert later.notification is not None
    assert later.notification.why["saidBy"] == "show"


async def test_one_that_was_skipped(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    await alerting.watch("ada", "3_5")
    assert await status_and_now(alerting) == ("pending", None, "watched")
    await alerting.at(HOUR)
    assert await status_and_now(alerting) == ("skipped", "watched", "watched")


async def test_one_that_quiet_hours_put_off(alerting: Alerting) -> None:
    await alerting.want("ada", notifyHoursBefore=0, quietHours={"from": "22:00", "to": "08:00"})
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR.replace(hour=7)
    explanation = await explained(alerting)
    assert explanation.now == "later"
    assert explanation.by["quietHours"] == {"from": "22:00", "to": "08:00"}


async def test_one_that_was_never_planned_because_its_kind_is_off(alerting: Alerting) -> None:
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(notify_new_episode=False)))
    await alerting.announce(episode(5, DAY))
    assert await status_and_now(alerting) == (None, None, "kind_off")


async def test_one_of_a_show_that_is_silenced(alerting: Alerting) -> None:
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(is_silenced=True)))
    await alerting.announce(episode(5, DAY))
    assert await status_and_now(alerting) == (None, None, "silenced")


async def test_one_of_a_show_that_is_not_followed(alerting: Alerting) -> None:
    await alerting.announce(episode(5, DAY))
    assert await status_and_now(alerting) == (None, None, "not_followed")
    await alerting.follow("ada")
    await alerting.unfollow("ada")
    assert await status_and_now(alerting) == ("skipped", "not_followed", "not_followed")


async def test_one_whose_event_is_withdrawn(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(5, DAY))
    await alerting.announce(episode(5, DAY, version=2, is_withdrawn=True))
    assert await status_and_now(alerting) == ("skipped", "event_withdrawn", "event_withdrawn")


async def test_one_for_which_the_user_is_too_far_behind(alerting: Alerting) -> None:
    await alerting.follow("ada", edit=edit_of(wishes=ShowWishes(only_within_episodes=1)))
    await alerting.announce(episode(5, DAY))
    assert await status_and_now(alerting) == ("pending", None, "not_caught_up")
    await alerting.watch("ada", "3_1", "3_2", "3_3")
    assert await status_and_now(alerting) == ("pending", None, "pending")


async def test_one_that_was_over_when_the_show_was_followed(alerting: Alerting) -> None:
    await alerting.announce(episode(5, DAY))
    alerting.clock = HOUR + timedelta(days=5)
    await alerting.follow("ada")
    assert await status_and_now(alerting) == (None, None, "too_old")


async def test_an_event_that_nobody_knows(alerting: Alerting) -> None:
    with pytest.raises(NotFound):
        await explained(alerting, event_id="episode_1")
