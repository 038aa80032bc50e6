"""Serve a stand-in over HTTP, until it is told to end or the process that started it has gone."""

import argparse
import asyncio
import os
import socket
import sys
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.stand_ins.faults import DROP_CONNECTION


class _DroppableConnection(H11Protocol):
    """Tells the application how to drop the connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app = _with_drop_connection(self.config.loaded_app, transport)


def _with_drop_connection(application: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), DROP_CONNECTION: transport.close}
        await application({**scope, "extensions": extensions}, receive, send)

    return serve


def serve_command_line(service: str, make_application: Callable[[], ASGIApp], base_path: str) -> None:
    """Serve as the command line asks, and print one line that ends with the base address."""
    parser = argparse.ArgumentParser(description=f"A stand-in for {service}.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input is closed")
    wanted = parser.parse_args()
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", wanted.port))
        listener.listen(2048)  # before the line is printed: who reads it may connect at once
        print(f"{service} stand-in: http://127.0.0.1:{listener.getsockname()[1]}{base_path}", flush=True)
        asyncio.run(_serve(make_application(), listener, end_with_stdin=wanted.end_with_stdin))


async def _serve(application: ASGIApp, listener: socket.socket, *, end_with_stdin: bool) -> None:
    config = uvicorn.Config(
        application,
        http=_DroppableConnection,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,  # after a signal; some answers may be held for ever
    )
    if end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    await uvicorn.Server(config).serve(sockets=[listener])


def _end_with_stdin() -> None:
    # The parent holds the other end of this pipe; the system closes it however the parent dies.
    sys.stdin.buffer.read()
    os._exit(0)  # at once: held and hanging calls are not waited for, and there is nothing to save
