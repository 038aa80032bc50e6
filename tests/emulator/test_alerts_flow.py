"""From an event to the screen, and what a user sees of it."""

from datetime import timedelta

import pytest

from tests.emulator.alerting import NOON, Alerting, episode

pytestmark = pytest.mark.anyio


async def test_an_episode_is_told_on_its_day_and_once(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")
    reports = await alerting.announce(episode(4, "2026-07-24", description="Season 3, episode 4: Gray Goo"))

    assert [(report.followers, report.written) for report in reports] == [(1, 1)]
    assert await alerting.statuses("ada") == {"episode_7173960": "pending"}
    assert not await alerting.at(NOON + timedelta(days=3))
    assert await alerting.at(NOON + timedelta(days=4)) == {"sent": 1}
    assert alerting.screen("phone") == [("Season 3, episode 4: Gray Goo (today)", 1)]
    assert await alerting.statuses("ada") == {"episode_7173960": "sent"}
    assert not await alerting.at(NOON + timedelta(days=4, hours=1))
