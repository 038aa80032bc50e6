"""When scheduled functions are called, and that a call that fails is made again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from functions.catalog import FUNCTIONS, Retry, Schedule
from local import scheduler
from local.scheduler import Clock, Job, Scheduler, jobs_of

RETRY = Retry(attempts=3, least_seconds=1, most_seconds=2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("*/10 * * * *", "Etc/UTC", "2026-11-21T12:00:00", "2026-11-21T12:10:00"),
        ("*/10 * * * *", "Etc/UTC", "2026-11-21T12:09:59", "2026-11-21T12:10:00"),
        ("0 3 * * *", "Etc/UTC", "2026-11-21T12:00:00", "2026-11-22T03:00:00"),
        ("0 3 * * *", "America/New_York", "2026-11-21T12:00:00", "2026-11-22T08:00:00"),
        # Clocks go back in the night to 2026-11-01 there, and forward in the night to 2026-03-08.
        ("0 3 * * *", "America/New_York", "2026-10-31T12:00:00", "2026-11-01T08:00:00"),
        ("0 3 * * *", "America/New_York", "2026-03-07T12:00:00", "2026-03-08T07:00:00"),
        ("0 0 29 2 *", "Etc/UTC", "2026-11-21T12:00:00", "2028-02-29T00:00:00"),
    ],
)
def test_the_next_time_is_the_crons_in_its_zone(cron: str, zone: str, after: str, expected: str) -> None:
    job = Job("job", "http://job.test", Schedule(cron, RETRY, zone), timeout_seconds=1)

    assert job.next_time(at(after)) == at(expected)


def test_the_jobs_are_the_catalogues() -> None:
    urls = {row.name: f"http://127.0.0.1:1/{row.name}" for row in FUNCTIONS}

    assert {job.name for job in jobs_of(urls)} == {row.name for row in FUNCTIONS if row.kind == "scheduled"}
    assert jobs_of({}) == []


class Called:
    """A function that counts its calls and fails as often as it is told."""

    def __init__(self, failures: int) -> None:
        self.times: list[str] = []
        self.headers: dict[str, str] = {}
        self._failures = failures
        self._changed = asyncio.Condition()

    async def answer(self, request: Request) -> JSONResponse:
        self.headers = dict(request.headers)
        async with self._changed:
            self.times.append(request.headers["x-cloudscheduler-scheduletime"])
            self._changed.notify_all()
        return JSONResponse({}, 503 if len(self.times) <= self._failures else 200)

    async def until_called(self, times: int) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.times) >= times)


@contextlib.asynccontextmanager
async def served(called: Called) -> AsyncIterator[str]:
    app = Starlette(routes=[Route("/", called.answer, methods=["POST"])])
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    listener = config.bind_socket()
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        await running
        listener.close()


@contextlib.asynccontextmanager
async def scheduled(url: str, *, start: str) -> AsyncIterator[None]:
    """A scheduler whose ten minutes last a second."""
    job = Job("some_job", url, Schedule("*/10 * * * *", RETRY), timeout_seconds=30)
    running = asyncio.create_task(Scheduler([job], Clock(speed=600.0, start=at(start))).run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class Jumping(Clock):
    """A clock that can be put forward, as a machine's is when it wakes up."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.anyio
async def test_a_machine_that_slept_is_right_again_when_it_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "LONGEST_SLEEP_SECONDS", 0.01)
    clock = Jumping()
    waiting = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(hours=8)))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    clock.ahead = timedelta(hours=8)

    async with asyncio.timeout(30):
        await waiting


def test_the_clock_is_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # What it counts from stands still while the machine sleeps.
    monkeypatch.setattr("time.monotonic", lambda: 0.0)

    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=10)
    assert Clock().now() < Clock().now()


@pytest.mark.anyio
async def test_a_job_is_called_at_its_times() -> None:
    called = Called(failures=0)
    async with served(called) as url, scheduled(url, start="2026-11-21T11:50:01"):
        await called.until_called(3)
    # On a busy machine a time may pass while nothing runs; it is not made up for.
    assert called.times == sorted(set(called.times))
    assert {datetime.fromisoformat(time).minute % 10 for time in called.times} == {0}
    assert {datetime.fromisoformat(time).second for time in called.times} == {0}
    assert called.headers["x-cloudscheduler"] == "true"
    assert called.headers["x-cloudscheduler-jobname"] == "some-job"


@pytest.mark.anyio
async def test_a_call_that_fails_is_made_again_as_often_as_the_row_says() -> None:
    called = Called(failures=4)
    async with served(called) as url, scheduled(url, start="2026-11-21T11:50:01"):
        await called.until_called(5)
    first, second = called.times[0], called.times[3]
    assert called.times[:5] == [first] * 3 + [second] * 2
    assert first < second


@pytest.mark.anyio
async def test_a_function_that_is_not_there_does_not_end_the_scheduler(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ""
    # It is called again at the next time, after all attempts of the first one.
    async with scheduled("http://127.0.0.1:9/", start="2026-11-21T11:59:00"), asyncio.timeout(30):
        while said.count("attempt 3 of 3: no answer") < 2:
            await asyncio.sleep(0.02)
            said += capsys.readouterr().out
