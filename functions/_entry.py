"""What all entry points share, for the three kinds of functions: called by apps, by schedule, by message.

Sign-in, parsing, known errors to problem answers or to redelivery, and one log line a request or event. A
function's own module is left with its use case and nothing else.
"""

import functools
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

import functions_framework.aio
from cloudevents.exceptions import GenericException
from cloudevents.http import from_http
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from functions import catalog
from functions._log_line import LogLine
from functions._problems import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    UNAVAILABLE,
    error_response,
    problem_of,
    problem_response,
)
from shared.config import read_settings
from shared.domain.tracking import UserId
from shared.errors import AppError, InvalidRequest, NotSignedIn
from shared.wiring import Wiring

if TYPE_CHECKING:
    from shared.domain.delivery import Delivery
    from shared.domain.message import Message

logger = logging.getLogger(__name__)

LONGEST_BODY = 65_536

_ROUTED = frozenset({"endpoint", "path_params", "route", "router"})
"""What the framework's own routing leaves in the scope, and an application would take for its own."""

_SLIPS = (AttributeError, TypeError, ValueError, RecursionError)
"""What the cloudevents package raises of a body that is another kind of JSON than it expects, or none."""

# The token travels in a header that no browser adds by itself, so any origin may call.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "3600",
}

M = TypeVar("M", bound="Message")
N = TypeVar("N", bound="Message")
Read = TypeVar("Read")
Answer = TypeVar("Answer")
MessageHandler = Callable[[Read, Wiring], Awaitable[Mapping[str, Any]]]
HttpHandler = Callable[[Request, Wiring], Awaitable[Response]]
ScheduledHandler = Callable[[Wiring], Awaitable[Mapping[str, Any]]]
EntryPoint = Callable[[Request], Awaitable[Response]]


@functools.cache
def _wiring(tmdb_calls: int) -> Wiring:
    return Wiring(read_settings(), tmdb_calls_per_10_seconds=tmdb_calls)


def _wiring_of(name: str) -> Wiring:
    return _wiring(catalog.function(name).tmdb_calls)


def http(handler: HttpHandler) -> EntryPoint:
    """Make an entry point of a function that answers POST requests of apps. Its name is its target."""

    async def answer(request: Request, _line: LogLine) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS)
        if request.method != "POST":
            return problem_response(METHOD_NOT_ALLOWED, "Use POST.", Allow="POST")
        return await handler(request, _wiring_of(handler.__name__))

    return _request_entry_point(handler.__name__, answer, headers=_CORS)


def scheduled(handler: ScheduledHandler) -> EntryPoint:
    """Make an entry point of a function that Cloud Scheduler calls; who may call it is IAM's to say.

    Its report is the answer, and stands in its log line. An error is a problem answer, after which the
    scheduler tries again.
    """

    async def answer(request: Request, line: LogLine) -> Response:
        if request.method != "POST":
            return problem_response(METHOD_NOT_ALLOWED, "Use POST.", Allow="POST")
        report = await handler(_wiring_of(handler.__name__))
        line.fields.update(report)
        return JSONResponse(report)

    return _request_entry_point(handler.__name__, answer)


@overload
def pubsub(message_type: type[M], /) -> Callable[[MessageHandler[M]], EntryPoint]: ...


@overload
def pubsub(one: type[M], other: type[N], /) -> Callable[[MessageHandler[M | N]], EntryPoint]: ...


def pubsub(*message_types: type[Any]) -> Callable[[MessageHandler[Any]], EntryPoint]:
    """Make an entry point of a function that is called with each message of its topic, of these types.

    A handler that returns has dealt with the message, and its report stands in the log line. What may pass
    (a service or the database fails, a bug that is mended meanwhile) is raised, and delivered again. What
    never can succeed, and what has failed as often as the catalogue allows, is put on the dead-letter topic
    with the reason and acknowledged. Where even that is not possible, the message is delivered again, and
    Pub/Sub itself moves it in the end.

    For the framework it is a function that is called over HTTP, as Eventarc does: as a CloudEvent function it
    would be given the event without the headers, and so without the trace.
    """

    def entry_point_of(handler: MessageHandler[Any]) -> EntryPoint:
        name = handler.__name__

        async def handle(delivery: "Delivery", line: LogLine) -> None:
            # Only functions that read messages load the library that reads them.
            from shared.domain.message import decode

            line.fields.update(await handler(decode(delivery.data, *message_types), _wiring_of(name)))

        return _event_entry_point(name, handle)

    return entry_point_of


def application(make: Callable[[Wiring], ASGIApp]) -> Callable[[Request], Awaitable[ASGIApp]]:
    """Make an entry point of an ASGI application, which is made when it is first called.

    It answers its known errors itself. What escapes it is logged here, and is a problem answer if it had not
    begun to answer.
    """
    name = make.__name__
    made = functools.cache(lambda: make(_wiring_of(name)))

    async def entry(request: Request) -> ASGIApp:
        line = LogLine.of(name, request)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            own, status = {name: value for name, value in scope.items() if name not in _ROUTED}, 0

            async def sent(message: AsgiMessage) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            async def applied() -> None:
                await made()(own, receive, sent)

            response = await _answered(name, applied())
            if response is not None and not status:
                await response(scope, receive, sent)
            line.fields.update(method=request.method, route=_route_of(own))
            line.write(status)

        return answer

    entry.__name__ = entry.__qualname__ = name
    # What is returned the framework calls as an ASGI application, with the request as nobody has read it yet.
    functions_framework.aio.http(entry)  # type: ignore[arg-type]
    return entry


async def signed_in_user(request: Request, wiring: Wiring) -> UserId:
    """The user whose ID token the request carries.

    Raises:
        NotSignedIn: there is no valid token.
    """
    return await wiring.identity.user_of(token_of(request))


def token_of(request: Request) -> str:
    """The ID token that the request carries, whatever it is worth.

    Raises:
        NotSignedIn: it carries none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send a Firebase ID token as 'Authorization: Bearer <token>'.")
    return token.strip()


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


async def _answered(name: str, answering: Awaitable[Answer]) -> Answer | Response:
    """What comes of answering, or the answer to its error."""
    try:
        return await answering
    except AppError as error:
        return known_error_response(error)
    except Exception:
        logger.exception("%s failed", name)
        return problem_response(INTERNAL, "It has been logged.")


def known_error_response(error: AppError) -> Response:
    """The answer to a known error, which is logged where it is not the caller's fault."""
    if problem_of(error).may_pass:
        _log(error)
    return error_response(error)


def _route_of(scope: Scope) -> str:
    """The template of the path, which names nobody, unlike the path itself; empty where there is none."""
    template: str = getattr(scope.get("route"), "path", "")
    return template


def _request_entry_point(
    name: str,
    answer: Callable[[Request, LogLine], Awaitable[Response]],
    headers: Mapping[str, str] | None = None,
) -> EntryPoint:
    async def entry(request: Request) -> Response:
        line = LogLine.of(name, request)
        response = await _answered(name, answer(request, line))
        line.write(response.status_code)
        response.headers.update(headers or {})
        return response

    # The framework registers a function under its own name, which must be the deployed target.
    entry.__name__ = entry.__qualname__ = name
    functions_framework.aio.http(entry)
    return entry


def _event_entry_point(name: str, handle: "Callable[[Delivery, LogLine], Awaitable[None]]") -> EntryPoint:
    async def answer(request: Request, line: LogLine) -> Response:
        from shared.domain.delivery import Delivery

        delivery = Delivery.parse(await _event_data(request))
        line.fields.update(messageId=delivery.message_id, attempt=delivery.attempt)
        try:
            await handle(delivery, line)
        except AppError as error:
            problem, sentence = problem_of(error), str(error)
        except Exception as error:
            logger.exception("%s failed", name)
            # An unforeseen error may have anything in its message.
            problem, sentence = INTERNAL, type(error).__name__
        else:
            return Response(status_code=204)
        reason = line.fields["reason"] = f"{problem.code}: {sentence}"
        if problem.may_pass and delivery.attempt < _topic_of(name).retry.attempts:
            line.outcome = "redelivery"
            return problem_response(problem, sentence)
        if not await _buried(name, delivery, reason):
            line.outcome = "redelivery"
            return problem_response(UNAVAILABLE, sentence)
        line.outcome = "dead_letter"
        return Response(status_code=204)

    return _request_entry_point(name, answer)


async def _event_data(request: Request) -> object:
    try:
        return from_http(dict(request.headers), await request.body()).data
    except (GenericException, ClientDisconnect, *_SLIPS) as error:
        raise InvalidRequest("This is no CloudEvent.") from error


async def _buried(name: str, delivery: "Delivery", reason: str) -> bool:
    """Put the message on the dead-letter topic. False where that failed."""
    letter = delivery.as_dead_letter(function=name, reason=reason)
    try:
        await _wiring_of(name).topics.publish(_topic_of(name).dead_letter_topic, [letter])
    except AppError as error:
        _log(error)
        return False
    return True


def _log(error: AppError) -> None:
    """Without a stack trace: where a known error was raised says less than its sentence."""
    logger.error("%s", error)


def _topic_of(name: str) -> catalog.Topic:
    trigger = catalog.function(name).trigger
    if not isinstance(trigger, catalog.Topic):
        raise TypeError(f"The catalogue has no topic for {name}.")
    return trigger
