"""The FCM stand-in takes and refuses messages as FCM does, and knows what each device shows."""

import json
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from firebase_admin import exceptions, messaging

from local.stand_ins.fcm import make_application
from local.stand_ins.fcm_devices import REFUSALS
from local.stand_ins.running_fcm import RunningFcmStandIn, running_fcm_stand_in

pytestmark = pytest.mark.anyio

SEND = "/v1/projects/demo/messages:send"
SIGNED_IN = {"Authorization": "Bearer any"}
NOTIFICATION = {"title": "Silo", "body": "S3 E5"}


@pytest.fixture
async def fcm() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_application())
    async with httpx.AsyncClient(
        transport=transport, base_url="http://fcm.test", headers=SIGNED_IN
    ) as client:
        yield client


async def send(fcm: httpx.AsyncClient, message: object, **more: object) -> httpx.Response:
    return await fcm.post(SEND, json={"message": message, **more})


async def put_device(fcm: httpx.AsyncClient, **wanted: object) -> None:
    answer = await fcm.put("/_control/devices/phone", json=wanted)
    assert answer.status_code == 200, answer.text


async def screen(fcm: httpx.AsyncClient) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = (await fcm.get("/_control/screen/phone")).json()
    return shown


async def accepted(fcm: httpx.AsyncClient) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await fcm.get("/_control/messages")).json()
    return messages


def android(tag: str | None = None, key: str | None = None, title: str = "Silo") -> dict[str, Any]:
    return {
        "token": "phone",
        "android": {"collapse_key": key, "notification": {"tag": tag, "title": title}},
    }


def apple(collapse_id: str) -> dict[str, Any]:
    return {
        "token": "phone",
        "notification": NOTIFICATION,
        "apns": {"headers": {"apns-collapse-id": collapse_id}},
    }


def web(tag: str) -> dict[str, Any]:
    return {"token": "phone", "notification": NOTIFICATION, "webpush": {"notification": {"tag": tag}}}


def violation(answer: httpx.Response) -> dict[str, str]:
    """The field that was not right, after a look at the rest of the error."""
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    (details,) = [detail for detail in error["details"] if detail["@type"].endswith("google.rpc.BadRequest")]
    (told,) = details["fieldViolations"]
    assert told["description"] == error["message"]
    return dict(told)


class TestSending:
    @pytest.mark.parametrize("target", ["token", "fid"])
    async def test_a_message_is_accepted_and_shown(self, fcm: httpx.AsyncClient, target: str) -> None:
        message = {target: "phone", "notification": NOTIFICATION, "data": {"showId": "125988"}}

        answer = await send(fcm, message)

        assert answer.status_code == 200
        assert answer.json()["name"].startswith("projects/demo/messages/")
        assert await accepted(fcm) == [{"name": answer.json()["name"], "message": message, "answered": True}]
        (shown,) = await screen(fcm)
        assert (shown["name"], shown["message"], shown["times"]) == (answer.json()["name"], message, 1)

    @pytest.mark.parametrize("target", [{"topic": "silo"}, {"condition": "'silo' in topics"}])
    async def test_a_message_to_many_is_accepted(
        self, fcm: httpx.AsyncClient, target: dict[str, str]
    ) -> None:
        assert (await send(fcm, {**target, "notification": NOTIFICATION})).status_code == 200
        assert len(await accepted(fcm)) == 1

    async def test_what_is_only_validated_is_not_sent(self, fcm: httpx.AsyncClient) -> None:
        answer = await send(fcm, {"token": "phone", "notification": NOTIFICATION}, validate_only=True)
        refused = await send(fcm, {"token": "phone", "data": {"a": 1}}, validate_only=True)

        assert answer.json() == {"name": "projects/demo/messages/fake_message_id"}
        assert refused.status_code == 400
        assert (await accepted(fcm), await screen(fcm)) == ([], [])

    @pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer wrong", "Basic any"])
    async def test_a_call_without_a_good_token_is_a_401(
        self, fcm: httpx.AsyncClient, token: str | None
    ) -> None:
        fcm.headers.pop("Authorization")
        headers = {} if token is None else {"Authorization": token}

        answer = await fcm.post(SEND, json={"message": {"token": "phone"}}, headers=headers)

        assert answer.status_code == 401
        error = answer.json()["error"]
        assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")
        assert "details" not in error  # by this it differs from THIRD_PARTY_AUTH_ERROR

    async def test_what_firebase_admin_encodes_is_accepted(self, fcm: httpx.AsyncClient) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            message = messaging.Message(
                token="phone",
                data={"showId": "125988"},
                notification=messaging.Notification(**NOTIFICATION),
                android=messaging.AndroidConfig(
                    collapse_key="k",
                    ttl=3600,
                    priority="high",
                    notification=messaging.AndroidNotification(tag="k", channel_id="new"),
                ),
                apns=messaging.APNSConfig(
                    headers={"apns-collapse-id": "k"},
                    payload=messaging.APNSPayload(messaging.Aps(badge=1, content_available=True)),
                ),
                webpush=messaging.WebpushConfig(notification=messaging.WebpushNotification(tag="k")),
                fcm_options=messaging.FCMOptions(analytics_label="new_episode"),
            )

        assert (await send(fcm, json.loads(str(message)))).status_code == 200


class TestRefusedMessages:
    @pytest.mark.parametrize(
        ("message", "field"),
        [
            ({}, "message"),
            ({"token": None}, "message"),
            ({"token": ""}, "message.token"),
            ({"token": 1}, "message.token"),
            ({"token": "a", "topic": "b"}, "message"),
            ({"token": "a", "fid": "b"}, "message"),
            ({"topic": "two words"}, "message.topic"),
            ({"token": "a", "to": "b"}, "message"),
            ({"token": "a", "data": {"a": "b", "n": 12}}, "message.data[1].value"),
            ({"token": "a", "data": {"a": {}}}, "message.data[0].value"),
            ({"token": "a", "data": {"from": "b"}}, "message.data"),
            ({"token": "a", "data": {"google.x": "b"}}, "message.data"),
            ({"token": "a", "data": []}, "message.data"),
            ({"token": "a", "android": "high"}, "message.android"),
            ({"token": "a", "android": {"collapse_key": 5}}, "message.android.collapse_key"),
            ({"token": "a", "android": {"ttl": "1h"}}, "message.android.ttl"),
            ({"token": "a", "android": {"ttl": "2419201s"}}, "message.android.ttl"),
            ({"token": "a", "apns": {"headers": {"apns-priority": 5}}}, "message.apns.headers[0].value"),
            ({"token": "a", "apns": {"headers": {"apns-collapse-id": "é" * 33}}}, "message.apns.headers"),
            ({"token": "a", "apns": {"headers": {"Apns-Collapse-Id": "x" * 65}}}, "message.apns.headers"),
        ],
    )
    async def test_a_message_that_is_not_right(
        self, fcm: httpx.AsyncClient, message: dict[str, Any], field: str
    ) -> None:
        assert violation(await send(fcm, message))["field"] == field
        assert await accepted(fcm) == []

    async def test_the_sentences_are_google_s(self, fcm: httpx.AsyncClient) -> None:
        number = violation(await send(fcm, {"token": "a", "data": {"n": 12}}))
        unknown = violation(await send(fcm, {"token": "a", "to": "b"}))

        assert number["description"] == "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
        assert unknown["description"].endswith("Unknown name \"to\" at 'message': Cannot find field.")

    @pytest.mark.parametrize(
        "body", ["", "[]", "{", "{}", '{"message": 1}', '{"message": {}, "dry_run": true}']
    )
    async def test_a_body_that_is_not_right(self, fcm: httpx.AsyncClient, body: str) -> None:
        violation(await fcm.post(SEND, content=body))

    async def test_a_collapse_id_of_64_bytes_is_right(self, fcm: httpx.AsyncClient) -> None:
        assert (await send(fcm, apple("x" * 64))).status_code == 200

    @pytest.mark.parametrize(
        ("message", "bytes_allowed"),
        [
            (lambda text: {"token": "a", "data": {"x": text}}, 4096),
            (lambda text: {"token": "a", "notification": {"body": text}}, 4096),
            (lambda text: {"token": "a", "apns": {"payload": {"aps": {"alert": text}}}}, 4096),
            (lambda text: {"topic": "a", "data": {"x": text}}, 2048),
        ],
    )
    async def test_a_payload_has_a_largest_size(
        self, fcm: httpx.AsyncClient, message: Callable[[str], Any], bytes_allowed: int
    ) -> None:
        just_small_enough = await send(fcm, message("é" * (bytes_allowed // 2 - 20)))
        too_big = await send(fcm, message("é" * (bytes_allowed // 2)))

        assert just_small_enough.status_code == 200
        assert "too big" in violation(too_big)["description"]


class TestDevices:
    @pytest.mark.parametrize(
        ("state", "status", "code"),
        [
            ("unregistered", 404, "UNREGISTERED"),
            ("sender_mismatch", 403, "SENDER_ID_MISMATCH"),
            ("quota_exceeded", 429, "QUOTA_EXCEEDED"),
            ("unavailable", 503, "UNAVAILABLE"),
            ("internal", 500, "INTERNAL"),
            ("third_party_auth", 401, "THIRD_PARTY_AUTH_ERROR"),
            ("invalid_token", 400, "INVALID_ARGUMENT"),
        ],
    )
    async def test_a_device_that_cannot_be_sent_to(
        self, fcm: httpx.AsyncClient, state: str, status: int, code: str
    ) -> None:
        await put_device(fcm, state=state, retry_after=30)

        answer = await send(fcm, {"token": "phone", "notification": NOTIFICATION})

        assert (answer.status_code, answer.headers["retry-after"]) == (status, "30")
        detail = answer.json()["error"]["details"][0]
        assert detail["@type"] == "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        assert detail["errorCode"] == code
        assert (await accepted(fcm), await screen(fcm)) == ([], [])
        assert (await send(fcm, {"token": "other", "notification": NOTIFICATION})).status_code == 200

    async def test_a_state_may_end_by_itself(self, fcm: httpx.AsyncClient) -> None:
        await put_device(fcm, state="unavailable", times=2)

        assert [(await send(fcm, android())).status_code for _ in range(3)] == [503, 503, 200]

    async def test_a_state_that_there_is_not(self, fcm: httpx.AsyncClient) -> None:
        for wanted in ({"state": "tired"}, {"platform": "watch"}):
            assert (await fcm.put("/_control/devices/phone", json=wanted)).status_code == 422

    @pytest.mark.parametrize(
        ("state", "raised"),
        [
            ("unregistered", messaging.UnregisteredError),
            ("sender_mismatch", messaging.SenderIdMismatchError),
            ("quota_exceeded", messaging.QuotaExceededError),
            ("third_party_auth", messaging.ThirdPartyAuthError),
            ("unavailable", exceptions.UnavailableError),
            ("internal", exceptions.InternalError),
            ("invalid_token", exceptions.InvalidArgumentError),
        ],
    )
    async def test_firebase_admin_understands_the_error(
        self, fcm: httpx.AsyncClient, state: str, raised: type[Exception]
    ) -> None:
        await put_device(fcm, state=state)
        answer = await send(fcm, android())

        with pytest.raises(httpx.HTTPStatusError) as failed:
            answer.raise_for_status()
        service = messaging._MessagingService
        understood = service._handle_fcm_httpx_error(service.__new__(service), failed.value)

        assert type(understood) is raised
        assert str(understood) == REFUSALS[state][3]


class TestScreen:
    async def test_android_replaces_by_tag_and_not_by_collapse_key(self, fcm: httpx.AsyncClient) -> None:
        for tag, key in (("a", "k"), ("a", "k"), ("b", "k"), (None, "k"), (None, "k")):
            await send(fcm, android(tag, key))

        assert [(s["collapse_id"], s["times"]) for s in await screen(fcm)] == [
            ("a", 2),
            ("b", 1),
            (None, 1),
            (None, 1),
        ]

    @pytest.mark.parametrize(("platform", "message"), [("ios", apple), ("web", web)])
    async def test_other_platforms_replace_by_their_own_id(
        self, fcm: httpx.AsyncClient, platform: str, message: Callable[[str], dict[str, Any]]
    ) -> None:
        await put_device(fcm, platform=platform)
        for id_ in ("a", "b", "a"):
            await send(fcm, message(id_))
        await send(fcm, {**android("a"), "notification": NOTIFICATION})  # its id is another platform's

        assert [(s["collapse_id"], s["times"]) for s in await screen(fcm)] == [("a", 2), ("b", 1), (None, 1)]

    async def test_the_newest_message_is_seen(self, fcm: httpx.AsyncClient) -> None:
        await send(fcm, android("a", title="first"))
        await send(fcm, android("a", title="second"))

        (shown,) = await screen(fcm)
        assert shown["message"]["android"]["notification"]["title"] == "second"

    async def test_data_alone_is_not_seen(self, fcm: httpx.AsyncClient) -> None:
        await send(fcm, {"token": "phone", "data": {"a": "b"}})

        assert (len(await accepted(fcm)), await screen(fcm)) == (1, [])

    async def test_what_waits_for_a_device_is_one_by_collapse_key(self, fcm: httpx.AsyncClient) -> None:
        await put_device(fcm, online=False)
        for title, key in (("first", "k"), ("second", "k"), ("third", "other")):
            await send(fcm, android(key=key, title=title))
        away = await screen(fcm)
        await put_device(fcm, online=True)

        titles = [s["message"]["android"]["notification"]["title"] for s in await screen(fcm)]
        assert (away, titles) == ([], ["second", "third"])

    @pytest.mark.parametrize(("platform", "message"), [("android", android), ("ios", apple), ("web", web)])
    async def test_an_app_clears_what_it_is_told_to(
        self, fcm: httpx.AsyncClient, platform: str, message: Callable[[str], dict[str, Any]]
    ) -> None:
        await put_device(fcm, platform=platform)
        for id_ in ("a", "b", "c", "d", "ab"):
            await send(fcm, message(id_))
        for data, left in (
            ({"action": "clear"}, ["a", "b", "c", "d", "ab"]),
            ({"collapseIds": "b"}, ["a", "b", "c", "d", "ab"]),
            ({"action": "clear", "collapseIds": "a"}, ["b", "c", "d", "ab"]),
            ({"action": "clear", "collapseIds": "c,a,d"}, ["b", "ab"]),
            ({"action": "clear", "collapseId": "b"}, ["b", "ab"]),
        ):
            assert (await send(fcm, {"token": "phone", "data": data})).status_code == 200
            assert [s["collapse_id"] for s in await screen(fcm)] == left

    async def test_a_reset_clears_devices_and_messages(self, fcm: httpx.AsyncClient) -> None:
        await send(fcm, android())
        await put_device(fcm, state="unregistered")
        await fcm.post("/_control/reset")

        assert (await accepted(fcm), await screen(fcm)) == ([], [])
        assert (await send(fcm, android())).status_code == 200


class TestDeliveryWithoutAnswer:
    async def test_the_repeated_message_is_seen_once(self, fcm: httpx.AsyncClient) -> None:
        await put_device(fcm, state="delivered_without_answer", times=1, answer="internal")

        answers = [await send(fcm, android("a")) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [500, 200]
        assert [message["answered"] for message in await accepted(fcm)] == [False, True]
        assert [(s["name"], s["times"]) for s in await screen(fcm)] == [(answers[1].json()["name"], 2)]

    async def test_the_answer_may_be_another_error(self, fcm: httpx.AsyncClient) -> None:
        await put_device(fcm, state="delivered_without_answer", answer="unavailable", retry_after=3)

        answer = await send(fcm, android("a"))

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
        assert len(await screen(fcm)) == 1

    def test_the_connection_is_lost(self, running: RunningFcmStandIn) -> None:
        running.deliver_without_answer("phone")
        with httpx.Client(base_url=running.base_url, headers=SIGNED_IN, timeout=20) as client:
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                client.post(SEND, json={"message": android("a")})
            answer = client.post(SEND, json={"message": android("a")})

        assert answer.status_code == 200
        assert [message["answered"] for message in running.messages()] == [False, True]
        assert [shown["times"] for shown in running.screen("phone")] == [2]

    @pytest.fixture
    def running(self) -> Iterator[RunningFcmStandIn]:
        with running_fcm_stand_in() as stand_in:
            yield stand_in

    def test_devices_and_faults_are_set_from_outside(self, running: RunningFcmStandIn) -> None:
        running.put_device("phone", "ios")
        running.refuse("phone", "quota_exceeded", times=1, retry_after=7)
        with httpx.Client(base_url=running.base_url, headers=SIGNED_IN, timeout=20) as client:
            refused = client.post(SEND, json={"message": apple("a")})
            taken = client.post(SEND, json={"message": apple("a")})
            running.fail({"path": "messages:send$", "kind": "status", "status": 502, "times": 1})
            failed = client.post(SEND, json={"message": apple("a")})

        assert [answer.status_code for answer in (refused, taken, failed)] == [429, 200, 502]
        assert refused.headers["retry-after"] == "7"
        assert [shown["collapse_id"] for shown in running.screen("phone")] == ["a"]
        assert running.calls()["by_path"] == {SEND: 3}

    @pytest.mark.parametrize("hang", [{"kind": "hang", "seconds": 0.1, "times": 1}, None], ids=["one", "all"])
    def test_a_slow_answer_is_an_answer_to_what_was_sent(
        self, running: RunningFcmStandIn, hang: dict[str, Any] | None
    ) -> None:
        if hang is None:
            running.slow_down(0.1)
        else:
            running.fail(hang)
        with httpx.Client(base_url=running.base_url, headers=SIGNED_IN, timeout=20) as client:
            answer = client.post(SEND, json={"message": android("a")})

        assert (answer.status_code, answer.elapsed.total_seconds() >= 0.1) == (200, True)
        assert [shown["collapse_id"] for shown in running.screen("phone")] == ["a"]

    def test_all_can_be_refused_for_a_while(self, running: RunningFcmStandIn) -> None:
        def statuses(count: int) -> list[int]:
            return [client.post(SEND, json={"message": android(f"{n}")}).status_code for n in range(count)]

        with httpx.Client(base_url=running.base_url, headers=SIGNED_IN, timeout=20) as client:
            running.refuse_all(429, times=2, retry_after=9)
            first = client.post(SEND, json={"message": android("a")})
            limited = statuses(2)
            running.refuse_all(503)
            down = statuses(3)
            running.cut_all(times=1)
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                client.post(SEND, json={"message": android("a")})
            running.refuse_all(500)
            running.work_again()
            well = statuses(1)

        assert (first.status_code, first.headers["retry-after"]) == (429, "9")
        assert first.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
        assert "details" not in first.json()["error"]  # by this it is the project's quota
        assert (limited, down, well) == ([429, 200], [503, 503, 503], [200])
