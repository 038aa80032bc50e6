"""The TheTVDB stand-in answers like TheTVDB, and its tokens end on demand."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.stand_ins.running import RunningTvdbStandIn, running_tvdb_stand_in

UNAUTHORIZED = {"status": "failure", "message": "Unauthorized", "data": None}
NOT_FOUND = {"status": "failure", "message": "NotFoundException: not found", "data": None}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningTvdbStandIn]:
    with running_tvdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running: RunningTvdbStandIn) -> Iterator[RunningTvdbStandIn]:
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def tvdb(stand_in: RunningTvdbStandIn) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sign_in(stand_in)}"}
    with httpx.Client(base_url=stand_in.base_url, headers=headers, timeout=20) as client:
        stand_in.reset()  # the sign-in is not among the calls that a test counts
        yield client


def sign_in(stand_in: RunningTvdbStandIn) -> str:
    answer = httpx.post(f"{stand_in.base_url}/login", json={"apikey": "any", "pin": "1234"})
    token: str = answer.json()["data"]["token"]
    return token


def made(*numbers: int, season: int = 1, first_id: int = 100) -> list[dict[str, Any]]:
    return [
        {
            "id": first_id + number,
            "seasonNumber": season,
            "number": number,
            "name": f"Part {number}",
            "aired": "2020-01-05",
        }
        for number in numbers
    ]


class TestSignIn:
    def test_a_token_is_good_for_a_month_and_says_so(self, stand_in: RunningTvdbStandIn) -> None:
        claims = sign_in(stand_in).split(".")[1]

        ends = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]

        assert ends - time.time() == pytest.approx(30 * 24 * 3600, abs=60)

    def test_every_sign_in_gives_another_token_and_the_old_one_stays_good(
        self, stand_in: RunningTvdbStandIn
    ) -> None:
        tokens = [sign_in(stand_in), sign_in(stand_in)]

        assert tokens[0] != tokens[1]
        for token in tokens:
            answer = httpx.get(
                f"{stand_in.base_url}/series/81189", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 200

    @pytest.mark.parametrize("body", ['{"apikey": "wrong"}', '{"apikey": ""}', '{"pin": "1234"}', "[]", ""])
    def test_a_wrong_key_is_refused(self, stand_in: RunningTvdbStandIn, body: str) -> None:
        answer = httpx.post(f"{stand_in.base_url}/login", content=body)

        assert answer.status_code == 401
        assert answer.json() == {
            "status": "failure",
            "message": "InvalidAPIKey: apikey invalid",
            "data": None,
        }

    @pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer any", "Basic any"])
    @pytest.mark.parametrize(
        "path", ["/series/81189", "/series/81189/episodes/default", "/episodes/2", "/search", "/updates"]
    )
    def test_a_call_without_a_token_from_here_is_a_401(
        self, stand_in: RunningTvdbStandIn, path: str, authorization: str | None
    ) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}

        answer = httpx.get(stand_in.base_url + path, headers=headers)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_expired_tokens_are_refused_and_new_ones_are_good(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        assert tvdb.get("/series/81189").status_code == 200
        assert stand_in.expire_tokens() >= 1

        refused = tvdb.get("/series/81189")
        tvdb.headers["Authorization"] = f"Bearer {sign_in(stand_in)}"

        assert (refused.status_code, refused.json()) == (401, UNAUTHORIZED)
        assert tvdb.get("/series/81189").status_code == 200

    def test_tokens_can_be_given_out_that_end_soon(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        stand_in.limit_token_life(0)
        tvdb.headers["Authorization"] = f"Bearer {sign_in(stand_in)}"

        assert tvdb.get("/series/81189").status_code == 401


class TestSeries:
    def test_series(self, tvdb: httpx.Client) -> None:
        answer = tvdb.get("/series/81189")

        assert answer.headers["content-type"] == "application/json; charset=UTF-8"
        assert answer.json()["status"] == "success"
        series = answer.json()["data"]
        assert (series["name"], series["firstAired"], series["lastAired"]) == (
            "Breaking Bad",
            "2008-01-20",
            "2013-09-29",
        )
        assert series["status"] == {"id": 2, "name": "Ended", "recordType": "series", "keepUpdated": False}
        assert (series["overview"], series["image"], series["episodes"]) == (None, None, None)

    def test_extended_series_hold_episodes_or_translations_when_asked(self, tvdb: httpx.Client) -> None:
        plain = tvdb.get("/series/78878/extended").json()["data"]
        with_episodes = tvdb.get("/series/78878/extended", params={"meta": "episodes", "short": "true"})
        translated = tvdb.get("/series/78878/extended", params={"meta": "translations"}).json()["data"]

        assert plain["episodes"] is None
        assert "translations" not in plain
        assert [season["type"]["type"] for season in plain["seasons"]] == ["official"]
        assert [episode["id"] for episode in with_episodes.json()["data"]["episodes"]] == [8051162]
        assert with_episodes.json()["data"]["characters"] is None
        assert {"name": "FLCL", "language": "eng"} in translated["translations"]["nameTranslations"]

    @pytest.mark.parametrize("path", ["/series/1", "/series/1/extended", "/episodes/1", "/nothing"])
    def test_what_does_not_exist_is_a_404(self, tvdb: httpx.Client, path: str) -> None:
        answer = tvdb.get(path)

        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_an_episode_may_be_known_where_its_series_is_not(self, tvdb: httpx.Client) -> None:
        episode = tvdb.get("/episodes/127396").json()["data"]

        assert (episode["seriesId"], episode["aired"]) == (73752, "1997-10-08")
        assert [season["type"]["type"] for season in episode["seasons"]] == ["official"]
        assert tvdb.get("/series/73752").status_code == 404

    def test_an_episode_may_have_no_number_and_then_stands_in_no_list(self, tvdb: httpx.Client) -> None:
        episode = tvdb.get("/episodes/2").json()["data"]

        assert (episode["seasonNumber"], episode["number"]) == (None, None)
        assert tvdb.get("/series/70327/episodes/official").json()["data"]["episodes"] == []

    def test_a_path_without_a_number_is_refused(self, tvdb: httpx.Client) -> None:
        answer = tvdb.get("/episodes/x")

        assert (answer.status_code, answer.json()["message"]) == (400, "InvalidValueType: invalid path")


class TestEpisodes:
    def test_a_page_has_five_hundred_and_links_to_its_neighbours(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        stand_in.put_episodes(7, made(*range(1, 1142)))

        address: str | None = "/series/7/episodes/default"
        pages = []
        while address:
            pages.append(tvdb.get(address).json())
            address = pages[-1]["links"]["next"]

        base = f"{stand_in.base_url}/series/7/episodes/default?page="
        numbers = [episode["number"] for page in pages for episode in page["data"]["episodes"]]
        assert numbers == list(range(1, 1142))
        assert [len(page["data"]["episodes"]) for page in pages] == [500, 500, 141]
        assert pages[1]["links"] == {
            "prev": f"{base}0",
            "self": f"{base}1",
            "next": f"{base}2",
            "total_items": 1141,
            "page_size": 500,
        }
        assert pages[0]["links"]["prev"] is None

    def test_a_page_behind_the_last_is_empty(self, tvdb: httpx.Client) -> None:
        answer = tvdb.get("/series/75978/episodes/default", params={"page": 9}).json()

        assert answer["data"]["episodes"] == []
        assert answer["links"]["next"] is None

    def test_a_season_an_episode_or_a_day_can_be_asked_for(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        stand_in.put_episodes(7, [*made(1, 2), *made(1, season=0, first_id=900)])

        def asked(**query: str | int) -> tuple[list[int], int]:
            answer = tvdb.get("/series/7/episodes/default", params=query).json()
            return [e["id"] for e in answer["data"]["episodes"]], answer["links"]["total_items"]

        assert asked() == ([901, 101, 102], 3)
        assert asked(season=1) == ([101, 102], 2)
        assert asked(season=0, episodeNumber=1) == ([901], 1)
        assert asked(airDate="2020-01-06") == ([], 3)  # the total is as recorded: that of the whole order

    def test_an_episode_number_without_a_season_is_refused(self, tvdb: httpx.Client) -> None:
        answer = tvdb.get("/series/75978/episodes/default", params={"episodeNumber": 1})

        assert (answer.status_code, answer.json()["message"]) == (400, "Bad Request")

    def test_an_order_has_its_own_numbers_and_need_not_have_every_episode(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        special = {"id": 1, "name": "Special", "aired": None, "orders": {"official": [0, 1]}}
        later = {"id": 2, "name": "Later", "orders": {"official": [2, 1], "absolute": [1, 13]}}
        stand_in.put_series(7, {"name": "Seven", "defaultSeasonType": 3, "episodes": [special, later]})

        def numbers(order: str) -> list[tuple[int, int, int]]:
            episodes = tvdb.get(f"/series/7/episodes/{order}").json()["data"]["episodes"]
            return [(e["id"], e["seasonNumber"], e["number"]) for e in episodes]

        assert numbers("official") == [(1, 0, 1), (2, 2, 1)]
        assert numbers("absolute") == numbers("default") == [(2, 1, 13)]
        assert numbers("dvd") == []

    def test_the_one_recorded_special_of_breaking_bad_is_not_in_the_aired_order(
        self, tvdb: httpx.Client
    ) -> None:
        dvd = tvdb.get("/series/81189/episodes/dvd").json()["data"]["episodes"]

        assert [(e["id"], e["name"]) for e in dvd] == [(3859781, "Good Cop / Bad Cop")]
        assert tvdb.get("/series/81189/episodes/default").json()["data"]["episodes"] == []

    def test_names_are_null_in_a_language_they_were_not_translated_to(self, tvdb: httpx.Client) -> None:
        def name(path: str) -> object:
            return tvdb.get(path).json()["data"]["episodes"][0]["name"]

        assert name("/series/78878/episodes/official/eng") == "FLCL Progressive"
        assert name("/series/78878/episodes/official/jpn") == "フリクリ プログレ"
        assert name("/series/78878/episodes/official/deu") is None

    def test_episodes_of_a_series_that_does_not_exist_are_a_404(self, tvdb: httpx.Client) -> None:
        for path in ("/series/1/episodes/default", "/series/1/episodes/default/eng"):
            answer = tvdb.get(path)

            assert answer.status_code == 404
            assert answer.json()["message"] == "NotFoundException: error fetching "


class TestSearch:
    def test_a_series_is_found_by_its_other_names_and_by_words_in_them(self, tvdb: httpx.Client) -> None:
        by_alias = tvdb.get("/search", params={"query": "knights zodiac", "type": "series"}).json()
        by_words = tvdb.get("/search", params={"query": "yu gi oh", "limit": 1}).json()

        assert [result["tvdb_id"] for result in by_alias["data"]] == ["72775"]
        assert by_alias["links"]["page_size"] == 50
        assert (len(by_words["data"]), by_words["links"]["total_items"]) == (1, 2)
        assert tvdb.get(by_words["links"]["next"]).json()["data"] != by_words["data"]

    def test_other_things_than_series_are_not_known(self, tvdb: httpx.Client) -> None:
        assert tvdb.get("/search", params={"query": "yu gi oh", "type": "movie"}).json()["data"] == []

    def test_a_search_for_nothing_is_refused(self, tvdb: httpx.Client) -> None:
        answer = tvdb.get("/search", params={"type": "series"})

        assert (answer.status_code, answer.json()["message"]) == (400, "query is required")

    def test_a_series_is_found_by_its_id_at_another_service(self, tvdb: httpx.Client) -> None:
        found = tvdb.get("/search/remoteid/tt0903747").json()["data"]

        assert [result["series"]["id"] for result in found] == [81189]
        assert found[0]["series"]["status"]["name"] is None
        assert tvdb.get("/search/remoteid/tt9999999").json() == {"status": "success", "data": None}


class TestUpdates:
    def test_what_was_changed_here_is_told(self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client) -> None:
        since = int(time.time()) - 1
        stand_in.put_episodes(7, made(1, 2))
        stand_in.put_episodes(7, [{**made(1)[0], "aired": "2021-02-03"}, *made(3)])
        stand_in.remove_series(81189)

        def told(**query: str) -> list[tuple[str, int, str]]:
            answer = tvdb.get("/updates", params={"since": since, **query}).json()
            return [(u["entityType"], u["recordId"], u["method"]) for u in answer["data"]]

        assert told(type="episodes")[:5] == [
            ("episodes", 101, "create"),
            ("episodes", 102, "create"),
            ("episodes", 101, "update"),
            ("episodes", 102, "delete"),
            ("episodes", 103, "create"),
        ]
        assert told(type="series", action="delete") == [("series", 81189, "delete")]
        assert tvdb.get("/series/81189").status_code == 404

    def test_updates_can_be_put(self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client) -> None:
        now = int(time.time())
        update = {"recordId": 5, "methodInt": 3, "method": "delete", "entityType": "series"}
        stand_in.put_updates(
            [{**update, "timeStamp": now - 60, "mergeToId": 6, "mergeToEntityType": "series"}]
        )

        assert [u["mergeToId"] for u in tvdb.get("/updates", params={"since": now - 60}).json()["data"]] == [
            6
        ]
        assert tvdb.get("/updates", params={"since": now}).json()["data"] == []

    @pytest.mark.parametrize("query", [{}, {"since": "0"}])
    def test_too_long_ago_is_refused(self, tvdb: httpx.Client, query: dict[str, str]) -> None:
        answer = tvdb.get("/updates", params=query)

        assert answer.status_code == 400
        assert answer.json()["message"] == "InvalidValueType: since greater than 3 months ago"


class TestControl:
    def test_a_reset_brings_back_what_was_kept(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        stand_in.put_series(81189, {"name": "Other"})
        changed = tvdb.get("/series/81189").json()["data"]["name"]
        stand_in.reset()

        assert (changed, tvdb.get("/series/81189").json()["data"]["name"]) == ("Other", "Breaking Bad")
        assert tvdb.get("/updates", params={"since": int(time.time()) - 60}).json()["data"] == []

    def test_calls_are_counted_by_path_and_by_series(
        self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client
    ) -> None:
        tvdb.get("/series/81189")
        tvdb.get("/series/81189/episodes/default", params={"page": 0})
        tvdb.get("/episodes/2")

        assert stand_in.calls() == {
            "total": 3,
            "by_path": {
                "/v4/series/81189": 1,
                "/v4/series/81189/episodes/default?page=0": 1,
                "/v4/episodes/2": 1,
            },
            "series": {"81189": 2},
            "busiest_10_seconds": 3,
        }

    def test_it_fails_on_demand(self, stand_in: RunningTvdbStandIn, tvdb: httpx.Client) -> None:
        stand_in.fail({"path": "/episodes/", "times": 1, "kind": "status", "status": 503})

        assert [tvdb.get(f"/series/81189{path}").status_code for path in ("", "/episodes/dvd", "")] == [
            200,
            503,
            200,
        ]
