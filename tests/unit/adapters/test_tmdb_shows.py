"""Shows, seasons and movies as TMDB really sends them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.adapters.http import Patience, Share
from shared.adapters.tmdb import translate_show
from shared.adapters.tmdb.client import tmdb_client
from shared.adapters.tmdb.shows import TmdbShows
from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, ShowStatus
from shared.domain.show_changes import absorb
from shared.domain.show_record import FetchedShow, seasons_to_ask, seasons_to_ask_further
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.errors import Malformed
from tests.recordings import WHERE, recordings_folder

KEY = ShowKey("tv", 7)
ONE = SeasonNumber(1)
BARE = {"id": 7, "seasons": []}


@pytest.fixture(scope="module")
def recorded() -> Path:
    """The folder of what TMDB answered."""
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    return folder / "tmdb"


def details(folder: Path) -> dict[int, Any]:
    return {int(path.stem): json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def show_of(tmdb_id: int, body: object) -> ShowFacts:
    return translate_show.show(ShowKey("tv", tmdb_id), body)


@pytest.mark.parametrize(("when", "least"), [("", 26), ("2019-05", 30)])
def test_every_recorded_show_is_understood(recorded: Path, when: str, least: int) -> None:
    bodies = details(recorded / when / "tv")
    assert len(bodies) >= least

    for tmdb_id, body in bodies.items():
        show = show_of(tmdb_id, body)
        assert show.title == body["name"].strip()
        assert show.status is not ShowStatus.UNKNOWN
        assert show.premiere_date == (body["first_air_date"] or None)
        assert [one.number for one in show.seasons] == [one["season_number"] for one in body["seasons"]]
        assert [one.episode_count for one in show.seasons] == [
            one["episode_count"] for one in body["seasons"]
        ]
        assert len(show.genres) == len(body["genres"])


def test_every_recorded_season_is_understood_and_no_episode_is_lost(recorded: Path) -> None:
    paths = [path for path in recorded.glob("**/season/**/*.json") if not path.name.endswith(".404.json")]
    assert len(paths) > 150

    for path in paths:
        body = json.loads(path.read_bytes())
        season = translate_show.full_season(ONE, body)
        assert season.number == 1
        assert {one.episode_id: one.number for one in season.episodes} == {
            one["id"]: one["episode_number"] for one in body["episodes"]
        }
        assert [one.number for one in season.episodes] == sorted(one.number for one in season.episodes)
        assert {one.air_date for one in season.episodes} == {
            one["air_date"] or None for one in body["episodes"]
        }


@pytest.mark.parametrize(
    ("tmdb_id", "numbers"),
    [(102626, [1, 4]), (110855, [1, 4]), (10472, [n for n in range(1, 51) if n not in {13, 16, 19}])],
)
def test_the_seasons_of_shows_with_gaps_are_those_that_are_listed(
    recorded: Path, tmdb_id: int, numbers: list[int]
) -> None:
    show = show_of(tmdb_id, details(recorded / "tv")[tmdb_id])

    assert sorted(one.number for one in show.seasons if one.number > 0) == numbers


def test_a_season_with_a_foreign_episode_is_the_one_that_was_asked_for(recorded: Path) -> None:
    body = json.loads((recorded / "2026-08/tv/15871/season/30.json").read_bytes())
    foreign = [one["id"] for one in body["episodes"] if one["season_number"] != 30]

    season = translate_show.full_season(SeasonNumber(30), body)

    assert foreign
    assert season.number == 30
    assert set(foreign) <= {one.episode_id for one in season.episodes}


def test_the_answer_that_a_season_does_not_exist_is_no_season(recorded: Path) -> None:
    paths = list((recorded / "tv").rglob("*.404.json"))
    assert paths

    for path in paths:
        with pytest.raises(Malformed):
            translate_show.full_season(ONE, json.loads(path.read_bytes()))


def fetched_as_tmdb_answers(folder: Path, body: Any, asked: Sequence[SeasonNumber]) -> FetchedShow:
    """What a call for these seasons brings, from the recordings; what was not recorded is a 404."""
    season_folder = folder / str(body["id"]) / "season"
    found = {
        number: translate_show.full_season(
            number, json.loads((season_folder / f"{number}.json").read_bytes())
        )
        for number in asked
        if (season_folder / f"{number}.json").is_file()
    }
    return FetchedShow(show_of(body["id"], body), frozenset(asked), found)


def test_every_recorded_show_is_absorbed_once_and_then_nothing_changes(recorded: Path) -> None:
    now = datetime(2024, 11, 11, 12, tzinfo=UTC)
    for tmdb_id, body in details(recorded / "tv").items():
        asked = seasons_to_ask(None, now)
        asked += seasons_to_ask_further(None, show_of(tmdb_id, body).seasons, asked)
        show = fetched_as_tmdb_answers(recorded / "tv", body, asked)

        first = absorb(None, show, now)

        listed = {one["season_number"] for one in body["seasons"]}
        assert listed <= first.record.seasons.keys() <= listed | show.seasons.keys()
        assert seasons_to_ask_further(first.record, show.facts.seasons, []) == []
        assert not absorb(first.record, show, now).has_changes


@pytest.mark.parametrize(
    "body",
    [
        *[None, [], "x", 1, {}, {"id": 7}, {"seasons": []}, {"id": None, "seasons": []}],
        *[{"id": 7, "seasons": None}, {"id": 7, "seasons": {}}, {"id": 8, "seasons": []}],
        {
            "success": False,
            "status_code": 34,
            "status_message": "The resource you requested could not be found.",
        },
    ],
)
def test_what_is_no_show_or_another_is_refused(body: object) -> None:
    with pytest.raises(Malformed):
        translate_show.show(KEY, body)


NULLS = dict.fromkeys(
    [
        *["name", "original_name", "status", "overview", "poster_path", "backdrop_path", "first_air_date"],
        *["vote_average", "vote_count", "genres", "networks", "external_ids", "number_of_episodes"],
    ]
)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({}, id="left out"),
        pytest.param(NULLS, id="null"),
        pytest.param(
            {
                **NULLS,
                "name": " \ufeff",
                "overview": "",
                "first_air_date": "",
                "vote_average": 0.0,
                "vote_count": 0,
                "genres": [{"id": 1, "name": None}, {}],
                "networks": [],
                "status": "",
                "external_ids": {"imdb_id": "", "tvdb_id": None},
            },
            id="empty",
        ),
    ],
)
def test_what_tmdb_does_not_say_of_a_show_is_none(extra: Mapping[str, Any]) -> None:
    assert translate_show.show(KEY, {**BARE, **extra}) == ShowFacts(KEY, None, None, ShowStatus.UNKNOWN)


def test_all_that_tmdb_says_of_a_show_is_kept() -> None:
    body = {
        "id": 7,
        "name": "A\tshow\ufeff",
        "original_name": "原題",
        "status": "Canceled",
        "overview": "o",
        "poster_path": "/p",
        "backdrop_path": "/b",
        "first_air_date": "2020-02-29",
        "vote_average": 8.1,
        "vote_count": 3,
        "genres": [{"id": 1, "name": "Drama"}, {"id": 2, "name": "Crime"}],
        "networks": [{"name": None}, {"name": "First"}, {"name": "Second"}],
        "external_ids": {"imdb_id": "tt1", "tvdb_id": 5, "wikidata_id": "Q1"},
        "seasons": [
            {"season_number": 0, "episode_count": None, "air_date": None, "id": 1, "name": None},
            {
                "season_number": 4,
                "episode_count": 8,
                "air_date": "2021-13-01",
                "id": 2,
                "name": "S",
                "poster_path": "/4",
            },
        ],
        "in_production": None,
    }

    assert translate_show.show(KEY, body) == ShowFacts(
        key=KEY,
        title="A show",
        original_title="原題",
        status=ShowStatus.CANCELED,
        overview="o",
        poster_path="/p",
        backdrop_path="/b",
        genres=("Drama", "Crime"),
        network="First",
        premiere_date="2020-02-29",
        rating=8.1,
        votes=3,
        external_ids={"imdb": "tt1", "tvdb": 5},
        seasons=(
            ListedSeason(SeasonNumber(0), 1, None, None, None, None),
            ListedSeason(SeasonNumber(4), 2, "S", None, 8, "/4"),
        ),
    )


def test_a_season_that_is_listed_twice_is_one() -> None:
    body = {**BARE, "seasons": [{"season_number": 1, "episode_count": count} for count in (3, 4)]}

    assert [one.episode_count for one in translate_show.show(KEY, body).seasons] == [4]


@pytest.mark.parametrize(
    ("episodes", "found"),
    [
        pytest.param([], [], id="none"),
        pytest.param(
            [{"id": 5, "episode_number": 0}], [EpisodeFacts(5, 0, None, None)], id="bare, counted from 0"
        ),
        pytest.param(
            [
                {
                    "id": 5,
                    "episode_number": 1,
                    "name": None,
                    "air_date": None,
                    "runtime": None,
                    "overview": None,
                    "still_path": None,
                    "episode_type": None,
                }
            ],
            [EpisodeFacts(5, 1, None, None)],
            id="null",
        ),
        pytest.param(
            [
                {
                    "id": 5,
                    "episode_number": 1,
                    "name": "Pilot\ufeff",
                    "air_date": "2020-02-29",
                    "runtime": 0,
                    "overview": "o\x00",
                    "still_path": "/s",
                    "episode_type": "mid_season",
                    "season_number": 9,
                    "show_id": 1,
                }
            ],
            [EpisodeFacts(5, 1, "Pilot", "2020-02-29", "o", 0, "/s", "mid_season")],
            id="full, of a foreign season and show",
        ),
        pytest.param(
            [{"id": 5, "episode_number": 9999}, {"id": 6, "episode_number": 2}],
            [EpisodeFacts(6, 2, None, None), EpisodeFacts(5, 9999, None, None)],
            id="unsorted, with a gap",
        ),
        pytest.param(
            [
                {"id": None, "episode_number": 1},
                {"id": 6},
                None,
                "x",
                {"id": -1, "episode_number": 3},
                {"id": 2**63, "episode_number": 3},
                {"id": 7, "episode_number": 2},
            ],
            [EpisodeFacts(7, 2, None, None)],
            id="broken ones are left out",
        ),
        pytest.param(
            [{"id": 5, "episode_number": 1}, {"id": 5, "episode_number": 2}],
            [EpisodeFacts(5, 2, None, None)],
            id="an id twice",
        ),
    ],
)
def test_the_episodes_of_a_season(episodes: list[object], found: list[EpisodeFacts]) -> None:
    body = {
        "id": 3,
        "name": "S",
        "air_date": "2020-02-29",
        "poster_path": "/p",
        "season_number": 9,
        "episodes": episodes,
    }

    season = translate_show.full_season(ONE, body)

    assert season == SeasonFacts(ONE, 3, "S", "2020-02-29", "/p", tuple(found))


@pytest.mark.parametrize(
    "body", [None, [], {}, {"episodes": None}, {"episodes": {}}, {"episodes": [{"id": None}, None]}, "x"]
)
def test_what_is_no_season_is_refused(body: object) -> None:
    with pytest.raises(Malformed):
        translate_show.full_season(ONE, body)


MOVIE = ShowKey("movie", 7)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"id": 7}, ShowFacts(MOVIE, None, None, ShowStatus.UNKNOWN)),
        (
            {
                "id": 7,
                "title": "",
                "release_date": "",
                "imdb_id": "",
                "vote_average": 0,
                "genres": None,
                "runtime": 0,
            },
            ShowFacts(MOVIE, None, None, ShowStatus.UNKNOWN, runtime=0),
        ),
        (
            {
                "id": 7,
                "title": "M",
                "release_date": "2020-02-29",
                "imdb_id": "tt1",
                "status": "Post Production",
            },
            ShowFacts(
                MOVIE,
                "M",
                None,
                ShowStatus.POST_PRODUCTION,
                premiere_date="2020-02-29",
                external_ids={"imdb": "tt1"},
            ),
        ),
    ],
    ids=["bare", "empty", "with a date"],
)
def test_a_movie(body: object, found: ShowFacts) -> None:
    assert translate_show.full_movie(MOVIE, body) == found


@pytest.mark.parametrize("body", [None, [], {}, {"id": None}, {"id": 8}])
def test_what_is_no_movie_or_another_is_refused(body: object) -> None:
    with pytest.raises(Malformed):
        translate_show.full_movie(MOVIE, body)


def shows(answer: Callable[[httpx.Request], httpx.Response]) -> TmdbShows:
    return TmdbShows(
        tmdb_client(
            base_url="http://tmdb.test/3",
            access_token="token",
            share=Share(1000, 0.01),
            patience=Patience(backoff_start=0.001, backoff_most=0.01),
            transport=httpx.MockTransport(answer),
        )
    )


@pytest.mark.anyio
async def test_a_show_comes_with_its_seasons_and_ids_by_one_call() -> None:
    requests: list[httpx.Request] = []
    body = {
        **BARE,
        "external_ids": {"imdb_id": "tt1"},
        "season/1": {"episodes": [{"id": 5, "episode_number": 1}]},
        "season/2": {"episodes": [None]},
        "season/9": {"episodes": []},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=body)

    show = await shows(answer).show(KEY, [SeasonNumber(number) for number in (1, 2, 3)])

    assert [request.url.path for request in requests] == ["/3/tv/7"]
    assert requests[0].url.params["append_to_response"] == "external_ids,season/1,season/2,season/3"
    assert show is not None
    assert show.facts.external_ids == {"imdb": "tt1"}
    assert show.asked == {1, 3}  # the second cannot be read, which says nothing of it
    assert show.seasons.keys() == {1}


@pytest.mark.anyio
async def test_what_tmdb_does_not_have_is_none() -> None:
    source = shows(lambda _: httpx.Response(404, json={"success": False, "status_code": 34}))

    assert await source.show(KEY, [ONE]) is None
    assert await source.movie(MOVIE) is None
