"""What FCM's answers mean.

https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode and
https://firebase.google.com/docs/cloud-messaging/scale-fcm#handling-retries
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from shared.domain.push import Sending, Sent

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"

QUOTA_SECONDS = 60.0
"""How long to wait after a 429 that does not say: quotas are filled up again every minute."""


class About(StrEnum):
    """Whom an answer tells of, and so what it is good for to try again."""

    DEVICE = "device"
    """This one device, or this message: nothing follows for others."""

    SERVICE = "service"
    """FCM, and what lies between: the same message may go well in a moment."""

    SETUP = "setup"
    """How we are set up: it goes wrong until a person changes that."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try, and whether another is any good."""

    sending: Sending
    about: About
    may_pass: bool = False


DELIVERED = Answer(Sending(Sent.DELIVERED), About.DEVICE)


def read_answer(status: int, body: bytes, retry_after: float | None) -> Answer:
    """What an answer of that HTTP status means. `retry_after` is what it asks for, in seconds."""
    if status == HTTPStatus.OK:
        # Anything may stand between us and FCM, and answer 200 for it.
        return DELIVERED if b'"name"' in body else _of_service(Sent.FAILED, "not FCM's answer", retry_after)
    canonical, code = _error_in(body)
    told = code or canonical
    match status, code:
        case 404, "UNREGISTERED":
            return Answer(Sending(Sent.DEVICE_GONE, code), About.DEVICE)
        case 403, "SENDER_ID_MISMATCH":
            return Answer(Sending(Sent.DEVICE_GONE, code), About.DEVICE)
        case 429, "QUOTA_EXCEEDED":
            return _over_quota(Sent.FAILED, code, About.DEVICE, retry_after)
        case 429, _:
            return _over_quota(Sent.SERVICE_DOWN, told or f"status {status}", About.SERVICE, retry_after)
        case 400, _ if told == "INVALID_ARGUMENT":
            return Answer(Sending(Sent.REFUSED, told), About.DEVICE)
        case ((401 | 403), _):
            return Answer(Sending(Sent.SERVICE_DOWN, told or f"status {status}"), About.SETUP)
    return _of_status(status, told or f"status {status}", retry_after)


def _of_status(status: int, reason: str, retry_after: float | None) -> Answer:
    if status > HTTPStatus.INTERNAL_SERVER_ERROR:
        return _of_service(Sent.SERVICE_DOWN, reason, retry_after)
    if status in (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.REQUEST_TIMEOUT):
        return _of_service(Sent.FAILED, reason, retry_after)
    # A 404 without FCM's own word may be anybody's, and says nothing of the device.
    return Answer(Sending(Sent.FAILED, reason, retry_after), About.SERVICE)


def _over_quota(sent: Sent, reason: str, about: About, retry_after: float | None) -> Answer:
    """Whose quota it was is told by the kind of the error, since both are 429 RESOURCE_EXHAUSTED.

    FCM's own `QUOTA_EXCEEDED` is "Sending limit exceeded for the message target". The quota of the project
    is kept by Google's front, whose error has a `google.rpc.ErrorInfo` (`RATE_LIMIT_EXCEEDED`) and nothing of
    FCM's: https://github.com/firebase/firebase-admin-go/issues/719
    """
    wait = QUOTA_SECONDS if retry_after is None else retry_after
    return Answer(Sending(sent, reason, wait), about, may_pass=True)


def _of_service(sent: Sent, reason: str, retry_after: float | None) -> Answer:
    return Answer(Sending(sent, reason, retry_after), About.SERVICE, may_pass=True)


def not_reached(reason: str) -> Answer:
    """No connection came about: nothing was sent, whatever it was."""
    return _of_service(Sent.SERVICE_DOWN, reason, None)


def not_answered(reason: str) -> Answer:
    """It was sent, perhaps in part, without a whole answer: it may be delivered, or itself be at fault."""
    return _of_service(Sent.FAILED, reason, None)


def not_signed_in(reason: str) -> Answer:
    """Google gave us no access token."""
    return Answer(Sending(Sent.SERVICE_DOWN, reason), About.SETUP)


def left_alone(seconds: float) -> Answer:
    """FCM has failed often and lately, and is not asked for so many seconds more."""
    return Answer(
        Sending(Sent.SERVICE_DOWN, "left alone, since it has been failing", max(seconds, 0.0)), About.SERVICE
    )


def _error_in(body: bytes) -> tuple[str, str]:
    """Google's canonical status and FCM's own error code, each empty where there is none."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "", ""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if not isinstance(error, Mapping):
        return "", ""
    return _word(error.get("status")), next(_codes_in(error.get("details")), "")


def _codes_in(details: object) -> Iterator[str]:
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, Mapping) and detail.get("@type") == FCM_ERROR:
            yield _word(detail.get("errorCode"))


def _word(value: object) -> str:
    # It is kept as a reason and logged, so nothing else than such a word is taken over.
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z_]{1,64}", value) else ""
