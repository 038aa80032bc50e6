"""The TMDB stand-in answers as TMDB was recorded to answer, prose apart."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.collect_facts import FACTS_FOLDER, SHOWS, collect
from local.stand_ins.running import running_tmdb_stand_in
from tests.recordings import json_files


@pytest.fixture(scope="module")
def tmdb() -> Iterator[httpx.Client]:
    token = {"Authorization": "Bearer any"}
    with (
        running_tmdb_stand_in() as stand_in,
        httpx.Client(base_url=stand_in.base_url, headers=token) as client,
    ):
        yield client


def test_collecting_again_gives_the_same_bytes(recordings: Path, tmp_path: Path) -> None:
    collect(recordings, tmp_path)

    assert json_files(tmp_path) == json_files(FACTS_FOLDER)


@pytest.mark.parametrize("show_id", SHOWS)
def test_seasons_are_as_recorded_but_for_prose(recordings: Path, tmdb: httpx.Client, show_id: int) -> None:
    recorded = seasons_recorded(recordings, show_id)
    assert recorded
    for number, body in recorded.items():
        assert without_prose(tmdb.get(f"/tv/{show_id}/season/{number}").json()) == without_prose(body)


@pytest.mark.parametrize("show_id", [1396, 10472, 83055, 110855])
def test_details_are_as_recorded_but_for_prose(recordings: Path, tmdb: httpx.Client, show_id: int) -> None:
    recorded = json.loads((recordings / "tmdb" / "tv" / f"{show_id}.json").read_text())

    answer = tmdb.get(f"/tv/{show_id}").json()

    assert answer.keys() == recorded.keys()
    for key in ("name", "status", "number_of_seasons", "number_of_episodes", "next_episode_to_air"):
        assert answer[key] == recorded[key]
    assert [without_prose(season) for season in answer["seasons"]] == [
        without_prose(season) for season in recorded["seasons"]
    ]


def test_errors_are_as_recorded(recordings: Path, tmdb: httpx.Client) -> None:
    errors = recordings / "tmdb" / "errors"

    missing = tmdb.get("/tv/999999999/season/1")
    refused = tmdb.get("/tv/1396", headers={"Authorization": "Bearer wrong"})

    assert missing.json() == json.loads((errors / "404-tv-999999999-season-1.json").read_text())
    assert refused.json() == json.loads((errors / "401-authentication-c-eg.json").read_text())


def seasons_recorded(recordings: Path, show_id: int) -> dict[int, dict[str, Any]]:
    """The newest recording of each season."""
    tmdb = recordings / "tmdb"
    newest: dict[int, Path] = {}
    for path in sorted((tmdb / "history" / "tv" / str(show_id) / "season").glob("*/*.json")):
        newest[int(path.parent.name)] = path
    for crawl in (tmdb, tmdb / "2026-08"):
        for path in (crawl / "tv" / str(show_id) / "season").glob("*.json"):
            if path.stem.isdecimal():  # the others are bodies of 404s
                newest[int(path.stem)] = path
    return {number: json.loads(path.read_text()) for number, path in newest.items()}


def without_prose(value: object) -> object:
    """A recorded value with what the facts leave out made alike."""
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = {"overview", "production_code", "vote_average", "vote_count", "still_path", "poster_path"}
    left_out |= {"crew", "guest_stars", "networks"}
    return {key: without_prose(item) for key, item in value.items() if key not in left_out}
