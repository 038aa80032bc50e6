"""Documents and seasons as they are found in the wild."""

from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn
from shared.domain.enrichment import Renumbered
from shared.domain.season import SeasonNumber
from tests.emulator.harness import (
    Instance,
    User,
    all_keys,
    is_whole,
    made_show,
    new_show_id,
    season_document,
    watched,
)

pytestmark = pytest.mark.anyio


async def test_keys_that_are_no_episodes_are_reported_and_left_alone(instance: Instance, user: User) -> None:
    odd = ["abc", "1_", "1_1_1", "-1_2", "_1", "01_1"]
    before: dict[str, Any] = {**watched([*odd, "0_5", "1_1"]), "1_2": True}
    await user.track(1399, before)
    result = await instance.enrich(user.user_id, 1399)
    assert result.plan.invalid == tuple(sorted([*odd, "1_2"]))
    assert result.plan.enriched == 2  # a special has season 0
    after = await user.episodes(1399)
    assert is_whole(after["0_5"])
    assert {key: after[key] for key in odd} == {key: before[key] for key in odd}
    assert after["1_2"] is True


async def test_an_episode_that_tmdb_does_not_have_is_unmatched(instance: Instance, user: User) -> None:
    await user.track(87108, watched(["1_1", "1_6", "7_1"]))
    result = await instance.enrich(user.user_id, 87108)
    assert (result.plan.enriched, result.plan.unmatched) == (1, ("1_6", "7_1"))


async def test_an_episode_renumbered_upstream_is_reported_and_not_moved(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    first, second = made_episodes(2)
    tmdb.put_show(show, {"name": "Made", "recorded_seasons": {"1": {"episodes": [first, second]}}})
    await user.track(show, watched(["1_1", "1_2"]))
    await instance.enrich(user.user_id, show)
    before = await user.episodes(show)
    # Another episode is put before the first, and the second goes.
    new = {**second, "id": 77, "episode_number": 1, "air_date": "1999-01-01", "name": "New"}
    tmdb.put_season(show, 1, [new, {**first, "episode_number": 2}])
    await instance.firestore.document(f"tmdb_cache/tv/seasons/{show}_1").delete()
    fresh = Instance(instance.settings)
    result = await fresh.enrich(user.user_id, show, refresh=True)
    assert result.plan.renumbered == (
        Renumbered("1_1", first["id"], SeasonNumber(1), 2),
        Renumbered("1_2", second["id"], None, None),
    )
    assert await user.episodes(show) == before
    await fresh.close()


async def test_a_document_of_three_thousand_episodes(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(30, 100))
    await user.track(show, watched(all_keys(30, 100)))
    result = await instance.enrich(user.user_id, show, wait=20)
    assert result.plan.enriched == 3_000
    assert tmdb.calls()["total"] == 2
    assert all(is_whole(entry) for entry in (await user.episodes(show)).values())


async def test_a_season_of_2868_episodes(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn, firestore: AsyncClient
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(1, 2_868))
    await user.track(show, watched(["1_1", "1_2868"]))
    result = await instance.enrich(user.user_id, show, wait=20)
    assert result.plan.enriched == 2
    assert len((await season_document(firestore, show, 1))["episodes"]) == 2_868
    # And read back from the cache by an instance that has not seen it.
    await user.track(show, watched(["1_1434"]))
    other = Instance(instance.settings)
    assert (await other.enrich(user.user_id, show, wait=20)).plan.enriched == 1
    assert tmdb.calls()["total"] == 1
    await other.close()


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("A 🧨 name", "A 🧨 name"),
        ("\ufeffSix Legs", "Six Legs"),
        ("Tab\tand\nline", "Tab and line"),
        ("  <i>Markup</i> ", "<i>Markup</i>"),
        ("Épisode\u202f1\u202f!", "Épisode\u202f1\u202f!"),
        ("`quoted`.and\\dotted", "`quoted`.and\\dotted"),
        ("x" * 5_000, "x" * 5_000),
    ],
    ids=["emoji", "byte order mark", "tab and line", "markup", "narrow blank", "quoting", "long"],
)
async def test_names_arrive_as_a_person_should_see_them(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn, sent: str, stored: str
) -> None:
    show = new_show_id()
    tmdb.put_show(
        show,
        {"name": "Made", "recorded_seasons": {"1": {"episodes": [{**made_episodes(1)[0], "name": sent}]}}},
    )
    await user.track(show, watched(["1_1"]))
    await instance.enrich(user.user_id, show)
    assert (await user.episodes(show))["1_1"]["episodeName"] == stored


@pytest.mark.parametrize("air_date", [None, "", "soon"])
async def test_an_unknown_air_date_is_null_and_is_filled_when_tmdb_learns_it(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn, air_date: str | None
) -> None:
    show = new_show_id()
    (episode,) = made_episodes(1)
    tmdb.put_show(
        show, {"name": "Made", "recorded_seasons": {"1": {"episodes": [{**episode, "air_date": air_date}]}}}
    )
    await user.track(show, watched(["1_1"]))
    await instance.enrich(user.user_id, show)
    assert (await user.episodes(show))["1_1"]["episodeAirDate"] is None
    again = await instance.enrich(user.user_id, show)
    assert (again.plan.changes, again.plan.complete) == ({}, 1)
    tmdb.put_season(show, 1, [episode])
    await instance.firestore.document(f"tmdb_cache/tv/seasons/{show}_1").delete()
    later = Instance(instance.settings)
    assert (await later.enrich(user.user_id, show)).plan.enriched == 1
    assert (await user.episodes(show))["1_1"]["episodeAirDate"] == episode["air_date"]
    await later.close()


async def test_a_season_that_vanished_keeps_what_the_user_has(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn
) -> None:
    show = new_show_id()
    tmdb.put_show(show, made_show(2, 3))
    await user.track(show, watched(["1_1", "2_1"]))
    await instance.enrich(user.user_id, show)
    before = await user.episodes(show)
    tmdb.remove_season(show, 2)
    await instance.firestore.document(f"tmdb_cache/tv/seasons/{show}_2").delete()
    later = Instance(instance.settings)
    result = await later.enrich(user.user_id, show, refresh=True)
    assert result.plan.unmatched == ("2_1",)
    assert await user.episodes(show) == before
    await later.close()


async def test_an_empty_season_is_not_asked_again(
    instance: Instance, user: User, tmdb: RunningTmdbStandIn
) -> None:
    await user.track(12551, watched(["6_1"]))
    await instance.enrich(user.user_id, 12551)
    other = Instance(instance.settings)
    assert (await other.enrich(user.user_id, 12551)).plan.unmatched == ("6_1",)
    assert tmdb.calls()["total"] == 1
    await other.close()


@pytest.mark.parametrize("episodes", [None, [], "none", {}])
async def test_a_document_without_a_map_of_episodes_has_nothing_to_enrich(
    instance: Instance, user: User, episodes: Any
) -> None:
    await user.track(1396, episodes)
    result = await instance.enrich(user.user_id, 1396)
    assert (result.plan.enriched, result.sources) == (0, {})
