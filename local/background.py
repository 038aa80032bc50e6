"""What the platform's own long-running programs share."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from datetime import datetime


def say(line: str) -> None:
    """Write a line of this program's log."""
    print(f"{datetime.now().astimezone():%H:%M:%S.%f}"[:-3], line, flush=True)


async def run_until_told_to_stop(work: Coroutine[object, object, None]) -> None:
    """Run `work`, which never ends by itself, until the process is told to stop; it is cancelled then."""
    running = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
