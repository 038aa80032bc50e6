"""How the feeds of changes are read, page by page."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from shared.adapters.http import Patience, Share
from shared.adapters.tmdb.changes import TmdbChanges
from shared.adapters.tmdb.client import tmdb_client
from shared.errors import Malformed, Rejected, UpstreamError

pytestmark = pytest.mark.anyio

Answers = Callable[[int], Any]


def page_of(*ids: object, pages: int) -> dict[str, Any]:
    return {"results": [{"id": id_, "adult": None} for id_ in ids], "page": 1, "total_pages": pages}


async def read(answers: Answers, status: int = 200) -> tuple[list[list[int]], list[httpx.Request]]:
    """The pages that come of it, where each is answered by its number; and what was asked."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, content=json.dumps(answers(int(request.url.params["page"]))))

    client = tmdb_client(
        base_url="http://tmdb.test/3",
        access_token="token",
        share=Share(1000, 0.01),
        patience=Patience(backoff_start=0.001, backoff_most=0.01),
        transport=httpx.MockTransport(answer),
    )
    feed = TmdbChanges(client)
    pages = [ids async for ids in feed.pages("tv", date(2026, 8, 1), date(2026, 8, 3))]
    return pages, requests


async def test_all_pages_are_asked_for() -> None:
    pages, requests = await read(lambda page: page_of(page, pages=3))

    assert pages == [[1], [2], [3]]
    assert {request.url.path for request in requests} == {"/3/tv/changes"}
    assert dict(requests[0].url.params) == {"start_date": "2026-08-01", "end_date": "2026-08-03", "page": "1"}


@pytest.mark.parametrize(
    ("totals", "asked"),
    [([1], 1), ([0], 1), ([2, 3, 4, 4], 4), ([5, 2], 2), ([3, 1], 2), ([2, 2], 2)],
    ids=["one", "none", "grows", "shrinks", "shrinks below", "stays"],
)
async def test_there_may_be_more_or_fewer_pages_meanwhile(totals: Sequence[int], asked: int) -> None:
    pages, _ = await read(lambda page: page_of(page, pages=totals[page - 1]))

    assert len(pages) == asked


async def test_what_has_no_id_is_passed_over() -> None:
    body = page_of(1, None, "2", 0, -3, True, 4.5, 6, pages=1)
    body["results"] += [{}, None, "7", {"id": 8, "softcore": False, "unheard": {"of": 1}}]

    pages, _ = await read(lambda _: body)

    assert pages == [[1, 6, 8]]


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "x",
        {},
        {"results": []},
        {"results": {}, "total_pages": 1},
        {"results": [], "total_pages": None},
    ],
)
async def test_what_is_no_feed_is_an_error(body: object) -> None:
    with pytest.raises(Malformed):
        await read(lambda _: body)


@pytest.mark.parametrize(("status", "error"), [(422, Rejected), (401, Rejected), (404, UpstreamError)])
async def test_a_refusal_is_an_error(status: int, error: type[UpstreamError]) -> None:
    with pytest.raises(error):
        await read(lambda _: {"status_code": 20, "success": False}, status)
