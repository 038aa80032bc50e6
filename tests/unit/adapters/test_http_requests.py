"""What a client of one service sends besides a path, and how it reads that service's own errors."""

import json

import httpx
import pytest

from shared.adapters.http import ErrorReader, Patience, ServiceClient, Share
from shared.errors import (
    DailyLimitReached,
    Malformed,
    RateLimited,
    Rejected,
    Unavailable,
    UpstreamError,
)

QUICK = Patience(backoff_start=0.001, backoff_most=0.01, breaker_failures=4)


class Server:
    """Answers with `replies` in turn, the last one again and again, and keeps the requests."""

    def __init__(self, *replies: tuple[int, str]) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, text = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return httpx.Response(status, text=text)


def client_of(server: Server, read_error: ErrorReader | None = None) -> ServiceClient:
    return ServiceClient(
        service="made",
        base_url="http://made.test/v1/",
        headers={"Accept": "application/json", "Authorization": "Bearer first"},
        share=Share(1000, 0.01),
        patience=QUICK,
        transport=httpx.MockTransport(server),
        read_error=read_error,
    )


@pytest.mark.anyio
async def test_a_requests_own_headers_are_put_over_those_of_every_request() -> None:
    server = Server((200, "{}"))
    client = client_of(server)

    await client.get("a", headers={"Authorization": "Bearer second"})
    await client.get("a")

    sent = [(request.headers["Authorization"], request.headers["Accept"]) for request in server.requests]
    assert sent == [("Bearer second", "application/json"), ("Bearer first", "application/json")]


@pytest.mark.anyio
async def test_a_post_sends_json_and_is_tried_again_if_that_may_help() -> None:
    server = Server((503, ""), (200, "<html>"), (200, '{"token": "x"}'))

    answer = await client_of(server).post("login", body={"key": "é"}, headers={"X-Own": "1"})

    assert answer.body == {"token": "x"}
    assert len(server.requests) == 3
    for request in server.requests:
        assert (request.method, str(request.url)) == ("POST", "http://made.test/v1/login")
        assert json.loads(request.content) == {"key": "é"}
        assert (request.headers["Content-Type"], request.headers["X-Own"]) == ("application/json", "1")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("reply", "kind", "attempts"),
    [
        ((401, "{}"), Rejected, 1),
        ((422, "{}"), Rejected, 1),
        ((429, "{}"), RateLimited, 3),
        ((500, "{}"), Unavailable, 3),
        ((200, "{"), Malformed, 3),
    ],
)
async def test_a_post_that_fails_does_so_as_a_get_does(
    reply: tuple[int, str], kind: type[UpstreamError], attempts: int
) -> None:
    server = Server(reply)

    with pytest.raises(kind):
        await client_of(server).post("login", body={})

    assert len(server.requests) == attempts


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        ((200, "{}"), []),
        ((404, "{}"), []),
        ((401, '{"why": "limit"}'), [(401, {"why": "limit"})]),
        ((401, "<html>"), [(401, None)]),
        ((418, ""), [(418, None)]),
    ],
)
async def test_a_service_reads_its_own_errors_alone(
    reply: tuple[int, str], asked: list[tuple[int, object]]
) -> None:
    seen: list[tuple[int, object]] = []

    def read(status: int, body: object) -> UpstreamError | None:
        seen.append((status, body))
        return None

    try:
        await client_of(Server(reply), read).get("a")
    except Rejected:
        assert asked

    assert seen == asked


@pytest.mark.anyio
async def test_a_daily_limit_is_asked_against_no_more_and_opens_no_circuit() -> None:
    server = Server((401, "{}"))
    client = client_of(server, lambda _status, _body: DailyLimitReached("made", "used up"))

    for _ in range(QUICK.breaker_failures + 2):
        with pytest.raises(DailyLimitReached):
            await client.get("a")

    assert len(server.requests) == QUICK.breaker_failures + 2


@pytest.mark.anyio
async def test_what_a_service_says_may_pass_is_tried_again() -> None:
    server = Server((401, "{}"))

    with pytest.raises(Unavailable, match="later"):
        await client_of(server, lambda _status, _body: Unavailable("made", "later")).get("a")

    assert len(server.requests) == 3
