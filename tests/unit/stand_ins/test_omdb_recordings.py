"""The OMDb stand-in answers as OMDb was recorded to answer, prose, pictures, people and prizes apart."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.collect_omdb_facts import FACTS_FOLDER, TITLES, collect
from local.stand_ins.omdb_facts import INVALID_JSON
from local.stand_ins.running import running_omdb_stand_in
from tests.recordings import json_files

LEFT_OUT = {"Plot", "Poster", "Director", "Writer", "Actors", "Awards", "Production", "Website"}
# Recorded before OMDb had these fields.
SINCE_2020 = {"Ratings", "DVD", "BoxOffice", "totalSeasons"}
SEASON_ALONE = "tt2356777"


@pytest.fixture(scope="module")
def omdb() -> Iterator[httpx.Client]:
    with (
        running_omdb_stand_in() as stand_in,
        httpx.Client(base_url=stand_in.base_url, params={"apikey": "any"}) as client,
    ):
        yield client


def test_collecting_again_gives_the_same_bytes(recordings: Path, tmp_path: Path) -> None:
    collect(recordings, tmp_path)

    assert json_files(tmp_path) == json_files(FACTS_FOLDER)


@pytest.mark.parametrize("title_id", [title_id for title_id in TITLES if title_id != SEASON_ALONE])
def test_titles_are_as_recorded_but_for_prose(recordings: Path, omdb: httpx.Client, title_id: str) -> None:
    recorded = next(
        answer for answer in all_answers(recordings) if answer.get("imdbID") == title_id and "Type" in answer
    )

    answer = omdb.get("/", params={"i": title_id}).json()

    asked_for_tomatoes = {key for key in recorded if key.startswith("tomato")}
    assert recorded.keys() - asked_for_tomatoes <= answer.keys()
    assert answer.keys() - recorded.keys() <= SINCE_2020 | LEFT_OUT
    for key in answer.keys() & recorded.keys() - LEFT_OUT:
        assert answer[key] == recorded[key]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("sg1-season-1", {"i": "tt0118480", "Season": "1"}),
        ("sg1-season-2", {"i": "tt0118480", "Season": "2"}),
        ("ruby-2014/season=1-t=True-20Detective", {"t": "True Detective", "season": "1"}),
    ],
)
def test_seasons_are_as_recorded(
    recordings: Path, omdb: httpx.Client, name: str, query: dict[str, str]
) -> None:
    recorded = recorded_answer(recordings, name)

    answer = omdb.get("/", params=query).json()

    assert answer.keys() - SINCE_2020 == recorded.keys() - SINCE_2020
    assert {key: answer[key] for key in recorded} == recorded


@pytest.mark.parametrize("page", range(1, 7))
def test_searches_find_what_was_recorded(recordings: Path, omdb: httpx.Client, page: int) -> None:
    recorded = recorded_answer(recordings, f"subliminal-2026/r=json-v=1-s=dallas-page={page}-type=series")

    answer = omdb.get("/", params={"s": "dallas", "type": "series", "page": page}).json()

    for found in recorded["Search"]:
        found["Poster"] = "N/A"
    assert answer == recorded


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("subliminal-2026/r=json-v=1-i=tt9999999-plot=short", {"i": "tt9999999"}),
        ("subliminal-2026/r=json-v=1-t=Meen-of-Stal-plot=short", {"t": "Meen of Stal"}),
        ("subliminal-2026/r=json-v=1-s=Meen-of-Stal-page=1", {"s": "Meen of Stal"}),
        ("ruby-2014/i=tt1231230123", {"i": "tt1231230123"}),
    ],
)
def test_what_is_not_there_is_told_as_recorded(
    recordings: Path, omdb: httpx.Client, name: str, query: dict[str, str]
) -> None:
    answer = omdb.get("/", params=query)

    assert (answer.status_code, answer.json()) == (200, recorded_answer(recordings, name))


def test_refusals_are_as_quoted(recordings: Path, omdb: httpx.Client) -> None:
    quoted = recordings / "synthetic" / "omdb"
    control = f"http://{omdb.base_url.netloc.decode()}/_control"

    refused = omdb.get("/", params={"i": "tt0118480", "apikey": "wrong"})
    httpx.put(f"{control}/daily-limit", json={"calls": 0})
    limited = omdb.get("/", params={"i": "tt0118480"})
    httpx.post(f"{control}/reset")

    assert (refused.status_code, limited.status_code) == (401, 401)
    assert refused.json() == json.loads((quoted / "401-invalid-key.json").read_text())
    assert limited.json() == json.loads((quoted / "401-request-limit.json").read_text())
    assert (quoted / "200-malformed.txt").read_text().strip() == INVALID_JSON


def all_answers(recordings: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((recordings / "omdb").rglob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def recorded_answer(recordings: Path, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((recordings / "omdb" / f"{name}.json").read_text(encoding="utf-8"))
    return answer
