"""Failures on demand, for any stand-in of an outside service.

A fault is asked for as JSON: `{"path": regex, "times": n or null, "kind": one of KINDS, ...}`. Its path is
searched in the decoded path and query of a call, and the first fault that matches and has times left is used.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Mapping
from typing import Any, Self

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KINDS = frozenset({"status", "garbage", "wrong_shape", "half_body", "hang", "disconnect"})

# The server puts here how to drop a connection; see server.py.
DROP_CONNECTION = "stand_in.drop_connection"

_JSON = "application/json;charset=utf-8"


class Fault:
    """One way for a call to fail, for the next `times` calls that match, or for all.

    - `status`: answers `status` with `headers` and `body` (text, or a value sent as JSON).
    - `garbage`: 200 with a text that is not JSON.
    - `wrong_shape`: 200 with JSON of a shape that nobody expects.
    - `half_body`: promises a longer body than it sends, then closes the connection.
    - `hang`: answers nothing for `seconds`, then as if nothing had been.
    - `disconnect`: closes the connection without a byte.
    """

    def __init__(self, path: str, kind: str, times: int | None, details: Mapping[str, Any]) -> None:
        if kind not in KINDS:
            raise ValueError(f"There is no fault of the kind {kind!r}; there are {', '.join(sorted(KINDS))}.")
        self.path = re.compile(path)
        self.kind = kind
        self.times_left = times
        self.status = int(details.get("status", 500))
        self.headers = {str(name): str(value) for name, value in details.get("headers", {}).items()}
        self.body: object = details.get("body", "")
        self.seconds = float(details.get("seconds", 60.0))

    @classmethod
    def from_json(cls, wanted: Mapping[str, Any]) -> Self:
        """The fault that is described. Raises ValueError when it describes none."""
        try:
            return cls(wanted.get("path", ""), wanted["kind"], wanted.get("times"), wanted)
        except (KeyError, TypeError, AttributeError, re.error) as error:
            raise ValueError(f"This describes no fault: {wanted!r}.") from error

    def takes(self, path: str) -> bool:
        """Whether this call is to fail; a fault with limited times has then one less."""
        if self.times_left == 0 or not self.path.search(path):
            return False
        if self.times_left is not None:
            self.times_left -= 1
        return True

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the call in the wrong way. A `hang` sends nothing: the caller goes on when it is over."""
        if self.kind == "hang":
            await wait_or_leave(asyncio.sleep(self.seconds), receive)
        elif self.kind == "disconnect":
            await _disconnect(scope, receive)
        elif self.kind == "half_body":
            await _half_body(send)
            await _disconnect(scope, receive)
        else:
            await self._whole_response()(scope, receive, send)

    def _whole_response(self) -> Response:
        if self.kind == "garbage":
            return Response("<html>502 Bad Gateway", media_type=_JSON)
        if self.kind == "wrong_shape":
            return Response('[{"unexpected": {"shape": true}}]', media_type=_JSON)
        body = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return Response(body, self.status, {"content-type": _JSON, **self.headers})


async def wait_or_leave(waited_for: Awaitable[object], receive: Receive) -> None:
    """Wait for an awaitable, or raise ClientDisconnect as soon as the client has gone.

    The body of the request must have been read before, so that only the disconnection is left to be received.
    """
    waiting = asyncio.ensure_future(waited_for)
    leaving = asyncio.ensure_future(_client_leaves(receive))
    try:
        await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientDisconnect
    finally:
        waiting.cancel()
        leaving.cancel()


async def _client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _half_body(send: Send) -> None:
    half = b'{"id": 1, "episodes": [{"id": 2, "na'
    headers = [(b"content-type", _JSON.encode()), (b"content-length", str(2 * len(half)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": half, "more_body": True})


async def _disconnect(scope: Scope, receive: Receive) -> None:
    drop_connection = scope.get("extensions", {}).get(DROP_CONNECTION)
    if drop_connection is None:
        raise ConnectionResetError("The stand-in drops this connection.")  # in-process there is none to drop
    drop_connection()
    await _client_leaves(receive)
