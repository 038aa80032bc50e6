"""The OMDb stand-in answers like OMDb, and refuses calls beyond the daily limit."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.stand_ins.running import RunningOmdbStandIn, running_omdb_stand_in


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
def omdb(stand_in: RunningOmdbStandIn) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stand_in.base_url, params={"apikey": "any"}, timeout=20) as client:
        yield client


def ask(omdb: httpx.Client, **query: str | int) -> dict[str, Any]:
    answer = omdb.get("/", params=query)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def refusal(sentence: str) -> dict[str, str]:
    return {"Response": "False", "Error": sentence}


class TestTitles:
    def test_a_title_by_its_id(self, omdb: httpx.Client) -> None:
        answer = omdb.get("/", params={"i": "tt0118480"})

        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=3600"
        title = answer.json()
        assert (title["Title"], title["Type"], title["totalSeasons"]) == ("Stargate SG-1", "series", "10")
        assert (title["imdbRating"], title["imdbVotes"], title["Metascore"]) == ("8.4", "66,651", "N/A")
        assert title["Ratings"] == [{"Source": "Internet Movie Database", "Value": "8.4/10"}]
        assert (title["Plot"], title["Poster"], title["Actors"]) == ("N/A", "N/A", "N/A")
        assert title["Response"] == "True"

    def test_what_is_not_known_is_not_available(self, omdb: httpx.Client) -> None:
        bare = ask(omdb, i="tt0602205")

        known = {"Title", "Year", "imdbID", "Type", "Response", "Ratings"}
        assert {value for key, value in bare.items() if key not in known} == {"N/A"}
        assert (bare["Title"], bare["Ratings"]) == ("#DUPE#", [])

    def test_a_title_by_its_name_is_the_one_named_just_so(self, omdb: httpx.Client) -> None:
        assert ask(omdb, t="Star Wars")["imdbID"] == "tt0251413"
        assert ask(omdb, t="star wars", type="movie")["imdbID"] == "tt0076759"
        assert ask(omdb, t="True Grit", y=1969)["imdbID"] == "tt0065126"
        assert ask(omdb, t="True Grit", y=2010)["imdbID"] == "tt1403865"

    def test_what_is_unknown_is_a_sentence_and_a_200(self, omdb: httpx.Client) -> None:
        assert ask(omdb, i="tt9999999") == refusal("Error getting data.")
        assert ask(omdb, t="Meen of Stal") == refusal("Movie not found!")
        assert ask(omdb, t="Meen of Stal", type="series") == refusal("Series not found!")

    @pytest.mark.parametrize("title_id", ["", "tt1231230123", "3896198", "tt3896198a"])
    def test_a_malformed_id_is_another_sentence(self, omdb: httpx.Client, title_id: str) -> None:
        assert ask(omdb, i=title_id) == refusal("Incorrect IMDb ID.")

    def test_asking_for_nothing_is_a_malformed_id(self, omdb: httpx.Client) -> None:
        assert ask(omdb) == refusal("Incorrect IMDb ID.")


class TestSeasons:
    def test_a_season_by_id_or_name(self, omdb: httpx.Client) -> None:
        season = ask(omdb, i="tt0118480", Season=2)

        assert season == ask(omdb, t="Stargate SG-1", season=2)
        assert (season["Title"], season["Season"], season["totalSeasons"]) == ("Stargate SG-1", "2", "10")
        assert len(season["Episodes"]) == 22
        assert season["Episodes"][0] == {
            "Title": "The Serpent's Lair",
            "Released": "1998-06-26",
            "Episode": "1",
            "imdbRating": "8.8",
            "imdbID": "tt0709199",
        }

    def test_an_episode_is_dated_in_words(self, omdb: httpx.Client) -> None:
        episode = ask(omdb, i="tt0118480", Season=2, Episode=1)

        assert episode == ask(omdb, i="tt0709199")
        assert (episode["Released"], episode["Season"], episode["Episode"]) == ("26 Jun 1998", "2", "1")
        assert (episode["seriesID"], episode["Type"], episode["Rated"]) == ("tt0118480", "episode", "N/A")

    def test_a_series_may_be_known_by_its_season_alone(self, omdb: httpx.Client) -> None:
        assert len(ask(omdb, t="True Detective", season=1)["Episodes"]) == 8
        assert ask(omdb, t="True Detective", season=1, episode=1)["imdbID"] == "tt2657398"
        assert ask(omdb, i="tt2356777") == refusal("Error getting data.")
        assert ask(omdb, s="True Detective") == refusal("Movie not found!")

    def test_an_episode_need_not_say_where_it_stands(self, omdb: httpx.Client) -> None:
        episode = ask(omdb, i="tt1117000")

        assert (episode["Released"], episode["Season"], episode["seriesID"]) == ("24 Jan 2007", "N/A", "N/A")

    def test_seasons_and_episodes_that_do_not_exist(self, omdb: httpx.Client) -> None:
        assert ask(omdb, i="tt0118480", Season=3) == refusal("Series or season not found!")
        assert ask(omdb, t="Meen of Stal", Season=1) == refusal("Series or season not found!")
        assert ask(omdb, i="tt0118480", Season=2, Episode=99) == refusal("Series or episode not found!")


class TestSearch:
    def test_ten_to_a_page_and_the_total_on_each(self, omdb: httpx.Client) -> None:
        pages = [ask(omdb, s="dallas", type="series", page=page) for page in range(1, 7)]

        ids = [found["imdbID"] for page in pages for found in page["Search"]]
        assert [len(page["Search"]) for page in pages] == [10, 10, 10, 10, 10, 1]
        assert {page["totalResults"] for page in pages} == {"51"}
        assert len(set(ids)) == 51
        assert ask(omdb, s="dallas", type="series", page=7) == refusal("Series not found!")

    def test_a_year_and_a_type_narrow_it_down(self, omdb: httpx.Client) -> None:
        assert ask(omdb, s="dallas", y=2012)["totalResults"] == "7"
        assert ask(omdb, s="star wars", type="game")["totalResults"] == "1"
        assert ask(omdb, s="dallas", type="movie") == refusal("Movie not found!")

    def test_less_than_three_letters_find_too_much(self, omdb: httpx.Client) -> None:
        assert ask(omdb, s="24") == refusal("Too many results.")


class TestKeysAndLimits:
    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ({}, "No API key provided."),
            ({"apikey": ""}, "No API key provided."),
            ({"apikey": "wrong"}, "Invalid API key!"),
        ],
    )
    def test_a_call_without_a_good_key_is_a_401(
        self, stand_in: RunningOmdbStandIn, query: dict[str, str], sentence: str
    ) -> None:
        answer = httpx.get(stand_in.base_url, params={"i": "tt0118480", **query})

        assert (answer.status_code, answer.json()) == (401, refusal(sentence))

    def test_calls_beyond_the_daily_limit_are_401s_for_that_key(
        self, stand_in: RunningOmdbStandIn, omdb: httpx.Client
    ) -> None:
        stand_in.limit_calls(2)

        answers = [omdb.get("/", params={"i": "tt0118480"}) for _ in range(4)]
        with_another_key = omdb.get("/", params={"i": "tt0118480", "apikey": "another"})

        assert [answer.status_code for answer in answers] == [200, 200, 401, 401]
        assert answers[-1].json() == refusal("Request limit reached!")
        assert with_another_key.status_code == 200

    def test_what_is_not_found_counts_too_and_a_new_limit_starts_from_nought(
        self, stand_in: RunningOmdbStandIn, omdb: httpx.Client
    ) -> None:
        stand_in.limit_calls(1)
        assert ask(omdb, i="tt9999999") == refusal("Error getting data.")
        assert omdb.get("/", params={"i": "tt0118480"}).status_code == 401
        stand_in.limit_calls(1)

        assert ask(omdb, i="tt0118480")["Response"] == "True"

    def test_the_limit_is_a_thousand_unless_told_otherwise(
        self, stand_in: RunningOmdbStandIn, omdb: httpx.Client
    ) -> None:
        stand_in.limit_calls(0)
        stand_in.reset()

        statuses = [omdb.get("/", params={"i": "x"}).status_code for _ in range(1001)]

        assert statuses == [200] * 1000 + [401]


class TestControl:
    def test_made_titles_and_seasons(self, stand_in: RunningOmdbStandIn, omdb: httpx.Client) -> None:
        stand_in.put_title("tt0000007", {"Title": "Seven", "totalSeasons": "1", "imdbRating": "9.9"})
        stand_in.put_season("tt0000007", 1, [{"Title": "One", "Episode": "1", "imdbID": "tt0000008"}])

        assert ask(omdb, i="tt0000007")["imdbRating"] == "9.9"
        assert ask(omdb, i="tt0000007", Season=1)["Episodes"][0]["Released"] == "N/A"
        assert ask(omdb, i="tt0000008")["seriesID"] == "tt0000007"

    def test_a_title_vanishes_until_the_reset(self, stand_in: RunningOmdbStandIn, omdb: httpx.Client) -> None:
        stand_in.remove_title("tt0118480")
        gone = ask(omdb, i="tt0118480")
        stand_in.reset()

        assert gone == refusal("Error getting data.")
        assert ask(omdb, i="tt0118480")["Response"] == "True"

    def test_calls_are_counted_by_path_and_by_title(
        self, stand_in: RunningOmdbStandIn, omdb: httpx.Client
    ) -> None:
        ask(omdb, i="tt0118480")
        ask(omdb, i="tt0118480", Season=1)
        ask(omdb, t="Inception")

        calls = stand_in.calls()
        assert (calls["total"], calls["titles"]) == (3, {"tt0118480": 2})
        assert calls["by_path"]["/?apikey=any&i=tt0118480"] == 1

    def test_invalid_json_as_it_was_recorded(self, stand_in: RunningOmdbStandIn, omdb: httpx.Client) -> None:
        stand_in.answer_with_invalid_json("i=tt0118480", times=1)

        broken = omdb.get("/", params={"i": "tt0118480"})

        assert broken.status_code == 200
        assert broken.text.startswith('{"Response":"False"')
        with pytest.raises(json.JSONDecodeError):
            broken.json()
        assert ask(omdb, i="tt0118480")["Response"] == "True"
