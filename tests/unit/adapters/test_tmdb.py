"""What is asked of TMDB, and what is made of its answers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.adapters.http import Patience, Share
from shared.adapters.tmdb import translate
from shared.adapters.tmdb.client import TmdbMovies, TmdbSeasons, tmdb_client
from shared.domain.cache import Admission
from shared.domain.movie import MovieDetails, MovieId
from shared.domain.season import Episode, Season, SeasonKey, SeasonNumber, ShowId
from shared.errors import Malformed, Rejected, UpstreamError
from tests.recordings import WHERE, recordings_folder

SHOW = ShowId(1396)
NOT_FOUND = {"success": False, "status_code": 34, "status_message": "The resource could not be found."}
PILOT = {"id": 62085, "episode_number": 1, "name": "Pilot", "air_date": "2008-01-20", "season_number": 9}


class Tmdb:
    """Answers everything with one body, and keeps the requests."""

    def __init__(self, body: object, status: int = 200) -> None:
        self.body, self.status = body, status
        self.requests: list[httpx.Request] = []
        self.client = tmdb_client(
            base_url="http://tmdb.test/3",
            access_token="token",
            share=Share(1000, 0.01),
            patience=Patience(backoff_start=0.001, backoff_most=0.01),
            transport=httpx.MockTransport(self._answer),
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, content=json.dumps(self.body))

    async def seasons(self, *numbers: int) -> Mapping[int, Season]:
        keys = [SeasonKey(SHOW, SeasonNumber(number)) for number in numbers]
        seasons = await TmdbSeasons(self.client).fetch(keys, Admission())
        assert {key.show_id for key in seasons} <= {SHOW}
        return {key.season: season for key, season in seasons.items()}

    async def movie(self) -> MovieDetails:
        return (await TmdbMovies(self.client).fetch([MovieId(603)], Admission()))[MovieId(603)]


def season_of(*episodes: object) -> dict[str, Any]:
    return {"_id": "x", "id": 3572, "season_number": 9, "episodes": list(episodes)}


@pytest.mark.anyio
async def test_one_season_is_asked_for_by_itself() -> None:
    tmdb = Tmdb(season_of(PILOT))

    assert await tmdb.seasons(1) == {1: Season({1: Episode(62085, "Pilot", "2008-01-20")})}

    (request,) = tmdb.requests
    assert (request.method, request.url.path, request.url.query) == ("GET", "/3/tv/1396/season/1", b"")
    assert request.headers["Authorization"] == "Bearer token"
    assert request.headers["Accept"] == "application/json"


@pytest.mark.anyio
async def test_several_seasons_are_appended_to_the_show() -> None:
    tmdb = Tmdb({"id": SHOW, "season/0": season_of(), "season/2": season_of(PILOT), "season/7": season_of()})

    seasons = await tmdb.seasons(0, 2, 3)

    assert seasons == {0: Season({}), 2: Season({1: Episode(62085, "Pilot", "2008-01-20")}), 3: Season({})}
    (request,) = tmdb.requests
    assert request.url.path == "/3/tv/1396"
    assert dict(request.url.params) == {"append_to_response": "season/0,season/2,season/3"}


@pytest.mark.anyio
@pytest.mark.parametrize("numbers", [(1,), (1, 2)], ids=["one season", "several seasons"])
async def test_what_tmdb_does_not_have_is_empty(numbers: tuple[int, ...]) -> None:
    assert await Tmdb(NOT_FOUND, 404).seasons(*numbers) == {number: Season({}) for number in numbers}


@pytest.mark.anyio
@pytest.mark.parametrize("numbers", [(1,), (1, 2)], ids=["one season", "several seasons"])
async def test_refused_credentials_are_not_an_empty_season(numbers: tuple[int, ...]) -> None:
    with pytest.raises(Rejected):
        await Tmdb({"success": False, "status_code": 7}, 401).seasons(*numbers)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"id": 1397, "season/1": season_of(PILOT)}, id="another show"),
        pytest.param({"season/1": season_of(PILOT)}, id="no id"),
        pytest.param({"id": "1396"}, id="an id that is no number"),
        pytest.param([], id="a list"),
        pytest.param(None, id="null"),
    ],
)
async def test_an_answer_that_is_not_the_show_says_nothing_of_its_seasons(body: object) -> None:
    with pytest.raises(Malformed):
        await Tmdb(body).seasons(1, 2)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body", [{}, [], None, "", {"episodes": None}, {"episodes": {}}, {"success": False}], ids=json.dumps
)
async def test_an_answer_that_is_not_a_season_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        await Tmdb(body).seasons(1)


@pytest.mark.anyio
@pytest.mark.parametrize("appended", [{}, [], "x", 5, season_of({"name": "no id"})], ids=json.dumps)
async def test_an_appended_season_that_cannot_be_read_is_left_out_and_the_others_stay(
    appended: object,
) -> None:
    seasons = await Tmdb({"id": SHOW, "season/1": appended, "season/2": season_of(PILOT)}).seasons(1, 2)

    assert seasons.keys() == {2}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "episode",
    [
        *[None, [], {}, {"id": 1}, {"episode_number": 2}, {"id": "x", "episode_number": 2}],
        *[{"id": 1, "episode_number": None}, {"id": 1, "episode_number": 2, "name": 5}],
        *[{"id": 2**63, "episode_number": 2}, {"id": 1, "episode_number": -1}],
    ],
    ids=json.dumps,
)
async def test_an_episode_that_cannot_be_read_is_left_out(episode: object) -> None:
    assert (await Tmdb(season_of(episode, PILOT)).seasons(1))[1].episodes.keys() == {1}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param({"name": None}, (None, "2008-01-20"), id="a null name"),
        pytest.param({"name": ""}, (None, "2008-01-20"), id="an empty name"),
        pytest.param({"name": " \t\ufeff "}, (None, "2008-01-20"), id="a name of nothing visible"),
        pytest.param({"name": "\ufeffA\tB\r\n"}, ("A B", "2008-01-20"), id="a mark and tabs"),
        pytest.param({"name": "<i>Ozymandias</i> 🎬"}, ("<i>Ozymandias</i> 🎬", "2008-01-20"), id="markup"),
        pytest.param({"name": "A\ud83c"}, ("A", "2008-01-20"), id="half an emoji"),
        pytest.param({"air_date": None}, ("Pilot", None), id="a null date"),
        pytest.param({"air_date": ""}, ("Pilot", None), id="an empty date"),
        pytest.param({"air_date": "2008-13-01"}, ("Pilot", None), id="a date that is none"),
    ],
)
def test_names_and_dates_are_cleaned(sent: dict[str, Any], kept: tuple[str | None, str | None]) -> None:
    season = translate.season(season_of({**PILOT, **sent}))

    assert season.episodes == {1: Episode(62085, *kept)}


def test_a_missing_name_and_date_are_none() -> None:
    assert translate.season(season_of({"id": 7, "episode_number": 0})).episodes == {0: Episode(7, None, None)}


@pytest.mark.anyio
async def test_a_movie_is_asked_for_and_read() -> None:
    tmdb = Tmdb({"id": 603, "title": " The Matrix", "release_date": "1999-03-31", "status": "Released"})

    assert await tmdb.movie() == MovieDetails(MovieId(603), "The Matrix", "1999-03-31", "Released")
    assert tmdb.requests[0].url.path == "/3/movie/603"


@pytest.mark.anyio
async def test_a_movie_that_tmdb_does_not_have_has_no_title() -> None:
    assert await Tmdb(NOT_FOUND, 404).movie() == MovieDetails(MovieId(603), None, None, None)


@pytest.mark.anyio
@pytest.mark.parametrize("body", [{}, [], None, {"id": None}, {"id": 603, "title": 5}], ids=json.dumps)
async def test_an_answer_that_is_not_a_movie_is_malformed(body: object) -> None:
    with pytest.raises(UpstreamError):
        await Tmdb(body).movie()


def test_every_recorded_season_is_read_whole() -> None:
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    read = 0
    for path in season_recordings(folder):
        body = json.loads(path.read_text())
        episodes = translate.season(body).episodes
        assert len(episodes) == len(body["episodes"]), path
        assert {episode.episode_id for episode in episodes.values()} == {
            sent["id"] for sent in body["episodes"]
        }
        assert sum(episode.air_date is None for episode in episodes.values()) == sum(
            not sent.get("air_date") for sent in body["episodes"]
        ), path
        assert sum(episode.name is None for episode in episodes.values()) == sum(
            not (sent.get("name") or "").strip() for sent in body["episodes"]
        ), path
        read += 1
    assert read > 100


def season_recordings(folder: Path) -> list[Path]:
    """All under tmdb/, but for the bodies of 404s and what was cut short on purpose."""
    tmdb = folder / "tmdb"
    places = ["tv/*/season/*.json", "2026-08/tv/*/season/*.json", "history/tv/*/season/*/*.json"]
    return [
        path for place in places for path in sorted(tmdb.glob(place)) if not path.name.endswith(".404.json")
    ]
