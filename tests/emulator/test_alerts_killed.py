"""Planning, dispatching and following that are killed between two steps, and then are done again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.domain.alert_preferences import AlertKind
from shared.domain.message import TimelineEventChanged
from shared.domain.tracking import UserId
from tests.emulator.alerting import NOON, SILO, Alerting, episode
from tests.emulator.killable import Ended, Job, Point
from tests.emulator.workers import Workers, running_workers

pytestmark = pytest.mark.anyio

FOLLOWERS = [f"user-{number:02}" for number in range(20)]
IN_PAGES = {"followers": 8, "page": 4, "part": 2, "parts_at_once": 2}
FOURTH = episode(4, "2026-07-24")
ON_THE_DAY = NOON + timedelta(days=4)


@pytest.fixture
async def workers(alerting: Alerting, tmp_path: Path) -> AsyncIterator[Workers]:
    project, fcm = alerting.instance.settings.project, alerting.fcm.base_url
    async with running_workers(tmp_path, GOOGLE_CLOUD_PROJECT=project, FCM_BASE_URL=fcm) as running:
        yield running


def ahead(moment: datetime) -> float:
    """By how much a clock is ahead that shows that moment."""
    return (moment - datetime.now(UTC)).total_seconds()


async def follow_all(alerting: Alerting) -> None:
    await alerting.follow(FOLLOWERS[0])
    await asyncio.gather(*map(alerting.follow, FOLLOWERS[1:]))


@pytest.mark.parametrize(
    ("stop_at", "stop_count"),
    [
        pytest.param(Point.WRITING, 1, id="before the first write"),
        pytest.param(Point.WRITTEN, 1, id="between two writes"),
        pytest.param(Point.PUBLISHING, 1, id="before it goes on by another message"),
        pytest.param(Point.PUBLISHED, 1, id="after it has gone on"),
    ],
)
async def test_a_fan_out_that_is_killed_in_each_of_its_parts_reaches_every_follower_once(
    alerting: Alerting, workers: Workers, stop_at: Point, stop_count: int
) -> None:
    await follow_all(alerting)
    told = [message.encode().decode() for message in await alerting.tell(FOURTH)]
    seen: set[str] = set()
    kills = 0
    while told:
        for data in set(told) - seen:
            job = Job("fan_out", data, clock_ahead=ahead(NOON), limits=IN_PAGES)
            killed = replace(job, stop_at=stop_at, stop_count=stop_count)
            kills += (await workers.run(killed)).is_killed
            for _ in range(2):
                assert (await workers.run(job)).exit_code == 0
        seen |= set(told)
        further = await alerting.published("timeline-events")
        told = [one.encode().decode() for one in further if isinstance(one, TimelineEventChanged)]
    assert kills >= 2
    assert len(seen) >= 3
    for user_id in FOLLOWERS:
        assert await alerting.statuses(user_id) == {FOURTH.event_id: "pending"}
    stored = await alerting.instance.events.read(FOURTH.event_id)
    assert stored is not None
    assert stored.told_kind == AlertKind.EPISODE


@pytest.mark.parametrize("stop_at", [Point.PUBLISHING, Point.PUBLISHED], ids=["before", "after"])
async def test_what_a_dispatcher_marked_is_due_again_when_it_was_killed_before_or_after_publishing(
    alerting: Alerting, workers: Workers, stop_at: Point
) -> None:
    await follow_all(alerting)
    for user_id in FOLLOWERS:
        await alerting.device(user_id, f"phone-{user_id}")
    await alerting.announce(FOURTH)

    async def dispatch(after: timedelta, stop: Point | None = None) -> Ended:
        job = Job("dispatch", clock_ahead=ahead(ON_THE_DAY + after), limits={"message": 5}, stop_at=stop)
        return await workers.run(job)

    killed = await dispatch(timedelta(0), stop_at)
    assert killed.is_killed
    assert killed.published == (0 if stop_at is Point.PUBLISHING else 4)
    await alerting.published("push")  # and nobody reads it
    assert (await dispatch(timedelta(minutes=4))).published == 0
    assert (await dispatch(timedelta(minutes=6))).published == 4
    alerting.clock = ON_THE_DAY + timedelta(minutes=6)
    assert await alerting.deliver("push") == {"sent": len(FOLLOWERS)}
    for user_id in FOLLOWERS:
        assert [times for _, times in alerting.screen(f"phone-{user_id}")] == [1]


@pytest.mark.parametrize("stop_at", [Point.WRITING, Point.WRITTEN], ids=["before", "after"])
async def test_to_follow_is_all_or_nothing(alerting: Alerting, workers: Workers, stop_at: Point) -> None:
    events = [episode(number, f"2026-07-{20 + number}") for number in (4, 5, 6)]
    await alerting.tell(*events)
    await alerting.follow("eve")

    async def held() -> tuple[bool, int, int]:
        """Whether it is followed, by how many, and how many alerts are planned."""
        state = await alerting.instance.follows.state(UserId("ada"), SILO)
        assert state.show is not None
        return state.following is not None, state.show.followers, len(await alerting.inbox("ada"))

    job = Job("follow", str(SILO), "ada", clock_ahead=ahead(NOON))
    killed = await workers.run(replace(job, stop_at=stop_at))
    assert killed.is_killed
    assert await held() == ((False, 1, 0) if stop_at is Point.WRITING else (True, 2, 3))
    for _ in range(2):
        assert (await workers.run(job)).exit_code == 0
        assert await held() == (True, 2, 3)
