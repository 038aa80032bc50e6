"""The client base against a server that is one function: statuses, attempts, pauses and broken answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from shared import usage
from shared.adapters.http import Patience, ServiceClient, Share
from shared.errors import Malformed, RateLimited, Rejected, Unavailable, UpstreamError

SECRET = "s3cr3t-token"
QUICK = Patience(attempt_seconds=0.2, attempts=3, backoff_start=0.001, backoff_most=0.01)

Reply = httpx.Response | Exception | Callable[[], httpx.Response]


class Server:
    """Answers with `replies` in turn, the last one again and again, and keeps the requests."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply() if callable(reply) else reply


class HalfBody(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"episodes": ['
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def client_of(
    server: Callable[[httpx.Request], object], patience: Patience = QUICK, share: Share | None = None
) -> ServiceClient:
    return ServiceClient(
        service="tmdb",
        base_url="http://tmdb.test/3",
        headers={"Authorization": f"Bearer {SECRET}"},
        share=share or Share(1000, 0.01),
        patience=patience,
        transport=httpx.MockTransport(server),  # type: ignore[arg-type]
    )


def status(code: int, **headers: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(code, json={}, headers={k.replace("_", "-"): v for k, v in headers.items()})


def in_an_hour() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


def an_hour_ago() -> str:
    return format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)


@pytest.mark.anyio
@pytest.mark.parametrize(("code", "is_found"), [(200, True), (404, False)])
async def test_an_answer_is_read_at_the_first_attempt(code: int, is_found: bool) -> None:
    server = Server(httpx.Response(code, json={"id": 1}))

    answer = await client_of(server).get("tv/1", params={"a": "b"})

    assert (answer.status, answer.body, answer.is_found) == (code, {"id": 1}, is_found)
    assert [str(request.url) for request in server.requests] == ["http://tmdb.test/3/tv/1?a=b"]
    assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("reply", "kind", "attempts"),
    [
        *[
            pytest.param(status(code), Rejected, 1, id=f"{code} is not asked again")
            for code in (204, 301, 400, 401, 403, 405, 410, 422)
        ],
        *[
            pytest.param(status(code), Unavailable, 3, id=f"{code} is tried again")
            for code in (408, 500, 503)
        ],
        pytest.param(status(429), RateLimited, 3, id="429 without a time is tried again"),
        pytest.param(status(429, Retry_After="0"), RateLimited, 3, id="429 for no time is tried again"),
        pytest.param(status(429, Retry_After="soon"), RateLimited, 3, id="429 with nonsense is tried again"),
        pytest.param(status(429, Retry_After="inf"), RateLimited, 3, id="429 for ever is not believed"),
        pytest.param(
            status(429, Retry_After="Fri, 31 Dec 9999 23:59:59 -2359"),
            RateLimited,
            3,
            id="429 with a date beyond the calendar is not believed",
        ),
        pytest.param(
            status(429, Retry_After=an_hour_ago()), RateLimited, 3, id="429 until a time that is over"
        ),
        pytest.param(status(429, Retry_After="3600"), RateLimited, 1, id="429 for an hour gives up"),
        pytest.param(status(429, Retry_After=in_an_hour()), RateLimited, 1, id="429 until a date gives up"),
        pytest.param(httpx.Response(200, text="<html>"), Malformed, 3, id="garbage is tried again"),
        pytest.param(httpx.Response(200, text='{"a": [1'), Malformed, 3, id="half of a JSON is tried again"),
        pytest.param(httpx.Response(200, content=b"\xff\xfe\x00"), Malformed, 3, id="bytes are tried again"),
        pytest.param(httpx.Response(404, text="<html>"), Unavailable, 3, id="a 404 of something in between"),
        pytest.param(
            lambda: httpx.Response(200, stream=HalfBody()), Unavailable, 3, id="half a body is tried again"
        ),
        pytest.param(
            lambda: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b"no gzip"),
            Unavailable,
            3,
            id="a body that cannot be unpacked",
        ),
    ],
)
async def test_a_failure_becomes_one_of_ours(reply: Reply, kind: type[UpstreamError], attempts: int) -> None:
    server = Server(reply)
    counted = usage.begin()

    with pytest.raises(kind) as raised:
        await client_of(server).get("tv/1")

    assert type(raised.value) is kind
    assert raised.value.service == "tmdb"
    assert len(server.requests) == attempts
    assert counted.as_fields()["tmdbCalls"] == attempts
    assert SECRET not in str(raised.value) + repr(raised.value)


def all_subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(all_subclasses(below) for below in kind.__subclasses__()))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "kind",
    sorted(all_subclasses(httpx.TransportError) | {httpx.DecodingError}, key=str),
    ids=str,
)
async def test_every_transport_error_is_translated_and_tried_again(kind: type[Exception]) -> None:
    server = Server(kind(f"failed with {SECRET}"))

    with pytest.raises(Unavailable) as raised:
        await client_of(server).get("tv/1")

    assert len(server.requests) == 3
    assert SECRET not in str(raised.value)


@pytest.mark.anyio
async def test_a_service_that_is_silent_is_left_after_each_attempts_time() -> None:
    arrived = 0

    async def silent(_request: httpx.Request) -> httpx.Response:
        nonlocal arrived
        arrived += 1
        await asyncio.Event().wait()
        raise AssertionError

    patience = Patience(attempt_seconds=0.02, attempts=3, backoff_start=0.001, backoff_most=0.01)
    async with asyncio.timeout(2):
        with pytest.raises(Unavailable, match="no answer in time"):
            await client_of(silent, patience).get("tv/1")

    assert arrived == 3


@pytest.mark.anyio
@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(status(503), id="503"),
        pytest.param(status(429), id="429"),
        pytest.param(httpx.ConnectError("refused"), id="no connection"),
        pytest.param(httpx.Response(200, text="<html>"), id="garbage"),
    ],
)
async def test_what_passes_is_overcome(failure: Reply) -> None:
    server = Server(failure, failure, httpx.Response(200, json={"id": 1}))

    assert (await client_of(server).get("tv/1")).body == {"id": 1}
    assert len(server.requests) == 3


@pytest.mark.anyio
async def test_a_short_retry_after_is_waited_for() -> None:
    loop = asyncio.get_running_loop()
    server = Server(status(429, Retry_After="0.1"), httpx.Response(200, json={}))
    patience = Patience(backoff_start=0.001, backoff_most=0.2)
    begun = loop.time()

    await client_of(server, patience).get("tv/1")

    assert loop.time() - begun >= 0.1


@pytest.mark.anyio
async def test_a_long_retry_after_pauses_the_client() -> None:
    server = Server(status(429, Retry_After="3600"), httpx.Response(200, json={}))
    client = client_of(server)
    with pytest.raises(RateLimited) as first:
        await client.get("tv/1")
    assert first.value.retry_after == 3600

    with pytest.raises(RateLimited) as second:
        await client.get("tv/2")
    with pytest.raises(RateLimited):
        await client.admit()

    assert second.value.retry_after == pytest.approx(3600, abs=5)
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_a_call_with_leave_takes_no_second_one() -> None:
    client = client_of(Server(httpx.Response(200, json={})), share=Share(1, 3600))
    admission = await client.admit()

    async with asyncio.timeout(1):
        await client.get("tv/1", admission=admission)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.admit()


@pytest.mark.anyio
async def test_further_attempts_take_their_own_leave() -> None:
    server = Server(status(503))
    client = client_of(server, share=Share(2, 3600))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.get("tv/1", admission=await client.admit())

    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_an_error_of_our_own_making_is_not_hidden() -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await client_of(broken).get("tv/1")


@pytest.mark.anyio
async def test_a_closed_client_calls_nobody() -> None:
    server = Server(httpx.Response(200, json={}))
    client = client_of(server)
    await client.close()

    with pytest.raises(RuntimeError):
        await client.get("tv/1")
    assert server.requests == []
