"""A bound on what is read of a request."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import InvalidRequest


class BoundedBody:
    """An application whose requests have bodies of at most `longest` bytes.

    Whoever reads a longer one gets an `InvalidRequest`. FastAPI's own bound answers without a problem.
    """

    def __init__(self, app: ASGIApp, *, longest: int) -> None:
        self._app = app
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        left = self._longest

        async def received() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise InvalidRequest(f"The body is longer than {self._longest} bytes.")
            return message

        await self._app(scope, received, send)
