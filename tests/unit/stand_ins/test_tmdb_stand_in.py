"""The TMDB stand-in answers like TMDB, and fails, waits and counts on demand."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

from local.stand_ins.calls import CallLog
from local.stand_ins.made import made_episodes
from local.stand_ins.running import PROJECT_ROOT, RunningTmdbStandIn, running_tmdb_stand_in

LOST_CONNECTION = (httpx.RemoteProtocolError, httpx.ReadError)


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
    with httpx.Client(
        base_url=stand_in.base_url, headers={"Authorization": "Bearer any"}, timeout=20
    ) as client:
        yield client


def append(*parts: str) -> dict[str, str]:
    return {"append_to_response": ",".join(parts)}


def numbers(season: dict[str, Any]) -> list[int]:
    return [episode["episode_number"] for episode in season["episodes"]]


class TestAnswers:
    def test_season(self, tmdb: httpx.Client) -> None:
        answer = tmdb.get("/tv/1396/season/1")

        assert answer.headers["content-type"] == "application/json;charset=utf-8"
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert answer.headers["etag"].startswith('W/"')
        season = answer.json()
        assert (season["id"], season["season_number"], season["air_date"]) == (3572, 1, "2008-01-20")
        assert season["episodes"][0] == {
            "air_date": "2008-01-20",
            "episode_number": 1,
            "episode_type": "standard",
            "id": 62085,
            "name": "Pilot",
            "overview": "",
            "production_code": "",
            "runtime": 59,
            "season_number": 1,
            "show_id": 1396,
            "still_path": None,
            "vote_average": 0,
            "vote_count": 0,
            "crew": [],
            "guest_stars": [],
        }

    def test_appended_seasons_come_under_their_paths_and_missing_ones_are_absent(
        self, tmdb: httpx.Client
    ) -> None:
        show = tmdb.get("/tv/1396", params=append("season/1", "season/5", "season/9", "external_ids")).json()

        assert [len(show[f"season/{number}"]["episodes"]) for number in (1, 5)] == [7, 16]
        assert "season/9" not in show
        assert show["external_ids"]["tvdb_id"] == 81189
        assert show["season/1"] == tmdb.get("/tv/1396/season/1").json()

    def test_twenty_parts_may_be_appended_and_no_more(self, tmdb: httpx.Client) -> None:
        twenty = [f"season/{number}" for number in range(20)]

        allowed = tmdb.get("/tv/15871", params=append(*twenty))
        refused = tmdb.get("/tv/15871", params=append(*twenty, "season/20"))

        assert all(season in allowed.json() for season in twenty)
        assert (refused.status_code, refused.json()["status_code"]) == (400, 27)

    @pytest.mark.parametrize(
        "path", ["/tv/999999999", "/tv/1396/season/6", "/tv/110855/season/2", "/movie/1", "/x"]
    )
    def test_what_does_not_exist_is_a_404(self, tmdb: httpx.Client, path: str) -> None:
        answer = tmdb.get(path)

        assert answer.status_code == 404
        assert answer.json()["status_code"] == 34

    @pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer wrong", "Basic any"])
    @pytest.mark.parametrize("path", ["/tv/1396", "/tv/1396/season/1", "/movie/218", "/tv/999999999"])
    def test_a_call_without_a_good_token_is_a_401(
        self, stand_in: RunningTmdbStandIn, path: str, token: str
    ) -> None:
        headers = {} if token is None else {"Authorization": token}

        answer = httpx.get(stand_in.base_url + path, headers=headers)

        assert (answer.status_code, answer.json()["status_code"]) == (401, 7)

    def test_movie(self, tmdb: httpx.Client) -> None:
        movie = tmdb.get("/movie/97020").json()

        assert (movie["id"], movie["title"], movie["release_date"]) == (97020, "RoboCop", "2014-02-07")
        assert movie["status"] == "Post Production"


class TestDifficultShows:
    def test_a_show_may_list_a_season_that_is_a_404(self, tmdb: httpx.Client) -> None:
        listed = [season["season_number"] for season in tmdb.get("/tv/110855").json()["seasons"]]

        assert listed == [1, 4]
        assert tmdb.get("/tv/110855/season/4").status_code == 404  # listed, never recorded

    def test_numbers_are_neither_sorted_nor_without_gaps(self, tmdb: httpx.Client) -> None:
        assert numbers(tmdb.get("/tv/1754/season/3").json())[-2:] == [27, 26]
        assert numbers(tmdb.get("/tv/12551/season/5").json())[0] == 0
        assert numbers(tmdb.get("/tv/15224/season/1").json())[-1] == 999900
        assert tmdb.get("/tv/12551/season/6").json()["episodes"] == []

    def test_an_episode_may_name_another_season(self, tmdb: httpx.Client) -> None:
        episodes = tmdb.get("/tv/15871/season/29").json()["episodes"]

        assert {episode["season_number"] for episode in episodes} == {29, 2016}

    def test_names_hold_what_cannot_be_seen(self, tmdb: httpx.Client) -> None:
        assert "O \ufeff X" in [e["name"] for e in tmdb.get("/tv/93405/season/2").json()["episodes"]]


class TestChanges:
    def test_a_season_is_put_removed_and_back_after_a_reset(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.put_season(1396, 1, [{"id": 1, "episode_number": 3, "name": "Other", "air_date": None}])
        changed = tmdb.get("/tv/1396", params=append("season/1")).json()
        stand_in.remove_season(1396, 1)
        removed = tmdb.get("/tv/1396", params=append("season/1")).json()
        stand_in.reset()

        assert [e["name"] for e in changed["season/1"]["episodes"]] == ["Other"]
        assert changed["number_of_episodes"] == 56
        assert "season/1" not in removed
        assert [season["season_number"] for season in removed["seasons"]] == [0, 2, 3, 4, 5]
        assert len(tmdb.get("/tv/1396/season/1").json()["episodes"]) == 7

    def test_a_made_show_with_the_longest_season(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.put_show(77, {"name": "Daily", "recorded_seasons": {"1": {"episodes": made_episodes(2868)}}})

        show = tmdb.get("/tv/77", params=append("season/1")).json()

        assert (show["number_of_seasons"], show["number_of_episodes"]) == (1, 2868)
        assert numbers(show["season/1"]) == list(range(1, 2869))

    def test_an_earlier_state_is_served_again(self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
        stand_in.put_season_as_recorded(296206, 1, "20260726T1500")
        earlier = tmdb.get("/tv/296206/season/1").json()["episodes"]
        stand_in.reset()
        newest = tmdb.get("/tv/296206/season/1").json()["episodes"]

        assert sum(episode["air_date"] is None for episode in earlier) == 8
        assert None not in [episode["air_date"] for episode in newest]
        assert [episode["id"] for episode in earlier] == [episode["id"] for episode in newest]

    def test_a_state_that_was_not_recorded_is_refused(self, stand_in: RunningTmdbStandIn) -> None:
        with pytest.raises(ValueError, match="no state of 1999"):
            stand_in.put_season_as_recorded(1396, 1, "1999")

    def test_a_made_movie(self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
        stand_in.put_movie(9, {"title": "Later", "release_date": "2031-01-01", "status": "Planned"})

        assert tmdb.get("/movie/9").json()["status"] == "Planned"


class TestCounting:
    def test_calls_are_counted_by_path_and_by_season(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        tmdb.get("/tv/1396/season/1")
        tmdb.get("/tv/1396", params=append("season/1", "season/2"))
        tmdb.get("/tv/999999999", headers={"Authorization": "Bearer wrong"})

        assert stand_in.calls() == {
            "total": 3,
            "by_path": {
                "/3/tv/1396/season/1": 1,
                "/3/tv/1396?append_to_response=season/1,season/2": 1,
                "/3/tv/999999999": 1,
            },
            "seasons": {"1396_1": 2, "1396_2": 1},
            "busiest_10_seconds": 3,
        }

    def test_the_busiest_ten_seconds_may_lie_anywhere(self) -> None:
        calls = CallLog()
        for now_seconds in (0.0, 9.0, 10.5, 11.0, 18.9, 30.0):
            calls.record("/", now_seconds, {})

        assert calls.as_json()["busiest_10_seconds"] == 4  # 9.0 to 18.9


class TestFaults:
    def test_a_status_with_headers_and_body(self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
        body = {"status_code": 25}
        stand_in.fail({"kind": "status", "status": 429, "headers": {"Retry-After": "2"}, "body": body})

        answer = tmdb.get("/tv/1396")

        assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (429, "2", body)

    def test_a_fault_with_times_is_over_after_them(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.fail({"path": "/tv/1396/season/1$", "times": 2, "kind": "status", "status": 503})

        asked = ["/tv/1396/season/1", "/tv/1396/season/2", "/tv/1396/season/1", "/tv/1396/season/1"]
        assert [tmdb.get(path).status_code for path in asked] == [503, 200, 503, 200]
        assert stand_in.calls()["total"] == 4

    def test_a_fault_finds_appended_seasons_by_their_readable_name(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.fail({"path": "season/2,season/3", "kind": "status", "status": 502})

        assert tmdb.get("/tv/1396", params=append("season/2", "season/3")).status_code == 502
        assert tmdb.get("/tv/1396", params=append("season/2")).status_code == 200

    def test_garbage_and_a_wrong_shape_are_answers_of_200(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.fail({"kind": "garbage", "times": 1}, {"kind": "wrong_shape", "times": 1})
        garbage, wrong_shape = tmdb.get("/tv/1396"), tmdb.get("/tv/1396")

        assert (garbage.status_code, wrong_shape.status_code) == (200, 200)
        with pytest.raises(json.JSONDecodeError):
            garbage.json()
        assert isinstance(wrong_shape.json(), list)

    @pytest.mark.parametrize("kind", ["half_body", "disconnect"])
    def test_the_connection_is_lost_and_the_next_call_is_good(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client, kind: str
    ) -> None:
        stand_in.fail({"kind": kind, "times": 1})

        with pytest.raises(LOST_CONNECTION):
            tmdb.get("/tv/1396")
        assert tmdb.get("/tv/1396").status_code == 200

    def test_a_hanging_call_runs_into_the_timeout(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.fail({"kind": "hang", "seconds": 600})

        with pytest.raises(httpx.ReadTimeout):
            tmdb.get("/tv/1396", timeout=0.1)

    def test_a_hang_is_over_in_time(self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
        stand_in.fail({"kind": "hang", "seconds": 0.05})

        answer = tmdb.get("/tv/1396")

        assert answer.elapsed.total_seconds() >= 0.05
        assert answer.json()["name"] == "Breaking Bad"

    def test_latency_delays_every_answer(self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
        stand_in.slow_down(0.05)

        assert all(tmdb.get(path).elapsed.total_seconds() >= 0.05 for path in ("/tv/1396", "/tv/1399"))

    @pytest.mark.parametrize("fault", [{"kind": "unheard"}, {}, {"kind": "status", "path": "("}])
    def test_what_describes_no_fault_is_refused(
        self, stand_in: RunningTmdbStandIn, fault: dict[str, Any]
    ) -> None:
        with pytest.raises(ValueError, match="fault"):
            stand_in.fail(fault)


class TestHolding:
    def test_held_answers_wait_for_their_release(
        self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client
    ) -> None:
        stand_in.hold("/season/")
        with ThreadPoolExecutor(2) as threads:
            held = [threads.submit(tmdb.get, f"/tv/1396/season/{number}") for number in (1, 2)]
            stand_in.wait_until_held(2)

            assert tmdb.get("/tv/1396").status_code == 200  # another path is not held
            assert not any(answer.done() for answer in held)
            assert stand_in.calls()["total"] == 3
            assert stand_in.release() == 2
            assert [answer.result().status_code for answer in held] == [200, 200]
        assert stand_in.held() == 0
        assert tmdb.get("/tv/1396/season/1").status_code == 200

    def test_whoever_leaves_is_no_longer_held(self, stand_in: RunningTmdbStandIn, tmdb: httpx.Client) -> None:
        stand_in.hold("/season/")

        with pytest.raises(httpx.ReadTimeout):
            tmdb.get("/tv/1396/season/1", timeout=0.1)
        stand_in.wait_until_none_is_held()

        assert stand_in.held() == 0

    def test_waiting_in_vain_is_an_error(self, stand_in: RunningTmdbStandIn) -> None:
        with pytest.raises(TimeoutError, match="0 answers were held"):
            stand_in.wait_until_held(1, within_seconds=0.01)


class TestItsEnd:
    def test_it_ends_with_its_block_though_answers_are_held(self) -> None:
        with ThreadPoolExecutor(1) as threads:
            with running_tmdb_stand_in() as stand_in:
                stand_in.hold("")
                held = threads.submit(httpx.get, f"{stand_in.base_url}/tv/1396", timeout=20)
                stand_in.wait_until_held()

            assert isinstance(held.exception(), LOST_CONNECTION)
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{stand_in.base_url}/tv/1396")

    def test_it_ends_when_its_parent_is_killed(self) -> None:
        parent_code = (
            "from local.stand_ins.running import running_tmdb_stand_in\n"
            "with running_tmdb_stand_in() as stand_in:\n"
            "    print(stand_in.base_url, flush=True)\n"
            "    input()\n"
        )
        command = [sys.executable, "-c", parent_code]
        with subprocess.Popen(  # noqa: S603  # the code is the one above
            command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            address = httpx.URL(parent.stdout.readline().strip())
            with socket.create_connection((address.host, address.port or 0), timeout=20) as connection:
                parent.kill()
                with suppress(ConnectionResetError):  # this too is an end
                    assert connection.recv(1) == b""

        with pytest.raises(httpx.ConnectError):
            httpx.get(address)
