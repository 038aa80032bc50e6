"""Processes of our own: started under the guard, their output in a file, ended with certainty."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from local.guard import GRACE_SECONDS

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.05


class SetupError(Exception):
    """Something this machine lacks, or that did not start; the message says what to do about it."""


class GuardedProcess:
    """A command under `local.guard`. Its output goes to `log`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        cwd: Path = ROOT,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.log = log
        guard = [sys.executable, str(ROOT / "local" / "guard.py"), "--grace", str(grace_seconds), "--"]
        with log.open("ab") as output:
            self._guard = subprocess.Popen(
                [*guard, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=cwd,
                # A Ctrl-C at the terminal reaches this process alone, which decides.
                start_new_session=True,
            )

    @property
    def guard_id(self) -> int:
        """The process id of the guard, the parent of the command."""
        return self._guard.pid

    @property
    def has_ended(self) -> bool:
        """Whether the command is over, and all that came of it."""
        return self._guard.poll() is not None

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Return as soon as `is_ready` says so.

        Raises:
            SetupError: the command ended, or `seconds` went by; with the end of what it printed.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.has_ended:
                raise SetupError(f"{what} ended before it was ready. It printed:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise SetupError(f"{what} was not ready after {seconds:.0f} s. It printed:\n{self.tail()}")
            time.sleep(POLL_SECONDS)

    def tail(self, lines: int = 25) -> str:
        """The end of what the command printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        """Tell the guard to end the command, and do not wait for it."""
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            self._guard.stdin.close()

    def kill(self) -> None:
        """End the command and all that came of it at once: it may do nothing more in good order."""
        for child in psutil.Process(self._guard.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
        self.stop()

    def stop(self) -> None:
        """End the command and all that came of it. Doing it again changes nothing."""
        self.ask_to_stop()
        self._guard.wait()


@contextlib.contextmanager
def guarded(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    cwd: Path = ROOT,
    grace_seconds: float = GRACE_SECONDS,
) -> Iterator[GuardedProcess]:
    """A guarded process that ends with the block; told to, it has `grace_seconds` to end by itself."""
    process = GuardedProcess(command, log=log, environment=environment, cwd=cwd, grace_seconds=grace_seconds)
    try:
        yield process
    finally:
        process.stop()


def free_ports(count: int) -> list[int]:
    """Ports of this machine's loopback that nobody listens at, and that nobody else is given for a minute."""
    with contextlib.ExitStack() as stack:
        return [_kept_port(stack) for _ in range(count)]


def _kept_port(stack: contextlib.ExitStack) -> int:
    # A connection that its server closed first keeps the port out of the system's choice for a minute, while
    # a server that names the port may still listen there.
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    client = stack.enter_context(socket.create_connection(server.getsockname()))
    accepted, _ = server.accept()
    accepted.close()
    client.recv(1)
    return int(server.getsockname()[1])


def ensure_free(port: int, what: str) -> None:
    """Do nothing if nobody listens at the port.

    Raises:
        SetupError: somebody does; the message names the port, what wants it, and who has it.
    """
    if not is_listening(port):
        return
    holder = next((f" by {name} (process {pid})" for name, pid in _listeners(port)), "")
    raise SetupError(
        f"Port {port}, which {what} needs, is in use{holder}. End that first, or take other ports:"
        " make serve OPTIONS=--free-ports"
    )


def _listeners(port: int) -> Iterator[tuple[str, int]]:
    """Those who listen at the port, as far as this user may know."""
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            for connection in process.net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    yield process.info["name"], process.pid


def is_listening(port: int) -> bool:
    """Whether something accepts connections at that port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
