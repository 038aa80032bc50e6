"""The emulators, the TMDB stand-in and processes of `enrich`, for the length of a benchmark."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.emulators import start_emulators
from local.functions_host import FunctionHost, function_host
from local.stand_ins.running import RunningTmdbStandIn, running_tmdb_stand_in


@contextlib.contextmanager
def on_emulators() -> Iterator[str]:
    """Point this process at fresh emulators, and give the project's id."""
    with start_emulators() as emulators:
        os.environ.update(emulators.environment())
        yield emulators.project


@contextlib.contextmanager
def enrich_processes(count: int) -> Iterator[tuple[list[FunctionHost], RunningTmdbStandIn]]:
    """So many processes of `enrich` on the emulators, and the stand-in they ask."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        stand_in = stack.enter_context(running_tmdb_stand_in())
        environment = {**os.environ, "TMDB_BASE_URL": stand_in.base_url, "TMDB_ACCESS_TOKEN": "stand-in"}
        hosts = [
            stack.enter_context(
                function_host("enrich", environment=environment, log=folder / f"{number}.log")
            )
            for number in range(count)
        ]
        yield hosts, stand_in
