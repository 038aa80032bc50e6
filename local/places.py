"""Where everything on this machine is: the ports, and what a running platform tells of itself in a file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from functions.catalog import FUNCTIONS
from local.emulators import PORTS, Emulators
from local.lock import is_held
from local.processes import ROOT, SetupError, ensure_free, free_ports
from local.stand_ins.services import SERVICES

FOLDER = ROOT / "build" / "serve"
FIRST_FUNCTION_PORT = 7001
FIRST_STAND_IN_PORT = 7101


@dataclass(frozen=True, slots=True)
class Places:
    """Ports by name: of the emulators, the functions, and the stand-ins that are needed."""

    emulators: Mapping[str, int]
    functions: Mapping[str, int]
    stand_ins: Mapping[str, int]

    def function_urls(self) -> dict[str, str]:
        """Where each function answers."""
        return {name: f"http://127.0.0.1:{port}/" for name, port in self.functions.items()}

    def stand_in_settings(self) -> dict[str, str]:
        """What leads a function to the stand-ins."""
        return {
            name: value
            for service in SERVICES
            if service.name in self.stand_ins
            for name, value in service.settings(self.stand_ins[service.name]).items()
        }

    def _named(self) -> Iterator[tuple[str, int]]:
        yield from ((f"the {name} emulator", port) for name, port in self.emulators.items())
        yield from ((f"the function {name}", port) for name, port in self.functions.items())
        yield from ((f"the stand-in for {name}", port) for name, port in self.stand_ins.items())

    def ensure_free(self) -> None:
        """Do nothing if nobody listens at any of the ports.

        Raises:
            SetupError: somebody does; the message says where, and who.
        """
        for what, port in self._named():
            ensure_free(port, what)


def usual_places(environment: Mapping[str, str]) -> Places:
    """The same ports every time: those of firebase.json, and two rows of our own."""
    emulators: Mapping[str, Any] = json.loads((ROOT / "firebase.json").read_text())["emulators"]
    played = _played(environment)
    return Places(
        emulators={name: _port_of(emulators, name) for name in PORTS},
        functions={row.name: FIRST_FUNCTION_PORT + number for number, row in enumerate(FUNCTIONS)},
        stand_ins={
            service.name: FIRST_STAND_IN_PORT + number
            for number, service in enumerate(SERVICES)
            if service.name in played
        },
    )


def free_places(environment: Mapping[str, str]) -> Places:
    """Ports that nobody uses, for a platform beside another one."""
    played = _played(environment)
    ports = iter(free_ports(len(PORTS) + len(FUNCTIONS) + len(played)))
    return Places(
        emulators={name: next(ports) for name in PORTS},
        functions={row.name: next(ports) for row in FUNCTIONS},
        stand_ins={name: next(ports) for name in played},
    )


def _played(environment: Mapping[str, str]) -> list[str]:
    return [service.name for service in SERVICES if not service.is_real(environment)]


def _port_of(emulators: Mapping[str, Any], name: str) -> int:
    if name == "websocket":
        return int(emulators["firestore"]["websocketPort"])
    return int(emulators[name]["port"])


@dataclass(frozen=True, slots=True)
class Running:
    """A running platform, as it tells of itself. Addresses are by name."""

    process_id: int
    project: str
    functions: Mapping[str, str]
    stand_ins: Mapping[str, str]
    emulators: Mapping[str, str]

    @classmethod
    def at(cls, places: Places, emulators: Emulators, process_id: int) -> "Running":
        """The platform of that process."""
        hosts = {"firestore": emulators.firestore, "auth": emulators.auth, "pubsub": emulators.pubsub}
        return cls(
            process_id=process_id,
            project=emulators.project,
            functions=places.function_urls(),
            stand_ins={
                service.name: f"http://127.0.0.1:{places.stand_ins[service.name]}{service.base_path}"
                for service in SERVICES
                if service.name in places.stand_ins
            },
            emulators={name: host for name, host in hosts.items() if host is not None},
        )

    def write(self, folder: Path) -> None:
        """Tell it to others who look into the folder."""
        file = _file(folder)
        file.with_suffix(".new").write_text(json.dumps(asdict(self), indent=2))
        file.with_suffix(".new").replace(file)


def forget_running(folder: Path) -> None:
    """The platform of that folder is no more."""
    _file(folder).unlink(missing_ok=True)


def find_running(folder: Path) -> Running | None:
    """The platform that runs in that folder, if one does: it holds the folder's lock."""
    if not is_held(folder):
        return None
    try:
        return Running(**json.loads(_file(folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None  # it has not written it yet, or another version of this program did


def running_platform(folder: Path = FOLDER) -> Running:
    """The platform that runs in that folder.

    Raises:
        SetupError: none does.
    """
    running = find_running(folder)
    if running is None and is_held(folder):
        raise SetupError("The platform is not ready, or is just ending; its terminal says which.")
    if running is None:
        raise SetupError("The platform does not run. Start it in another terminal: make serve")
    return running


def _file(folder: Path) -> Path:
    return folder / "platform.json"
