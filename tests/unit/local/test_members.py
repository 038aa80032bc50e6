"""What is ready, what is started again and when, and an emulator that is gone."""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from local.emulators import Emulators
from local.members import LONGEST_PAUSE_SECONDS, STEADY_SECONDS, Member, Platform
from local.processes import SetupError, free_ports, guarded

ENDS = (sys.executable, "-c", "")
STAYS = (sys.executable, "-c", "import signal; signal.pause()")


@contextlib.contextmanager
def member(folder: Path, command: Sequence[str]) -> Iterator[Member]:
    made = Member("one", command, environment=os.environ, logs=folder)
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize(
    ("said", "is_ready"),
    [
        ("12:00:00.000 ready\n", True),
        ("12:00:00.000 starting\n12:00:00.000 ready\n12:00:00.001 next at 12:10\n", True),
        ("12:00:00.000 not ready yet\n", False),
        ("12:00:00.000 already\n", False),
        ("", False),
    ],
)
def test_one_without_a_port_is_ready_when_a_line_says_so(tmp_path: Path, said: str, is_ready: bool) -> None:
    with member(tmp_path, STAYS) as one:
        (tmp_path / "one.log").write_text(said)
        assert one._is_ready() is is_ready


def test_one_that_keeps_ending_waits_its_whole_pause_each_time(tmp_path: Path) -> None:
    with member(tmp_path, ENDS) as one:
        one._process._guard.wait()
        one._pause = LONGEST_PAUSE_SECONDS
        ended = one._begun + STEADY_SECONDS - 1
        assert not one.restarted(ended)
        # By now it began longer ago than what counts as steady, and still did not run that long.
        assert not one.restarted(ended + LONGEST_PAUSE_SECONDS - 1)
        assert one.restarted(ended + LONGEST_PAUSE_SECONDS)
        assert one._pause == LONGEST_PAUSE_SECONDS


def test_one_that_ran_steadily_is_started_again_at_once(tmp_path: Path) -> None:
    with member(tmp_path, ENDS) as one:
        one._process._guard.wait()
        one._pause = LONGEST_PAUSE_SECONDS
        assert one.restarted(one._begun + STEADY_SECONDS + 1)
        assert one._pause == 1


def test_an_emulator_that_is_gone_is_named_at_the_second_look(tmp_path: Path) -> None:
    (nowhere,) = free_ports(1)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        guarded(STAYS, log=tmp_path / "log", environment=os.environ) as process,
    ):
        (tmp_path / "log").write_text("what firebase-tools said\n")
        ports = {"auth": server.getsockname()[1], "firestore": nowhere}
        platform = Platform(Emulators("p", None, None, None), process, ports)
        assert list(platform.look_after()) == []
        with pytest.raises(SetupError, match="emulator of firestore ended by itself") as raised:
            list(platform.look_after())
    assert "what firebase-tools said" in str(raised.value)
