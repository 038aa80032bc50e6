"""Handing over what is due: in order, once, late rather than lost."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from shared.adapters import topics
from shared.domain.alert_message import PlanAlerts
from shared.domain.alerts import MOST_AGE
from shared.domain.tracking import UserId
from shared.errors import Misconfigured, Unavailable
from shared.usecases.dispatch_notifications import (
    FORGOTTEN_AFTER,
    LIMITS,
    DispatchLimits,
    DispatchReport,
    dispatch_notifications,
)
from tests.emulator.alerting import Alerting
from tests.emulator.harness import Instance
from tests.emulator.pushing import HOUR, MINUTE, handed_over, keys_of, messages, others, planned, put

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


async def test_the_longest_due_go_first_in_steps_and_messages(alerting: Alerting) -> None:
    alerts = [planned(f"user-{number}", 1, HOUR + number * MINUTE) for number in range(25)]
    await put(alerting, alerts[::-1])
    alerting.clock = HOUR + 24 * MINUTE

    handed = await handed_over(alerting, step=10, message=4)

    assert keys_of(handed) == [(f"user-{number}", "episode_7173957") for number in range(25)]
    assert [len(message.handed_over) for message in handed] == [4, 4, 2, 4, 4, 2, 4, 1]


async def test_what_is_not_due_waits(alerting: Alerting) -> None:
    await put(alerting, [planned("ada", 1, HOUR), planned("ada", 2, HOUR + SECOND)])
    alerting.clock = HOUR - SECOND
    assert await alerting.dispatch() == DispatchReport(is_complete=True)

    alerting.clock = HOUR
    assert keys_of(await handed_over(alerting)) == [("ada", "episode_7173957")]
    alerting.clock = HOUR + SECOND
    assert keys_of(await handed_over(alerting)) == [("ada", "episode_7173958")]


async def test_a_message_that_is_lost_is_handed_over_again_after_the_visibility(alerting: Alerting) -> None:
    await put(alerting, [planned("ada", 1, HOUR)])
    alerting.clock = HOUR
    (lost,) = await handed_over(alerting)

    alerting.clock = HOUR + LIMITS.visibility - SECOND
    assert not await handed_over(alerting)
    alerting.clock = HOUR + LIMITS.visibility + SECOND
    (again,) = await handed_over(alerting)

    assert keys_of([again]) == keys_of([lost])
    assert again.handed_over[0].version != lost.handed_over[0].version


@pytest.mark.parametrize("runs", [2, 4])
async def test_runs_at_once_hand_over_each_once(alerting: Alerting, runs: int) -> None:
    alerts = [planned(f"user-{number:03}", 1, HOUR + number * SECOND) for number in range(300)]
    await put(alerting, alerts)
    alerting.clock = HOUR + timedelta(hours=1)
    async with others(alerting, runs) as instances:
        reports = await asyncio.gather(*(one.dispatch(step=50) for one in instances))
        handed = keys_of(await messages(alerting))

    assert Counter(handed) == Counter((one.user_id, one.notification_id) for one in alerts)
    assert sum(report.handed_over for report in reports) == 300


async def test_what_waited_too_long_is_skipped(alerting: Alerting) -> None:
    await put(
        alerting, [planned("old", 1, HOUR - MOST_AGE - SECOND), planned("young", 1, HOUR - MOST_AGE + SECOND)]
    )
    alerting.clock = HOUR
    report = await alerting.dispatch()

    assert (report.too_old, report.handed_over) == (1, 1)
    assert keys_of(await messages(alerting)) == [("young", "episode_7173957")]
    old = await alerting.notification("old", "episode_7173957")
    assert (old.status, old.reason, old.due_at) == ("skipped", "too_old", None)
    assert (old.arrived_at, old.is_unread) == (None, False)
    assert not await handed_over(alerting)


async def test_hours_without_a_run_are_caught_up_as_far_as_the_minute_allows(alerting: Alerting) -> None:
    alerts = [planned(f"user-{number:03}", 1, HOUR + number * MINUTE) for number in range(600)]
    await put(alerting, alerts)
    begun = HOUR + timedelta(hours=10)
    ticks = count()

    def slow_clock() -> datetime:
        """Each step looks at it three times, and so takes 15 seconds."""
        return begun + next(ticks) * 5 * SECOND

    runs: list[DispatchReport] = []
    handed: list[tuple[str, str]] = []
    while not (runs and runs[-1].is_complete):
        runs.append(
            await dispatch_notifications(
                notifications=alerting.instance.notifications,
                users=alerting.instance.users,
                topics=alerting.instance.topics,
                now=slow_clock,
                limits=DispatchLimits(step=100),
            )
        )
        handed += keys_of(await messages(alerting))

    assert [run.handed_over for run in runs] == [300, 300, 0]
    assert handed == [(one.user_id, one.notification_id) for one in alerts]


@pytest.mark.parametrize("fault", ["the topic is gone", "nobody listens"])
async def test_nothing_is_lost_where_nothing_can_be_published(
    alerting: Alerting, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = [planned(f"user-{number}", 1, HOUR) for number in range(5)]
    await put(alerting, alerts)
    alerting.clock = HOUR
    if fault == "the topic is gone":
        await alerting.topics["push"].remove()
        with pytest.raises(Misconfigured):
            await alerting.dispatch()
        await alerting.topics["push"].make()
    else:
        monkeypatch.setattr(topics, "PUBLISH_SECONDS", 0.3)
        cut_off = Instance(replace(alerting.instance.settings, pubsub_emulator_host="127.0.0.1:1"))
        with pytest.raises(Unavailable):
            await Alerting(cut_off, alerting.firestore, alerting.fcm, alerting.topics, HOUR).dispatch()
        await cut_off.close()

    assert not await handed_over(alerting)
    alerting.clock = HOUR + LIMITS.visibility + SECOND
    assert Counter(keys_of(await handed_over(alerting))) == Counter(
        (one.user_id, one.notification_id) for one in alerts
    )


async def test_what_cannot_be_read_holds_nothing_up(
    alerting: Alerting, caplog: pytest.LogCaptureFixture
) -> None:
    await put(alerting, [planned(f"user-{number}", 1, HOUR) for number in range(8)])
    sound = (await alerting.firestore.document("users/user-0/notifications/episode_7173957").get()).to_dict()
    assert sound is not None
    poison = {
        "users/user-1/notifications/no-fields": {},
        "users/user-2/notifications/another-kind": {**sound, "kind": "song"},
        "users/user-3/notifications/episode_7173957": {**sound, "uid": "user-4"},
        "users/user-5/notifications/no-subject": {**sound, "subject": None},
        "shows/silo/notifications/episode_7173957": sound,
    }
    for path, fields in poison.items():
        due = {"shard": 3, "dueAt": HOUR - MINUTE}
        await alerting.firestore.document(path).set({**fields, **due})
    alerting.clock = HOUR

    # The first steps have nothing else in them.
    report = await alerting.dispatch(step=2)

    assert report == DispatchReport(handed_over=7, is_complete=True)
    handed = keys_of(await messages(alerting))
    assert sorted(user for user, _ in handed) == [f"user-{n}" for n in (0, 1, 2, 4, 5, 6, 7)]
    for path in poison:
        given_up = (await alerting.firestore.document(path).get()).to_dict() or {}
        assert (given_up["status"], given_up["reason"], given_up["dueAt"]) == ("failed", "unreadable", None)
    assert "user-" not in caplog.text


async def test_wishes_that_nobody_planned_are_asked_for_again(alerting: Alerting) -> None:
    await alerting.want("ada", timezone="Europe/Berlin")
    await alerting.published("alert-plans")  # and the message is lost

    alerting.clock += FORGOTTEN_AFTER - SECOND
    assert (await alerting.dispatch()).plans_requested == 0
    alerting.clock += 2 * SECOND
    assert (await alerting.dispatch()).plans_requested == 1
    (again,) = await alerting.published("alert-plans")
    assert again == PlanAlerts(user_id=UserId("ada"))
    await alerting.plan(again)
    assert (await alerting.dispatch()).plans_requested == 0
