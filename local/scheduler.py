"""What Cloud Scheduler does: calls the scheduled functions at the times that the catalogue gives.

A call that fails is made again by the row's retry policy. Times that passed while nothing ran are not made up
for, as the scheduler does not either.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
from cronsim import CronSim

from functions.catalog import FUNCTIONS, Schedule
from local.background import run_until_told_to_stop, say

LONGEST_SLEEP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """A function to be called by schedule."""

    name: str
    url: str
    schedule: Schedule
    timeout_seconds: float

    def next_time(self, after: datetime) -> datetime:
        """The first time of the schedule after `after`; cron's times are those of the row's time zone."""
        zone = ZoneInfo(self.schedule.time_zone)
        return next(CronSim(self.schedule.cron, after.astimezone(zone))).astimezone(UTC)


class Clock:
    """The machine's own time, or one that goes on at `speed` from `start`, or from now."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        is_own = speed == 1.0 and start is None
        self._speed = speed
        self._start = None if is_own else start or datetime.now(UTC)
        self._begun = time.monotonic()

    def now(self) -> datetime:
        """What it shows."""
        if self._start is None:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=(time.monotonic() - self._begun) * self._speed)

    async def sleep_until(self, wanted: datetime) -> None:
        """Return when it shows `wanted`, or as soon as a machine that slept over it has woken up."""
        # The time of `asyncio.sleep` stands still while the machine sleeps.
        while (left := (wanted - self.now()).total_seconds() / self._speed) > 0:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(min(left, LONGEST_SLEEP_SECONDS))


async def call(client: httpx.AsyncClient, job: Job, scheduled: datetime) -> httpx.Response | None:
    """Call the job's function once, as Cloud Scheduler does; None where it does not answer.

    https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget
    """
    try:
        return await client.post(
            job.url,
            headers={
                "User-Agent": "Google-Cloud-Scheduler",
                "X-CloudScheduler": "true",
                "X-CloudScheduler-JobName": job.name.replace("_", "-"),
                "X-CloudScheduler-ScheduleTime": scheduled.isoformat(),
            },
            timeout=httpx.Timeout(job.timeout_seconds, connect=5.0),
        )
    except httpx.TransportError:
        return None


class Scheduler:
    """Calls all jobs at their times, for as long as `run` runs."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._client = httpx.AsyncClient()

    async def run(self) -> None:
        """Call until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for job in self._jobs:
                    group.create_task(self._serve(job))
        finally:
            await self._client.aclose()

    async def _serve(self, job: Job) -> None:
        scheduled = self._clock.now()
        while True:
            scheduled = job.next_time(max(scheduled, self._clock.now()))
            say(f"{job.name}: next at {scheduled.astimezone():%Y-%m-%d %H:%M:%S}")
            await self._clock.sleep_until(scheduled)
            await self._call_until_it_succeeds(job, scheduled)

    async def _call_until_it_succeeds(self, job: Job, scheduled: datetime) -> None:
        retry = job.schedule.retry
        for attempt in range(1, retry.attempts + 1):
            answer = await call(self._client, job, scheduled)
            status = "no answer" if answer is None else f"{answer.status_code} {answer.text[:300]}"
            say(f"{job.name}: attempt {attempt} of {retry.attempts}: {status}")
            if answer is not None and answer.is_success:
                return
            if attempt < retry.attempts:
                pause = min(retry.most_seconds, retry.least_seconds * 2 ** (attempt - 1))
                await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))


def jobs_of(functions: Mapping[str, str]) -> list[Job]:
    """The catalogue's jobs, of the functions whose addresses are given by name."""
    return [
        Job(row.name, functions[row.name], row.trigger, row.timeout_seconds)
        for row in FUNCTIONS
        if isinstance(row.trigger, Schedule) and row.name in functions
    ]


def main() -> None:
    """Run the scheduler for the catalogue's functions that are named on the command line."""
    parser = argparse.ArgumentParser(description="Call functions by schedule, as Cloud Scheduler does.")
    parser.add_argument(
        "--functions", required=True, type=json.loads, help="their addresses by name, as JSON"
    )
    wanted = parser.parse_args()

    async def run() -> None:
        say("ready")
        await run_until_told_to_stop(Scheduler(jobs_of(wanted.functions), Clock()).run())

    asyncio.run(run())


if __name__ == "__main__":
    main()
