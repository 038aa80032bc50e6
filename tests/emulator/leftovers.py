"""Processes that a test has started, directly or not, and that should be gone."""

import contextlib
import time
from collections.abc import Callable

import psutil

MARK = "STARTED_BY_TEST"


class Leftovers:
    """Finds processes by a mark in their environment, which whatever they start inherits."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def running(self) -> list[psutil.Process]:
        """Those that run; one that has ended, and that nobody has waited for yet, does not."""
        return [process for process in psutil.process_iter() if self._is_marked(process)]

    def wait_until_gone(self) -> None:
        """Return as soon as none runs. Raises TimeoutError if that does not happen."""
        wait_until(lambda: not self.running(), "what was started is gone")

    def kill(self) -> None:
        """End those of a test that failed."""
        for process in self.running():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            return bool(
                process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:  # another user's, or gone meanwhile
            return False


def wait_until(is_so: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Return as soon as `is_so`. Raises TimeoutError if that does not happen."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not after {seconds} s: {what}.")
        time.sleep(0.02)
