"""`make run-job JOB=…`: call a scheduled function of the running platform now."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from local.places import FOLDER, running_platform
from local.processes import SetupError
from local.scheduler import call, jobs_of


async def run_job(name: str, folder: Path) -> str:
    """Call it once, and return what it answered.

    Raises:
        SetupError: the platform does not run, there is no such job, or it failed.
    """
    jobs = {job.name: job for job in jobs_of(running_platform(folder).functions)}
    if name not in jobs:
        raise SetupError(f"There is no job {name!r}; there are {', '.join(sorted(jobs))}.")
    async with httpx.AsyncClient() as client:
        answer = await call(client, jobs[name], datetime.now(UTC))
    if answer is None:
        raise SetupError(f"{name} does not answer. Its log: make logs OF={name}")
    if not answer.is_success:
        raise SetupError(f"{name} answered {answer.status_code}: {answer.text}")
    return answer.text


def main() -> None:
    """Run the job that the command line names."""
    parser = argparse.ArgumentParser(prog="make run-job JOB=…", description="Run a scheduled function now.")
    parser.add_argument("job")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    wanted = parser.parse_args()
    try:
        print(asyncio.run(run_job(wanted.job.replace("-", "_"), wanted.folder)))
    except SetupError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
