"""From `make serve` until everything answers, against the emulators alone."""

import subprocess
import sys
import tempfile
import time
from typing import IO, cast

from benchmarks.report import print_row
from local.emulators import ALL, start_emulators
from local.processes import ROOT

RUNS = 3


def serve_seconds() -> float:
    """How long the whole platform takes until it says that it is ready."""
    with tempfile.TemporaryDirectory(prefix="serve-") as folder:
        begun = time.perf_counter()
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "local.serve", "--free-ports", "--folder", folder],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as serving:
            ready = next((line for line in cast("IO[str]", serving.stdout) if line.startswith("Ready")), None)
            seconds = time.perf_counter() - begun
            serving.terminate()
            serving.communicate()
    if ready is None:
        raise RuntimeError("It did not get ready.")
    return seconds


def emulator_seconds() -> float:
    """How long Google's emulators take by themselves."""
    begun = time.perf_counter()
    with start_emulators(ALL):
        return time.perf_counter() - begun


def run() -> None:
    """Print the row."""
    floor, ours = zip(*((emulator_seconds(), serve_seconds()) for _ in range(RUNS)), strict=True)
    print_row("make serve until all answers", ours, floor, "the emulators alone", unit="s")


if __name__ == "__main__":
    run()
