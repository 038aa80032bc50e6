"""The claim on the season cache: who may populate, and what becomes of a claim that is not completed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.running import RunningTmdbStandIn
from shared.adapters.firestore import paths
from shared.domain.cache import Source
from shared.domain.movie import MovieId
from shared.domain.season import Episode, Season, SeasonKey, SeasonNumber, ShowId
from tests.emulator.harness import Instance, instance_settings, season_document

pytestmark = pytest.mark.anyio

KEY = SeasonKey(ShowId(1396), SeasonNumber(1))
ONE_EPISODE = Season({1: Episode(62085, "Pilot", "2008-01-20")})
STORED_EPISODE = {"1": {"episodeId": 62085, "episodeName": "Pilot", "episodeAirDate": "2008-01-20"}}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def put(firestore: AsyncClient, key: SeasonKey = KEY, **fields: Any) -> dict[str, Any]:
    document = {"status": "complete", "lastUpdated": LONG_AGO, "episodes": STORED_EPISODE, **fields}
    await firestore.document(paths.season_cache(key)).set(document)
    return document


@pytest.mark.parametrize("is_stale", [False, True], ids=["missing", "stale"])
async def test_of_two_hundred_claimers_at_once_one_wins_and_none_fails(
    instance: Instance, firestore: AsyncClient, is_stale: bool
) -> None:
    if is_stale:
        await put(firestore)
    records = await instance.cache.read([KEY])
    claims = await asyncio.gather(*(instance.cache.claim(records) for _ in range(200)))
    assert sum(claim is not None for claim in claims) == 1


async def test_several_seasons_are_claimed_together_or_not_at_all(
    instance: Instance, firestore: AsyncClient
) -> None:
    other = SeasonKey(ShowId(1396), SeasonNumber(2))
    records = await instance.cache.read([KEY, other])
    assert await instance.cache.claim([record for record in records if record.key == other]) is not None
    assert await instance.cache.claim(records) is None
    assert await season_document(firestore, 1396, 1) is None


async def test_a_completed_document_holds_exactly_the_fields_of_the_schema(
    instance: Instance, firestore: AsyncClient
) -> None:
    (claim,) = await instance.cache.claim(await instance.cache.read([KEY])) or ()
    assert await instance.cache.complete(claim, Season({**ONE_EPISODE.episodes, 2: Episode(7, None, None)}))
    document = await season_document(firestore, 1396, 1)
    assert abs(document.pop("lastUpdated") - datetime.now(UTC)) < timedelta(minutes=1)
    assert document == {
        "status": "complete",
        "episodes": {
            **STORED_EPISODE,
            "2": {"episodeId": 7, "episodeName": "", "episodeAirDate": None},
        },
    }


async def test_while_populating_the_old_episodes_stay_readable(
    instance: Instance, firestore: AsyncClient
) -> None:
    await put(firestore)
    await instance.cache.claim(await instance.cache.read([KEY]))
    document = await season_document(firestore, 1396, 1)
    assert document["status"] == "populating"
    assert document["episodes"] == STORED_EPISODE


async def test_releasing_puts_back_what_was_there_to_the_letter(
    instance: Instance, firestore: AsyncClient
) -> None:
    before = await put(firestore)
    (claim,) = await instance.cache.claim(await instance.cache.read([KEY])) or ()
    assert await instance.cache.release(claim)
    assert await season_document(firestore, 1396, 1) == before


async def test_releasing_the_claim_of_a_missing_season_leaves_nothing(
    instance: Instance, firestore: AsyncClient
) -> None:
    (claim,) = await instance.cache.claim(await instance.cache.read([KEY])) or ()
    assert await instance.cache.release(claim)
    assert await season_document(firestore, 1396, 1) is None


async def test_a_claim_taken_over_can_neither_complete_nor_release(
    instance: Instance, firestore: AsyncClient
) -> None:
    (slow,) = await instance.cache.claim(await instance.cache.read([KEY])) or ()
    # The lease is the loader's to judge; the adapter claims whatever record it is given.
    (quick,) = await instance.cache.claim(await instance.cache.read([KEY])) or ()
    assert not await instance.cache.complete(slow, Season({}))
    assert not await instance.cache.release(slow)
    assert await instance.cache.complete(quick, ONE_EPISODE)
    assert not await instance.cache.complete(slow, Season({}))
    assert (await season_document(firestore, 1396, 1))["episodes"] == STORED_EPISODE


@pytest.mark.parametrize(
    "garbage",
    [
        {"status": "done"},
        {"status": None, "lastUpdated": None},
        {"lastUpdated": "yesterday"},
        {"episodes": ["a"]},
        {"episodes": {"one": {}}},
        {"episodes": {"1": {"episodeId": None}}},
    ],
    ids=str,
)
async def test_a_document_that_cannot_be_read_is_populated_anew(
    instance: Instance, firestore: AsyncClient, garbage: dict[str, Any]
) -> None:
    await put(firestore, **garbage)
    loaded = await instance.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season)
    assert loaded.source is Source.TMDB
    document = await season_document(firestore, 1396, 1)
    assert document["status"] == "complete"
    assert len(document["episodes"]) == 7


async def test_a_stale_season_is_served_while_another_call_repopulates(
    project: str, tmdb: RunningTmdbStandIn, firestore: AsyncClient, instance: Instance
) -> None:
    await put(firestore)
    tmdb.hold("/season/")
    claimer = asyncio.create_task(
        instance.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=20)
    )
    await asyncio.to_thread(tmdb.wait_until_held)
    other = Instance(instance_settings(project, tmdb.base_url))
    loaded = await other.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=20)
    assert loaded.source is Source.STALE
    assert loaded.value == ONE_EPISODE
    await asyncio.to_thread(tmdb.release)
    assert (await claimer).source is Source.TMDB
    await other.close()


async def test_who_finds_a_season_being_populated_waits_for_it_and_asks_nothing(
    project: str, tmdb: RunningTmdbStandIn, instance: Instance
) -> None:
    tmdb.hold("/season/")
    claimer = asyncio.create_task(
        instance.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=20)
    )
    await asyncio.to_thread(tmdb.wait_until_held)
    other = Instance(instance_settings(project, tmdb.base_url))
    impatient = await other.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=0)
    assert impatient.source is Source.PENDING
    waiting = asyncio.create_task(
        other.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=20)
    )
    await asyncio.to_thread(tmdb.release)
    assert (await claimer).source is Source.TMDB
    assert (await waiting).source is Source.CACHE
    assert tmdb.calls()["total"] == 1
    await other.close()


async def test_a_load_goes_on_when_the_request_that_began_it_stops_waiting(
    instance: Instance, tmdb: RunningTmdbStandIn
) -> None:
    tmdb.hold("/season/")
    first = await instance.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=0.05)
    assert first.source is Source.PENDING
    await asyncio.to_thread(tmdb.wait_until_held)
    second = asyncio.create_task(
        instance.seasons.get_season_from_cache_or_tmdb(KEY.show_id, KEY.season, wait=20)
    )
    await asyncio.to_thread(tmdb.release)
    assert (await second).source is Source.TMDB
    assert tmdb.calls()["total"] == 1


async def test_seasons_whose_number_of_the_show_are_gaps_are_complete_without_episodes(
    instance: Instance, firestore: AsyncClient
) -> None:
    show = ShowId(102626)  # TMDB lists its seasons 1 and 4, and answers 404 for 2
    loaded = await instance.seasons.get_seasons_from_cache_or_tmdb(show, map(SeasonNumber, (1, 2)))
    assert loaded[SeasonNumber(2)].value == Season({})
    assert (await season_document(firestore, 102626, 2))["status"] == "complete"
    alone = await instance.seasons.get_season_from_cache_or_tmdb(ShowId(110855), SeasonNumber(2))
    assert alone.value == Season({})


async def test_a_movie_is_cached_by_the_same_protocol(
    project: str, tmdb: RunningTmdbStandIn, instance: Instance, firestore: AsyncClient
) -> None:
    first = await instance.movies.get_movie_from_cache_or_tmdb(MovieId(27205))
    assert first.source is Source.TMDB
    document = (await firestore.document("tmdb_cache/movie/details/27205").get()).to_dict()
    assert document is not None
    document.pop("lastUpdated")
    assert document == {
        "movieId": 27205,
        "title": "Inception",
        "releaseDate": "2010-07-16",
        "movieStatus": "Released",
        "status": "complete",
    }
    other = Instance(instance_settings(project, tmdb.base_url))
    assert (await other.movies.get_movie_from_cache_or_tmdb(MovieId(27205))).source is Source.CACHE
    missing = await other.movies.get_movie_from_cache_or_tmdb(MovieId(999_999_999))
    assert missing.value is not None
    assert missing.value.title is None
    assert (await instance.movies.get_movie_from_cache_or_tmdb(MovieId(999_999_999))).source is Source.CACHE
    await other.close()
