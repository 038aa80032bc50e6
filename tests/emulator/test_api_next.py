"""What to watch next, over the API: which shows, in which order, by pages, and what it costs."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.auth_emulator import unsigned_token
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.season import SeasonNumber, ShowId
from shared.domain.show import ShowKey
from shared.domain.tracking import TrackingKey
from shared.usecases import read_next
from tests.emulator.harness import Instance
from tests.emulator.shows_api import client_of, ok
from tests.emulator.watching import ADA, DAY, EVE, NOW, TODAY, Days, follow, hold

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ada(instance: Instance, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app(instance), project) as client:
        yield client


def short(page: Any) -> list[str]:
    """Each show with what is next and how much is left, as `tv_1 1_2 of 5`."""
    return [
        f"{one['showId']} {one['nextEpisode']['season']}_{one['nextEpisode']['episode']} of {one['left']}"
        for one in page["next"]
    ]


def show(number: int) -> ShowKey:
    return ShowKey("tv", number)


def daily(count: int, last: date) -> Days:
    """Episodes, one a day, the last of them on that day."""
    return {number: last - (count - number) * DAY for number in range(1, count + 1)}


async def watch(firestore: AsyncClient, key: ShowKey, watched_at: datetime, *episodes: str) -> None:
    """Mark them as an app does."""
    entries = {one: {"watched": True, "watchedAt": watched_at} for one in episodes}
    path = paths.tracking(TrackingKey(ADA, ShowId(key.tmdb_id)))
    await firestore.document(path).set({"episodes": entries}, merge=True)


async def test_next_is_shown_with_all_that_an_app_needs(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient
) -> None:
    await follow(instance, show(1))
    assert ok(await ada.get("/tracking/next")) == {"next": [], "cursor": None}  # nothing is known of it yet
    seasons = {
        0: daily(2, TODAY),
        1: daily(3, TODAY - 90 * DAY),
        2: {**daily(2, TODAY), 3: TODAY + DAY, 4: None},
    }
    await hold(firestore, show(1), seasons)
    seen = datetime.combine(TODAY - 60 * DAY, time(20, 15), UTC)
    await watch(firestore, show(1), seen, "1_1", "1_3")
    expected = {
        "showId": "tv_1",
        "title": "Show 1",
        "posterPath": "/p.jpg",
        "nextEpisode": {
            "season": 2,
            "episode": 1,
            "episodeId": 2001,
            "name": "Name 1",
            "airDate": str(TODAY - DAY),
            "stillPath": None,
        },
        "left": 2,
        "isReopened": True,
        "lastWatchedAt": seen.isoformat().replace("+00:00", "Z"),
    }
    assert ok(await ada.get("/tracking/next")) == {"next": [expected], "cursor": None}
    with_specials = ok(await ada.get("/tracking/next?specials=true"))
    assert short(with_specials) == ["tv_1 2_1 of 4"]
    ok(await ada.put("/tracking/tv_1/watched", json={"season": 2, "episode": 2, "upTo": True}))
    assert short(ok(await ada.get("/tracking/next"))) == []
    assert short(ok(await ada.get("/tracking/next?specials=true"))) == ["tv_1 0_2 of 1"]
    ok(await ada.delete("/tracking/tv_1/watched?season=2"))
    assert short(ok(await ada.get("/tracking/next"))) == ["tv_1 2_1 of 2"]


async def test_the_most_recently_watched_or_aired_comes_first(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient
) -> None:
    old = daily(9, TODAY - 400 * DAY)
    for number, seasons in enumerate(
        [{1: old}, {1: old}, {1: daily(9, TODAY - 30 * DAY)}, {1: daily(40, TODAY + 20 * DAY)}, {1: old}],
        start=1,
    ):
        await hold(firestore, show(number), seasons)
    await hold(firestore, show(6), {1: {1: TODAY + DAY}})
    await follow(instance, *(show(number) for number in (1, 2, 3, 4, 6)))
    await follow(instance, show(5), last=(1, 4))
    await follow(instance, ShowKey("movie", 1))
    await watch(firestore, show(1), NOW - 3 * DAY, "1_1")
    await watch(firestore, show(2), NOW, "1_1", "1_2")
    await watch(firestore, show(9), NOW, "1_1")  # not followed
    assert short(ok(await ada.get("/tracking/next"))) == [
        "tv_2 1_3 of 7",
        "tv_4 1_1 of 20",  # it aired today
        "tv_1 1_2 of 8",
        "tv_3 1_1 of 9",
        "tv_5 1_5 of 5",
    ]


async def test_it_comes_in_pages_of_which_none_repeats_or_leaves_out_a_show(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 13):
        # Of every fourth it looks as if there were something left, and there is not.
        days: Days = {1: TODAY - 9 * DAY, 2: None} if number % 4 == 0 else daily(2, TODAY - number * DAY)
        await hold(firestore, show(number), {1: days})
        if number % 4 == 0:
            await watch(firestore, show(number), NOW - number * DAY, "1_1")
    await follow(instance, *(show(number) for number in range(1, 13)))

    async def pages(limit: int) -> list[list[str]]:
        found: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = ok(await ada.get(f"/tracking/next?limit={limit}{cursor and f'&cursor={cursor}'}"))
            found.append([one["showId"] for one in page["next"]])
            cursor = page["cursor"]
        return found

    wanted = [f"tv_{number}" for number in range(1, 13) if number % 4]
    for limit in (1, 2, 5, 12):
        found = await pages(limit)
        assert [key for page in found for key in page] == wanted
        assert all(len(page) <= limit for page in found)
    monkeypatch.setattr(read_next, "SHOWS_AT_ONCE", 5)
    by_windows = await pages(3)
    assert sorted(key for page in by_windows for key in page) == sorted(wanted)


async def test_what_it_costs(ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient) -> None:
    """For each show that is followed three reads, and for each on the page one or two seasons."""
    await follow(instance, *(show(number) for number in range(1, 11)))
    for number in range(1, 11):
        await hold(firestore, show(number), {n: daily(9, TODAY - (40 - n) * 9 * DAY) for n in range(1, 31)})

    async def spent(query: str = "") -> tuple[int, int]:
        counted = usage.begin()
        ok(await ada.get(f"/tracking/next{query}"))
        return counted.firestore_reads, counted.firestore_writes

    assert await spent() == (1 + 10 * 3 + 10, 0)  # nothing is watched: the first season of each
    assert await spent("?limit=3") == (1 + 10 * 3 + 3, 0)
    for number in range(1, 11):
        await watch(firestore, show(number), NOW, "3_4")
    assert await spent() == (1 + 10 * 3 + 10 * 2, 0)  # the season that they are in, and the next
    for number in range(1, 11):
        await watch(firestore, show(number), NOW, "30_9")
    assert await spent() == (1 + 10 * 3, 0)  # all is watched


async def test_what_cannot_be_read_is_passed_over(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient
) -> None:
    await follow(instance, *(show(number) for number in range(1, 6)))
    for number in range(1, 5):
        await hold(firestore, show(number), {1: daily(2, TODAY)})
    await firestore.document(paths.show(show(1))).update({"sync": "odd", "title": 5})
    await firestore.document(paths.show_season(show(2), SeasonNumber(1))).set({"episodes": 5})
    await firestore.document(paths.tracking(TrackingKey(ADA, ShowId(3)))).set({"episodes": "odd"})
    odd = {"seasons": {"1": 5, "x": {}, "2": {"episodeCount": "many"}}, "events": {"e": 5}}
    await firestore.document(paths.show(show(4))).update({"sync": odd})
    assert short(ok(await ada.get("/tracking/next?specials=true"))) == ["tv_3 1_1 of 2"]


@pytest.mark.parametrize(
    "query",
    [
        *["limit=0", "limit=51", "specials=maybe", "cursor=x", "cursor=WyJmb2xsb3dzIiwidHZfMSJd"],
        "cursor=WyJuZXh0IiwiIiwieCIsIiJd",  # ["next", "", "x", ""]
        "cursor=WyJuZXh0IiwiLi4iLCIwIiwiIl0",  # ["next", "..", "0", ""]
    ],
)
async def test_a_bad_query_is_refused(ada: httpx.AsyncClient, query: str) -> None:
    answer = await ada.get(f"/tracking/next?{query}")
    assert ok(answer, 422)["errors"][0]["field"] == query.partition("=")[0]


async def test_another_users_shows_are_not_among_them(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient, project: str
) -> None:
    await hold(firestore, show(1), {1: daily(2, TODAY)})
    await follow(instance, show(1))
    eve = {"Authorization": f"Bearer {unsigned_token(project, EVE)}"}
    assert ok(await ada.get("/tracking/next", headers=eve)) == {"next": [], "cursor": None}
