"""The processes of the platform: what each is told, how they begin together, and that they come back."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.emulators import ALL, Emulators, spawned_emulators
from local.functions_host import function_command
from local.places import Places
from local.processes import GuardedProcess, SetupError, is_listening
from local.stand_ins.services import SERVICES

START_SECONDS = 180.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0


class Member:
    """One process of the platform. A function's log is its own; `port` is where it answers, if anywhere."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        logs: Path,
        port: int | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = {**environment, "PYTHONUNBUFFERED": "1"}
        self._log = logs / f"{name}.log"
        self._port = port
        self._pause = 0.0
        self._spawn()

    def wait_until_ready(self) -> None:
        """Return as soon as it answers, or says that it is ready if it has no port.

        Raises:
            SetupError: it does not; the message has the end of its log.
        """
        self._process.wait_until(self._is_ready, seconds=START_SECONDS, what=self.name)

    def ask_to_stop(self) -> None:
        """Tell it to end, and do not wait for it."""
        self._process.ask_to_stop()

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def restarted(self, now_seconds: float) -> bool:
        """Start it again if it has ended by itself, and later each time if it does so again and again."""
        if not self._process.has_ended:
            return False
        ended = self._ended_at(now_seconds)
        if self._begun + STEADY_SECONDS < ended:
            self._pause = 0.0
        if now_seconds < ended + self._pause:
            return False
        self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2 or 1.0)
        self._process.stop()
        self._spawn()
        return True

    def _spawn(self) -> None:
        self._process = GuardedProcess(self._command, log=self._log, environment=self._environment)
        self._begun = time.monotonic()
        self._ended: float | None = None

    def _ended_at(self, now_seconds: float) -> float:
        self._ended = self._ended or now_seconds
        return self._ended

    def _is_ready(self) -> bool:
        if self._port is None:
            said = self._log.read_text(errors="replace").splitlines()
            return any(line.endswith(" ready") for line in said)
        return is_listening(self._port)


class Platform:
    """The emulators and all members, for as long as they run."""

    def __init__(
        self, emulators: Emulators, emulator_process: GuardedProcess, emulator_ports: Mapping[str, int]
    ) -> None:
        self.emulators = emulators
        self.members: list[Member] = []
        self._emulator_process = emulator_process
        self._emulator_ports = emulator_ports
        self._silent: list[str] = []

    def look_after(self) -> Iterator[str]:
        """Start again what has ended by itself, and give the names.

        Raises:
            SetupError: the emulators, or one of them, have ended, and their data with them.
        """
        if self._emulator_process.has_ended:
            raise SetupError(
                f"The emulators ended by themselves. They printed:\n{self._emulator_process.tail()}"
            )
        self._ensure_all_listen()
        for member in self.members:
            if member.restarted(time.monotonic()):
                yield member.name

    def _ensure_all_listen(self) -> None:
        """firebase-tools goes on without an emulator that has died."""
        silent = [name for name, port in self._emulator_ports.items() if not is_listening(port)]
        # One that is busy may miss a look.
        gone = [name for name in silent if name in self._silent]
        self._silent = silent
        if gone:
            raise SetupError(
                f"The emulator of {' and '.join(gone)} ended by itself, with what it held. The emulators"
                f" printed:\n{self._emulator_process.tail()}"
            )


@contextmanager
def running_members(
    places: Places,
    *,
    environment: Mapping[str, str],
    logs: Path,
    data: Path | None = None,
    bridge_options: Sequence[str] = (),
) -> Iterator[Platform]:
    """Run everything for the length of the block. All begin at once; inside the block all are ready.

    Raises:
        SetupError: something is missing on this machine, or does not start.
    """
    with spawned_emulators(ALL, ports=places.emulators, data=data, log=logs / "emulators.log") as suite:
        ports = {name: places.emulators[name] for name in ALL}
        platform = Platform(suite.emulators, suite.process, ports)
        told = {**environment, **suite.emulators.environment(), **places.stand_in_settings()}
        is_whole = False
        try:
            for name, command, port in _commands(places, bridge_options):
                platform.members.append(Member(name, command, environment=told, logs=logs, port=port))
            suite.wait_until_ready()
            is_whole = True
            for member in platform.members:
                member.wait_until_ready()
            yield platform
        finally:
            for member in platform.members:
                member.ask_to_stop()
            if not is_whole and not suite.process.has_ended:
                # Not all is imported yet, so an export would lose the rest of what was kept.
                suite.process.kill()
            for member in platform.members:
                member.stop()


def _commands(
    places: Places, bridge_options: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], int | None]]:
    """A name, a command and a port for each member."""
    for service in SERVICES:
        if service.name in places.stand_ins:
            port = places.stand_ins[service.name]
            yield service.name.lower(), [sys.executable, "-m", service.module, "--port", str(port)], port
    for name, port in places.functions.items():
        yield name, function_command(name, port), port
    urls = json.dumps(places.function_urls())
    bridge = [sys.executable, "-m", "local.event_bridge", "--functions", urls, *bridge_options]
    yield "events", bridge, None
    yield "scheduler", [sys.executable, "-m", "local.scheduler", "--functions", urls], None
