"""A show is synced: what TMDB says is stored, what changed becomes events, and those are published."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.season import SeasonNumber, ShowId
from shared.domain.show import ShowKey
from shared.errors import Misconfigured, UpstreamError
from shared.usecases.sync_show import SyncReport, sync_show
from tests.emulator.harness import Instance, instance_settings, made_show, new_show_id, season_document
from tests.emulator.published import ReadTopic, read_topic
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

TODAY = datetime.now(UTC).date()
HOURS = timedelta(hours=1)


@pytest.fixture
async def events_topic(emulators: Emulators, project: str) -> AsyncIterator[ReadTopic]:
    async with read_topic(emulators, project, "timeline-events") as made:
        yield made


async def sync(instance: Instance, key: ShowKey, *, later: timedelta = timedelta(0)) -> SyncReport:
    return await sync_show(
        key,
        source=instance.shows,
        store=instance.show_documents,
        topics=instance.topics,
        supplements=instance.supplements,
        now=lambda: datetime.now(UTC) + later,
    )


def weekly(count: int, *, first_id: int = 9_000_001, start: int = 1) -> list[dict[str, Any]]:
    """Episodes that air from `start` days from today on, one a week."""
    episodes = made_episodes(count, first_id=first_id)
    for number, episode in enumerate(episodes):
        episode["air_date"] = (TODAY + timedelta(days=start + 7 * number)).isoformat()
        episode["name"] = f"The {number + 1}th"
    return episodes


def airing(count: int = 3, **show: Any) -> dict[str, Any]:
    return {"name": "Made", "recorded_seasons": {"1": {"episodes": weekly(count)}}, **show}


async def stored(firestore: AsyncClient, path: str) -> Any:
    return (await firestore.document(path).get()).to_dict()


async def events(firestore: AsyncClient) -> dict[str, dict[str, Any]]:
    return {one.id: one.to_dict() or {} async for one in firestore.collection("timeline_events").stream()}


async def logs(firestore: AsyncClient) -> list[dict[str, Any]]:
    found = [one.to_dict() or {} async for one in firestore.collection("sync_log").stream()]
    return sorted(found, key=lambda log: log["startedAt"])


def versions(messages: list[dict[str, Any]]) -> set[tuple[str, int]]:
    return {(message["eventId"], message["version"]) for message in messages}


async def test_a_new_show_is_stored_with_its_seasons_its_events_and_the_season_cache(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing(status="Returning Series"))
    report = await sync(instance, key)
    assert (report.is_known, report.seasons, report.episodes, report.events) == (True, 1, 3, 3)
    show = await stored(firestore, paths.show(key))
    assert (show["title"], show["status"], show["mediaType"]) == ("Made", "returning", "tv")
    assert (show["syncPriority"], show["isFollowed"], show["followerCount"]) == (1, False, 0)
    assert show["syncDueAt"] - show["lastSyncedAt"] < 7 * HOURS
    season = await stored(firestore, paths.show_season(key, SeasonNumber(1)))
    assert season["episodes"]["9000001"]["name"] == "The 1th"
    assert (await season_document(firestore, key.tmdb_id, 1))["episodes"]["1"]["episodeId"] == 9_000_001
    types = {event_id: event["type"] for event_id, event in (await events(firestore)).items()}
    assert types == {
        "episode_9000001": "series_premiere",
        "episode_9000002": "new_episode",
        "episode_9000003": "new_episode",
    }
    assert versions(await events_topic.news()) == {(event_id, 1) for event_id in types}
    held = await stored(firestore, paths.HELD_SHOWS)
    assert held["tv"] == [key.tmdb_id]
    (log,) = await logs(firestore)
    assert (log["status"], log["recordsUpdated"], log["error"]) == ("success", 6, None)
    assert log["expireAt"] - log["finishedAt"] == timedelta(days=30)


async def test_nothing_changed_costs_one_call_one_read_and_two_writes(
    project: str,
    tmdb: RunningTmdbStandIn,
    events_topic: ReadTopic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = count_on_the_wire(monkeypatch)
    instance = Instance(instance_settings(project, tmdb.base_url))
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, made_show(5, 20) | {"name": "Made"})
    await sync(instance, key)
    before = tmdb.calls()["total"]
    wire.reset()
    spent = usage.begin()
    report = await sync(instance, key)
    assert (report.seasons, report.events) == (0, 0)
    assert tmdb.calls()["total"] - before == 1
    assert wire.both == (1, 2)
    assert (spent.firestore_reads, spent.firestore_writes) == wire.both
    assert await events_topic.news() == []
    await instance.close()


async def test_one_renamed_episode_is_written_told_and_cached(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    await sync(instance, key)
    await events_topic.news()
    episodes = weekly(3)
    episodes[1]["name"] = "Its real name"
    tmdb.put_season(key.tmdb_id, 1, episodes)
    report = await sync(instance, key)
    assert (report.seasons, report.episodes, report.events) == (1, 1, 1)
    event = (await events(firestore))["episode_9000002"]
    assert (event["version"], event["description"]) == (2, "Season 1, episode 2: Its real name")
    assert versions(await events_topic.news()) == {("episode_9000002", 2)}
    cached = await season_document(firestore, key.tmdb_id, 1)
    assert cached["episodes"]["2"]["episodeName"] == "Its real name"
    loaded = await instance.seasons.get_season_from_cache_or_tmdb(ShowId(key.tmdb_id), SeasonNumber(1))
    assert loaded.value is not None
    assert loaded.value.episodes[2].name == "Its real name"


async def test_a_new_season_is_found_by_the_same_one_call(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    await sync(instance, key)
    before = tmdb.calls()["total"]
    tmdb.put_season(key.tmdb_id, 2, weekly(2, first_id=9_100_001, start=60))
    await sync(instance, key)
    assert tmdb.calls()["total"] - before == 1
    assert (await events(firestore))["episode_9100001"]["type"] == "season_premiere"
    del events_topic


async def test_a_show_of_197_seasons_fits(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, made_show(197, 12))
    report = await sync(instance, key)
    assert (report.seasons, report.episodes) == (197, 197 * 12)
    # 19 seasons a call beside the show and its ids; the first guess holds a season 0 that is not there.
    assert tmdb.calls()["total"] == 1 + -(-(197 - 18) // 19)
    assert await stored(firestore, paths.show_season(key, SeasonNumber(197))) is not None
    again = await sync(instance, key)
    assert (again.seasons, again.episodes) == (0, 0)


async def test_a_season_of_2868_episodes_fits(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, made_show(1, 2868))
    assert (await sync(instance, key)).episodes == 2868
    season = await stored(firestore, paths.show_season(key, SeasonNumber(1)))
    assert len(season["episodes"]) == 2868


async def test_of_two_syncs_at_once_one_writes_and_nothing_is_told_twice(
    project: str,
    instance: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    events_topic: ReadTopic,
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    other = Instance(instance_settings(project, tmdb.base_url))
    reports = await asyncio.gather(*(sync(one, key) for one in (instance, other)))
    assert sorted(report.events for report in reports) == [0, 3]
    assert {event["version"] for event in (await events(firestore)).values()} == {1}
    assert versions(await events_topic.news()) == {(event_id, 1) for event_id in await events(firestore)}
    await other.close()


async def test_what_could_not_be_published_is_published_by_the_next_sync(
    emulators: Emulators, instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, project: str
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    with pytest.raises(Misconfigured):  # there is no such topic yet
        await sync(instance, key)
    show = await stored(firestore, paths.show(key))
    assert len(show["sync"]["unpublished"]) == 3
    async with read_topic(emulators, project, "timeline-events") as topic:
        assert (await sync(instance, key)).events == 0
        assert versions(await topic.news()) == {(f"episode_900000{number}", 1) for number in (1, 2, 3)}
        await sync(instance, key)
        assert await topic.news() == []


async def test_a_season_that_is_gone_is_believed_at_the_second_sighting_hours_apart(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    await sync(instance, key)
    await events_topic.news()
    tmdb.remove_season(key.tmdb_id, 1)
    for later in (timedelta(0), timedelta(minutes=5), 2 * HOURS):
        assert (await sync(instance, key, later=later)).events == 0
    show = await stored(firestore, paths.show(key))
    assert show["syncDueAt"] - show["lastSyncedAt"] < 6 * HOURS
    assert (await sync(instance, key, later=4 * HOURS)).events == 3
    assert all(event["isWithdrawn"] for event in (await events(firestore)).values())
    assert {version for _, version in versions(await events_topic.news())} == {2}
    tmdb.put_season(key.tmdb_id, 1, weekly(3))
    await sync(instance, key, later=5 * HOURS)
    assert not any(event["isWithdrawn"] for event in (await events(firestore)).values())
    assert {version for _, version in versions(await events_topic.news())} == {3}


async def test_a_status_is_believed_at_the_second_sighting_and_told_with_its_evidence(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, made_show(1, 2) | {"status": "Returning Series"})
    await sync(instance, key)
    tmdb.put_show(key.tmdb_id, made_show(1, 2) | {"status": "Canceled"})
    await sync(instance, key)
    await sync(instance, key, later=timedelta(minutes=1))  # a message delivered twice is one sighting
    assert (await stored(firestore, paths.show(key)))["status"] == "returning"
    assert await events(firestore) == {}
    await sync(instance, key, later=4 * HOURS)
    assert (await stored(firestore, paths.show(key)))["status"] == "canceled"
    (event,) = (await events(firestore)).values()
    assert (event["type"], event["details"]["from"], event["details"]["to"]) == (
        "status_change",
        "returning",
        "canceled",
    )
    assert event["details"]["confirmedAt"] - event["details"]["firstSeenAt"] >= 3 * HOURS
    del events_topic


async def test_a_status_never_seen_before_changes_nothing(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, made_show(1, 2) | {"status": "Returning Series"})
    await sync(instance, key)
    tmdb.put_show(key.tmdb_id, made_show(1, 2) | {"status": "On Hiatus"})
    await sync(instance, key)
    await sync(instance, key, later=4 * HOURS)
    assert (await stored(firestore, paths.show(key)))["status"] == "returning"
    assert await events(firestore) == {}


async def test_a_show_that_tmdb_never_had_leaves_a_trace_and_nothing_else(
    instance: Instance, firestore: AsyncClient
) -> None:
    key = ShowKey("tv", new_show_id())
    assert (await sync(instance, key)).is_known is False
    assert await stored(firestore, paths.show(key)) is None
    assert [log["status"] for log in await logs(firestore)] == ["success"]


async def test_a_show_that_tmdb_drops_is_believed_gone_at_the_second_sighting(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    await sync(instance, key)
    tmdb.fail({"path": f"/tv/{key.tmdb_id}", "kind": "status", "status": 404, "body": {"status_code": 34}})
    assert (await sync(instance, key)).events == 0
    assert (await sync(instance, key, later=4 * HOURS)).events == 3
    assert (await stored(firestore, paths.show(key)))["status"] == "unknown"
    tmdb.fail()
    await sync(instance, key, later=8 * HOURS)
    assert (await stored(firestore, paths.show(key)))["status"] == "returning"
    assert not any(event["isWithdrawn"] for event in (await events(firestore)).values())
    del events_topic


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500, "body": ""},
        {"kind": "garbage"},
        {"kind": "wrong_shape"},
        {"kind": "disconnect"},
    ],
    ids=lambda fault: fault["kind"],
)
async def test_a_failing_tmdb_leaves_what_is_stored_and_a_failed_log(
    instance: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    events_topic: ReadTopic,
    fault: Mapping[str, Any],
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    await sync(instance, key)
    before = await stored(firestore, paths.show(key))
    tmdb.fail({"path": "/tv/", **fault})
    with pytest.raises(UpstreamError):
        await sync(instance, key)
    after = await stored(firestore, paths.show(key))
    # What cannot be read today is not the first in need again at the next run.
    postponed = after.pop("syncDueAt") - before.pop("syncDueAt")
    assert (postponed > 12 * HOURS) == (fault["kind"] in {"garbage", "wrong_shape"})
    assert after == before
    assert [log["status"] for log in await logs(firestore)] == ["success", "failed"]
    assert "tmdb" in (await logs(firestore))[-1]["error"]
    tmdb.fail()
    assert (await sync(instance, key)).events == 0
    del events_topic


async def test_a_document_that_cannot_be_read_is_written_anew(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing())
    await firestore.document(paths.show(key)).set({"title": 7, "followerCount": 3, "syncPriority": 9})
    assert (await sync(instance, key)).seasons == 1
    show = await stored(firestore, paths.show(key))
    assert (show["title"], show["followerCount"], show["syncPriority"]) == ("Made", 3, 9)
    del events_topic


async def test_a_version_goes_on_where_the_show_has_forgotten_its_event(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing(1))
    await sync(instance, key)
    tmdb.put_season(key.tmdb_id, 1, [weekly(1)[0] | {"air_date": None}])
    await sync(instance, key)
    assert (await events(firestore))["episode_9000001"]["isWithdrawn"]
    # Put off for months: by then the show no longer knows of it.
    await sync(instance, key, later=timedelta(days=70))
    assert (await stored(firestore, paths.show(key)))["sync"]["events"] == {}
    again = (TODAY + timedelta(days=100)).isoformat()
    tmdb.put_season(key.tmdb_id, 1, [weekly(1)[0] | {"air_date": again}])
    await sync(instance, key, later=timedelta(days=71))
    event = (await events(firestore))["episode_9000001"]
    assert (event["version"], event["isWithdrawn"], event["date"]) == (3, False, again)
    assert ("episode_9000001", 3) in versions(await events_topic.news())


async def test_a_movie_has_its_release_and_a_moved_date_raises_the_version(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    key = ShowKey("movie", new_show_id())
    released = (TODAY + timedelta(days=30)).isoformat()
    tmdb.put_movie(key.tmdb_id, {"title": "Made", "release_date": released, "status": "Post Production"})
    await sync(instance, key)
    event_id = f"release_{key}"
    assert (await events(firestore))[event_id]["date"] == released
    moved = (TODAY + timedelta(days=60)).isoformat()
    tmdb.put_movie(key.tmdb_id, {"title": "Made", "release_date": moved, "status": "Post Production"})
    await sync(instance, key)
    event = (await events(firestore))[event_id]
    assert (event["date"], event["version"], event["type"]) == (moved, 2, "movie_release")
    assert (await stored(firestore, paths.show(key)))["status"] == "post_production"
    assert versions(await events_topic.news()) == {(event_id, 1), (event_id, 2)}


async def test_whoever_begins_to_follow_meanwhile_costs_no_second_call(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn, events_topic: ReadTopic
) -> None:
    del events_topic
    key = ShowKey("tv", new_show_id())
    tmdb.put_show(key.tmdb_id, airing(1))
    await sync(instance, key)
    tmdb.put_season(key.tmdb_id, 1, [weekly(1)[0] | {"name": "Renamed"}])
    before = tmdb.calls()["total"]
    tmdb.hold(f"/tv/{key.tmdb_id}")
    syncing = asyncio.create_task(sync(instance, key))
    await asyncio.to_thread(tmdb.wait_until_held)
    await firestore.document(paths.show(key)).update({"followerCount": 7, "isFollowed": True})
    tmdb.release()

    assert (await syncing).events == 1
    assert tmdb.calls()["total"] == before + 1
    show = await stored(firestore, paths.show(key))
    assert (show["followerCount"], show["isFollowed"]) == (7, True)
