"""TMDB on its bad days: what was there is put back, and the answer says what is pending."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.running import RunningTmdbStandIn
from shared.adapters.firestore import paths
from shared.adapters.http import Patience
from shared.domain.cache import Source
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from tests.emulator.harness import (
    IMPATIENT,
    Instance,
    User,
    instance_settings,
    is_whole,
    season_document,
    watched,
)

pytestmark = pytest.mark.anyio

SHOW = 1396
FAULTS: dict[str, dict[str, Any]] = {
    "401": {"kind": "status", "status": 401, "body": "{}"},
    "429 without Retry-After": {"kind": "status", "status": 429, "body": "{}"},
    "429 with Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "30"}, "body": "{}"},
    "500": {"kind": "status", "status": 500, "body": "oops"},
    "a 404 that is not TMDB's": {"kind": "status", "status": 404, "body": "<html>"},
    "garbage": {"kind": "garbage"},
    "another shape": {"kind": "wrong_shape"},
    "half a body": {"kind": "half_body"},
    "no answer": {"kind": "hang", "seconds": 5},
    "a closed connection": {"kind": "disconnect"},
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


async def settled(firestore: AsyncClient, season: int) -> Any:
    """The cache document once no claim is on it any longer."""
    while True:
        document = await season_document(firestore, SHOW, season)
        if document is None or document["status"] == "complete":
            return document


@every_fault
async def test_a_season_that_was_missing_is_missing_again_and_pending(
    instance: Instance, tmdb: RunningTmdbStandIn, firestore: AsyncClient, user: User, fault: dict[str, Any]
) -> None:
    before = watched(["1_1", "2_1"])
    await user.track(SHOW, before)
    tmdb.fail(fault)
    result = await instance.enrich(user.user_id, SHOW, wait=3)
    assert result.plan.pending == (1, 2)
    assert result.plan.enriched == 0
    assert await user.episodes(SHOW) == before
    assert await settled(firestore, 1) is None
    assert await settled(firestore, 2) is None


@every_fault
async def test_a_stale_season_is_put_back_and_served_and_the_rest_is_pending(
    instance: Instance, tmdb: RunningTmdbStandIn, firestore: AsyncClient, user: User, fault: dict[str, Any]
) -> None:
    stale = {
        "status": "complete",
        "lastUpdated": datetime(2020, 1, 1, tzinfo=UTC),
        "episodes": {"1": {"episodeId": 62085, "episodeName": "Pilot", "episodeAirDate": "2008-01-20"}},
    }
    await firestore.document(paths.season_cache(SeasonKey(ShowId(SHOW), SeasonNumber(1)))).set(stale)
    await user.track(SHOW, watched(["1_1", "1_2", "2_1"]))
    tmdb.fail(fault)
    result = await instance.enrich(user.user_id, SHOW, wait=3)
    assert result.sources == {1: Source.STALE, 2: Source.PENDING}
    assert result.plan.pending == (1, 2)
    assert result.plan.unmatched == ()
    episodes = await user.episodes(SHOW)
    assert is_whole(episodes["1_1"])
    assert episodes["1_2"] == watched(["1_2"])["1_2"]
    assert await settled(firestore, 1) == stale


async def test_what_fails_once_is_asked_again_and_nobody_notices(
    instance: Instance, tmdb: RunningTmdbStandIn, user: User
) -> None:
    await user.track(SHOW, watched(["1_1"]))
    tmdb.fail({"kind": "status", "status": 503, "body": "", "times": 2})
    result = await instance.enrich(user.user_id, SHOW, wait=10)
    assert result.plan.enriched == 1
    assert tmdb.calls()["total"] == 3


async def test_a_404_of_the_whole_show_is_an_answer_that_is_kept(
    instance: Instance, tmdb: RunningTmdbStandIn, firestore: AsyncClient, user: User
) -> None:
    unknown = 999_999_999
    await user.track(unknown, watched(["1_1", "2_1"]))
    result = await instance.enrich(user.user_id, unknown)
    assert result.plan.unmatched == ("1_1", "2_1")
    assert result.plan.pending == ()
    assert (await season_document(firestore, unknown, 2))["episodes"] == {}
    await instance.enrich(user.user_id, unknown)
    assert tmdb.calls()["total"] == 1


async def test_one_unreadable_season_of_several_does_not_take_the_others_with_it(
    instance: Instance, tmdb: RunningTmdbStandIn, firestore: AsyncClient, user: User
) -> None:
    show = 19885
    tmdb.put_season(show, 2, [{"id": 1, "episode_number": 1, "name": "x", "air_date": 5}])
    await user.track(show, watched(["1_1", "2_1", "3_1"]))
    result = await instance.enrich(user.user_id, show)
    assert result.plan.enriched == 2
    assert result.plan.pending == (2,)
    assert await season_document(firestore, show, 2) is None


async def test_while_the_circuit_is_open_nothing_is_asked_or_claimed_and_then_it_closes(
    project: str, tmdb: RunningTmdbStandIn, user: User
) -> None:
    patience = Patience(
        attempt_seconds=5, backoff_start=0.001, backoff_most=0.01, breaker_failures=3, breaker_seconds=3
    )
    instance = Instance(instance_settings(project, tmdb.base_url), patience=patience)
    await user.track(SHOW, watched(["1_1"]))
    tmdb.fail({"kind": "status", "status": 500, "body": ""})
    assert (await instance.enrich(user.user_id, SHOW)).plan.pending == (1,)
    asked = tmdb.calls()["total"]
    assert asked == 3
    assert (await instance.enrich(user.user_id, SHOW)).plan.pending == (1,)
    assert tmdb.calls()["total"] == asked
    tmdb.fail()
    async with asyncio.timeout(20):
        while (result := await instance.enrich(user.user_id, SHOW)).plan.pending:
            await asyncio.sleep(0.05)
    assert result.plan.enriched == 1
    assert tmdb.calls()["total"] == asked + 1
    await instance.close()


async def test_an_impatient_caller_is_answered_while_tmdb_hangs_and_the_claim_ends_by_itself(
    project: str, tmdb: RunningTmdbStandIn, firestore: AsyncClient, user: User
) -> None:
    settings = instance_settings(project, tmdb.base_url, CLAIM_LEASE_SECONDS="1.2")
    instance = Instance(settings, patience=Patience(attempt_seconds=10))
    await user.track(SHOW, watched(["1_1"]))
    tmdb.hold("/season/")
    result = await instance.enrich(user.user_id, SHOW, wait=0.3)
    assert result.plan.pending == (1,)
    assert (await season_document(firestore, SHOW, 1))["status"] == "populating"
    async with asyncio.timeout(20):
        assert await settled(firestore, 1) is None
    await instance.close()


async def test_a_token_that_tmdb_refuses_is_logged_as_an_error_without_the_token(
    project: str, tmdb: RunningTmdbStandIn, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    settings = instance_settings(project, tmdb.base_url, TMDB_ACCESS_TOKEN="wrong")
    instance = Instance(settings, patience=IMPATIENT)
    await user.track(SHOW, watched(["1_1"]))
    assert (await instance.enrich(user.user_id, SHOW)).plan.pending == (1,)
    assert tmdb.calls()["total"] == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "wrong" not in caplog.text
    await instance.close()
