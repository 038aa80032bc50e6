"""A stand-in for Firebase Cloud Messaging: sending over HTTP v1, and the screens that messages end on.

    python -m local.stand_ins.fcm --port 8083

Its FCM_BASE_URL is `http://127.0.0.1:8083`. Any bearer token is good but an empty one and "wrong". A device
that was not told of is an Android one that takes everything. Messages to topics and conditions are kept,
but reach no screen: who is subscribed is not known here.
Tests start it with `local.stand_ins.running_fcm.running_fcm_stand_in`.
"""

from collections import defaultdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local.stand_ins.control import ControlledService
from local.stand_ins.faults import Fault
from local.stand_ins.fcm_devices import DELIVERED_WITHOUT_ANSWER, REFUSALS, Device
from local.stand_ins.fcm_messages import InvalidArgument, Message, message_of, target_of
from local.stand_ins.server import serve_command_line

BASE_PATH = ""

_CONTENT_TYPE = "application/json; charset=UTF-8"
_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"
_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_NO_CREDENTIAL = f"Request is missing required authentication credential. {_EXPECTED}"
_WRONG_CREDENTIAL = f"Request had invalid authentication credentials. {_EXPECTED}"


def make_application() -> ControlledService:
    """The stand-in as an ASGI application, with the control API before it."""
    sending = _Sending()
    service = Starlette(
        routes=[Route("/v1/projects/{project}/messages:send", sending.send, methods=["POST"])]
    )
    return ControlledService(
        service,
        control_routes=[
            Route("/devices/{token}", sending.put_device, methods=["PUT"]),
            Route("/messages", sending.get_messages),
            Route("/screen/{token}", sending.get_screen),
        ],
        forget=sending.forget,
    )


class _Sending:
    """What was sent, to which devices."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget all messages and devices."""
        self._devices: defaultdict[str, Device] = defaultdict(Device)
        self._accepted: list[dict[str, Any]] = []

    async def send(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return _error(401, "UNAUTHENTICATED", _NO_CREDENTIAL)
        if token.strip() == "wrong":
            return _error(401, "UNAUTHENTICATED", _WRONG_CREDENTIAL)
        try:
            message, is_validated_only = message_of(await request.body())
        except InvalidArgument as problem:
            return _invalid_argument(problem)
        return self._sent(request.path_params["project"], message, is_validated_only=is_validated_only)

    async def put_device(self, request: Request) -> Response:
        """Takes `platform`, `online`, and a `state` with its `times`, `retry_after` and `answer`."""
        device = self._devices[request.path_params["token"]]
        device.change(await request.json())
        return JSONResponse({"platform": device.platform, "state": device.state, "online": device.is_online})

    async def get_messages(self, request: Request) -> Response:
        """All messages that were accepted, the oldest first."""
        del request
        return JSONResponse(self._accepted)

    async def get_screen(self, request: Request) -> Response:
        """What a device shows, the oldest place first."""
        device = self._devices[request.path_params["token"]]
        return JSONResponse([shown.as_json() for shown in device.screen])

    def _sent(self, project: str, message: Message, *, is_validated_only: bool) -> Response:
        kind, target = target_of(message)
        device = self._devices[target] if kind in {"token", "fid"} else Device()
        state = device.state_for_next()
        if state in REFUSALS:
            return _refusal(state, device.retry_after)
        if is_validated_only:
            return _answer({"name": f"projects/{project}/messages/fake_message_id"})
        name = f"projects/{project}/messages/0:{len(self._accepted) + 1:016}%{len(self._accepted) + 1:016x}"
        is_answered = state != DELIVERED_WITHOUT_ANSWER
        self._accepted.append({"name": name, "message": message, "answered": is_answered})
        device.receive(name, message)
        if is_answered:
            return _answer({"name": name})
        return _refusal(device.answer, device.retry_after) if device.answer in REFUSALS else _Dropped()


class _Dropped(Response):
    """Instead of an answer the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Fault("", "disconnect", None, {}).answer(scope, receive, send)


def _refusal(state: str, retry_after: int | None) -> Response:
    status, canonical, code, sentence = REFUSALS[state]
    details: list[dict[str, Any]] = [{"@type": _FCM_ERROR, "errorCode": code}]
    if code == "QUOTA_EXCEEDED":
        violations = [{"subject": "QUOTA_EXCEEDED", "description": sentence}]
        details.append({"@type": _QUOTA_FAILURE, "violations": violations})
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return _error(status, canonical, sentence, details, headers)


def _invalid_argument(problem: InvalidArgument) -> Response:
    violation = {"field": problem.field, "description": problem.description}
    details: list[dict[str, Any]] = [{"@type": _BAD_REQUEST, "fieldViolations": [violation]}]
    if problem.is_fcm_code_told:
        details.append({"@type": _FCM_ERROR, "errorCode": "INVALID_ARGUMENT"})
    return _error(400, "INVALID_ARGUMENT", problem.description, details)


def _error(
    status: int,
    canonical: str,
    sentence: str,
    details: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    error: dict[str, Any] = {"code": status, "message": sentence, "status": canonical}
    if details:
        error["details"] = details
    return JSONResponse({"error": error}, status, headers, media_type=_CONTENT_TYPE)


def _answer(content: dict[str, Any]) -> Response:
    return JSONResponse(content, media_type=_CONTENT_TYPE)


if __name__ == "__main__":
    serve_command_line("FCM", make_application, BASE_PATH)
