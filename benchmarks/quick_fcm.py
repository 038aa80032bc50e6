"""An FCM that takes everything at once, for measuring those who send: it only counts what it reads.

The stand-in of `local.stand_ins.fcm` understands each message, which takes it longer than a client needs to
send one. Projects called `slow` are answered after 80 ms.
"""

import argparse
import asyncio
import os
import sys
import threading

SLOW_SECONDS = 0.080
ANSWER = b'{"name": "projects/demo/messages/0:1700000000000000%0123456789abcdef"}\n'
WHOLE_ANSWER = b"\r\n".join(
    (
        b"HTTP/1.1 200 OK",
        b"Content-Type: application/json; charset=UTF-8",
        b"Content-Length: %d" % len(ANSWER),
        b"",
        ANSWER,
    )
)


class Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self) -> None:
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as every server of asyncio gives it
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is there as a whole."""
        self._unread += data
        while (head_end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:head_end].lower()
            end = head_end + 4 + int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0] or b"0")
            if len(self._unread) < end:
                return
            self._unread = self._unread[end:]
            self._answer(is_slow=b"/projects/slow/" in head)

    def _answer(self, *, is_slow: bool) -> None:
        if is_slow:
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._transport.write, WHOLE_ANSWER)
        else:
            self._transport.write(WHOLE_ANSWER)


async def serve(port: int) -> None:
    """Serve until the process ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=2048)
    print(f"quick FCM: http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def end_with_stdin() -> None:
    """Whoever started this holds the other end, and the system closes it however that one ends."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An FCM that takes everything at once.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--end-with-stdin", action="store_true")
    if (wanted := parser.parse_args()).end_with_stdin:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    asyncio.run(serve(wanted.port))
