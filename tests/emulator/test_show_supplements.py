"""What TheTVDB and OMDb add to a show, and that neither holds a sync up."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.stand_ins.running import (
    RunningOmdbStandIn,
    RunningTmdbStandIn,
    RunningTvdbStandIn,
    running_omdb_stand_in,
    running_tvdb_stand_in,
)
from shared.adapters.firestore import paths
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from tests.emulator.harness import Instance, instance_settings, new_show_id
from tests.emulator.published import read_topic
from tests.emulator.test_show_sync import TODAY, events, logs, stored, sync, weekly

pytestmark = pytest.mark.anyio

SERIES = 900_001
IMDB = "tt9900001"


@pytest.fixture(scope="module")
def tvdb_process() -> Iterator[RunningTvdbStandIn]:
    with running_tvdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def omdb_process() -> Iterator[RunningOmdbStandIn]:
    with running_omdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def tvdb(tvdb_process: RunningTvdbStandIn) -> RunningTvdbStandIn:
    tvdb_process.reset()
    tvdb_process.put_series(SERIES, {"name": "Made"})
    return tvdb_process


@pytest.fixture
def omdb(omdb_process: RunningOmdbStandIn) -> RunningOmdbStandIn:
    omdb_process.reset()
    omdb_process.put_title(
        IMDB,
        {"Title": "Made", "Type": "series", "imdbRating": "8.1", "imdbVotes": "1,234", "Metascore": "77"},
    )
    return omdb_process


@pytest.fixture
async def whole(
    emulators: Emulators,
    project: str,
    tmdb: RunningTmdbStandIn,
    tvdb: RunningTvdbStandIn,
    omdb: RunningOmdbStandIn,
) -> AsyncIterator[Instance]:
    """An instance that knows all three services."""
    settings = instance_settings(
        project,
        tmdb.base_url,
        TVDB_BASE_URL=tvdb.base_url,
        TVDB_API_KEY="stand-in",
        OMDB_BASE_URL=omdb.base_url,
        OMDB_API_KEY="stand-in",
    )
    instance = Instance(settings)
    async with read_topic(emulators, project, "timeline-events"):
        yield instance
    await instance.close()


def show(episodes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "Made",
        "external_ids": {"imdb_id": IMDB, "tvdb_id": SERIES},
        "recorded_seasons": {"1": {"episodes": episodes}},
    }


def undated(*names: str) -> list[dict[str, Any]]:
    episodes = weekly(len(names))
    for episode, name in zip(episodes, names, strict=True):
        episode |= {"name": name, "air_date": None}
    return episodes


def tvdb_episode(number: int, name: str, aired: str | None) -> Mapping[str, Any]:
    return {"id": 7_000_000 + number, "seasonNumber": 1, "number": number, "name": name, "aired": aired}


AIRED = (TODAY + timedelta(days=4)).isoformat()
OTHER = (TODAY + timedelta(days=11)).isoformat()


async def test_a_date_that_tmdb_lacks_comes_from_thetvdb_by_title_and_says_so(
    whole: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tvdb: RunningTvdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show(undated("The Return", "Episode 2")))
    # Their numbers are another show's: only the title says which is which.
    tvdb.put_episodes(
        SERIES, [tvdb_episode(5, "The return!", AIRED), tvdb_episode(2, "Something else", OTHER)]
    )
    await sync(whole, key)
    season = await stored(firestore, paths.show_season(key, SeasonNumber(1)))
    by_name = {episode["name"]: episode for episode in season["episodes"].values()}
    assert (by_name["The Return"]["airDate"], by_name["The Return"]["airDateSource"]) == (AIRED, "tvdb")
    assert by_name["Episode 2"]["airDate"] is None
    assert {event["date"] for event in (await events(firestore)).values()} == {AIRED}


async def test_a_date_of_tmdb_takes_the_place_of_thetvdbs(
    whole: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tvdb: RunningTvdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show(undated("The Return")))
    tvdb.put_episodes(SERIES, [tvdb_episode(1, "The Return", AIRED)])
    await sync(whole, key)
    assert (await sync(whole, key)).events == 0
    assert tvdb.calls()["by_path"][f"/v4/series/{SERIES}/episodes/official?page=0"] == 1  # once a day
    tmdb.put_season(key.tmdb_id, 1, [undated("The Return")[0] | {"air_date": OTHER}])
    await sync(whole, key)
    (event,) = (await events(firestore)).values()
    assert (event["date"], event["version"]) == (OTHER, 2)
    season = await stored(firestore, paths.show_season(key, SeasonNumber(1)))
    assert [one["airDateSource"] for one in season["episodes"].values()] == ["tmdb"]


async def test_a_revoked_token_of_thetvdb_is_renewed(
    whole: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tvdb: RunningTvdbStandIn
) -> None:
    tvdb.put_episodes(SERIES, [tvdb_episode(1, "The Return", AIRED)])
    for _ in range(2):
        key = ShowKey("tv", new_show_id())
        tmdb.put_show(key.tmdb_id, show(undated("The Return")))
        await sync(whole, key)
        season = await stored(firestore, paths.show_season(key, SeasonNumber(1)))
        assert [one["airDate"] for one in season["episodes"].values()] == [AIRED]
        tvdb.expire_tokens()


async def test_ratings_are_stored_and_asked_for_once_a_week(
    whole: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, omdb: RunningOmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show(weekly(1)))
    for later, calls in ((timedelta(0), 1), (timedelta(days=6), 1), (timedelta(days=8), 2)):
        await sync(whole, key, later=later)
        assert omdb.calls()["total"] == calls
    ratings = (await stored(firestore, paths.show(key)))["ratings"]
    assert (ratings["imdb"], ratings["metacritic"]) == ({"value": 8.1, "votes": 1234}, 77)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 500, "body": ""}, "partial"),
        ({"kind": "garbage"}, "partial"),
        (
            {
                "kind": "status",
                "status": 401,
                "body": {"Response": "False", "Error": "Request limit reached!"},
            },
            "partial",
        ),
        (
            {"kind": "status", "status": 200, "body": {"Response": "False", "Error": "Error getting data."}},
            "success",
        ),
    ],
)
async def test_an_omdb_that_has_nothing_does_not_hold_the_sync_up(
    whole: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    omdb: RunningOmdbStandIn,
    fault: Mapping[str, Any],
    status: str,
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show(weekly(1)))
    omdb.fail(fault)
    assert (await sync(whole, key)).events == 1
    (log,) = await logs(firestore)
    assert log["status"] == status
    assert "imdb" not in (await stored(firestore, paths.show(key)))["ratings"]


async def test_at_its_limit_omdb_is_not_asked_again_that_day(
    whole: Instance, tmdb: RunningTmdbStandIn, omdb: RunningOmdbStandIn
) -> None:
    omdb.limit_calls(0)
    for _ in range(3):
        key = ShowKey("tv", new_show_id())
        tmdb.put_show(key.tmdb_id, show(weekly(1)))
        await sync(whole, key)
    assert omdb.calls()["total"] == 1


async def test_a_thetvdb_that_is_down_does_not_hold_the_sync_up(
    whole: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tvdb: RunningTvdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show([*weekly(1), *undated("One", "The Return")[1:]]))
    tvdb.fail({"kind": "status", "status": 503, "body": ""})
    report = await sync(whole, key)
    assert (report.events, report.missing_sources) == (1, ("tvdb",))
    assert [log["status"] for log in await logs(firestore)] == ["partial"]
    tvdb.fail()
    tvdb.put_episodes(SERIES, [tvdb_episode(2, "The Return", AIRED)])
    assert (await sync(whole, key, later=timedelta(hours=4))).events == 1


async def test_a_date_that_thetvdb_takes_back_is_taken_back(
    whole: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, tvdb: RunningTvdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show(undated("The Return")))
    tvdb.put_episodes(SERIES, [tvdb_episode(1, "The Return", AIRED)])
    await sync(whole, key)
    tvdb.put_episodes(SERIES, [tvdb_episode(1, "The Return", None)])
    await sync(whole, key, later=timedelta(days=2))
    (event,) = (await events(firestore)).values()
    assert event["isWithdrawn"]
    assert (await stored(firestore, paths.show(key)))["sync"]["tvdbDates"] == {}


async def test_an_omdb_that_cannot_tell_a_title_is_asked_again_tomorrow(
    whole: Instance, tmdb: RunningTmdbStandIn, omdb: RunningOmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, show(weekly(1)))
    omdb.fail({"kind": "garbage"})
    for later, calls in ((timedelta(0), 1), (timedelta(hours=6), 1), (timedelta(hours=25), 2)):
        await sync(whole, key, later=later)
        assert omdb.calls()["total"] == calls
