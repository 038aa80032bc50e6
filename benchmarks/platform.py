"""The emulators, the TMDB stand-in and processes of `enrich`, for the length of a benchmark."""

import base64
import contextlib
import json
import os
import tempfile
import time
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


def token(project: str, user_id: str) -> str:
    """An ID token as the Auth emulator issues them: well-formed and unsigned."""
    now = int(time.time())
    issuer = f"https://securetoken.google.com/{project}"
    claims = {"iss": issuer, "aud": project, "sub": user_id, "iat": now, "auth_time": now, "exp": now + 3600}
    return "".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") + "."
        for part in ({"alg": "none", "typ": "JWT"}, claims)
    )
