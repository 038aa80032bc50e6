"""Google's emulators on free ports, started by firebase-tools, and gone when they are no longer needed."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from local import java
from local.guard import GRACE_SECONDS
from local.processes import ROOT, GuardedProcess, SetupError, free_ports, guarded

PROJECT = "demo-tv-tracker"
"""firebase-tools never reaches for the network for a project whose name begins with `demo-`."""

ALL = ("firestore", "auth", "pubsub")
PORTS = (*ALL, "hub", "logging", "websocket")
"""What listens: the emulators, and three ports of firebase-tools' own."""

OLDEST_NODE = 20
START_SECONDS = 240.0
EXPORT_SECONDS = 300.0
QUICK_AUTH = ROOT / "local" / "quick_auth.js"
ADMIN = {"Authorization": "Bearer owner"}
"""What the emulator takes for the Admin credentials, to which rules do not apply."""

FIRESTORE_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


@dataclass(frozen=True, slots=True)
class Emulators:
    """Where the emulators listen, as `host:port`; None for one that was not asked for."""

    project: str
    firestore: str | None
    auth: str | None
    pubsub: str | None

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use them."""
        hosts = {
            "FIRESTORE_EMULATOR_HOST": self.firestore,
            "FIREBASE_AUTH_EMULATOR_HOST": self.auth,
            "PUBSUB_EMULATOR_HOST": self.pubsub,
        }
        return {"GOOGLE_CLOUD_PROJECT": self.project, **{name: host for name, host in hosts.items() if host}}


class EmulatorSuite:
    """firebase-tools with the emulators named in `only`, on their way up or running."""

    def __init__(self, process: GuardedProcess, only: Sequence[str], emulators: Emulators) -> None:
        self.process = process
        self.emulators = emulators
        self._only = only

    def wait_until_ready(self) -> Emulators:
        """Return as soon as all of them answer.

        Raises:
            SetupError: one does not start.
        """
        self.process.wait_until(
            lambda: "All emulators ready" in self.process.log.read_text(errors="replace"),
            seconds=START_SECONDS,
            what=f"The emulators ({', '.join(self._only)})",
        )
        if self.emulators.firestore:
            _wait_for_documents(self.process, self.emulators.firestore, self.emulators.project)
        return self.emulators


@contextlib.contextmanager
def start_emulators(
    only: Sequence[str] = ("firestore", "auth"), project: str = PROJECT
) -> Iterator[Emulators]:
    """Run the emulators named in `only` on free ports, for the length of the block.

    Raises:
        SetupError: something is missing on this machine, or an emulator does not start.
    """
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    with spawned_emulators(only, ports=ports, project=project) as suite:
        yield suite.wait_until_ready()


@contextlib.contextmanager
def spawned_emulators(
    only: Sequence[str],
    *,
    ports: Mapping[str, int],
    project: str = PROJECT,
    data: Path | None = None,
    log: Path | None = None,
) -> Iterator[EmulatorSuite]:
    """Begin to start the emulators, each of `PORTS` at its port; they end with the block.

    What Firestore and Auth hold is read from `data` at the start, if it is there, and written to it at the
    end.

    Raises:
        SetupError: something is missing on this machine.
    """
    firebase = _firebase_tools()
    with tempfile.TemporaryDirectory(prefix="emulators-") as name:
        folder = Path(name)
        _write_configuration(folder, only, ports)
        command = [str(firebase), "emulators:start", "--project", project, "--only", ",".join(only)]
        if data is not None:
            command += ["--export-on-exit", str(data)]
            command += ["--import", str(data)] if data.exists() else []
        with guarded(
            command,
            log=log or folder / "emulators.log",
            environment=_environment(folder),
            cwd=folder,
            grace_seconds=GRACE_SECONDS if data is None else EXPORT_SECONDS,
        ) as process:
            hosts = {which: f"127.0.0.1:{ports[which]}" if which in only else None for which in ALL}
            emulators = Emulators(project, hosts["firestore"], hosts["auth"], hosts["pubsub"])
            yield EmulatorSuite(process, only, emulators)


class FirestoreAlone:
    """A Firestore emulator of one test's own, to be killed or paused. `host` is `host:port`."""

    def __init__(self, host: str, process: GuardedProcess) -> None:
        self.host = host
        (self._java,) = psutil.Process(process.guard_id).children()

    def kill(self) -> None:
        """End it as a crash would."""
        self._java.kill()
        self._java.wait()

    def pause(self) -> None:
        """Let it accept nothing and answer nothing."""
        self._java.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._java.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def firestore_alone() -> Iterator[FirestoreAlone]:
    """Run only Google's Firestore emulator, without firebase-tools and without rules: up in two seconds.

    Raises:
        SetupError: there is no Java, or no emulator on this machine yet.
    """
    jar = _firestore_jar()
    if jar is None:
        raise SetupError("No Firestore emulator is here yet; `make test` fetches one on its first run.")
    home = java.newest(java.installed()).home
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="firestore-") as name:
        command = [str(home / "bin" / "java"), "-Duser.language=en", "-cp", str(jar), FIRESTORE_CLASS]
        command += ["--host=127.0.0.1", f"--port={port}"]
        log = Path(name) / "firestore.log"
        with guarded(command, log=log, environment=os.environ, cwd=Path(name)) as process:
            host = f"127.0.0.1:{port}"
            _wait_for_documents(process, host, PROJECT)
            alone = FirestoreAlone(host, process)
            try:
                yield alone
            finally:
                with contextlib.suppress(psutil.NoSuchProcess):
                    alone.resume()


def _firebase_tools() -> Path:
    what_to_do = f"Install version {OLDEST_NODE} or newer: https://nodejs.org"
    node = shutil.which("node")
    if node is None:
        raise SetupError(f"Node.js is not here. {what_to_do}")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)", said)
    if version is None:
        raise SetupError(f"Node.js does not say its version. {what_to_do}")
    if int(version[1]) < OLDEST_NODE:
        raise SetupError(f"Node.js {said} is too old. {what_to_do}")
    firebase = ROOT / "node_modules" / ".bin" / "firebase"
    if not firebase.exists():
        raise SetupError("firebase-tools is not installed. Run `make setup`.")
    return firebase


def _environment(folder: Path) -> dict[str, str]:
    home = java.newest(java.installed()).home
    environment = {
        **os.environ,
        "JAVA_HOME": str(home),
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        # It then does not ask its server whether the pinned version is still welcome.
        "CI": "true",
        "NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} --require {_quoted(QUICK_AUTH)}".strip(),
        # There firebase-tools notes what runs for a project; two at once would overwrite each other's notes.
        "TMPDIR": str(folder),
    }
    # A live project's emulators elsewhere on this machine are none of ours.
    for name in ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"):
        environment.pop(name, None)
    platform = _cloud_sdk_platform()
    if platform is None:
        return environment
    jar = platform / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar"
    if jar.exists():
        environment["FIRESTORE_EMULATOR_BINARY_PATH"] = str(_launcher(folder, jar))
    pubsub = platform / "pubsub-emulator" / "bin" / "cloud-pubsub-emulator"
    if pubsub.exists():
        environment["PUBSUB_EMULATOR_BINARY_PATH"] = str(pubsub)
    return environment


def _quoted(path: Path) -> str:
    """As Node reads a path with blanks in NODE_OPTIONS."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write_configuration(folder: Path, only: Sequence[str], ports: Mapping[str, int]) -> None:
    """The project's own firebase.json with these ports, in a folder where logs may fall."""
    configuration: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())
    emulators: dict[str, Any] = {
        name: {"host": "127.0.0.1", "port": ports[name]} for name in (*only, "hub", "logging")
    }
    if "firestore" in only:
        emulators["firestore"]["websocketPort"] = ports["websocket"]
    # A project of its own for each test keeps their documents apart.
    emulators |= {"ui": {"enabled": False}, "singleProjectMode": False}
    (folder / "firebase.json").write_text(
        json.dumps({"firestore": configuration["firestore"], "emulators": emulators})
    )
    for name in configuration["firestore"].values():
        shutil.copy(ROOT / name, folder / name)


def _launcher(folder: Path, jar: Path) -> Path:
    """A jar that starts the Cloud CLI's emulator, whose own jar names no class to start."""
    launcher = folder / "firestore-launcher.jar"
    manifest = f"Manifest-Version: 1.0\nMain-Class: {FIRESTORE_CLASS}\nClass-Path: {jar.as_uri()}\n\n"
    with zipfile.ZipFile(launcher, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", _folded(manifest))
    return launcher


def _folded(manifest: str) -> str:
    """Manifest lines hold at most 72 bytes; the rest goes on in a line that begins with a blank."""
    lines: list[str] = []
    for line in manifest.split("\n"):
        rest = line
        while len(rest) > 70:
            lines.append(rest[:70])
            rest = " " + rest[70:]
        lines.append(rest)
    return "\n".join(lines)


def _cloud_sdk_platform() -> Path | None:
    gcloud = shutil.which("gcloud")
    roots = [Path(os.environ["CLOUDSDK_ROOT_DIR"])] if "CLOUDSDK_ROOT_DIR" in os.environ else []
    if gcloud:
        roots.append(Path(gcloud).resolve().parent.parent)
    roots += [Path("/usr/lib/google-cloud-sdk"), Path("~/google-cloud-sdk").expanduser()]
    return next((root / "platform" for root in roots if (root / "platform").is_dir()), None)


def _firestore_jar() -> Path | None:
    platform = _cloud_sdk_platform()
    found = (
        [] if platform is None else [platform / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar"]
    )
    downloads = Path("~/.cache/firebase/emulators").expanduser()
    downloaded = downloads.glob("cloud-firestore-emulator-v*.jar")
    found += sorted(downloaded, key=lambda jar: jar.stat().st_mtime, reverse=True)
    return next((jar for jar in found if jar.exists()), None)


def _wait_for_documents(process: GuardedProcess, host: str, project: str) -> None:
    """Wait for the first answer: it loads half the emulator, longer on a busy machine than a client waits."""
    url = f"http://{host}/v1/projects/{project}/databases/(default)/documents/a"
    process.wait_until(lambda: _answers(url), seconds=START_SECONDS, what="The Firestore emulator")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, headers=ADMIN, timeout=5).is_success
    except httpx.TransportError:
        return False
