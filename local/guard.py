"""`python -m local.guard -- COMMAND ARGS…`: run a command that never outlives whoever started it.

The guard ends the command, and every process that came of it, when its own standard input reaches the end
(whoever started it is gone, in whatever way), when it is told to stop, and when the command itself ends.
firebase-tools is why: it gives its Java emulators sessions of their own, and a killed one leaves them behind.

On Linux the guard inherits what the command's processes leave behind, so that nothing gets away; and if the
guard itself is killed, the command is told to end. Elsewhere it knows those that it saw when it began to end
them.
"""

import argparse
import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from types import FrameType

import psutil

GRACE_SECONDS = 12.0
STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
NOT_STARTED = 127

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def run(command: list[str], grace_seconds: float = GRACE_SECONDS) -> int:
    """Run `command` to its end, or end it. Returns its exit status, as a shell would give it."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (*STOP_SIGNALS, signal.SIGCHLD):
        signal.signal(number, _noted)
    _ask_linux(PR_SET_CHILD_SUBREAPER, 1)
    try:
        head = psutil.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_the_guard
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_STARTED
    # Not every kind of standard input can be given to epoll.
    with selectors.SelectSelector() as selector:
        selector.register(woken, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while head.poll() is None:
            if _is_told_to_stop(selector.select(), woken):
                break
    return _end(head, grace_seconds)


def _end(head: psutil.Popen, grace_seconds: float) -> int:
    """End the command and all that came of it: politely first, and after `grace_seconds` by force."""
    # In rounds, because what is ending may still start others; and as a child that has ended stays a child
    # until it is waited for here, a round that finds no children knows that there is nothing left.
    family = {head} if head.poll() is None else set()
    asked: set[psutil.Process] = set()
    polite_until = time.monotonic() + grace_seconds
    while time.monotonic() < polite_until + grace_seconds:
        family |= set(psutil.Process().children(recursive=True))
        if not family:
            break
        for member in family:
            with contextlib.suppress(psutil.Error):
                if time.monotonic() > polite_until:
                    member.kill()
                # The command ends its own in good order; those that it leaves behind are asked one by one.
                elif member not in asked and (member == head or head not in family):
                    asked.add(member)
                    member.terminate()
        family = set(psutil.wait_procs(family, timeout=0.1)[1])
    status = head.poll()
    return 1 if status is None else status if status >= 0 else 128 - status


def _end_with_the_guard() -> None:
    """Runs in the new process before it becomes the command: a killed guard cannot end it."""
    _ask_linux(PR_SET_PDEATHSIG, signal.SIGTERM)


def _ask_linux(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3)


def _is_told_to_stop(ready: list[tuple[selectors.SelectorKey, int]], woken: int) -> bool:
    for key, _ in ready:
        said = os.read(key.fd, 1024)
        if key.fd == woken:
            if STOP_SIGNALS & set(said):
                return True
        elif not said:
            return True
    return False


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The wake-up pipe tells the loop; a handler is only here so that the signal is not fatal."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run a command that never outlives whoever started it.")
    parser.add_argument("--grace", type=float, default=GRACE_SECONDS, metavar="SECONDS")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    sys.exit(run(arguments.command, arguments.grace))
