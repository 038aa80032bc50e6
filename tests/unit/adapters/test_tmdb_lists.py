"""TMDB's searches and lists, from what it was recorded to answer and from what it must not answer."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from shared.adapters.http import Patience, Share
from shared.adapters.tmdb.client import tmdb_client
from shared.adapters.tmdb.lists import TmdbLists
from shared.domain.show import MediaType, ShowKey
from shared.domain.show_listing import ListingPage, ShowListing
from shared.errors import Malformed, Unavailable
from tests.recordings import recordings_folder

pytestmark = pytest.mark.anyio

SHOW = {
    "id": 1396,
    "name": " Breaking\tBad\ufeff",
    "original_name": "Breaking Bad",
    "first_air_date": "2008-01-20",
    "poster_path": "/x.jpg",
    "vote_average": 8.9,
    "vote_count": 15_000,
}
BOTH: tuple[MediaType, ...] = ("tv", "movie")
MOVIE = {"id": 27205, "title": "Inception", "original_title": "Inception", "release_date": ""}


def lists(*answers: object, asked: list[str] | None = None) -> TmdbLists:
    """TMDB that answers these, in turn."""
    waiting = list(answers)

    def tmdb(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(str(request.url).removeprefix("http://tmdb/3/"))
        answer = waiting.pop(0)
        return httpx.Response(answer) if isinstance(answer, int) else httpx.Response(200, json=answer)

    client = tmdb_client(
        base_url="http://tmdb/3",
        access_token="token",
        share=Share(100),
        patience=Patience(attempts=1),
        transport=httpx.MockTransport(tmdb),
    )
    return TmdbLists(client)


def page(*results: object, **more: Any) -> Mapping[str, Any]:
    return {"page": 1, "results": list(results), "total_pages": 7, "total_results": 130, **more}


async def test_a_show_and_a_movie_are_read() -> None:
    shows = await lists(page(SHOW)).popular("tv", 1)
    movies = await lists(page(MOVIE)).trending("movie", 1)

    assert shows == ListingPage(
        (
            ShowListing(
                ShowKey("tv", 1396), "Breaking Bad", "Breaking Bad", "2008-01-20", "/x.jpg", 8.9, 15_000
            ),
        ),
        7,
    )
    assert movies.listings == (ShowListing(ShowKey("movie", 27205), "Inception", "Inception"),)


@pytest.mark.parametrize(
    ("media_types", "path"),
    [(("tv",), "search/tv"), (("movie",), "search/movie"), (("tv", "movie"), "search/multi")],
)
async def test_a_search_is_one_call(media_types: tuple[MediaType, ...], path: str) -> None:
    asked: list[str] = []
    await lists(page(), asked=asked).search("a&b/ü%", media_types)
    assert asked == [f"{path}?query=a%26b%2F%C3%BC%25&include_adult=false&page=1"]


async def test_the_lists_are_asked_by_page() -> None:
    asked: list[str] = []
    tmdb = lists(page(), page(), asked=asked)
    await tmdb.trending("movie", 3)
    await tmdb.popular("tv", 2)
    assert asked == ["trending/movie/week?page=3", "tv/popular?page=2"]


async def test_of_a_mixed_search_people_are_left_out() -> None:
    found = await lists(
        page(
            {**SHOW, "media_type": "tv"},
            {"id": 17419, "name": "Bryan Cranston", "media_type": "person"},
            {**MOVIE, "media_type": "movie"},
            {"id": 5, "name": "?", "media_type": "collection"},
        )
    ).search("b", BOTH)
    assert [str(listing.key) for listing in found] == ["tv_1396", "movie_27205"]


@pytest.mark.parametrize(
    "line",
    [
        *(None, 5, [], "x", {}, {"name": "x"}, {"id": None, "name": "x"}, {"id": 0, "name": "x"}),
        *({"id": -1, "name": "x"}, {"id": 10**17, "name": "x"}, {"id": 1}, {"id": 1, "name": " \ufeff"}),
        *({"id": 1, "title": "no show"}, {"id": 1, "name": ["x"]}),
    ],
)
async def test_a_line_that_cannot_be_read_is_left_out(line: object) -> None:
    found = await lists(page(line, SHOW)).popular("tv", 1)
    assert [listing.key.tmdb_id for listing in found.listings] == [1396]


@pytest.mark.parametrize("body", [[], {}, {"results": None}, {"results": {}}, page(total_pages="7"), "x"])
async def test_what_is_no_list_is_an_error(body: object) -> None:
    with pytest.raises(Malformed):
        await lists(body).popular("tv", 1)


async def test_a_failing_tmdb_is_an_error() -> None:
    with pytest.raises(Unavailable):
        await lists(500).search("b", BOTH)


async def test_recorded_lists_are_read_whole() -> None:
    folder = recordings_folder()
    if folder is None:
        pytest.skip("the recorded answers are not here")
    for path in [*(folder / "tmdb" / "lists").glob("t*.json"), *(folder / "tmdb" / "search").glob("*.json")]:
        recorded = json.loads(path.read_text())
        found = await lists(recorded).popular("tv", 1)
        assert [listing.key.tmdb_id for listing in found.listings] == [
            item["id"] for item in recorded["results"]
        ]
