"""The whole platform in a process of its own, started as a person starts it, and its commands."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import pytest
from google.cloud.firestore_v1 import Client

from local.places import Running, running_platform
from local.processes import ROOT
from tests.emulator.leftovers import MARK, Leftovers

SERVE = (sys.executable, "-m", "local.serve", "--free-ports")


class Served:
    """A platform in a process of its own, as `make serve` starts it."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.leftovers = Leftovers(str(folder))
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*SERVE, "--folder", str(folder), "--data", str(data), "--events=--pauses=0.1"],
            cwd=ROOT,
            env={**os.environ, MARK: str(folder), "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # As a shell starts what is to run in the background.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        self.screen = ""
        output = cast("IO[str]", self.process.stdout)
        for line in output:
            self.screen += line
            if "Ctrl-C" in line:
                break
        assert "Ready" in self.screen, self.screen
        self.running: Running = running_platform(folder)

    def firestore(self) -> Client:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FIRESTORE_EMULATOR_HOST", self.running.emulators["firestore"])
            return Client(project=self.running.project)

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text()

    def interrupted(self) -> str:
        """End it as Ctrl-C does. Returns what it said."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=120)
        return str(said)


def command(served: Served, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the Makefile runs."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", module, *arguments, "--folder", served.folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
