"""Search as apps use it: our shows first, misspelled or not, and TMDB's where we hold too few."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.stand_ins.running import RunningTmdbStandIn
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.rate_limit import SEARCH_MISS
from shared.domain.search import terms
from shared.domain.show import ShowKey
from shared.usecases import search_shows as module
from shared.usecases.search_shows import ENOUGH, MOST_FOUND, MOST_HELD, MOST_RESULTS
from tests.emulator.harness import IMPATIENT, Instance, instance_settings
from tests.emulator.shows_api import client_of, documents, hold, hold_titles, ok
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

BREAKING_BAD, DARK, INCEPTION = ShowKey("tv", 1396), ShowKey("tv", 70523), ShowKey("movie", 27205)


@pytest.fixture
def app(instance: Instance) -> FastAPI:
    return make_app(instance)


@pytest.fixture
async def ada(app: FastAPI, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, project) as client:
        yield client


async def found(client: httpx.AsyncClient, query: str, **more: str) -> list[str]:
    """The ids that a search finds, if it is whole."""
    answer = ok(await client.get("/shows/search", params={"q": query, **more}))
    assert answer["isPartial"] is False
    return [show["id"] for show in answer["shows"]]


async def test_what_we_hold_is_found_and_tmdb_adds_to_it(
    ada: httpx.AsyncClient, instance: Instance, tmdb: RunningTmdbStandIn
) -> None:
    await hold(instance, BREAKING_BAD)
    tmdb.reset()
    answer = ok(await ada.get("/shows/search?q=breaking%20bad"))

    assert [show["title"] for show in answer["shows"]] == [
        "Breaking Bad",
        "Breaking Bad: Original Minisodes",
        "Breaking Bad Fortune Teller",
        "Breaking the Deal with My Hockey Bad Boy",
        "The Bad Guys: The Series",
    ]
    assert answer["shows"][0] == {
        "id": "tv_1396",
        "mediaType": "tv",
        "title": "Breaking Bad",
        "originalTitle": "Breaking Bad",
        "premiereDate": "2008-01-20",
        "posterPath": None,
        "rating": None,
    }
    assert answer["isPartial"] is False
    assert tmdb.calls()["total"] == 1


@pytest.mark.parametrize("query", ["brekaing bad", "breking bad", "BREAKING  bád", "bad breaking"])
async def test_a_misspelled_one_is_found_among_ours_alone(
    ada: httpx.AsyncClient, instance: Instance, query: str
) -> None:
    await hold(instance, BREAKING_BAD, DARK)
    assert (await found(ada, query))[0] == "tv_1396"


async def test_one_kind_is_asked_for(ada: httpx.AsyncClient, instance: Instance) -> None:
    await hold(instance, INCEPTION, DARK)
    assert await found(ada, "inception") == ["movie_27205"]
    assert await found(ada, "inception", type="movie") == ["movie_27205"]
    assert await found(ada, "inception", type="tv") == []
    assert await found(ada, "dark", type="tv") == ["tv_70523"]
    answer = await ada.get("/shows/search", params={"q": "x", "type": "person"})
    assert ok(answer, 422)["errors"][0]["field"] == "type"


async def test_with_enough_of_ours_nobody_else_is_asked(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    titles = {
        ShowKey("tv", number): {
            "title": f"Dark {number}",
            "trigrams": terms(f"Dark {number}"),
            "followerCount": number,
        }
        for number in range(10, 10 + ENOUGH)
    }
    await hold_titles(firestore, titles)
    assert await found(ada, "dark") == ["tv_14", "tv_13", "tv_12", "tv_11", "tv_10"]
    assert tmdb.calls()["total"] == 0
    assert await documents(firestore, paths.FOUND_SHOWS) == {}


async def test_what_tmdb_found_is_found_again_however_it_is_spelled(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    assert (await found(ada, "breaking bad"))[0] == "tv_1396"
    kept = await documents(firestore, paths.FOUND_SHOWS)
    assert len(kept) == 5
    assert kept["tv_1396"]["expireAt"] > datetime.now(UTC) + timedelta(days=29)
    # Nothing is followed, synced or held by being found.
    assert await documents(firestore, paths.SHOWS) == {}
    assert await documents(firestore, "sync_state") == {}
    # TMDB itself finds nothing by this.
    assert (await found(ada, "braeking bad"))[0] == "tv_1396"
    tmdb.fail({"kind": "status", "status": 503})
    answer = ok(await ada.get("/shows/search?q=brekaing%20bad"))
    assert (answer["shows"][0]["id"], answer["isPartial"]) == ("tv_1396", True)


async def test_one_that_was_found_and_is_held_now_is_told_of_once(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient
) -> None:
    await found(ada, "breaking bad")
    await hold(instance, BREAKING_BAD)
    assert (await found(ada, "braking bad")).count("tv_1396") == 1
    assert (await found(ada, "breaking bad fort")).count("tv_1396") == 1
    assert "expireAt" not in (await documents(firestore, paths.SHOWS))["tv_1396"]


async def test_what_is_called_so_goes_before_what_is_called_alike(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    alike = {"title": "Dark Matter", "trigrams": terms("Dark Matter"), "followerCount": 9}
    await hold_titles(firestore, {ShowKey("tv", 5): alike})
    tmdb.put_show(7, {"name": "Dark"})
    ids = await found(ada, "dark", type="tv")
    assert ids.index("tv_7") < ids.index("tv_5")
    assert {"tv_70523", "tv_7", "tv_5"} <= {*ids}


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("🐉", 1),
        ("%", 1),
        ("%%%___", 1),
        ("שטיסל", 1),
        ("\u200fالرسالة\u200e", 1),
        ("a" * 200, 1),
        ("\\'\"`;--", 1),
    ],
)
async def test_an_odd_query_finds_nothing_and_says_so(
    ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn, query: str, calls: int
) -> None:
    assert await found(ada, query) == []
    assert tmdb.calls()["total"] == calls


@pytest.mark.parametrize("query", [" ", "\t\n", "\u200f", "\x00", "\ufeff \u200b"])
async def test_a_query_of_which_nobody_sees_anything_costs_nothing(
    ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn, query: str
) -> None:
    assert await found(ada, query) == []
    assert tmdb.calls()["total"] == 0


@pytest.mark.parametrize("query", ["q=", "q=" + "x" * 500, "", "q=" + "🐉" * 201])
async def test_no_query_and_one_that_is_too_long_are_refused(ada: httpx.AsyncClient, query: str) -> None:
    problem = ok(await ada.get(f"/shows/search?{query}"), 422)
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid_request", "q")


async def test_a_title_from_right_to_left_is_found(ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn) -> None:
    tmdb.put_show(88, {"name": "Shtisel", "original_name": "שטיסל"})
    assert await found(ada, "שטיסל") == ["tv_88"]
    assert await found(ada, "שטיסלל") == ["tv_88"]


@pytest.mark.parametrize("kind", ["status", "garbage", "wrong_shape", "half_body", "disconnect"])
async def test_with_tmdb_down_it_answers_from_what_we_hold(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, kind: str
) -> None:
    await hold(instance, BREAKING_BAD)
    tmdb.fail({"kind": kind, "path": "/search/"})
    answer = await ada.get("/shows/search?q=breaking")
    assert [show["id"] for show in ok(answer)["shows"]] == ["tv_1396"]
    assert answer.json()["isPartial"] is True
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert await documents(firestore, paths.API_CACHE) == {}


async def test_a_slow_tmdb_is_not_waited_for(
    ada: httpx.AsyncClient, instance: Instance, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TMDB_SECONDS", 0.2)
    await hold(instance, BREAKING_BAD)
    tmdb.hold("/search/")
    answer = ok(await ada.get("/shows/search?q=breaking"))
    assert ([show["id"] for show in answer["shows"]], answer["isPartial"]) == (["tv_1396"], True)
    tmdb.release()


async def test_without_a_share_of_tmdb_left_it_is_partial_too(
    project: str, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance(instance_settings(project, tmdb.base_url), patience=IMPATIENT, calls_per_10_seconds=1)
    async with client_of(make_app(instance), project) as ada:
        assert ok(await ada.get("/shows/search?q=breaking"))["isPartial"] is False
        monkeypatch.setattr(module, "TMDB_SECONDS", 0.2)
        assert ok(await ada.get("/shows/search?q=inception"))["isPartial"] is True
    await instance.close()
    assert tmdb.calls()["total"] == 1


async def test_many_who_search_the_same_at_once_cost_one_call(
    ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn, firestore: AsyncClient
) -> None:
    queries = ["breaking bad", "Breaking Bad", " breaking  bad ", "BREAKING bád"] * 10
    answers = await asyncio.gather(*(ada.get("/shows/search", params={"q": query}) for query in queries))
    assert len({ok(answer)["shows"][0]["id"] for answer in answers}) == 1
    assert tmdb.calls()["total"] == 1
    assert len(await documents(firestore, paths.API_CACHE)) == 1


async def test_what_a_search_costs(
    project: str,
    tmdb: RunningTmdbStandIn,
    firestore: AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    titles = {
        ShowKey("tv", number): {"title": f"Silo {number}", "trigrams": terms(f"Silo {number}")}
        for number in range(1_000, 1_000 + MOST_HELD + 50)
    }
    await hold_titles(firestore, titles)
    wire = count_on_the_wire(monkeypatch)
    one, other = (Instance(instance_settings(project, tmdb.base_url)) for _ in range(2))

    async def cost(instance: Instance, query: str) -> tuple[int, int, int]:
        wire.reset()
        counted = usage.begin()
        async with client_of(make_app(instance), project) as client:
            ok(await client.get("/shows/search", params={"q": query}))
        assert (counted.firestore_reads, counted.firestore_writes) == wire.both
        return (*wire.both, counted.calls["tmdb"])

    # Ours alone: the kept answer that is not there, the shows, and the answer that is kept.
    assert await cost(one, "silo") == (1 + MOST_HELD, 1, 0)
    assert await cost(one, "silo") == (0, 0, 0)
    assert await cost(other, "SILO") == (1, 0, 0)
    # With TMDB: also what was found earlier (nothing), and a write of each that is found now. That it was
    # asked is counted twice: for the user, and for where they are.
    assert await cost(one, "breaking bad") == (1 + 1 + 1, 5 + 1 + 2, 1)
    assert await cost(one, "breaking  bad") == (0, 0, 0)
    # What was found before and is found again is not written again.
    assert await cost(one, "breaking bad fortune") == (1 + 1 + 5, 1 + 2, 1)
    assert MOST_FOUND >= 5
    assert MOST_RESULTS >= ENOUGH
    for instance in (one, other):
        await instance.close()


async def test_without_a_token_nothing_is_searched(app: FastAPI, tmdb: RunningTmdbStandIn) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api/api/v1") as nobody:
        assert ok(await nobody.get("/shows/search?q=dark"), 401)["code"] == "not_signed_in"
    assert tmdb.calls()["total"] == 0


async def test_who_makes_tmdb_be_asked_too_often_is_told_to_wait_and_nobody_else(
    app: FastAPI, project: str, ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    most = SEARCH_MISS.per_user.most if SEARCH_MISS.per_user else 0
    for number in range(most):
        ok(await ada.get(f"/shows/search?q=nothing{number}x"))
    for path in ("/shows/search?q=anything", "/shows/tv_1396", "/shows/trending", "/shows/tv_1396/seasons/1"):
        refused = await ada.get(path)
        assert ok(refused, 429)["code"] == "too_many_requests"
        assert int(refused.headers["Retry-After"]) >= 1
    assert tmdb.calls()["total"] == most
    # What is known costs nothing, and is told.
    ok(await ada.get("/shows/search?q=nothing1x"))
    async with client_of(app, project, "eve") as eve:
        refused, told = await asyncio.gather(
            ada.get("/shows/search?q=sherlock"), eve.get("/shows/search?q=sherlock")
        )
        assert (refused.status_code, told.status_code) == (429, 200)
    ok(await ada.get("/shows/search?q=sherlock"))
