"""The TheTVDB stand-in answers as TheTVDB was recorded to answer, prose and what was cut apart."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.collect_tvdb_facts import FACTS_FOLDER, collect
from local.stand_ins.running import running_tvdb_stand_in
from local.stand_ins.tvdb_facts import TvdbFacts
from tests.recordings import json_files

LEFT_OUT = {"overview", "overviewTranslations", "image", "imageType", "image_url", "thumbnail", "overviews"}
# Whoever kept the recordings cut their lists, and the facts of one series are put together from several.
CUT = {"nameTranslations", "aliases", "network"}

WHOLE_ANSWERS = {
    "series-id": "/series/78878",
    "series-idSeasonType": "/series/75978/episodes/default",
    "series-idSeasonTypeAirdate": "/series/75978/episodes/default?airDate=2006-05-21",
    "series-idSeasonTypePage": "/series/81797/episodes/default",
    "series-idSeasonTypeSeasonEpisode": "/series/81189/episodes/dvd?season=0&episodeNumber=1",
    "series-idSeasonTypePageLanguage": "/series/78878/episodes/official/eng",
    "series-idSeasonTypePageLanguagePage": "/series/71663/episodes/official/eng",
    "episodes-id": "/episodes/127396",
    "search-queryType": "/search?query=saint seiya&type=series",
}


@pytest.fixture(scope="module")
def tvdb() -> Iterator[httpx.Client]:
    with running_tvdb_stand_in() as stand_in, httpx.Client(base_url=stand_in.base_url) as client:
        token = client.post("/login", json={"apikey": "any"}).json()["data"]["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_collecting_again_gives_the_same_bytes(recordings: Path, tmp_path: Path) -> None:
    collect(recordings, tmp_path)

    assert json_files(tmp_path) == json_files(FACTS_FOLDER)


@pytest.mark.parametrize("name", WHOLE_ANSWERS)
def test_answers_are_as_recorded_but_for_prose(recordings: Path, tvdb: httpx.Client, name: str) -> None:
    recorded = recorded_answer(recordings, name)

    answer = tvdb.get(WHOLE_ANSWERS[name]).json()

    assert without_prose(answer["data"]) == without_prose(recorded["data"])
    assert answer.keys() == recorded.keys()
    if "links" in recorded:
        assert answer["links"].keys() == recorded["links"].keys()
        assert answer["links"]["page_size"] == recorded["links"]["page_size"]


def test_links_are_written_as_recorded(recordings: Path, tvdb: httpx.Client) -> None:
    for name in ("search-queryType", "series-idSeasonTypeAirdate", "series-idSeasonTypeSeasonEpisode"):
        recorded = recorded_answer(recordings, name)["links"]["self"]

        link = tvdb.get(WHOLE_ANSWERS[name]).json()["links"]["self"]

        assert link.partition("/v4/")[2] == recorded.partition("/v4/")[2]


def test_extended_series_have_the_recorded_fields(recordings: Path, tvdb: httpx.Client) -> None:
    recorded = recorded_answer(recordings, "series-idExtended")["data"]

    answer = tvdb.get("/series/78878/extended").json()["data"]

    assert answer.keys() == recorded.keys()
    for key in ("remoteIds", "airsDays", "airsTime", "seasonTypes", "lastUpdated", "status"):
        assert answer[key] == recorded[key]
    assert without_prose(answer["seasons"]) == without_prose(recorded["seasons"])


def test_a_series_found_by_remote_id_is_as_recorded(recordings: Path, tvdb: httpx.Client) -> None:
    recorded = recorded_answer(recordings, "search-remoteId")["data"]

    answer = tvdb.get("/search/remoteid/42444").json()["data"]

    assert without_prose(answer) == without_prose([each for each in recorded if "series" in each])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("search-badRequest", "/search"),
        ("episodes-badRequest", "/episodes/*"),
        ("updates-badRequest", "/updates"),
    ],
)
def test_refusals_are_as_recorded(recordings: Path, tvdb: httpx.Client, name: str, path: str) -> None:
    assert tvdb.get(path).json() == recorded_answer(recordings, name)


def test_updates_have_the_recorded_fields(recordings: Path) -> None:
    facts = TvdbFacts()
    facts.put_series(7, {"name": "Seven"}, datetime.now(UTC))

    update = facts.updates(0, "", "")[0]

    assert update.keys() == recorded_answer(recordings, "updates-sinceTypeActionPage")["data"][0].keys()


def recorded_answer(recordings: Path, name: str) -> dict[str, Any]:
    path = recordings / "tvdb-v4" / "falsepopsky" / f"{name}.json"
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answer


def without_prose(value: object) -> object:
    """A recorded value without what the facts leave out, and without what was cut differently each time."""
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: without_prose(item) for key, item in value.items() if key not in LEFT_OUT | CUT}
