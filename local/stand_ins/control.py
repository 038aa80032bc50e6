"""A stand-in under control: its calls are counted, and held, delayed or broken on demand.

The control API, under `/_control/`, is the same for every stand-in; a service adds routes of its own.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.stand_ins.calls import CallLog
from local.stand_ins.faults import Fault, wait_or_leave

CONTROL_PATH = "/_control"

ThingsAsked = Callable[[str], Mapping[str, Iterable[str]]]


def nothing_more(path: str) -> Mapping[str, Iterable[str]]:
    """For a service where counting by path is enough."""
    del path
    return {}


class ControlledService:
    """An ASGI application that puts the control API before a service.

    `things_asked` names what a path asks for, to be counted too; `forget` undoes what the service's own
    control routes have changed.
    """

    def __init__(
        self,
        service: ASGIApp,
        *,
        control_routes: Sequence[BaseRoute] = (),
        things_asked: ThingsAsked = nothing_more,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._service = service
        self._things_asked = things_asked
        self._forget = forget
        self._released = asyncio.Event()
        self._held = 0
        self._held_changed = asyncio.Condition()
        self._set_quiet()
        self._control = Starlette(
            routes=[Mount(CONTROL_PATH, routes=[*self._routes(), *control_routes])],
            exception_handlers=dict.fromkeys((KeyError, TypeError, ValueError, re.error), _not_understood),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, of the service or of the control API."""
        if scope["type"] != "http" or scope["path"].startswith(f"{CONTROL_PATH}/"):
            await self._control(scope, receive, send)
            return
        path = _readable_path(scope)
        self._calls.record(path, time.monotonic(), self._things_asked(path))
        receive_again = await _with_body_read(receive)  # for the service alone: to wait would take the body
        try:
            await self._hold(path, receive)
            if self._latency_seconds:
                await wait_or_leave(asyncio.sleep(self._latency_seconds), receive)
            fault = next((fault for fault in self._faults if fault.takes(path)), None)
            if fault is not None:
                await fault.answer(scope, receive, send)
            if fault is None or fault.kind == "hang":
                await self._service(scope, receive_again, send)
        except ClientDisconnect:
            return  # nobody is left to be answered

    def _set_quiet(self) -> None:
        self._calls = CallLog()
        self._faults: list[Fault] = []
        self._latency_seconds = 0.0
        self._held_paths: re.Pattern[str] | None = None

    async def _hold(self, path: str, receive: Receive) -> None:
        if self._held_paths is None or not self._held_paths.search(path):
            return
        released = self._released
        await self._count_held(+1)
        try:
            await wait_or_leave(released.wait(), receive)
        finally:
            await self._count_held(-1)

    async def _count_held(self, change: int) -> None:
        self._held += change
        async with self._held_changed:
            self._held_changed.notify_all()

    def _release_all(self) -> None:
        self._held_paths = None
        self._released.set()
        self._released = asyncio.Event()

    def _routes(self) -> list[Route]:
        return [
            Route("/calls", self._get_calls),
            Route("/reset", self._post_reset, methods=["POST"]),
            Route("/faults", self._put_faults, methods=["PUT"]),
            Route("/latency", self._put_latency, methods=["PUT"]),
            Route("/hold", self._put_hold, methods=["PUT"]),
            Route("/release", self._post_release, methods=["POST"]),
            Route("/held", self._get_held),
        ]

    async def _get_calls(self, request: Request) -> JSONResponse:
        del request
        return JSONResponse(self._calls.as_json())

    async def _post_reset(self, request: Request) -> JSONResponse:
        del request
        self._set_quiet()
        self._release_all()
        self._forget()
        return JSONResponse({})

    async def _put_faults(self, request: Request) -> JSONResponse:
        self._faults = [Fault.from_json(fault) for fault in await request.json()]
        return JSONResponse({"faults": len(self._faults)})

    async def _put_latency(self, request: Request) -> JSONResponse:
        self._latency_seconds = float((await request.json())["seconds"])
        return JSONResponse({"seconds": self._latency_seconds})

    async def _put_hold(self, request: Request) -> JSONResponse:
        path = (await request.json())["path"]
        self._held_paths = re.compile(path)
        return JSONResponse({"path": path})

    async def _post_release(self, request: Request) -> JSONResponse:
        del request
        released = self._held
        self._release_all()
        return JSONResponse({"released": released})

    async def _get_held(self, request: Request) -> JSONResponse:
        """How many are held, as soon as that lies in `at_least` to `at_most`, or after `within` seconds."""
        query = request.query_params
        at_least, at_most = int(query.get("at_least", 0)), float(query.get("at_most", "inf"))
        within_seconds = float(query.get("within", 10.0))
        try:
            async with asyncio.timeout(within_seconds), self._held_changed:
                await self._held_changed.wait_for(lambda: at_least <= self._held <= at_most)
        except TimeoutError:
            pass  # the answer tells how many there are
        return JSONResponse({"held": self._held})


async def _not_understood(request: Request, error: Exception) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} {request.url.path} was not understood: {error!r}", 422)


def _readable_path(scope: Scope) -> str:
    """Path and query, decoded, because this is what a person writes in a fault and reads in a count."""
    query: str = scope["query_string"].decode("ascii")
    return f"{scope['path']}?{unquote(query)}" if query else str(scope["path"])


async def _with_body_read(receive: Receive) -> Receive:
    """Read the request's body now, and give it again to whoever receives from what this returns.

    What is left to come from the connection itself is then only its end, for which one can wait.
    """
    body = b""
    more: Any = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return receive
        body += message.get("body", b"")
        more = message.get("more_body", False)
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return whole.pop() if whole else await receive()

    return receive_again
