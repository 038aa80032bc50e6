"""What each of FCM's answers means: for the message, for the device, and for all the others."""

import json
from typing import Any

import pytest

from shared.adapters.fcm.answers import FCM_ERROR, About, Answer, read_answer
from shared.domain.push import Sending, Sent

DELIVERED = b'{\n  "name": "projects/demo/messages/0:1%2"\n}\n'
TOKEN = "fMEP0:APA91bSecretRegistrationToken"


def error(status: int, canonical: str, *details: dict[str, Any]) -> bytes:
    told = {"code": status, "message": f"Something with {TOKEN}", "status": canonical, "details": [*details]}
    return json.dumps({"error": told}).encode()


def fcm(code: str) -> dict[str, Any]:
    return {"@type": FCM_ERROR, "errorCode": code}


BAD_REQUEST = {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    "fieldViolations": [{"field": "message.token", "description": f"Invalid {TOKEN}"}],
}
QUOTA_FAILURE = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"subject": "QUOTA_EXCEEDED", "description": "..."}],
}
OF_THE_PROJECT = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "RATE_LIMIT_EXCEEDED",
    "metadata": {"quota_limit": "SendsPerMinutePerProject"},
}


@pytest.mark.parametrize(
    ("status", "body", "sent", "reason", "about", "may_pass"),
    [
        pytest.param(200, DELIVERED, Sent.DELIVERED, "", About.DEVICE, False, id="taken"),
        *[
            pytest.param(
                *(status, error(status, canonical, fcm(code)), sent, code, about, may_pass), id=code.lower()
            )
            for status, canonical, code, sent, about, may_pass in (
                (404, "NOT_FOUND", "UNREGISTERED", Sent.DEVICE_GONE, About.DEVICE, False),
                (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", Sent.DEVICE_GONE, About.DEVICE, False),
                (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", Sent.REFUSED, About.DEVICE, False),
                (503, "UNAVAILABLE", "UNAVAILABLE", Sent.SERVICE_DOWN, About.SERVICE, True),
                (500, "INTERNAL", "INTERNAL", Sent.FAILED, About.SERVICE, True),
                (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", Sent.SERVICE_DOWN, About.SETUP, False),
            )
        ],
        pytest.param(
            *(400, error(400, "INVALID_ARGUMENT", BAD_REQUEST)),
            *(Sent.REFUSED, "INVALID_ARGUMENT", About.DEVICE, False),
            id="a message that is none",
        ),
        pytest.param(
            *(401, error(401, "UNAUTHENTICATED")),
            *(Sent.SERVICE_DOWN, "UNAUTHENTICATED", About.SETUP, False),
            id="our token is not taken",
        ),
        pytest.param(
            *(403, error(403, "PERMISSION_DENIED")),
            *(Sent.SERVICE_DOWN, "PERMISSION_DENIED", About.SETUP, False),
            id="our account may not",
        ),
        pytest.param(
            *(404, error(404, "NOT_FOUND")),
            *(Sent.FAILED, "NOT_FOUND", About.SERVICE, False),
            id="a 404 of Google's front is no word about the device",
        ),
        pytest.param(
            *(404, b"<html>Not Found", Sent.FAILED, "status 404", About.SERVICE, False),
            id="a 404 of something in between",
        ),
        pytest.param(
            *(410, error(410, "NOT_FOUND", fcm("UNREGISTERED"))),
            *(Sent.FAILED, "UNREGISTERED", About.SERVICE, False),
            id="a device is gone by a 404 alone",
        ),
        pytest.param(
            *(400, b"Bad Request", Sent.FAILED, "status 400", About.SERVICE, False),
            id="a 400 of something in between",
        ),
        pytest.param(
            *(500, error(500, "INTERNAL")), *(Sent.FAILED, "INTERNAL", About.SERVICE, True), id="a bare 500"
        ),
        pytest.param(
            *(502, b"<html>Bad Gateway", Sent.SERVICE_DOWN, "status 502", About.SERVICE, True), id="a 502"
        ),
        pytest.param(
            *(504, error(504, "DEADLINE_EXCEEDED")),
            *(Sent.SERVICE_DOWN, "DEADLINE_EXCEEDED", About.SERVICE, True),
            id="a 504",
        ),
        pytest.param(408, b"", Sent.FAILED, "status 408", About.SERVICE, True, id="a 408"),
        pytest.param(302, b"", Sent.FAILED, "status 302", About.SERVICE, False, id="a redirect"),
        pytest.param(413, b"", Sent.FAILED, "status 413", About.SERVICE, False, id="a 413"),
        pytest.param(
            200, b"<html>", Sent.FAILED, "not FCM's answer", About.SERVICE, True, id="a 200 of others"
        ),
        pytest.param(200, b"", Sent.FAILED, "not FCM's answer", About.SERVICE, True, id="an empty 200"),
    ],
)
def test_an_answer(
    *, status: int, body: bytes, sent: Sent, reason: str, about: About, may_pass: bool
) -> None:
    assert read_answer(status, body, None) == Answer(Sending(sent, reason), about, may_pass)


@pytest.mark.parametrize(
    ("details", "sent", "reason", "about"),
    [
        ([fcm("QUOTA_EXCEEDED"), QUOTA_FAILURE], Sent.FAILED, "QUOTA_EXCEEDED", About.DEVICE),
        ([QUOTA_FAILURE, fcm("QUOTA_EXCEEDED")], Sent.FAILED, "QUOTA_EXCEEDED", About.DEVICE),
        ([OF_THE_PROJECT], Sent.SERVICE_DOWN, "RESOURCE_EXHAUSTED", About.SERVICE),
        ([], Sent.SERVICE_DOWN, "RESOURCE_EXHAUSTED", About.SERVICE),
    ],
)
@pytest.mark.parametrize(("told", "wait"), [(None, 60.0), (3.0, 3.0), (0.0, 0.0), (600.0, 600.0)])
def test_a_quota_is_the_devices_or_the_projects(
    *, details: list[dict[str, Any]], sent: Sent, reason: str, about: About, told: float | None, wait: float
) -> None:
    answer = read_answer(429, error(429, "RESOURCE_EXHAUSTED", *details), told)

    assert answer == Answer(Sending(sent, reason, wait), about, may_pass=True)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_what_it_asks_for_is_handed_on(status: int) -> None:
    assert read_answer(status, b"", 30.0).sending.retry_after == 30.0


@pytest.mark.parametrize(
    "body",
    [
        *[b"", b"\xff\xfe", b"{", b"[]", b"null", b'"UNREGISTERED"', b'{"error": "UNREGISTERED"}'],
        *[
            b'{"error": {"status": 5, "details": {"errorCode": "UNREGISTERED"}}}',
            b'{"error": {"details": [1]}}',
        ],
        b'{"error": {"details": [{"@type": "other", "errorCode": "UNREGISTERED"}]}}',
        json.dumps({"error": {"details": [{"@type": FCM_ERROR, "errorCode": ["UNREGISTERED"]}]}}).encode(),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_no_answer_of_another_shape_removes_a_device(status: int, body: bytes) -> None:
    sending = read_answer(status, body, None).sending

    assert sending.sent in {Sent.FAILED, Sent.SERVICE_DOWN}
    assert sending.reason == f"status {status}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_nothing_but_a_word_is_taken_over_as_a_reason(status: int) -> None:
    for word in (TOKEN, TOKEN.upper(), "UNREGISTERED\n" + TOKEN, "UNREGISTERED\n", "X" * 65, ""):
        reason = read_answer(status, error(status, word, fcm(word)), None).sending.reason
        assert reason == f"status {status}"
