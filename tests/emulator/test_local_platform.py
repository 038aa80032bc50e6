"""What runs on one machine: what is said when it does not start, and that it leaves nothing running."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast

import pytest

from functions.catalog import FUNCTIONS
from local import emulators, java
from local.emulators import firestore_alone, start_emulators
from local.functions_host import function_host
from local.places import free_places, usual_places
from local.processes import ROOT, SetupError, ensure_free, free_ports, is_listening
from tests.emulator.leftovers import Leftovers, wait_until

# Whoever holds emulators, as the demo and the tests do.
HOLDER = """
import signal
from local.emulators import start_emulators
with start_emulators(("firestore", "pubsub")) as running:
    print(running.firestore, running.pubsub, flush=True)
    signal.pause()
"""


def program(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def port_of(host: str | None) -> int:
    return int(str(host).rpartition(":")[2])


def test_emulators_end_with_a_holder_that_is_killed(tmp_path: Path, leftovers: Leftovers) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER],
        # What it cannot clear away falls where pytest does.
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        hosts = cast("IO[str]", holder.stdout).readline().split()
        ports = [port_of(host) for host in hosts]
        assert len(ports) == 2
        assert all(is_listening(port) for port in ports)
        # The holder, its guard, firebase-tools, and a Java for each of Firestore and Pub/Sub.
        assert len(leftovers.running()) >= 5
        holder.kill()
    leftovers.wait_until_gone()
    assert not any(is_listening(port) for port in ports)


def test_a_demo_that_is_interrupted_says_so_and_leaves_nothing(leftovers: Leftovers) -> None:
    def has_started_node() -> bool:
        return any("node" in process.name() for process in leftovers.running())

    with subprocess.Popen(
        [sys.executable, "-m", "local.demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in a shell's background, Ctrl-C is ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as demo:
        wait_until(has_started_node, "firebase-tools is starting")
        os.killpg(demo.pid, signal.SIGINT)
        _, error = demo.communicate(timeout=60)
        assert demo.returncode == 1
    assert error == "\nStopped; nothing is left running.\n"
    assert leftovers.running() == []


def test_an_emulator_ends_with_its_block_even_while_it_is_paused(leftovers: Leftovers) -> None:
    with pytest.raises(RuntimeError), firestore_alone() as store:  # noqa: PT012 - the block is what is tested
        store.pause()
        raise RuntimeError
    assert leftovers.running() == []
    assert not is_listening(port_of(store.host))


def test_two_that_start_at_once_do_not_meet(leftovers: Leftovers) -> None:
    def start(_number: int) -> str:
        with firestore_alone() as store:
            return store.host

    with ThreadPoolExecutor() as pool:
        assert len(set(pool.map(start, range(2)))) == 2
    assert leftovers.running() == []


def test_a_free_port_is_given_once_and_can_be_listened_at() -> None:
    with ThreadPoolExecutor() as pool:
        given = [port for ports in pool.map(free_ports, [500] * 8) for port in ports]
    assert len(set(given)) == len(given)
    assert not is_listening(given[0])
    with subprocess.Popen(  # noqa: S603 - Python's own program
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(given[0])], stderr=subprocess.DEVNULL
    ) as server:
        wait_until(lambda: is_listening(given[0]), "the server listens")
        server.kill()


def test_a_port_in_use_is_named_with_who_has_it() -> None:
    (port,) = free_ports(1)
    ensure_free(port, "the firestore emulator")
    with subprocess.Popen(  # noqa: S603 - Python's own program
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)], stderr=subprocess.DEVNULL
    ) as server:
        wait_until(lambda: is_listening(port), "the server listens")
        with pytest.raises(SetupError) as raised:
            ensure_free(port, "the firestore emulator")
        server.kill()
    assert f"Port {port}, which the firestore emulator needs, is in use by python" in str(raised.value)
    assert f"(process {server.pid})" in str(raised.value)


def test_no_two_parts_of_the_platform_want_the_same_port() -> None:
    for places in (usual_places({}), free_places({})):
        ports = [*places.emulators.values(), *places.functions.values(), *places.stand_ins.values()]
        assert len(set(ports)) == len(ports)
        assert places.functions.keys() == {row.name for row in FUNCTIONS}


def test_a_service_whose_key_is_there_is_meant_itself() -> None:
    assert "TMDB" in usual_places({}).stand_ins
    places = usual_places({"TMDB_ACCESS_TOKEN": "a real one"})
    assert "TMDB" not in places.stand_ins
    assert not {"TMDB_BASE_URL", "TMDB_ACCESS_TOKEN"} & places.stand_in_settings().keys()
    assert places.stand_in_settings()["TRAKT_CLIENT_ID"] == "stand-in"


def test_an_emulator_that_does_not_start_is_shown_with_what_it_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leftovers: Leftovers
) -> None:
    jar = tmp_path / "platform" / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar"
    jar.parent.mkdir(parents=True)
    jar.write_text("not a jar")
    monkeypatch.setenv("CLOUDSDK_ROOT_DIR", str(tmp_path))
    with (
        pytest.raises(SetupError, match="The emulators \\(firestore\\) ended before") as raised,
        start_emulators(("firestore",)),
    ):
        pytest.fail("it started")
    assert "Firestore Emulator has exited with code: 1" in str(raised.value)
    assert leftovers.running() == []


def test_a_function_that_does_not_start_is_shown_with_what_it_printed(
    tmp_path: Path, leftovers: Leftovers
) -> None:
    with (
        pytest.raises(SetupError, match="The function nowhere ended before") as raised,
        function_host("nowhere", environment=os.environ, log=tmp_path / "log"),
    ):
        pytest.fail("it started")
    assert "nowhere" in str(raised.value).partition("It printed:")[2]
    assert leftovers.running() == []


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no programs but those in the folder given, and no Java in the usual places."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(java, "FOLDERS", ())
    return folder


def refusal() -> str:
    with pytest.raises(SetupError) as raised, start_emulators():
        pytest.fail("it started")
    return str(raised.value)


def test_a_missing_node_is_named(bare_machine: Path) -> None:
    assert not any(bare_machine.iterdir())
    assert refusal() == "Node.js is not here. Install version 20 or newer: https://nodejs.org"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo v18.20.4", "Node.js v18.20.4 is too old."),
        ("echo v9.11.2", "Node.js v9.11.2 is too old."),
        ("echo broken >&2; exit 1", "Node.js does not say its version."),
    ],
)
def test_a_node_that_cannot_be_used_is_refused(bare_machine: Path, script: str, said: str) -> None:
    program(bare_machine, "node", script)
    assert refusal() == f"{said} Install version 20 or newer: https://nodejs.org"


def test_missing_firebase_tools_are_named(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare_machine, "node", "echo v20.0.0")
    monkeypatch.setattr(emulators, "ROOT", tmp_path)
    assert refusal() == "firebase-tools is not installed. Run `make setup`."


@pytest.mark.parametrize(("version", "said"), [(None, "found: none."), (17, "found: 17 in ")])
def test_a_missing_jdk_is_named(bare_machine: Path, version: int | None, said: str) -> None:
    program(bare_machine, "node", "echo v20.0.0")
    if version:
        program(bare_machine, "java", f"echo 'openjdk version \"{version}.0.1\"' >&2")
    assert said in refusal()
