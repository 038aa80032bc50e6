"""Processes that do one alerting job each and may be killed at any instant.

    python -m tests.emulator.push_worker

This one imports all that is needed and forks a process for every job, before it has a connection of any
kind: so a new instance is at work within milliseconds. It takes a job a line from standard input, tells the
end of each in a line of standard output, and kills by SIGKILL as the job says. Only it kills: its children
keep their process ids until it has seen them end. `tests.emulator.workers` runs it.
"""

import asyncio
import gc
import json
import os
import select
import signal
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from typing import NoReturn

from shared.errors import AppError
from tests.emulator.killable import Ended, Job, Progress, Worker

TO_BE_REDELIVERED = 3
"""The exit code of a job that failed for a reason that may pass."""


def _be_worker(job: Job, progress: Progress) -> NoReturn:
    """Do the job in this process, which was forked for it, and end it."""
    code = 0
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        asyncio.new_event_loop().run_until_complete(Worker(job, progress).work())
    except AppError:
        traceback.print_exc()
        code = TO_BE_REDELIVERED
    except BaseException:  # noqa: BLE001  # whatever it is, this process must not go on as its parent does
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)


@dataclass(slots=True)
class _Running:
    number: int
    begun: float
    kill_at: float
    progress: Progress


class _Parent:
    """Forks, kills and tells."""

    JOBS = 20_000

    def __init__(self) -> None:
        self._memory = Progress.memory_for(self.JOBS)
        self._running: dict[int, _Running] = {}
        self._half_line = b""
        self._count = 0
        self._woken, writing = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing)

    def run(self) -> None:
        """Until standard input ends."""
        try:
            while True:
                next_kill = min((one.kill_at for one in self._running.values()), default=float("inf"))
                wait = max(next_kill - time.monotonic(), 0.0) if next_kill != float("inf") else None
                ready, _, _ = select.select([0, self._woken], [], [], wait)
                if self._woken in ready:
                    os.read(self._woken, 65_536)
                if 0 in ready and not self._read():
                    return
                self._kill_due()
                self._reap()
        finally:
            for process_id in self._running:
                os.kill(process_id, signal.SIGKILL)

    def _read(self) -> bool:
        chunk = os.read(0, 1 << 20)
        *lines, self._half_line = (self._half_line + chunk).split(b"\n")
        for line in lines:
            self._start(Job(**json.loads(line)))
        return bool(chunk)

    def _start(self, job: Job) -> None:
        number, self._count = self._count, self._count + 1
        progress = Progress(self._memory, number, job)
        begun = time.monotonic()
        process_id = os.fork()
        if process_id == 0:
            _be_worker(job, progress)
        kill_at = float("inf") if job.kill_after is None else begun + job.kill_after
        self._running[process_id] = _Running(number, begun, kill_at, progress)

    def _kill_due(self) -> None:
        now = time.monotonic()
        for process_id, one in self._running.items():
            if one.kill_at <= now:
                one.kill_at = float("inf")
                os.kill(process_id, signal.SIGKILL)

    def _reap(self) -> None:
        while self._running:
            process_id, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if process_id == 0:
                return
            if os.WIFSTOPPED(status):
                os.kill(process_id, signal.SIGKILL)
                continue
            one = self._running.pop(process_id)
            point, sends, published = one.progress.numbers
            ended = Ended(
                one.number,
                is_killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
                exit_code=os.waitstatus_to_exitcode(status),
                point=point,
                sends=sends,
                published=published,
                seconds=time.monotonic() - one.begun,
            )
            sys.stdout.write(json.dumps(asdict(ended)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    gc.collect()
    gc.freeze()  # a child that collects garbage need not copy what it has from here
    _Parent().run()
