"""Running the processes of `tests.emulator.push_worker` from a test."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from tests.emulator.killable import Ended, Job
from tests.emulator.push_worker import TO_BE_REDELIVERED

LONGEST_LINE = 1 << 20


class Workers:
    """Starts a process for each job, and tells how it ended."""

    def __init__(self, parent: asyncio.subprocess.Process, log: Path) -> None:
        self._parent = parent
        self._log = log
        self._ends: dict[int, asyncio.Future[Ended]] = {}
        self._started = 0

    async def run(self, job: Job) -> Ended:
        """Run a job to its end, which may be that it is killed. Fails for a job that fails by a bug."""
        number, self._started = self._started, self._started + 1
        end = self._ends[number] = asyncio.get_running_loop().create_future()
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
        ended: Ended = await end
        assert ended.exit_code in (0, TO_BE_REDELIVERED) or ended.is_killed, self._log.read_text()
        return ended

    async def listen(self) -> None:
        """Take in what is told, until the parent has ended."""
        assert self._parent.stdout is not None
        async for line in self._parent.stdout:
            ended = Ended(**json.loads(line))
            self._ends.pop(ended.number).set_result(ended)
        for end in self._ends.values():
            end.set_exception(RuntimeError(f"The parent ended: {self._log.read_text()}"))


@asynccontextmanager
async def running_workers(folder: Path, **environment: str) -> AsyncIterator[Workers]:
    """Workers for the length of the block, with this process's environment and what is named."""
    log = folder / "workers.log"
    whole: Mapping[str, str] = {**os.environ, **environment}
    with log.open("wb") as written:
        parent = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.emulator.push_worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
            env=dict(whole),
            limit=LONGEST_LINE,
        )
    workers = Workers(parent, log)
    listening = asyncio.create_task(workers.listen())
    try:
        yield workers
    finally:
        assert parent.stdin is not None
        parent.stdin.close()
        await parent.wait()
        await listening
