"""The guard leaves no process behind, whoever is killed: real processes and real signals."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import ROOT
from tests.emulator.leftovers import Leftovers, wait_until

GUARD = [sys.executable, str(ROOT / "local" / "guard.py")]

WRITE_PID = "pathlib.Path(sys.argv[1], '{name}').write_text(str(os.getpid()))"

CHILD = f"""
import os, pathlib, signal, sys
if "deaf" in sys.argv[2:]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
{WRITE_PID.format(name="child")}
signal.pause()
"""

# Its child has a session of its own, as firebase-tools' Java emulators have.
COMMAND = f"""
import os, pathlib, signal, subprocess, sys, time
folder, behaviour = pathlib.Path(sys.argv[1]), sys.argv[2:]
def child(name, *how):
    subprocess.Popen([sys.executable, "-c", {CHILD!r}.replace("'child'", repr(name)), folder, *how],
                     start_new_session=True)
    while not (folder / name).exists() or not (folder / name).read_text():
        time.sleep(0.01)
def start_another(*_):
    child("late")
    sys.exit(5)
if "deaf" in behaviour:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "starts another" in behaviour:
    signal.signal(signal.SIGTERM, start_another)
child("child", *(["deaf"] if "deaf child" in behaviour else []))
{WRITE_PID.format(name="command")}
if "ends" in behaviour:
    sys.exit(3)
if "crashes" in behaviour:
    os.kill(os.getpid(), signal.SIGKILL)
signal.pause()
"""

# Whoever uses the guard, as `make demo` and the tests do.
STARTER = f"""
import os, pathlib, signal, sys
from local.processes import GuardedProcess
folder = pathlib.Path(sys.argv[1])
guarded = GuardedProcess([sys.executable, "-c", {COMMAND!r}, str(folder), *sys.argv[2:]],
                         log=folder / "log", environment=os.environ, cwd=folder)
(folder / "guard").write_text(str(guarded.guard_id))
signal.pause()
"""


def start_guard(folder: Path, *behaviour: str, grace: float = 20) -> subprocess.Popen[bytes]:
    command = [*GUARD, "--grace", str(grace), "--", sys.executable, "-c", COMMAND, str(folder), *behaviour]
    return subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own program


def process_ids(folder: Path, *names: str) -> list[int]:
    """Of the processes that write their ids, once all have."""

    def have_all_written() -> bool:
        return all((folder / name).exists() and (folder / name).read_text() for name in names)

    wait_until(have_all_written, f"{names} run")
    return [int((folder / name).read_text()) for name in names]


def test_nothing_outlives_a_starter_that_is_killed(tmp_path: Path, leftovers: Leftovers) -> None:
    starter = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", STARTER, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    ids = process_ids(tmp_path, "guard", "command", "child")
    assert {process.pid for process in leftovers.running()} == {starter.pid, *ids}
    # A Ctrl-C where the starter runs reaches none of them.
    assert len({os.getsid(process_id) for process_id in [starter.pid, *ids]}) == 4
    starter.kill()
    starter.wait()
    leftovers.wait_until_gone()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_guard_that_is_told_to_stop_ends_them_all(
    number: signal.Signals, tmp_path: Path, leftovers: Leftovers
) -> None:
    with start_guard(tmp_path) as guard:
        process_ids(tmp_path, "command", "child")
        guard.send_signal(number)
        # It ended as the guard asked it to.
        assert guard.wait(timeout=20) == 128 + signal.SIGTERM
        assert leftovers.running() == []


@pytest.mark.parametrize(("deaf", "ended_by"), [("deaf", signal.SIGKILL), ("deaf child", signal.SIGTERM)])
def test_who_does_not_listen_is_killed_after_the_grace(
    deaf: str, ended_by: signal.Signals, tmp_path: Path, leftovers: Leftovers
) -> None:
    with start_guard(tmp_path, deaf, grace=0.3) as guard:
        process_ids(tmp_path, "command", "child")
        guard.communicate(timeout=20)
        assert guard.returncode == 128 + ended_by
        assert leftovers.running() == []


@pytest.mark.parametrize(("how", "status"), [("ends", 3), ("crashes", 128 + signal.SIGKILL)])
def test_a_command_that_ends_leaves_its_status_and_no_children(
    how: str, status: int, tmp_path: Path, leftovers: Leftovers
) -> None:
    with start_guard(tmp_path, how) as guard:
        # Nobody closes the guard's input or tells it to stop.
        assert guard.wait(timeout=20) == status
        assert leftovers.running() == []
    assert process_ids(tmp_path, "child")


def test_what_is_started_while_ending_ends_too(tmp_path: Path, leftovers: Leftovers) -> None:
    with start_guard(tmp_path, "starts another") as guard:
        process_ids(tmp_path, "command", "child")
        guard.communicate(timeout=20)
        assert guard.returncode == 5
        assert leftovers.running() == []
    assert process_ids(tmp_path, "late")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
def test_a_command_whose_guard_is_killed_is_told_to_end(tmp_path: Path, leftovers: Leftovers) -> None:
    with start_guard(tmp_path) as guard:
        command, _ = process_ids(tmp_path, "command", "child")
        guard.kill()
        wait_until(
            lambda: command not in {process.pid for process in leftovers.running()}, "the command has ended"
        )


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    ended = subprocess.run(  # noqa: S603 - our own program
        [*GUARD, "--", missing], stdin=subprocess.PIPE, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (127, f"{missing}: No such file or directory\n")
