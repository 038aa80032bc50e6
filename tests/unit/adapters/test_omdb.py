"""What is asked of OMDb, over HTTP, and that the key stays secret."""

import asyncio
import io
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from local.stand_ins.running import RunningOmdbStandIn, running_omdb_stand_in
from shared import usage
from shared.adapters.http import CircuitOpen, Patience, ServiceClient, Share
from shared.adapters.omdb.client import ONCE, OmdbTitles, omdb_client
from shared.errors import DailyLimitReached, Malformed, RateLimited, Rejected, Unavailable, UpstreamError

KEY = "s3cr3t-key"
INCEPTION = "tt1375666"
QUICK = Patience(attempt_seconds=0.3, attempts=1, breaker_failures=3)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningOmdbStandIn]:
    with running_omdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running: RunningOmdbStandIn) -> Iterator[RunningOmdbStandIn]:
    running.reset()
    yield running
    running.reset()


@pytest.fixture
async def client(stand_in: RunningOmdbStandIn) -> AsyncIterator[ServiceClient]:
    made = client_of(stand_in.base_url)
    yield made
    await made.close()


@pytest.fixture
def omdb(client: ServiceClient) -> OmdbTitles:
    return OmdbTitles(client)


def client_of(base_url: str, key: str = KEY, patience: Patience = QUICK) -> ServiceClient:
    return omdb_client(base_url=base_url, api_key=key, share=Share(1000, 0.01), patience=patience)


@pytest.mark.anyio
async def test_a_title_is_asked_for_by_its_id_with_the_key(
    omdb: OmdbTitles, stand_in: RunningOmdbStandIn
) -> None:
    title = await omdb.title(INCEPTION)

    assert title is not None
    assert (title.imdb_rating, title.rotten_tomatoes_percent, title.metacritic_score) == (8.8, 86, 74)
    assert title.imdb_votes is not None
    assert list(stand_in.calls()["by_path"].values()) == [1]
    (path,) = stand_in.calls()["by_path"]
    assert f"i={INCEPTION}" in path
    assert f"apikey={KEY}" in path


@pytest.mark.anyio
async def test_a_title_that_omdb_does_not_have_is_none(omdb: OmdbTitles) -> None:
    assert await omdb.title("tt9999999") is None


@pytest.mark.anyio
@pytest.mark.parametrize("imdb_id", ["", "1375666", "nm0634240", "tt", "tt1375666&apikey=x", "tt1375666\n"])
async def test_for_what_is_no_imdb_id_nobody_is_asked(
    omdb: OmdbTitles, stand_in: RunningOmdbStandIn, imdb_id: str
) -> None:
    assert await omdb.title(imdb_id) is None
    assert stand_in.calls()["total"] == 0


@pytest.mark.anyio
async def test_the_daily_limit_is_told_from_a_wrong_key_and_not_asked_against(
    omdb: OmdbTitles, stand_in: RunningOmdbStandIn
) -> None:
    stand_in.limit_calls(2)
    await omdb.title(INCEPTION)
    await omdb.title(INCEPTION)

    for _ in range(5):
        # It is not the service that fails, so no circuit opens and hides the reason.
        with pytest.raises(DailyLimitReached) as raised:
            await omdb.title(INCEPTION)
        assert isinstance(raised.value, RateLimited)
        assert KEY not in str(raised.value)
    assert stand_in.calls()["total"] == 7


@pytest.mark.anyio
async def test_the_daily_limit_is_not_tried_again_with_any_patience(stand_in: RunningOmdbStandIn) -> None:
    stand_in.limit_calls(0)
    client = client_of(stand_in.base_url, patience=Patience(backoff_start=0.001, backoff_most=0.01))

    with pytest.raises(DailyLimitReached):
        await OmdbTitles(client).title(INCEPTION)

    assert stand_in.calls()["total"] == 1
    await client.close()


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["wrong", ""])
async def test_a_wrong_key_is_rejected(stand_in: RunningOmdbStandIn, key: str) -> None:
    client = client_of(stand_in.base_url, key)

    with pytest.raises(Rejected):
        await OmdbTitles(client).title(INCEPTION)

    assert stand_in.calls()["total"] == 1
    await client.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 500, "body": ""}, Unavailable),
        ({"kind": "status", "status": 522, "body": "<html>"}, Unavailable),
        ({"kind": "status", "status": 429, "body": ""}, RateLimited),
        ({"kind": "status", "status": 401, "body": "<html>"}, Rejected),
        ({"kind": "status", "status": 403, "body": {"Error": "limit"}}, Rejected),
        ({"kind": "garbage"}, Malformed),
        ({"kind": "wrong_shape"}, Malformed),
        ({"kind": "half_body"}, Unavailable),
        ({"kind": "disconnect"}, Unavailable),
        ({"kind": "hang", "seconds": 30}, Unavailable),
    ],
    ids=str,
)
async def test_a_failure_is_one_call_and_one_of_our_errors(
    omdb: OmdbTitles, stand_in: RunningOmdbStandIn, fault: dict[str, Any], kind: type[UpstreamError]
) -> None:
    stand_in.fail(fault)
    counted = usage.begin()

    async with asyncio.timeout(5):
        with pytest.raises(kind) as raised:
            await omdb.title(INCEPTION)

    assert type(raised.value) is kind
    # Each attempt would be one of the day's calls.
    assert counted.as_fields()["omdbCalls"] == stand_in.calls()["total"] == 1
    assert ONCE.attempts == 1


@pytest.mark.anyio
async def test_its_invalid_json_is_malformed(omdb: OmdbTitles, stand_in: RunningOmdbStandIn) -> None:
    stand_in.answer_with_invalid_json()

    with pytest.raises(Malformed):
        await omdb.title(INCEPTION)


@pytest.mark.anyio
async def test_after_some_failures_it_is_left_alone(omdb: OmdbTitles, stand_in: RunningOmdbStandIn) -> None:
    stand_in.fail({"kind": "status", "status": 500, "body": ""})
    for _ in range(3):
        with pytest.raises(Unavailable):
            await omdb.title(INCEPTION)

    with pytest.raises(CircuitOpen):
        await omdb.title(INCEPTION)
    assert stand_in.calls()["total"] == 3


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """What all libraries say, down to the smallest, as a log with everything turned on would have it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fault",
    [
        *[{"kind": "status", "status": 500, "body": ""}, {"kind": "status", "status": 401, "body": KEY}],
        *[{"kind": "hang", "seconds": 30}, {"kind": "disconnect"}, {"kind": "garbage"}, None],
        {"kind": "status", "status": 401, "body": {"Response": "False", "Error": f"Bad key {KEY}!"}},
        {"kind": "status", "status": 302, "headers": {"location": "/elsewhere"}, "body": ""},
    ],
    ids=str,
)
async def test_the_key_is_in_no_log_line_and_no_error(
    omdb: OmdbTitles,
    client: ServiceClient,
    stand_in: RunningOmdbStandIn,
    everything_logged: io.StringIO,
    fault: dict[str, Any] | None,
) -> None:
    stand_in.fail(*([] if fault is None else [fault]))
    told = repr(client)
    try:
        await omdb.title(INCEPTION)
    except UpstreamError as error:
        told += "".join(traceback.format_exception(error))
        inner: BaseException | None = error
        while inner is not None:
            request = getattr(inner, "_request", None)
            told += f"{inner!r} {inner} {request and request.url}"
            inner = inner.__cause__ or inner.__context__

    assert KEY in next(iter(stand_in.calls()["by_path"]))
    assert KEY not in told
    assert KEY not in everything_logged.getvalue()
    if fault is None:
        assert "HTTP Request" in everything_logged.getvalue()


@pytest.mark.anyio
async def test_without_a_connection_the_key_is_in_no_error(everything_logged: io.StringIO) -> None:
    client = client_of("http://127.0.0.1:1/")

    with pytest.raises(Unavailable) as raised:
        await OmdbTitles(client).title(INCEPTION)

    cause = raised.value.__cause__
    assert isinstance(cause, httpx.ConnectError)
    told = "".join(traceback.format_exception(raised.value)) + str(cause.request.url)
    assert KEY not in told + everything_logged.getvalue()
    await client.close()
