"""What all entry points share: sign-in, parsing, known errors to problem answers, one log line a request.

A function's own module is left with its use case and nothing else.
"""

import functools
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import functions_framework.aio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from functions import catalog
from shared import logs, usage
from shared.config import read_settings
from shared.domain.tracking import UserId
from shared.errors import (
    AppError,
    Contention,
    InvalidRequest,
    Misconfigured,
    NotAllowed,
    NotFound,
    NotSignedIn,
    StoreUnavailable,
    UpstreamError,
)
from shared.wiring import Wiring

logger = logging.getLogger(__name__)

LONGEST_BODY = 65_536
RETRY_AFTER_SECONDS = 5

# From the most to the least special: the first that fits is the answer.
_PROBLEMS: tuple[tuple[type[AppError], int, str, str], ...] = (
    (InvalidRequest, 422, "invalid_request", "The request cannot be understood"),
    (NotSignedIn, 401, "not_signed_in", "A valid ID token is needed"),
    (NotAllowed, 403, "not_allowed", "This is not allowed"),
    (NotFound, 404, "not_found", "There is no such thing"),
    (Contention, 503, "busy", "Too many changes at once"),
    (StoreUnavailable, 503, "store_unavailable", "The database does not answer"),
    (UpstreamError, 503, "upstream_unavailable", "A service that is needed does not answer"),
    (Misconfigured, 500, "misconfigured", "The service is not set up completely"),
)

# The token travels in a header that no browser adds by itself, so any origin may call.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "3600",
}

HttpHandler = Callable[[Request, Wiring], Awaitable[Response]]
ScheduledHandler = Callable[[Wiring], Awaitable[Mapping[str, Any]]]
EntryPoint = Callable[[Request], Awaitable[Response]]


@functools.cache
def _wiring(tmdb_calls: int) -> Wiring:
    return Wiring(read_settings(), tmdb_calls_per_10_seconds=tmdb_calls)


def http(handler: HttpHandler) -> EntryPoint:
    """Make an entry point of a function that answers POST requests of apps. Its name is its target."""

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS)
        if request.method != "POST":
            return _problem(
                405, "method_not_allowed", "This method is not allowed", "Use POST.", Allow="POST"
            )
        return await handler(request, _wiring(catalog.function(handler.__name__).tmdb_calls))

    return _entry_point(handler.__name__, answer, headers=_CORS)


def scheduled(handler: ScheduledHandler) -> EntryPoint:
    """Make an entry point of a function that Cloud Scheduler calls; who may call it is IAM's to say."""

    async def answer(_request: Request) -> Response:
        return JSONResponse(await handler(_wiring(catalog.function(handler.__name__).tmdb_calls)))

    return _entry_point(handler.__name__, answer)


async def signed_in_user(request: Request, wiring: Wiring) -> UserId:
    """The user whose ID token the request carries.

    Raises:
        NotSignedIn: there is no valid token.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send a Firebase ID token as 'Authorization: Bearer <token>'.")
    return await wiring.identity.user_of(token.strip())


async def json_body(request: Request) -> object:
    """The request's body as JSON.

    Raises:
        InvalidRequest: it is not JSON, too long, or broken off.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise InvalidRequest(f"The body is longer than {LONGEST_BODY} bytes.")
    except ClientDisconnect as error:
        raise InvalidRequest("The body broke off.") from error
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The body is not JSON.") from error


def _entry_point(
    name: str, answer: Callable[[Request], Awaitable[Response]], headers: Mapping[str, str] | None = None
) -> EntryPoint:
    async def entry(request: Request) -> Response:
        logs.configure()
        spent = usage.begin()
        begun = time.perf_counter()
        try:
            response = await answer(request)
        except AppError as error:
            response = _problem_of(error)
        except Exception:
            logger.exception("%s failed", name)
            response = _problem(500, "internal", "Something went wrong here", "It has been logged.")
        logger.info(
            "%s %s",
            name,
            response.status_code,
            extra={
                "fields": {
                    "function": name,
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - begun) * 1000, 1),
                    **spent.as_fields(),
                }
            },
        )
        response.headers.update(headers or {})
        return response

    # The framework registers a function under its own name, which must be the deployed target.
    entry.__name__ = entry.__qualname__ = name
    functions_framework.aio.http(entry)
    return entry


def _problem_of(error: AppError) -> Response:
    for kind, status, code, title in _PROBLEMS:
        if isinstance(error, kind):
            if status >= 500:
                logger.error("%s", error)
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
            if status == 401:
                headers["WWW-Authenticate"] = "Bearer"
            fields = error.fields if isinstance(error, InvalidRequest) else ()
            return _problem(status, code, title, str(error), fields, **headers)
    raise error


def _problem(
    status: int, code: str, title: str, detail: str, fields: tuple[tuple[str, str], ...] = (), **headers: str
) -> Response:
    """An answer as RFC 9457 describes it, with a `code` that stays the same when sentences change."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if fields:
        body["errors"] = [{"field": field, "problem": problem} for field, problem in fields]
    return JSONResponse(body, status, headers=headers or None, media_type="application/problem+json")
