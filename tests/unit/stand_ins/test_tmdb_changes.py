"""The TMDB stand-in tells what has changed, in the shape that was recorded."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.running import RunningTmdbStandIn, running_tmdb_stand_in

DAY = {"start_date": "2026-08-01", "end_date": "2026-08-02"}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningTmdbStandIn]:
    with running_tmdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running: RunningTmdbStandIn) -> RunningTmdbStandIn:
    running.reset()
    return running


@pytest.fixture
def tmdb(stand_in: RunningTmdbStandIn) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stand_in.base_url, headers={"Authorization": "Bearer any"}) as client:
        yield client


def ids(answer: httpx.Response) -> list[int | None]:
    return [item["id"] for item in answer.json()["results"]]


def today(days: int = 0) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("media_type", "recorded_as"), [("tv", "tv-changes_page-1"), ("movie", "movie-changes_page-1")]
)
def test_the_shape_is_as_recorded(
    recordings: Path, stand_in: RunningTmdbStandIn, tmdb: httpx.Client, media_type: str, recorded_as: str
) -> None:
    recorded = json.loads((recordings / "tmdb" / "changes" / f"{recorded_as}.json").read_text())
    count = recorded["total_results"]
    stand_in.put_changes(media_type, [(number, "2026-08-01") for number in range(1, count + 1)])

    answer = tmdb.get(f"/{media_type}/changes", params={**DAY, "page": "1"}).json()

    assert without_items(answer) == without_items(recorded)
    assert len(answer["results"]) == len(recorded["results"]) == 100
    assert {tuple(item) for item in answer["results"]} == {tuple(item) for item in recorded["results"]}


def without_items(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "results"}


def test_pages(stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
    stand_in.put_changes("tv", [*((number, "2026-08-01") for number in range(250)), (7, "2026-08-01")])

    pages = [ids(tmdb.get("/tv/changes", params={**DAY, "page": str(page)})) for page in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert len({id_ for page in pages for id_ in page}) == 250


def test_the_days_from_start_to_before_the_end_are_told(
    stand_in: RunningTmdbStandIn, tmdb: httpx.Client
) -> None:
    stand_in.put_changes("movie", [(day, f"2026-08-{day:02}") for day in range(1, 20)])

    asked = {"start_date": "2026-08-03", "end_date": "2026-08-06"}

    assert ids(tmdb.get("/movie/changes", params=asked)) == [5, 4, 3]
    assert ids(tmdb.get("/tv/changes", params=asked)) == []


def test_without_dates_it_is_the_last_day(stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
    stand_in.put_changes("tv", [(1, today()), (2, today(-1)), (3, today(-2)), (None, today())])

    answer = tmdb.get("/tv/changes").json()

    assert answer["results"][-1] == {"id": None, "adult": None, "softcore": None}
    assert [item["id"] for item in answer["results"]] == [1, 2, None]
    assert (answer["page"], answer["total_pages"], answer["total_results"]) == (1, 1, 3)


def test_what_is_changed_here_is_told_with_its_day(stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
    stand_in.put_season(1396, 1, [])
    stand_in.put_movie(9, {"title": "Made"})
    stand_in.put_season_as_recorded(296206, 1, "20260726T1500", day="2026-08-01")

    assert ids(tmdb.get("/tv/changes")) == [1396]
    assert ids(tmdb.get("/movie/changes")) == [9]
    assert ids(tmdb.get("/tv/changes", params=DAY)) == [296206]
    stand_in.reset()
    assert tmdb.get("/tv/changes").json()["total_pages"] == 0


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"start_date": "2026-08-01", "end_date": "2026-08-15"}, 200, None),
        ({"start_date": "2026-08-01", "end_date": "2026-08-16"}, 422, 20),
        ({"page": "0"}, 400, 22),
        ({"page": "1001"}, 400, 22),
    ],
)
def test_what_tmdb_refuses(tmdb: httpx.Client, asked: dict[str, str], status: int, code: int | None) -> None:
    answer = tmdb.get("/tv/changes", params=asked)

    assert (answer.status_code, answer.json().get("status_code")) == (status, code)


def test_who_may_ask_for_what(stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
    assert httpx.get(f"{stand_in.base_url}/tv/changes").status_code == 401
    assert tmdb.get("/person/changes").status_code == 404
    with pytest.raises(ValueError, match="person"):
        stand_in.put_changes("person", [])
