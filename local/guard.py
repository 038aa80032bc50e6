"""`python -m local.guard -- COMMAND ARGS…`: run a command that never outlives whoever started it.

The guard ends the command, and every process that came of it, when its own standard input reaches the end
(whoever started it is gone, in whatever way), when it is told to stop, and when the command itself ends.
firebase-tools is why: it gives its Java emulators sessions of their own, and a killed one leaves them behind.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from types import FrameType

import psutil

GRACE_SECONDS = 12.0


def run(command: list[str], grace_seconds: float = GRACE_SECONDS) -> int:
    """Run `command` to its end, or end it. Returns its exit status."""
    # A Ctrl-C at the terminal reaches the parent alone, which decides; the guard hears of it by its input.
    os.setsid()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, _noted)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    with selectors.DefaultSelector() as selector:
        selector.register(woken, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while process.poll() is None:
            if _is_told_to_stop(selector.select(), woken):
                break
    end_tree(process.pid, grace_seconds)
    return process.wait()


def end_tree(process_id: int, grace_seconds: float) -> None:
    """End a process and all that came of it: politely first, and after `grace_seconds` by force."""
    family = _family(process_id)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(process_id).terminate()
    # What it started while ending is family too, and so is what outlives it: ask before each is orphaned.
    _, alive = psutil.wait_procs(family, timeout=grace_seconds)
    for member in {*alive, *(late for one in alive for late in _family(one.pid))}:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(alive, timeout=grace_seconds)


def _family(process_id: int) -> list[psutil.Process]:
    try:
        head = psutil.Process(process_id)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _is_told_to_stop(ready: list[tuple[selectors.SelectorKey, int]], woken: int) -> bool:
    for key, _ in ready:
        said = os.read(key.fd, 1024)
        if key.fd == woken:
            if set(said) & {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
                return True
        elif not said:
            return True
    return False


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The wake-up pipe tells the loop; a handler is only here so that the signal is not fatal."""


if __name__ == "__main__":
    sys.exit(run(sys.argv[sys.argv.index("--") + 1 :]))
