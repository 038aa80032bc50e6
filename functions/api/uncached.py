"""That nobody keeps an answer which does not say that it may be kept."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Uncached:
    """An application whose answers say `Cache-Control: private, no-store` where they say nothing else.

    Firebase Hosting keeps a 404 that says nothing for ten minutes, and who asked is not in its key:
    https://firebase.google.com/docs/hosting/manage-cache
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "private, no-store")
                headers.add_vary_header("Authorization")
            await send(message)

        await self._app(scope, receive, sent)
