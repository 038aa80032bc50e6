"""What every entry point does with what its use case raises."""

import io
import json

import pytest
from starlette.requests import Request
from starlette.responses import Response

from functions import _entry
from shared import errors
from shared.errors import AppError, InvalidRequest, RateLimited, UpstreamError

SECRET = "s3cr3t"


def request(*messages: dict[str, object]) -> Request:
    waiting = list(messages)

    async def receive() -> dict[str, object]:
        return waiting.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


async def answered(error: Exception) -> Response:
    async def answer(_request: Request, _line: object) -> Response:
        raise error

    return await _entry._request_entry_point("entry_of_a_test", answer)(request())


def leaves(kind: type[AppError]) -> list[type[AppError]]:
    """The errors that are raised: the classes of our tree that have none below them there."""
    below = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [leaf for child in below for leaf in leaves(child)] or [kind]


LEAVES = leaves(AppError)

EXPECTED = {
    "InvalidRequest": (422, "invalid_request"),
    "NotSignedIn": (401, "not_signed_in"),
    "WrongCredentials": (401, "wrong_credentials"),
    "SessionOver": (401, "session_over"),
    "SignInTooOld": (403, "sign_in_again"),
    "NotFound": (404, "not_found"),
    "Misconfigured": (500, "misconfigured"),
    "Unavailable": (503, "upstream_unavailable"),
    "RateLimited": (503, "upstream_unavailable"),
    "DailyLimitReached": (503, "upstream_unavailable"),
    "Rejected": (503, "upstream_unavailable"),
    "Malformed": (503, "upstream_unavailable"),
    "AlreadyExists": (409, "already_exists"),
    "TooManyRequests": (429, "too_many_requests"),
    "Contention": (503, "busy"),
    "StoreUnavailable": (503, "store_unavailable"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
async def test_every_error_has_its_status_and_code(kind: type[AppError], lines: io.StringIO) -> None:
    status, code = EXPECTED[kind.__name__]
    error = kind("tmdb", "It failed.") if issubclass(kind, UpstreamError) else kind("It failed.")

    answer = await answered(error)

    body = json.loads(bytes(answer.body))
    assert answer.status_code == body["status"] == status
    assert body["code"] == code
    assert body["detail"].endswith("It failed.")
    assert answer.headers.get("Retry-After") == {503: "5", 429: "60"}.get(status)
    assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    assert ('"ERROR"' in lines.getvalue()) == (status >= 500)


@pytest.mark.anyio
async def test_an_errors_fields_are_named() -> None:
    answer = await answered(InvalidRequest("No.", (("showId", "is missing"),)))

    assert json.loads(bytes(answer.body))["errors"] == [{"field": "showId", "problem": "is missing"}]


@pytest.mark.anyio
async def test_a_subclass_made_elsewhere_is_answered_as_its_kind() -> None:
    class Throttled(RateLimited):
        """One that an adapter has for itself."""

    assert (await answered(Throttled("tmdb", "Slow down."))).status_code == 503


@pytest.mark.anyio
async def test_a_bug_is_logged_and_says_nothing_to_the_caller(lines: io.StringIO) -> None:
    answer = await answered(ZeroDivisionError(SECRET))

    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["code"]) == (500, "internal")
    assert SECRET not in bytes(answer.body).decode()
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["severity"] for line in logged] == ["ERROR", "WARNING"]
    assert "ZeroDivisionError" in logged[0]["stack_trace"]


@pytest.mark.anyio
async def test_a_caller_who_hangs_up_in_the_middle_of_the_body_is_no_bug_of_ours() -> None:
    broken_off = request(
        {"type": "http.request", "body": b'{"showId":', "more_body": True}, {"type": "http.disconnect"}
    )

    with pytest.raises(InvalidRequest):
        await _entry.json_body(broken_off)
