"""The TMDB stand-in lists and finds as TMDB was recorded to, prose, pictures and genres apart."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.running import RunningTmdbStandIn, running_tmdb_stand_in

FACTS = ("id", "name", "original_name", "first_air_date", "media_type")


@pytest.fixture(scope="module")
def running() -> Iterator[RunningTmdbStandIn]:
    with running_tmdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running: RunningTmdbStandIn) -> Iterator[RunningTmdbStandIn]:
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def tmdb(stand_in: RunningTmdbStandIn) -> Iterator[httpx.Client]:
    token = {"Authorization": "Bearer any"}
    with httpx.Client(base_url=stand_in.base_url, headers=token, timeout=20) as client:
        yield client


def facts(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: item[key] for key in FACTS if key in item} for item in answer["results"]]


@pytest.mark.parametrize(
    ("path", "recorded"),
    [
        ("/trending/tv/week", "lists/trending-tv-week.json"),
        ("/tv/popular", "lists/tv-popular_page-1.json"),
        ("/tv/popular?page=1", "lists/tv-popular_page-1.json"),
        ("/search/tv?query=Breaking%20Bad", "search/tv_include_adult-false_query-Breaking-Bad.json"),
        (
            "/search/tv?query=breaking+bad&page=1",
            "search/tv_include_adult-false_page-1_query-Breaking-Bad.json",
        ),
        (
            "/search/tv?query=Breaking+Bad&page=2",
            "search/tv_include_adult-false_page-2_query-Breaking-Bad.json",
        ),
        ("/tv/popular?page=2", "lists/tv-popular_page-2.json"),
    ],
)
def test_a_list_is_as_recorded(recordings: Path, tmdb: httpx.Client, path: str, recorded: str) -> None:
    expected = json.loads((recordings / "tmdb" / recorded).read_text())

    answer = tmdb.get(path).json()

    assert facts(answer) == facts(expected)
    # How many there are in all was counted anew between the two recorded pages.
    assert (answer["page"], answer.keys()) == (expected["page"], expected.keys())
    for item, like in zip(answer["results"], expected["results"], strict=True):
        assert item.keys() == like.keys()
        assert [type(item[key]) for key in ("popularity", "vote_count", "genre_ids")] == [float, int, list]


def ids(tmdb: httpx.Client, kind: str, query: str, **more: str) -> list[tuple[int, str | None]]:
    answer = tmdb.get(f"/search/{kind}", params={"query": query, **more}).json()
    return [(item["id"], item.get("media_type")) for item in answer["results"]]


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("tv", "sherlock", [(19885, None)]),
        ("tv", "SHER", [(19885, None)]),
        ("tv", "dragon house", [(94997, None)]),
        ("tv", "오징어", [(93405, None)]),
        ("movie", "inception", [(27205, None)]),
        ("movie", "sherlock", []),
        ("multi", "inception", [(27205, "movie")]),
        ("multi", "sherlock", [(19885, "tv")]),
        ("tv", "sherlcok", []),
        ("tv", "", []),
        ("tv", "%", []),
        ("tv", "🐉", []),
    ],
)
def test_a_search_finds_what_has_words_that_begin_so(
    tmdb: httpx.Client, kind: str, query: str, found: list[tuple[int, str | None]]
) -> None:
    assert ids(tmdb, kind, query) == found


def test_what_was_put_is_found_until_it_is_forgotten(
    tmdb: httpx.Client, stand_in: RunningTmdbStandIn
) -> None:
    stand_in.put_show(7, {"name": "Zebra Crossing"})
    stand_in.put_movie(8, {"title": "Zebra", "release_date": "2030-01-01"})
    stand_in.put_show(1396, {"name": "Zebra renamed"})
    assert ids(tmdb, "multi", "zebra") == [(1396, "tv"), (7, "tv"), (8, "movie")]
    stand_in.reset()
    assert ids(tmdb, "multi", "zebra") == []


def test_many_come_in_pages(tmdb: httpx.Client, stand_in: RunningTmdbStandIn) -> None:
    for number in range(1, 46):
        stand_in.put_show(number, {"name": f"Zebra {number}"})
    pages = [tmdb.get(f"/search/tv?query=zebra&page={page}").json() for page in (1, 2, 3, 4)]
    assert [len(page["results"]) for page in pages] == [20, 20, 5, 0]
    assert {(page["total_pages"], page["total_results"]) for page in pages} == {(3, 45)}


def test_movies_that_are_known_make_a_list(tmdb: httpx.Client) -> None:
    popular = tmdb.get("/movie/popular").json()["results"]
    trending = tmdb.get("/trending/movie/week").json()["results"]
    assert {"title", "original_title", "release_date", "video"} <= popular[0].keys()
    assert [item["id"] for item in popular] == [item["id"] for item in trending]
    assert {item["media_type"] for item in trending} == {"movie"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/search/person?query=x", 404),
        ("/trending/person/week", 404),
        ("/trending/tv/day", 404),
        ("/person/popular", 404),
        ("/tv/popular?page=0", 400),
        ("/tv/popular?page=501", 400),
        ("/tv/popular?page=x", 400),
    ],
)
def test_what_it_does_not_have_is_an_error(tmdb: httpx.Client, path: str, status: int) -> None:
    assert tmdb.get(path).status_code == status


def test_it_wants_a_token_and_counts(tmdb: httpx.Client, stand_in: RunningTmdbStandIn) -> None:
    for path in ("/search/tv?query=x", "/trending/tv/week", "/tv/popular"):
        assert tmdb.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
    stand_in.fail({"kind": "status", "status": 503, "path": "/search/", "times": 1})
    assert [tmdb.get("/search/tv?query=x").status_code for _ in range(2)] == [503, 200]
    assert stand_in.calls()["total"] == 5
