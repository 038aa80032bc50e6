"""FCM is down for an hour, and then ten thousand alerts are due at once."""

import asyncio
import time
from collections import Counter
from datetime import timedelta

import pytest

from shared import usage
from shared.adapters.fcm.client import FcmSender
from shared.domain.alert_message import PushNotifications
from shared.errors import StoreUnavailable
from tests.emulator.alerting import Alerting, episode
from tests.emulator.pushing import (
    DAY,
    FIFTH,
    HASTY_WITH_BREAKER,
    HOUR,
    MINUTE,
    crowd,
    handed_over,
)
from tests.emulator.wire_count import WireCount, count_on_the_wire

pytestmark = pytest.mark.anyio


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> WireCount:
    """Counts for every client that is made after it."""
    return count_on_the_wire(monkeypatch)


async def push_all(alerting: Alerting, handed: list[PushNotifications]) -> Counter[str]:
    """Push messages as one instance does, four at a time.

    One for which the emulator is too slow is given back; its alerts are due again when their claims end.
    """
    room = asyncio.Semaphore(4)

    async def one(message: PushNotifications) -> Counter[str]:
        async with room:
            try:
                return (await alerting.push(message)).counts
            except StoreUnavailable:
                return Counter({"given back": 1})

    return sum(await asyncio.gather(*map(one, handed)), Counter())


OUTAGE_ALERTS = 300
AFTER_IT = 10_000
USERS = 1_000
"""Each with ten of the alerts: Firestore's emulator looks at all documents there are for every query, and
with as many users as alerts it would be all that is measured."""

MOST_SECONDS = 150
"""Beside other work on two cores."""


async def test_an_hour_without_fcm_and_then_ten_thousand_at_once(
    wire: WireCount, alerting: Alerting, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was due in the hour has lost no try by it, and all are sent once when FCM is back."""
    early = await crowd(alerting, OUTAGE_ALERTS, "early")
    await alerting.announce(episode(5, DAY))
    alerting.fcm.refuse_all(503)
    settings = alerting.instance.settings
    wire.reset()
    spent = usage.begin()
    attempts = 0
    for minute in range(60):
        alerting.clock = HOUR + minute * MINUTE
        # Its breaker would have closed twice by the clock that the test goes by.
        alerting.instance.push_sender = FcmSender(
            project=settings.project, base_url=settings.fcm_base_url, patience=HASTY_WITH_BREAKER
        )
        counts = await push_all(alerting, await handed_over(alerting))
        attempts += counts["pending"]
        assert set(counts) <= {"pending", "lost", "given back"}, counts
        await alerting.instance.push_sender.close()
    calls = alerting.fcm.calls()["total"]
    during = (
        f"the hour: {attempts / OUTAGE_ALERTS:.1f} times taken up, {wire.reads / OUTAGE_ALERTS:.1f} reads"
        f" and {wire.writes / OUTAGE_ALERTS:.1f} writes an alert, {calls} calls of FCM"
    )
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert spent.calls["fcm"] == calls
    assert attempts <= 16 * OUTAGE_ALERTS
    assert calls <= 60 * 120
    waiting = [await alerting.notification(user, FIFTH) for user in early[::50]]
    assert {(one.status.value, one.tries) for one in waiting} == {("pending", 0)}

    late = await crowd(alerting, USERS - OUTAGE_ALERTS, "late")
    numbers = range(6, 6 + AFTER_IT // USERS)
    for message in await alerting.tell(*(episode(number, DAY) for number in numbers)):
        await alerting.fan_out(message)
    alerting.fcm.work_again()
    alerting.fcm.reset()
    del alerting.instance.push_sender
    alerting.clock = HOUR + timedelta(minutes=71)
    begun, counts = time.monotonic(), Counter[str]()
    while handed := await handed_over(alerting):
        counts += await push_all(alerting, handed)
        alerting.clock += timedelta(minutes=5, seconds=1)
    seconds = time.monotonic() - begun

    assert counts["sent"] == AFTER_IT + OUTAGE_ALERTS
    sent = Counter(
        (one["message"]["token"], one["message"]["data"]["notificationId"]) for one in alerting.fcm.messages()
    )
    expected = {(user, FIFTH) for user in early}
    expected |= {(user, f"episode_{7173956 + number}") for user in [*early, *late] for number in numbers}
    assert set(sent) == expected
    assert counts["given back"] or set(sent.values()) == {1}
    assert seconds < MOST_SECONDS
    with capsys.disabled():
        rate = sum(counts.values()) / seconds
        print(f"\n{during}\nafterwards: {sum(counts.values())} in {seconds:.1f} s, {rate:.0f}/s, {counts}")
