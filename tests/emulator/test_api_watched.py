"""Marking episodes as watched over the API, while apps and enrichment write the same document."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.auth_emulator import unsigned_token
from local.stand_ins.running import RunningTmdbStandIn
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.season import ShowId
from shared.domain.show import ShowKey
from shared.domain.tracking import TrackingKey
from shared.errors import Contention
from tests.emulator.harness import Instance, User, is_whole, made_show, new_show_id, watched
from tests.emulator.shows_api import client_of, ok
from tests.emulator.watching import ADA, DAY, EVE, NOW, TODAY, Days, follow, hold

pytestmark = pytest.mark.anyio

HELD = ShowKey("tv", 125988)


@pytest.fixture
async def ada(instance: Instance, project: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app(instance), project) as client:
        yield client


async def mark(client: httpx.AsyncClient, key: ShowKey, status: int = 200, **body: Any) -> Any:
    return ok(await client.put(f"/tracking/{key}/watched", json=body), status)


async def unmark(client: httpx.AsyncClient, key: ShowKey, **asked: Any) -> Any:
    return ok(await client.delete(f"/tracking/{key}/watched", params=asked))


async def document(firestore: AsyncClient, key: ShowKey) -> dict[str, Any]:
    """The entries of the tracking document; none where there is no document."""
    path = paths.tracking(TrackingKey(ADA, ShowId(key.tmdb_id)))
    held = (await firestore.document(path).get()).to_dict() or {}
    episodes: dict[str, Any] = held.get("episodes", {})
    return episodes


async def marks(firestore: AsyncClient, key: ShowKey) -> list[str]:
    """The keys that are marked."""
    entries = await document(firestore, key)
    return sorted(
        name for name, entry in entries.items() if isinstance(entry, dict) and entry["watched"] is True
    )


async def is_queued(firestore: AsyncClient, key: ShowKey) -> bool:
    path = paths.enrich_queue(TrackingKey(ADA, ShowId(key.tmdb_id)))
    return bool((await firestore.document(path).get()).exists)


SHOWN: dict[int, Days] = {
    0: {1: TODAY - 90 * DAY, 2: None},
    1: {1: TODAY - 80 * DAY, 2: TODAY - 70 * DAY, 3: None},
    2: {1: TODAY - 7 * DAY, 2: TODAY, 3: TODAY + 7 * DAY},
}


@pytest.mark.parametrize(
    ("body", "expected", "last"),
    [
        ({"season": 1, "episode": 2}, ["1_2"], (1, 2)),
        ({"season": 1}, ["1_1", "1_2"], (1, 2)),
        ({"season": 2}, ["2_1", "2_2"], (2, 2)),
        ({"season": 0}, ["0_1"], None),
        ({"season": 2, "episode": 1, "upTo": True}, ["1_1", "1_2", "2_1"], (2, 1)),
        ({"season": 2, "episode": 3, "upTo": True}, ["1_1", "1_2", "2_1", "2_2", "2_3"], (2, 3)),
        ({"season": 0, "episode": 1, "upTo": True}, ["0_1"], None),
    ],
)
async def test_what_is_named_is_marked_as_far_as_it_has_aired(
    ada: httpx.AsyncClient,
    instance: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    body: dict[str, Any],
    expected: list[str],
    last: tuple[int, int] | None,
) -> None:
    await hold(firestore, HELD, SHOWN)
    await follow(instance, HELD)
    for changed in (len(expected), 0):
        answer = await mark(ada, HELD, **body)
        assert answer == {
            "showId": str(HELD),
            "changed": changed,
            "lastWatchedSeason": last[0] if last else None,
            "lastWatchedEpisode": last[1] if last else None,
        }
    entries = await document(firestore, HELD)
    assert sorted(entries) == expected
    assert all(entry.keys() == {"watched", "watchedAt"} for entry in entries.values())
    assert all(NOW <= entry["watchedAt"] <= datetime.now(UTC) for entry in entries.values())
    (following,) = (await instance.follows.follows_of([(ADA, HELD)])).values()
    assert following.last_watched == last
    assert await is_queued(firestore, HELD)
    assert tmdb.calls()["total"] == 0

    gone = await unmark(ada, HELD, **body)
    assert (gone["changed"], gone["lastWatchedSeason"]) == (len(expected), None)
    assert (await unmark(ada, HELD, **body))["changed"] == 0
    after = await document(firestore, HELD)
    assert after == {key: {"watched": False, "watchedAt": None} for key in expected}


async def test_of_a_show_that_is_not_held_the_season_cache_is_asked(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, made_show(seasons=3, episodes=4))
    answer = await mark(ada, key, season=2, episode=3, upTo=True)
    assert (answer["changed"], answer["lastWatchedSeason"]) == (7, None)
    assert await marks(firestore, key) == [f"1_{n}" for n in range(1, 5)] + ["2_1", "2_2", "2_3"]
    calls = tmdb.calls()["total"]
    assert (await mark(ada, key, season=2))["changed"] == 1
    assert tmdb.calls()["total"] == calls
    for season in (4, 61, 999_999):
        missing = await mark(ada, key, 404, season=season, episode=1, upTo=True)
        assert missing["code"] == "not_found"
    assert await mark(ada, key, 404, season=9)
    assert len(await marks(firestore, key)) == 8


async def test_a_season_far_from_any_that_is_known_is_not_asked_for(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    await hold(firestore, HELD, SHOWN)
    assert (await mark(ada, HELD, 404, season=2_024))["code"] == "not_found"
    assert (await mark(ada, HELD, 404, season=2_024, episode=1, upTo=True))["code"] == "not_found"
    assert tmdb.calls()["total"] == 0


async def test_while_tmdb_is_down_one_episode_can_be_marked_and_no_season_by_halves(
    ada: httpx.AsyncClient, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.fail({"kind": "status", "status": 503, "body": ""})
    answer = await ada.put(f"/tracking/{key}/watched", json={"season": 1})
    assert ok(answer, 503)["code"] == "upstream_unavailable"
    assert "Retry-After" in answer.headers
    assert await document(firestore, key) == {}
    assert (await mark(ada, key, season=1, episode=1))["changed"] == 1


async def test_a_time_can_be_given_and_what_was_watched_before_keeps_its_own(
    ada: httpx.AsyncClient, firestore: AsyncClient
) -> None:
    await hold(firestore, HELD, SHOWN)
    await mark(ada, HELD, season=1, episode=1, watchedAt="2024-05-01T20:15:00.5+02:00")
    await mark(ada, HELD, season=1, watchedAt="2024-06-01T00:00:00Z")
    entries = await document(firestore, HELD)
    first, second = (entries[key]["watchedAt"].isoformat() for key in ("1_1", "1_2"))
    assert (first, second) == ("2024-05-01T18:15:00.500000+00:00", "2024-06-01T00:00:00+00:00")
    await mark(ada, HELD, season=1, episode=1)
    assert (await document(firestore, HELD)) == entries
    assert (await mark(ada, HELD, season=1, episode=1, watchedAt="2023-01-01T00:00:00Z"))["changed"] == 1
    assert (await document(firestore, HELD))["1_1"]["watchedAt"] == datetime(2023, 1, 1, tzinfo=UTC)


async def test_what_enrichment_has_written_stays_when_marks_come_and_go(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient, user: User
) -> None:
    key = ShowKey("tv", 70523)
    await user.track(70523, {**watched(["1_1", "1_2"]), "odd": "kept", "2_1": "not an entry"})
    await instance.enrich(ADA, 70523)
    before = await user.episodes(70523)
    await unmark(ada, key, season=1, episode=2)
    after = await user.episodes(70523)
    assert after == {**before, "1_2": {**before["1_2"], "watched": False, "watchedAt": None}}
    assert not await is_queued(firestore, key)
    await mark(ada, key, season=1, episode=2)
    again = await user.episodes(70523)
    assert {**again["1_2"], "watchedAt": None} == {**before["1_2"], "watchedAt": None}
    assert again["odd"] == "kept"
    assert not await is_queued(firestore, key)  # nothing is missing of it
    await mark(ada, key, season=2, episode=1)
    assert (await user.episodes(70523))["2_1"]["watched"] is True
    assert await is_queued(firestore, key)


async def test_marks_of_the_api_and_what_enrichment_writes_meanwhile_both_stand(
    ada: httpx.AsyncClient, instance: Instance, user: User
) -> None:
    """A hundred times: each mark stands when it is answered, and all is enriched in the end."""
    key = ShowKey("tv", 70523)
    keys = [(season, number) for season in (1, 2, 3) for number in range(1, 9)]
    await user.track(70523, watched([f"{season}_{number}" for season, number in keys]))
    is_marking, enriched = True, 0

    async def toggle() -> None:
        nonlocal is_marking
        chance = random.Random(6)  # noqa: S311
        for _ in range(100):
            season, number = chance.choice(keys)
            entry = (await user.episodes(70523))[f"{season}_{number}"]
            change = unmark if entry["watched"] else mark
            assert (await change(ada, key, season=season, episode=number))["changed"] == 1
            after = (await user.episodes(70523))[f"{season}_{number}"]
            assert after["watched"] is not entry["watched"]
            # And as apps do it, so that there is always something to enrich.
            await user.update(70523, {"episodes.`1_1`": {"watched": True, "watchedAt": NOW}})
        is_marking = False

    async def enrich_again_and_again() -> None:
        nonlocal enriched
        while is_marking:
            try:
                enriched += (await instance.enrich(ADA, 70523)).plan.enriched
            except Contention:
                continue

    await asyncio.gather(toggle(), enrich_again_and_again())
    assert enriched > len(keys)
    await instance.enrich(ADA, 70523)
    assert all(is_whole(entry) for entry in (await user.episodes(70523)).values())


async def test_of_many_requests_at_once_none_is_lost(
    ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient
) -> None:
    await follow(instance, HELD)
    numbers = list(range(1, 41))
    random.Random(6).shuffle(numbers)  # noqa: S311
    answers = await asyncio.gather(*(mark(ada, HELD, season=1, episode=number) for number in numbers))
    assert {answer["changed"] for answer in answers} == {1}
    assert len(await marks(firestore, HELD)) == 40
    (following,) = (await instance.follows.follows_of([(ADA, HELD)])).values()
    assert following.last_watched == (1, 40)
    await asyncio.gather(
        *(unmark(ada, HELD, season=1, episode=number) for number in numbers if number > 20),
        *(mark(ada, HELD, season=2, episode=number) for number in range(1, 4)),
        ada.post(f"/tracking/{HELD}/favorite", json={"isFavorite": True}),
    )
    assert len(await marks(firestore, HELD)) == 23
    (following,) = (await instance.follows.follows_of([(ADA, HELD)])).values()
    assert (following.last_watched, following.is_favorite) == ((2, 3), True)


async def test_how_far_a_user_is_goes_on_with_marks_and_back_without_them(
    ada: httpx.AsyncClient, instance: Instance
) -> None:
    await follow(instance, HELD, last=(2, 5))

    def at(answer: dict[str, Any]) -> tuple[Any, Any]:
        return answer["lastWatchedSeason"], answer["lastWatchedEpisode"]

    assert at(await mark(ada, HELD, season=1, episode=9)) == (2, 5)
    assert at(await unmark(ada, HELD, season=2, episode=5)) == (2, 4)  # it was only said, and never marked
    assert at(await mark(ada, HELD, season=3, episode=1)) == (3, 1)
    assert at(await unmark(ada, HELD, season=3)) == (1, 9)
    assert at(await unmark(ada, HELD, season=9, episode=9, upTo="true")) == (None, None)


async def test_what_it_costs(ada: httpx.AsyncClient, instance: Instance, firestore: AsyncClient) -> None:
    await hold(firestore, HELD, SHOWN)
    await follow(instance, HELD)
    # An instance looks up every 20 seconds who was erased: one read for all that is written meanwhile.
    await ada.delete("/me/devices/none")

    async def spent(asking: Any) -> tuple[int, int]:
        counted = usage.begin()
        await asking
        return counted.firestore_reads, counted.firestore_writes

    assert await spent(mark(ada, HELD, season=1, episode=1)) == (2, 3)  # with the queue of enrichment
    assert await spent(mark(ada, HELD, season=1, episode=1)) == (2, 0)
    assert await spent(mark(ada, HELD, season=2)) == (4, 3)
    assert await spent(mark(ada, HELD, season=2, episode=3, upTo=True)) == (5, 3)
    assert await spent(unmark(ada, HELD, season=1, episode=1)) == (2, 1)
    assert await spent(unmark(ada, HELD, season=2)) == (2, 2)
    assert await spent(unmark(ada, HELD, season=9)) == (2, 0)


BAD: list[tuple[str, Any, list[str]]] = [
    ("tv_1", {}, ["season"]),
    ("tv_1", {"season": -1}, ["season"]),
    ("tv_1", {"season": "1"}, ["season"]),
    ("tv_1", {"season": True}, ["season"]),
    ("tv_1", {"season": 1, "epsiode": 2}, ["epsiode"]),
    ("tv_1", {"season": 1, "episode": None}, ["episode"]),
    ("tv_1", {"season": 1, "episode": 1_000_000}, ["episode"]),
    ("tv_1", {"season": 1, "upTo": True}, ["upTo"]),
    ("tv_1", {"season": 1, "episode": 1, "upTo": 1}, ["upTo"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": None}, ["watchedAt"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": 1_700_000_000}, ["watchedAt"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": "1700000000"}, ["watchedAt"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": "2026-03-10"}, ["watchedAt"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": "2026-03-10T20:15:00"}, ["watchedAt"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": "0001-01-01T00:00:00+14:00"}, ["watchedAt"]),
    ("tv_1", {"season": 1, "episode": 1, "watchedAt": "2999-01-01T00:00:00Z"}, ["watchedAt"]),
    ("movie_1", {"season": 1, "episode": 1}, ["id"]),
]


@pytest.mark.parametrize(("key", "body", "wrong"), BAD)
async def test_what_makes_no_sense_is_refused(
    ada: httpx.AsyncClient, firestore: AsyncClient, key: str, body: Any, wrong: list[str]
) -> None:
    problem = ok(await ada.put(f"/tracking/{key}/watched", json=body), 422)
    assert (problem["code"], [error["field"] for error in problem["errors"]]) == ("invalid_request", wrong)
    assert await document(firestore, ShowKey.parse(key)) == {}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", "season"),
        ("season=x", "season"),
        ("season=1&epsiode=2", "epsiode"),
        ("season=1&episode=", "episode"),
        ("season=1&upTo=true", "upTo"),
        ("season=1&up_to=true&episode=1", "up_to"),
    ],
)
async def test_a_typo_unmarks_no_more_than_was_meant(
    ada: httpx.AsyncClient, firestore: AsyncClient, query: str, wrong: str
) -> None:
    key = ShowKey("tv", 1)
    await mark(ada, key, season=1, episode=1)
    problem = ok(await ada.delete(f"/tracking/tv_1/watched?{query}"), 422)
    assert [error["field"] for error in problem["errors"]] == [wrong]
    assert await marks(firestore, key) == ["1_1"]
    assert ok(await ada.delete("/tracking/x/watched?season=1"), 404)["code"] == "not_found"
    assert ok(await ada.put("/tracking/x/watched", json={"season": 1}), 404)["code"] == "not_found"


@pytest.mark.parametrize("held", [None, 5, "odd", ["1_1"], {"1_1": 5}, {"1_1": {"watched": "yes"}}])
async def test_the_document_may_hold_anything(
    ada: httpx.AsyncClient, firestore: AsyncClient, held: Any
) -> None:
    key = ShowKey("tv", 1)
    path = paths.tracking(TrackingKey(ADA, ShowId(1)))
    await firestore.document(path).set({"episodes": held, "title": "kept"})
    assert (await unmark(ada, key, season=1))["changed"] == 0
    assert (await mark(ada, key, season=1, episode=1))["changed"] == 1
    assert await marks(firestore, key) == ["1_1"]
    assert (await firestore.document(path).get()).get("title") == "kept"


async def test_another_users_document_is_out_of_reach(
    ada: httpx.AsyncClient, firestore: AsyncClient, project: str
) -> None:
    await mark(ada, HELD, season=1, episode=1)
    eve = {"Authorization": f"Bearer {unsigned_token(project, EVE)}"}
    gone = await ada.delete(f"/tracking/{HELD}/watched?season=1", headers=eve)
    assert ok(gone)["changed"] == 0
    assert await marks(firestore, HELD) == ["1_1"]
