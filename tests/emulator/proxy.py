"""A TCP relay between a process and an emulator that can stop passing on what the process sends."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


class Relay:
    """Passes bytes both ways. While blocked, what clients send is kept back, and lost when they die."""

    def __init__(self, target: str) -> None:
        host, port = target.split(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._is_open = threading.Event()
        self._is_open.set()
        self._kept_back = threading.Event()
        self._ended = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def block(self) -> None:
        """Keep back all that is sent from now on."""
        self._kept_back.clear()
        self._is_open.clear()

    def wait_until_kept_back(self, seconds: float = 20.0) -> None:
        """Return once something has been kept back."""
        if not self._kept_back.wait(seconds):
            raise TimeoutError("nothing was sent")

    def close(self) -> None:
        self._ended.set()
        self._is_open.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server, contextlib.suppress(OSError):
            while not self._ended.is_set():
                ready, _, _ = select.select([client, server], [], [], 0.2)
                for source in ready:
                    chunk = source.recv(65_536)
                    if not chunk:
                        return
                    if source is server:
                        client.sendall(chunk)
                        continue
                    if not self._is_open.is_set():
                        self._kept_back.set()
                        return  # the connection ends, and what was kept back with it
                    server.sendall(chunk)


@contextlib.contextmanager
def relay(target: str) -> Iterator[Relay]:
    """A relay to `host:port` for the length of the block."""
    running = Relay(target)
    try:
        yield running
    finally:
        running.close()
