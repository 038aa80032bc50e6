"""One function in a process of its own, started as anyone would start it."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.processes import GuardedProcess, free_ports, guarded, is_listening

START_SECONDS = 60.0
SOURCE = Path("functions/main.py")


@dataclass(frozen=True, slots=True)
class FunctionHost:
    """A running function: where it answers, and the file with its log."""

    url: str
    log: Path
    process: GuardedProcess

    def process_ids(self) -> list[int]:
        """The processes that serve it: the framework's own and its worker."""
        return [child.pid for child in psutil.Process(self.process.guard_id).children(recursive=True)]


def function_command(target: str, port: int, source: Path = SOURCE) -> list[str]:
    """The command that serves one target, as README gives it."""
    framework = str(Path(sys.executable).parent / "functions-framework")
    return [
        framework,
        "--source",
        str(source),
        "--target",
        target,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]


@contextlib.contextmanager
def function_host(
    target: str, *, environment: Mapping[str, str], log: Path, source: Path = SOURCE
) -> Iterator[FunctionHost]:
    """Run `functions-framework` for one target on a free port, for the length of the block.

    Raises:
        SetupError: it does not start; the message has the end of its log.
    """
    (port,) = free_ports(1)
    environment = {**environment, "PYTHONUNBUFFERED": "1"}
    with guarded(function_command(target, port, source), log=log, environment=environment) as process:
        process.wait_until(lambda: is_listening(port), seconds=START_SECONDS, what=f"The function {target}")
        yield FunctionHost(f"http://127.0.0.1:{port}/", log, process)
