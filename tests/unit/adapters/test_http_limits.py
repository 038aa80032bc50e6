"""The circuit breaker, and the share of the rate limit."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from shared.adapters.http import SKEW, CircuitOpen, Patience, ServiceClient, Share
from shared.errors import Rejected, Unavailable

FAILURES = 3
ONCE = Patience(attempts=1, backoff_start=0.001, backoff_most=0.01, breaker_failures=FAILURES)


class Server:
    """Answers with `status`, and notes when each request arrived."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.arrivals: list[float] = []

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.arrivals.append(asyncio.get_running_loop().time())
        return httpx.Response(self.status, json={})


def client_of(server: Server, patience: Patience = ONCE, share: Share | None = None) -> ServiceClient:
    return ServiceClient(
        service="tmdb",
        base_url="http://tmdb.test/3",
        headers={},
        share=share or Share(1000, 0.01),
        patience=patience,
        transport=httpx.MockTransport(server),
    )


async def opened(server: Server, patience: Patience) -> ServiceClient:
    client = client_of(server, patience)
    server.status = 500
    for _ in range(patience.breaker_failures):
        with pytest.raises(Unavailable):
            await client.get("tv/1")
    return client


async def until(attempt: Callable[[], Awaitable[object]]) -> None:
    """Try until the circuit lets it through."""
    async with asyncio.timeout(5):
        while True:
            try:
                await attempt()
            except CircuitOpen:
                await asyncio.sleep(0.005)
            else:
                return


@pytest.mark.anyio
async def test_after_enough_failures_nothing_is_let_through() -> None:
    server = Server()
    client = await opened(server, ONCE)
    server.status = 200

    for _ in range(3):
        with pytest.raises(CircuitOpen):
            await client.get("tv/1")
        with pytest.raises(CircuitOpen):
            await client.admit()

    assert len(server.arrivals) == FAILURES


@pytest.mark.anyio
async def test_a_circuit_that_opens_during_the_attempts_ends_them() -> None:
    server = Server(500)
    client = client_of(server, Patience(backoff_start=0.001, backoff_most=0.01, breaker_failures=2))

    with pytest.raises(CircuitOpen):
        await client.get("tv/1")

    assert len(server.arrivals) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("first", ["admit", "get"])
async def test_the_circuit_closes_again_after_its_time(first: str) -> None:
    server = Server()
    patience = Patience(
        attempts=1, breaker_failures=FAILURES, breaker_seconds=0.05, backoff_start=0.001, backoff_most=0.01
    )
    client = await opened(server, patience)
    server.status = 200

    await until(client.admit if first == "admit" else lambda: client.get("tv/1"))

    # It is closed, not half open: fewer failures than it takes to open it leave it so.
    await client.get("tv/1")
    server.status = 500
    for _ in range(FAILURES - 1):
        with pytest.raises(Unavailable) as raised:
            await client.get("tv/1")
        assert not isinstance(raised.value, CircuitOpen)
    server.status = 200
    await client.get("tv/1")


@pytest.mark.anyio
async def test_one_more_failure_after_its_time_opens_the_circuit_again() -> None:
    server = Server()
    client = await opened(server, Patience(attempts=1, breaker_failures=FAILURES, breaker_seconds=0.05))

    await until(client.admit)
    with pytest.raises(Unavailable):
        await client.get("tv/1")

    with pytest.raises(CircuitOpen):
        await client.get("tv/1")
    assert len(server.arrivals) == FAILURES + 1


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_is_our_own_fault_or_an_answer_does_not_open_the_circuit(status: int) -> None:
    server = Server(status)
    client = client_of(server)

    for _ in range(2 * FAILURES):
        try:
            await client.get("tv/1")
        except Rejected:
            assert status != 404

    assert len(server.arrivals) == 2 * FAILURES


@pytest.mark.anyio
async def test_success_in_between_starts_the_count_anew() -> None:
    server = Server()
    client = client_of(server)

    for _ in range(3):
        server.status = 500
        for _ in range(FAILURES - 1):
            with pytest.raises(Unavailable):
                await client.get("tv/1")
        server.status = 200
        await client.get("tv/1")


@pytest.mark.anyio
async def test_the_open_circuits_error_gathers_no_frames() -> None:
    client = await opened(Server(), ONCE)
    depths = set()
    for _ in range(5):
        with pytest.raises(CircuitOpen) as raised:
            await client.get("tv/1")
        assert raised.value.__cause__ is None
        depths.add(len(raised.traceback))

    assert len(depths) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("calls", [1, 2, 3, 4, 5])
async def test_no_window_ever_sees_more_than_the_share(calls: int) -> None:
    """All wait from the start, so the bucket lets through as much as it ever does."""
    server = Server()
    seconds = 0.5
    await client_of(Server()).get("tv/1")  # what only the first call of all takes time for is done with
    client = client_of(server, share=Share(calls, seconds))

    async with asyncio.timeout(5):
        await asyncio.gather(*(client.get("tv/1") for _ in range(2 * calls + 1)))

    arrivals = sorted(server.arrivals)
    assert len(arrivals) == 2 * calls + 1
    for first, beyond in zip(arrivals, arrivals[calls:], strict=False):
        assert beyond - first >= seconds


@pytest.mark.parametrize("calls", range(1, 41))
def test_the_bucket_lets_through_no_more_than_the_share_and_little_less_than_half_of_it(calls: int) -> None:
    share = Share(calls)
    bucket = share.limiter()
    refilled = bucket.max_rate * share.seconds / bucket.time_period

    assert int(bucket.max_rate + refilled) <= calls
    assert refilled * SKEW >= calls / 2


@pytest.mark.anyio
async def test_whoever_stops_waiting_leaves_the_turn_to_the_next() -> None:
    server = Server()
    client = client_of(server, share=Share(1, 0.1))
    await client.admit()
    gone = [asyncio.create_task(client.admit()) for _ in range(5)]
    stays = asyncio.create_task(client.admit())
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()

    async with asyncio.timeout(0.4):
        await stays
