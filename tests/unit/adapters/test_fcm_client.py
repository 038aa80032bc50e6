"""The client against the running FCM stand-in, on good days and on bad ones."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from local.stand_ins.running_fcm import RunningFcmStandIn, running_fcm_stand_in
from shared import usage
from shared.adapters.fcm.client import FcmSender
from shared.adapters.http import Patience
from shared.domain.push import Alert, Clearance, Platform, Sending, Sent, Target
from shared.errors import Unavailable

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TOKEN = "fMEP0:APA91bSecretRegistrationToken"
ACCESS = "ya29.s3cr3t-access-token"
ALERT = Alert("tv_1_s1e1", "Silo", "S3 E5 is on", "/shows/tv_1", NOW + timedelta(hours=6))
QUICK = Patience(attempt_seconds=1.0, attempts=3, backoff_start=0.001, backoff_most=1.5, breaker_failures=50)
ONE_TRY = Patience(attempt_seconds=1.0, attempts=1, breaker_failures=3, breaker_seconds=0.3)
PHONE = Target("android", token=TOKEN)
PLATFORMS: tuple[Platform, ...] = get_args(Platform)

Preparation = Callable[[RunningFcmStandIn], None]


class Tokens:
    """One access token, until it is refused."""

    def __init__(self, *, is_there: bool = True) -> None:
        self.is_there = is_there
        self.refused: list[str] = []

    async def token(self) -> str:
        if not self.is_there:
            raise Unavailable("google-auth", "no access token (RefreshError)")
        return ACCESS

    def refuse(self, token: str) -> None:
        self.refused.append(token)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningFcmStandIn]:
    with running_fcm_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def fcm(running: RunningFcmStandIn) -> RunningFcmStandIn:
    running.reset()
    return running


@asynccontextmanager
async def sender_to(
    base_url: str, patience: Patience = QUICK, tokens: Tokens | None = None, connections: int = 100
) -> AsyncIterator[FcmSender]:
    sender = FcmSender(
        project="demo",
        base_url=base_url,
        tokens=tokens or Tokens(),
        patience=patience,
        connections=connections,
    )
    try:
        yield sender
    finally:
        await sender.close()


async def send(sender: FcmSender, target: Target = PHONE, what: Alert | Clearance = ALERT) -> Sending:
    return await sender.send(target, what, now=NOW)


def refused(state: str) -> Preparation:
    return lambda fcm: fcm.refuse(TOKEN, state)


def calls(fcm: RunningFcmStandIn) -> int:
    return int(fcm.calls()["total"])


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("is_token", [True, False], ids=["token", "fid"])
async def test_an_alert_is_seen_once_and_a_clearance_takes_it_away(
    fcm: RunningFcmStandIn, platform: Platform, is_token: bool
) -> None:
    fcm.put_device("phone", platform)
    target = Target(platform, token="phone") if is_token else Target(platform, fid="phone")
    async with sender_to(fcm.base_url) as sender:
        assert [await send(sender, target) for _ in range(2)] == [Sending(Sent.DELIVERED)] * 2
        shown = fcm.screen("phone")
        cleared = await send(sender, target, Clearance((ALERT.collapse_id,)))

    assert [(place["collapse_id"], place["times"]) for place in shown] == [(ALERT.collapse_id, 2)]
    assert (cleared, fcm.screen("phone")) == (Sending(Sent.DELIVERED), [])


@pytest.mark.parametrize("is_online", [True, False], ids=["there", "away"])
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_one_clearance_takes_away_several(
    fcm: RunningFcmStandIn, platform: Platform, is_online: bool
) -> None:
    alerts = [replace(ALERT, collapse_id=f"tv_{number}_s1e1") for number in range(6)]
    fcm.put_device("phone", platform, online=is_online)
    async with sender_to(fcm.base_url) as sender:
        target = Target(platform, token="phone")
        for alert in alerts:
            await send(sender, target, alert)
        clearance = Clearance(tuple(alert.collapse_id for alert in alerts[:5]))
        assert await send(sender, target, clearance) == Sending(Sent.DELIVERED)
    fcm.put_device("phone", platform, online=True)

    assert [place["collapse_id"] for place in fcm.screen("phone")] == ["tv_5_s1e1"]


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_was_read_elsewhere_while_a_device_was_away_is_never_seen_there(
    fcm: RunningFcmStandIn, platform: Platform
) -> None:
    other = Alert("other", "Dark", "S1 E1 is on", "/shows/tv_2", NOW + timedelta(hours=6))
    fcm.put_device("phone", platform, online=False)
    async with sender_to(fcm.base_url) as sender:
        for what in (ALERT, other, Clearance((ALERT.collapse_id,))):
            await send(sender, Target(platform, token="phone"), what)
    fcm.put_device("phone", platform, online=True)

    assert [place["collapse_id"] for place in fcm.screen("phone")] == ["other"]


@pytest.mark.parametrize(
    ("prepare", "sending", "tries"),
    [
        pytest.param(refused(state), Sending(sent, reason), tries, id=state)
        for state, sent, reason, tries in (
            ("unregistered", Sent.DEVICE_GONE, "UNREGISTERED", 1),
            ("sender_mismatch", Sent.DEVICE_GONE, "SENDER_ID_MISMATCH", 1),
            ("invalid_token", Sent.REFUSED, "INVALID_ARGUMENT", 1),
            ("third_party_auth", Sent.SERVICE_DOWN, "THIRD_PARTY_AUTH_ERROR", 1),
            ("internal", Sent.FAILED, "INTERNAL", 3),
            ("unavailable", Sent.SERVICE_DOWN, "UNAVAILABLE", 3),
        )
    ]
    + [
        pytest.param(
            lambda fcm: fcm.refuse_all(429, retry_after=90),
            *(Sending(Sent.SERVICE_DOWN, "RESOURCE_EXHAUSTED", 90.0), 1),
            id="the project's quota",
        ),
        pytest.param(
            lambda fcm: fcm.refuse(TOKEN, "quota_exceeded", retry_after=90),
            *(Sending(Sent.FAILED, "QUOTA_EXCEEDED", 90.0), 1),
            id="the device's quota",
        ),
        pytest.param(
            lambda fcm: fcm.refuse(TOKEN, "quota_exceeded"),
            *(Sending(Sent.FAILED, "QUOTA_EXCEEDED", 60.0), 1),
            id="a quota that does not say for how long",
        ),
        pytest.param(
            lambda fcm: fcm.refuse(TOKEN, "unavailable", retry_after=30),
            *(Sending(Sent.SERVICE_DOWN, "UNAVAILABLE", 30.0), 1),
            id="away for long",
        ),
        pytest.param(
            lambda fcm: fcm.refuse_all(503), Sending(Sent.SERVICE_DOWN, "UNAVAILABLE"), 3, id="down for all"
        ),
        pytest.param(
            lambda fcm: fcm.refuse_all(404), Sending(Sent.FAILED, "NOT_FOUND"), 1, id="a 404 without a word"
        ),
        pytest.param(
            lambda fcm: fcm.refuse_all(403),
            *(Sending(Sent.SERVICE_DOWN, "PERMISSION_DENIED"), 1),
            id="our account may not",
        ),
        pytest.param(
            lambda fcm: fcm.fail({"kind": "garbage"}),
            Sending(Sent.FAILED, "not FCM's answer"),
            3,
            id="garbage",
        ),
        pytest.param(
            lambda fcm: fcm.fail({"kind": "half_body"}),
            *(Sending(Sent.FAILED, "no whole answer (ClientPayloadError)"), 3),
            id="half an answer",
        ),
        pytest.param(
            lambda fcm: fcm.cut_all(),
            *(Sending(Sent.FAILED, "no whole answer (ServerDisconnectedError)"), 3),
            id="cut",
        ),
        pytest.param(
            lambda fcm: fcm.slow_down(5.0), Sending(Sent.FAILED, "no answer in time"), 3, id="too slow"
        ),
    ],
)
async def test_a_bad_day(fcm: RunningFcmStandIn, prepare: Preparation, sending: Sending, tries: int) -> None:
    prepare(fcm)
    async with sender_to(fcm.base_url) as sender:
        assert await send(sender) == sending

    assert (calls(fcm), fcm.screen(TOKEN)) == (tries, [])


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda fcm: fcm.deliver_without_answer(TOKEN, 2, "unavailable"), id="503, delivered"),
        pytest.param(lambda fcm: fcm.deliver_without_answer(TOKEN, 2, "internal"), id="500, delivered"),
        pytest.param(lambda fcm: fcm.deliver_without_answer(TOKEN, 2), id="cut, delivered"),
        pytest.param(lambda fcm: fcm.refuse(TOKEN, "unavailable", times=2), id="503"),
        pytest.param(lambda fcm: fcm.refuse(TOKEN, "internal", times=2), id="500"),
        pytest.param(lambda fcm: fcm.cut_all(times=2), id="cut"),
        pytest.param(lambda fcm: fcm.fail({"kind": "hang", "seconds": 9, "times": 2}), id="slow"),
    ],
)
async def test_two_bad_tries_and_a_good_one_show_one_alert(
    fcm: RunningFcmStandIn, prepare: Preparation
) -> None:
    prepare(fcm)
    async with sender_to(fcm.base_url) as sender:
        assert await send(sender) == Sending(Sent.DELIVERED)

    assert calls(fcm) == 3
    assert [place["collapse_id"] for place in fcm.screen(TOKEN)] == [ALERT.collapse_id]


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(
            lambda fcm: fcm.refuse(TOKEN, "quota_exceeded", times=1, retry_after=1), id="of the device"
        ),
        pytest.param(lambda fcm: fcm.refuse_all(429, times=1, retry_after=1), id="of the project"),
    ],
)
async def test_a_short_pause_is_waited_for(fcm: RunningFcmStandIn, prepare: Preparation) -> None:
    prepare(fcm)
    async with sender_to(fcm.base_url) as sender:
        begun = time.monotonic()
        assert await send(sender) == Sending(Sent.DELIVERED)

    assert 1.0 <= time.monotonic() - begun < 3.0
    assert calls(fcm) == 2


async def test_where_nobody_listens_nothing_is_this_message_s_fault() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    async with sender_to(address) as sender:
        assert await send(sender) == Sending(Sent.SERVICE_DOWN, "no connection (ClientConnectorError)")
    async with sender_to("http://fcm.invalid") as sender:
        assert (await send(sender)).sent is Sent.SERVICE_DOWN


async def test_the_breaker_opens_says_how_long_and_closes(fcm: RunningFcmStandIn) -> None:
    fcm.refuse_all(503)
    async with sender_to(fcm.base_url, ONE_TRY) as sender:
        down = [await send(sender) for _ in range(3)]
        left_alone = await send(sender)
        asked_while_open = calls(fcm)
        fcm.work_again()
        assert left_alone.retry_after is not None
        await asyncio.sleep(left_alone.retry_after + 0.01)
        well = await send(sender)

    assert {sending.reason for sending in down} == {"UNAVAILABLE"}
    assert left_alone.sent is Sent.SERVICE_DOWN
    assert 0 < left_alone.retry_after <= ONE_TRY.breaker_seconds
    assert asked_while_open == 3
    assert well == Sending(Sent.DELIVERED)


async def test_one_that_is_still_down_is_left_alone_again(fcm: RunningFcmStandIn) -> None:
    fcm.refuse_all(503)
    async with sender_to(fcm.base_url, ONE_TRY) as sender:
        for _ in range(3):
            await send(sender)
        await asyncio.sleep(ONE_TRY.breaker_seconds + 0.01)
        reasons = [(await send(sender)).reason for _ in range(3)]

    assert reasons == ["UNAVAILABLE", *["left alone, since it has been failing"] * 2]
    assert calls(fcm) == 4


@pytest.mark.parametrize("state", ["unregistered", "sender_mismatch", "invalid_token", "quota_exceeded"])
async def test_what_is_about_single_devices_never_opens_the_breaker(
    fcm: RunningFcmStandIn, state: str
) -> None:
    fcm.refuse(TOKEN, state)
    async with sender_to(fcm.base_url, ONE_TRY) as sender:
        for _ in range(10):
            await send(sender)
        assert await send(sender, Target("android", token="other")) == Sending(Sent.DELIVERED)

    assert calls(fcm) == 11


async def test_sends_that_are_given_up_do_not_open_the_breaker(fcm: RunningFcmStandIn) -> None:
    fcm.hold("messages:send")
    async with sender_to(fcm.base_url, ONE_TRY) as sender:
        given_up = [asyncio.create_task(send(sender)) for _ in range(5)]
        await asyncio.to_thread(fcm.wait_until_held, 5)
        for task in given_up:
            task.cancel()
        await asyncio.wait(given_up)
        fcm.release()
        assert await send(sender) == Sending(Sent.DELIVERED)


async def test_an_apns_key_that_is_wrong_stops_no_other_platform(
    fcm: RunningFcmStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    fcm.put_device("iphone", "ios")
    fcm.refuse("iphone", "third_party_auth")
    async with sender_to(fcm.base_url, ONE_TRY) as sender:
        to_iphone = [await send(sender, Target("ios", token="iphone")) for _ in range(5)]
        assert await send(sender) == Sending(Sent.DELIVERED)

    assert {sending.sent for sending in to_iphone} == {Sent.SERVICE_DOWN}
    assert calls(fcm) == 3 + 1
    (record,) = caplog.records
    assert (record.levelno, "THIRD_PARTY_AUTH_ERROR" in record.message) == (logging.ERROR, True)


async def test_a_token_of_ours_that_is_not_taken_is_told_once_and_renewed(
    fcm: RunningFcmStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    fcm.refuse_all(401)
    tokens = Tokens()
    async with sender_to(fcm.base_url, tokens=tokens) as sender:
        sendings = await asyncio.gather(*(send(sender) for _ in range(20)))

    assert set(sendings) == {Sending(Sent.SERVICE_DOWN, "UNAUTHENTICATED")}
    assert tokens.refused == [ACCESS] * 20
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_without_a_token_nothing_is_asked(
    fcm: RunningFcmStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async with sender_to(fcm.base_url, ONE_TRY, Tokens(is_there=False)) as sender:
        sendings = [await send(sender) for _ in range(5)]

    assert {sending.sent for sending in sendings} == {Sent.SERVICE_DOWN}
    assert sendings[0].reason == "google-auth: no access token (RefreshError)"
    assert sendings[-1].retry_after is not None
    assert calls(fcm) == 0
    assert len(caplog.records) == 1


async def test_no_token_is_in_logs_or_reasons(
    fcm: RunningFcmStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    preparations: tuple[Preparation, ...] = (
        lambda fcm: fcm.refuse(TOKEN, "invalid_token"),
        lambda fcm: fcm.refuse(TOKEN, "third_party_auth"),
        lambda fcm: fcm.refuse(TOKEN, "ok"),
        lambda fcm: fcm.refuse_all(401),
        lambda fcm: fcm.refuse_all(429, retry_after=90),
        lambda fcm: fcm.cut_all(),
        lambda fcm: fcm.fail({"kind": "status", "status": 400, "body": f"Bad token {TOKEN} {ACCESS}"}),
    )
    sendings = []
    async with sender_to(fcm.base_url) as sender:
        for prepare in preparations:
            prepare(fcm)
            sendings.append(await send(sender))
            sendings.append(await send(sender, what=Clearance(("a",))))

    # The test's own control calls have the device in their paths.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    told = [*(str(sending) for sending in sendings), *logged]
    assert logged
    assert not [text for text in told if TOKEN in text or ACCESS in text or "Secret" in text]


async def test_a_redirect_takes_the_token_nowhere(fcm: RunningFcmStandIn) -> None:
    elsewhere = {"Location": f"{fcm.base_url}/elsewhere"}
    fcm.fail({"path": "messages:send", "kind": "status", "status": 307, "headers": elsewhere})
    async with sender_to(fcm.base_url) as sender:
        assert (await send(sender)).sent is Sent.FAILED

    assert list(fcm.calls()["by_path"]) == ["/v1/projects/demo/messages:send"]


async def test_every_try_is_counted(fcm: RunningFcmStandIn) -> None:
    fcm.refuse(TOKEN, "internal", times=1)
    counted = usage.begin()
    async with sender_to(fcm.base_url) as sender:
        await send(sender)

    assert counted.calls == {"fcm": 2}


async def test_many_at_once_wait_for_their_turn_and_not_for_their_time(fcm: RunningFcmStandIn) -> None:
    fcm.slow_down(0.2)
    targets = [Target(PLATFORMS[n % 3], token=f"phone-{n}") for n in range(70)]
    async with sender_to(fcm.base_url, connections=10) as sender:  # 1.4 s, and 1 s for each of them
        sendings = await asyncio.gather(*(send(sender, target) for target in targets))

    assert set(sendings) == {Sending(Sent.DELIVERED)}


async def test_it_goes_on_after_it_was_closed(fcm: RunningFcmStandIn) -> None:
    async with sender_to(fcm.base_url) as sender:
        await send(sender)
        await sender.close()
        assert await send(sender) == Sending(Sent.DELIVERED)
