"""The shows' routes as apps call them: from our documents, from TMDB, out of the cache, and on bad days."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.kept_answer import KEPT_ON, LISTS, SHOW
from shared.domain.show import ShowKey
from shared.usecases import read_show
from tests.emulator.harness import Instance, instance_settings, new_show_id
from tests.emulator.shows_api import client_of, documents, hold, hold_titles, ok
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

BREAKING_BAD, SHERLOCK, ONE_PIECE = ShowKey("tv", 1396), ShowKey("tv", 19885), ShowKey("tv", 37854)
INCEPTION = ShowKey("movie", 27205)
TODAY = datetime.now(UTC).date()
NO_TMDB = {"kind": "status", "status": 503}


class Later(Instance):
    """An instance whose clock is ahead."""

    ahead = timedelta(0)

    @property
    def now(self) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC) + self.ahead


@pytest.fixture
async def instance(project: str, tmdb: RunningTmdbStandIn) -> AsyncIterator[Later]:
    running = Later(instance_settings(project, tmdb.base_url))
    yield running
    await running.close()


@pytest.fixture
def app(instance: Instance) -> FastAPI:
    return make_app(instance)


@pytest.fixture
async def ada(app: FastAPI, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, project) as client:
        yield client


async def test_a_show_is_told_from_our_document(
    ada: httpx.AsyncClient, instance: Instance, tmdb: RunningTmdbStandIn, firestore: AsyncClient
) -> None:
    await hold(instance, SHERLOCK)
    rated = {
        "ratings": {
            "tmdb": {"value": 8.5, "votes": 6_000},
            "imdb": {"value": 9.1, "votes": 1_000_000},
            "rottenTomatoes": 78,
        },
        "plot": "A plot.",
    }
    await firestore.document(paths.show(SHERLOCK)).update(rated)
    tmdb.reset()
    show = ok(await ada.get("/shows/tv_19885"))

    assert show["seasons"][0].keys() == {"number", "name", "airDate", "episodeCount", "posterPath"}
    assert {season["number"] for season in show.pop("seasons")} >= {1, 2, 3, 4}
    assert show == {
        "id": "tv_19885",
        "tmdbId": 19885,
        "mediaType": "tv",
        "title": "Sherlock",
        "originalTitle": "Sherlock",
        "status": "ended",
        "overview": None,
        "posterPath": None,
        "backdropPath": None,
        "genres": [],
        "network": None,
        "premiereDate": "2010-07-25",
        "runtime": None,
        "externalIds": show["externalIds"],
        "ratings": {
            "tmdb": {"value": 8.5, "votes": 6_000},
            "imdb": {"value": 9.1, "votes": 1_000_000},
            "rottenTomatoes": 78,
            "metacritic": None,
        },
        "plot": "A plot.",
        "awards": None,
    }
    assert tmdb.calls()["total"] == 0


@pytest.mark.parametrize("key", [SHERLOCK, INCEPTION], ids=str)
async def test_one_that_we_do_not_hold_is_told_alike_and_not_stored(
    ada: httpx.AsyncClient,
    instance: Instance,
    tmdb: RunningTmdbStandIn,
    firestore: AsyncClient,
    project: str,
    key: ShowKey,
) -> None:
    told = ok(await ada.get(f"/shows/{key}"))
    assert tmdb.calls()["total"] == 1
    assert await documents(firestore, paths.SHOWS) == {}
    assert await documents(firestore, "sync_state") == {}
    other = Instance(instance_settings(project, tmdb.base_url))
    async with client_of(make_app(other), project, "eve") as eve:
        assert ok(await eve.get(f"/shows/{key}")) == told
        await hold(instance, key)
        calls = tmdb.calls()["total"]
        assert calls == 2
    await other.close()
    fresh = Instance(instance_settings(project, tmdb.base_url))
    async with client_of(make_app(fresh), project) as again:
        assert ok(await again.get(f"/shows/{key}")) == told
    await fresh.close()
    assert tmdb.calls()["total"] == calls


async def test_one_that_is_followed_and_not_synced_yet_is_told_from_tmdb(
    ada: httpx.AsyncClient, firestore: AsyncClient
) -> None:
    unsynced = {"mediaType": "tv", "title": None, "status": "unknown", "followerCount": 1}
    await firestore.document(paths.show(SHERLOCK)).set(unsynced)
    assert ok(await ada.get("/shows/tv_19885"))["title"] == "Sherlock"
    assert (await firestore.document(paths.show(SHERLOCK)).get()).to_dict() == unsynced


@pytest.mark.parametrize(
    "key", ["tv_999999999", "movie_999999999", "1396", "tv_0", "tv_x", "person_1", "TV_1396", "tv_9999999990"]
)
async def test_what_does_not_exist_is_not_found(
    ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn, key: str
) -> None:
    for path in (f"/shows/{key}", f"/shows/{key}/seasons/1", f"/shows/{key}/episodes"):
        for _ in range(2):
            assert ok(await ada.get(path), 404)["code"] == "not_found"
    # That there is none is an answer, and is kept as one.
    assert tmdb.calls()["total"] == (1 if key.endswith("99") else 0)


@pytest.mark.parametrize("is_held", [True, False])
async def test_a_season_is_told_with_its_episodes(
    ada: httpx.AsyncClient, instance: Instance, is_held: bool
) -> None:
    if is_held:
        await hold(instance, BREAKING_BAD)
    season = ok(await ada.get("/shows/tv_1396/seasons/1"))
    assert (season["number"], season["airDate"], len(season["episodes"])) == (1, "2008-01-20", 7)
    assert season["episodes"][0] == {
        "season": 1,
        "number": 1,
        "episodeId": 62085,
        "name": "Pilot",
        "airDate": "2008-01-20",
        "overview": None,
        "runtime": 59,
        "stillPath": None,
        "type": "standard",
    }
    for path, status in (
        ("/shows/tv_1396/seasons/9", 404),
        ("/shows/movie_27205/seasons/1", 404),
        ("/shows/tv_1396/seasons/-1", 422),
        ("/shows/tv_1396/seasons/x", 422),
        (f"/shows/tv_1396/seasons/{10**30}", 422),
    ):
        ok(await ada.get(path), status)


async def all_pages(client: httpx.AsyncClient, path: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = ok(await client.get(f"{path}limit={limit}{cursor and f'&cursor={cursor}'}"))
        assert len(page["episodes"]) <= limit
        found += page["episodes"]
        cursor = page["cursor"]
    return found


@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_episodes_come_in_pages(
    ada: httpx.AsyncClient, instance: Instance, tmdb: RunningTmdbStandIn, is_held: bool, limit: int
) -> None:
    key = ShowKey("tv", new_show_id())
    days = [TODAY + timedelta(days=offset) for offset in (-20, -1, 0, 1, 30)]
    seasons = {}
    for number in (0, 1, 2):
        episodes = made_episodes(5, first_id=10_000 * (number + 1))
        for episode, day in zip(episodes, days, strict=True):
            episode["air_date"] = (day - timedelta(days=365 if number == 1 else 0)).isoformat()
        seasons[str(number)] = {"episodes": episodes}
    seasons["2"]["episodes"][4]["air_date"] = None
    tmdb.put_show(key.tmdb_id, {"name": "Made", "recorded_seasons": seasons})
    if is_held:
        await hold(instance, key)

    async def numbers(query: str) -> list[tuple[int, int]]:
        found = await all_pages(ada, f"/shows/{key}/episodes?{query}", limit)
        return [(episode["season"], episode["number"]) for episode in found]

    each = range(1, 6)
    assert await numbers("") == [(season, number) for season in (1, 2, 0) for number in each]
    assert await numbers("upcoming=true&") == [(2, 3), (2, 4), (0, 3), (0, 4), (0, 5)]
    assert await numbers("upcoming=false&") == [
        *((0, 2), (0, 1), (2, 2), (2, 1)),
        *((1, number) for number in reversed(each)),
    ]
    wrong = ok(await ada.get(f"/shows/{key}/episodes?cursor=nonsense"), 422)
    assert wrong["errors"][0]["field"] == "cursor"
    assert ok(await ada.get(f"/shows/{key}/episodes?limit=201"), 422)["errors"][0]["field"] == "limit"


async def test_a_movie_has_no_episodes(ada: httpx.AsyncClient) -> None:
    assert ok(await ada.get("/shows/movie_27205/episodes")) == {"episodes": [], "cursor": None}


async def test_forty_seasons_come_in_pages_too(ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn) -> None:
    found = await all_pages(ada, "/shows/tv_15871/episodes?upcoming=true&", 50)
    assert found == []
    # 19 seasons a page; all that are listed may have more, as far as is known of one that is not held.
    assert tmdb.calls()["total"] <= 1 + 3


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/shows/trending", ["House of the Dragon", "Ted Lasso", "The Shards"]),
        (
            "/shows/popular?type=tv",
            ["House of the Dragon", "Secret Mission - Undercover Agents Never Back Down!"],
        ),
        ("/shows/popular?type=movie", None),
        ("/shows/trending?type=movie", None),
    ],
)
async def test_a_list_is_tmdbs(
    ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn, path: str, titles: list[str] | None
) -> None:
    asked = [ok(await ada.get(path)) for _ in range(3)]
    assert asked[0] == asked[1] == asked[2]
    shows = asked[0]["shows"]
    if titles is None:
        assert {show["mediaType"] for show in shows} == {"movie"}
    else:
        assert [show["title"] for show in shows][: len(titles)] == titles
        assert {show["mediaType"] for show in shows} == {"tv"}
    assert tmdb.calls()["total"] == 1


async def test_a_list_comes_in_pages(ada: httpx.AsyncClient) -> None:
    first = ok(await ada.get("/shows/popular"))
    second = ok(await ada.get(f"/shows/popular?cursor={first['cursor']}"))
    assert second["shows"][0]["title"] == "Breaking Bad"
    for path in (
        f"/shows/trending?cursor={first['cursor']}",
        f"/shows/popular?type=movie&cursor={first['cursor']}",
        "/shows/popular?cursor=2",
    ):
        assert ok(await ada.get(path), 422)["errors"][0]["field"] == "cursor"


async def test_what_the_app_has_is_not_sent_again(ada: httpx.AsyncClient, instance: Instance) -> None:
    await hold(instance, SHERLOCK)
    for path, cache in (
        ("/shows/tv_19885", "private, max-age=60"),
        ("/shows/tv_19885/seasons/1", "private, max-age=60"),
        ("/shows/tv_19885/episodes", "private, max-age=60"),
        ("/shows/search?q=sherlock", "private, max-age=300"),
        ("/shows/trending", "private, max-age=600"),
        ("/timeline/week", "private, no-cache"),
    ):
        first = await ada.get(path)
        ok(first)
        again = await ada.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        for name in ("ETag", "Cache-Control", "Vary"):
            assert again.headers[name] == first.headers[name]
        assert first.headers["Cache-Control"] == cache
        assert "Authorization" in first.headers["Vary"]
        assert ok(await ada.get(path, headers={"If-None-Match": '"other"'})) == first.json()


async def test_a_sync_is_seen_after_a_minute(
    ada: httpx.AsyncClient, instance: Later, firestore: AsyncClient
) -> None:
    await hold(instance, SHERLOCK)
    before = await ada.get("/shows/tv_19885")
    await firestore.document(paths.show(SHERLOCK)).update({"title": "Sherlock Holmes"})
    assert (await ada.get("/shows/tv_19885")).headers["ETag"] == before.headers["ETag"]
    instance.ahead = timedelta(seconds=61)
    after = await ada.get("/shows/tv_19885", headers={"If-None-Match": before.headers["ETag"]})
    assert ok(after)["title"] == "Sherlock Holmes"


@pytest.mark.parametrize("kind", ["status", "garbage", "wrong_shape", "half_body", "disconnect"])
async def test_with_tmdb_down_what_we_hold_is_told_and_the_rest_is_a_503(
    ada: httpx.AsyncClient, instance: Instance, tmdb: RunningTmdbStandIn, kind: str
) -> None:
    await hold(instance, SHERLOCK)
    tmdb.fail({"kind": kind})
    for path in ("/shows/tv_19885", "/shows/tv_19885/seasons/1", "/shows/tv_19885/episodes"):
        ok(await ada.get(path))
    for path in ("/shows/tv_1396", "/shows/tv_1396/seasons/1", "/shows/movie_27205", "/shows/trending"):
        answer = await ada.get(path)
        assert ok(answer, 503)["code"] == "upstream_unavailable"
        assert answer.headers["Retry-After"]
        assert "ETag" not in answer.headers


async def test_with_tmdb_down_what_was_told_in_the_last_day_is_told_again(
    ada: httpx.AsyncClient, instance: Later, tmdb: RunningTmdbStandIn
) -> None:
    asked = ("/shows/tv_19885", "/shows/trending", "/shows/tv_19885/seasons/2")
    told = [ok(await ada.get(path)) for path in asked]
    tmdb.fail(NO_TMDB)
    instance.ahead = KEPT_ON
    assert [ok(await ada.get(path)) for path in asked] == told
    instance.ahead = LISTS + KEPT_ON
    for path in asked:
        ok(await ada.get(path), 503)


async def test_a_slow_tmdb_is_not_waited_for_without_end(
    ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_show, "TMDB_SECONDS", 0.2)
    tmdb.hold("/tv/1396")
    for path in ("/shows/tv_1396", "/shows/tv_1396/seasons/1"):
        assert ok(await ada.get(path), 503)["code"] == "upstream_unavailable"
    tmdb.release()


async def test_many_who_look_at_once_cost_one_call(ada: httpx.AsyncClient, tmdb: RunningTmdbStandIn) -> None:
    tmdb.hold("/tv/1396")
    asking = [asyncio.ensure_future(ada.get("/shows/tv_1396")) for _ in range(50)]
    await asyncio.to_thread(tmdb.wait_until_held)
    tmdb.release()
    assert {ok(answer)["title"] for answer in await asyncio.gather(*asking)} == {"Breaking Bad"}
    assert tmdb.calls()["total"] == 1


async def test_what_the_routes_cost(
    project: str, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = count_on_the_wire(monkeypatch)
    one, other = (Instance(instance_settings(project, tmdb.base_url)) for _ in range(2))
    await hold(one, SHERLOCK)

    async def cost(instance: Instance, path: str) -> tuple[int, int, int]:
        wire.reset()
        counted = usage.begin()
        async with client_of(make_app(instance), project) as client:
            ok(await client.get(path))
        assert (counted.firestore_reads, counted.firestore_writes) == wire.both
        return (*wire.both, counted.calls["tmdb"])

    # What we hold: the document is as near as what is kept of it would be.
    assert await cost(one, "/shows/tv_19885") == (1, 0, 0)
    assert await cost(one, "/shows/tv_19885") == (0, 0, 0)
    assert await cost(other, "/shows/tv_19885") == (1, 0, 0)
    assert await cost(one, "/shows/tv_19885/seasons/1") == (1, 0, 0)
    assert await cost(one, "/shows/tv_19885/episodes?limit=200") == (1 + 5, 0, 0)
    assert await cost(one, "/shows/tv_19885/episodes?upcoming=true") == (1, 0, 0)
    # What we do not hold: no document, nothing kept, and what is kept now. That TMDB is asked is counted
    # twice: for the user, and for where they are.
    assert await cost(one, "/shows/tv_1396") == (2, 1 + 2, 1)
    assert await cost(one, "/shows/tv_1396") == (0, 0, 0)
    assert await cost(other, "/shows/tv_1396") == (2, 0, 0)
    assert await cost(one, "/shows/trending") == (1, 1 + 2, 1)
    assert await cost(one, "/shows/trending") == (0, 0, 0)
    assert await cost(other, "/shows/trending") == (1, 0, 0)
    for instance in (one, other):
        await instance.close()


async def test_what_is_kept_expires_and_fits(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    ok(await ada.get("/shows/tv_1396"))
    (kept,) = (await documents(firestore, paths.API_CACHE)).values()
    assert kept["until"] - kept["madeAt"] == SHOW
    assert kept["expireAt"] - kept["until"] == KEPT_ON
    assert kept["uid"] is None
    long = [{**episode, "overview": "x" * 400} for episode in made_episodes(2_868, first_id=1)]
    tmdb.put_season(1396, 1, long)
    assert len(ok(await ada.get("/shows/tv_1396/seasons/1"))["episodes"]) == 2_868
    tmdb.fail(NO_TMDB)
    assert len(ok(await ada.get("/shows/tv_1396/seasons/1"))["episodes"]) == 2_868


@pytest.mark.parametrize(
    "fields",
    [
        {"body": 5},
        {"body": "not JSON"},
        {"madeAt": "today"},
        {"until": None},
        {"key": "another"},
        {"uid": "eve"},
    ],
)
async def test_a_kept_answer_may_hold_anything(
    ada: httpx.AsyncClient,
    firestore: AsyncClient,
    project: str,
    tmdb: RunningTmdbStandIn,
    fields: dict[str, Any],
) -> None:
    told = ok(await ada.get("/shows/tv_1396"))
    (name,) = await documents(firestore, paths.API_CACHE)
    await firestore.collection(paths.API_CACHE).document(name).update(fields)
    other = Instance(instance_settings(project, tmdb.base_url))
    async with client_of(make_app(other), project) as client:
        assert ok(await client.get("/shows/tv_1396")) == told
    await other.close()


@pytest.mark.parametrize(
    "document",
    [
        {"sync": 5},
        {"sync": {"seasons": {}}, "title": 5},
        {"sync": {"seasons": {"x": {}}}, "ratings": {}},
    ],
)
async def test_a_shows_document_that_cannot_be_read_does_no_harm(
    ada: httpx.AsyncClient, firestore: AsyncClient, document: dict[str, Any]
) -> None:
    await hold_titles(firestore, {BREAKING_BAD: document})
    assert ok(await ada.get("/shows/tv_1396"))["title"] == "Breaking Bad"
