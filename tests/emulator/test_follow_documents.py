"""What is followed, as documents: with the user's list, the show's counts and the alerts, all or nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn
from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.tracked_shows import MOST_NOTIFICATIONS, FollowDocuments
from shared.domain.alert_plan import without_follower
from shared.domain.alert_preferences import AlertPreferences, ShowWishes, Timing, UserAlerts
from shared.domain.follow_state import FollowChange
from shared.domain.following import Following
from shared.domain.local_time import Zone
from shared.domain.schedule import StoredShow
from shared.domain.season import ShowId
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType
from shared.domain.tracking import TrackingKey, UserId
from shared.domain.watched import Watched
from shared.errors import InvalidRequest
from shared.usecases.sync_show import sync_show
from tests.emulator.alert_documents import ADA, EVE, NOW, SHOW, follow, made_notification, unfollow
from tests.emulator.harness import Instance, User, instance_settings, new_show_id, watched
from tests.emulator.published import ReadTopic, read_topic
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

TODAY = datetime.now(UTC).date()
WISHES = ShowWishes(
    is_silenced=True, notify_finale=False, notify_specials=True, only_within_episodes=0, timing=Timing(5)
)
WANTED = UserAlerts(Zone("Europe/Rome"), AlertPreferences(notify_finale=False, digest_hour=9))


@pytest.fixture
def follows(instance: Instance) -> FollowDocuments:
    return instance.follows


async def stored(firestore: AsyncClient, path: str) -> Any:
    return (await firestore.document(path).get()).to_dict()


async def counts(firestore: AsyncClient, key: ShowKey = SHOW) -> tuple[int, int, bool]:
    show = await stored(firestore, paths.show(key))
    return show["followerCount"], show["syncPriority"], show["isFollowed"]


async def held(firestore: AsyncClient) -> list[int]:
    """The ids of the series that are held."""
    ids: list[int] = (await stored(firestore, paths.HELD_SHOWS) or {}).get("tv", [])
    return ids


async def put_show(firestore: AsyncClient, key: ShowKey = SHOW, **fields: Any) -> None:
    """A show that was synced, and that nobody follows."""
    whole = {
        "followerCount": 0,
        "syncPriority": 1,
        "isFollowed": False,
        "posterPath": "/p.jpg",
        "sync": {"seasons": {}, "events": {}},
        **fields,
    }
    await firestore.document(paths.show(key)).set(whole)


async def test_what_is_followed_is_read_as_it_was_written(
    follows: FollowDocuments, firestore: AsyncClient
) -> None:
    state = await follows.state(ADA, SHOW)
    assert (state.following, state.show, state.user_version, state.user) == (None, None, None, UserAlerts())
    begun = Following(
        ADA, SHOW, True, wishes=WISHES, user=WANTED, last_watched=(2, 3), followed_at=NOW - timedelta(days=9)
    )
    planned = made_notification()
    assert await follows.write(FollowChange(state, begun, [planned]), NOW)

    after = await follows.state(ADA, SHOW)
    assert after.following is not None
    assert replace(after.following, version=None) == begun
    assert await follows.follows_of([(ADA, SHOW), (EVE, SHOW)]) == {(ADA, SHOW): after.following}
    assert await follows.followers(SHOW, None, 10) == [after.following]
    assert await follows.followed_by(ADA, None, 10) == [after.following]
    user = await stored(firestore, paths.user(ADA))
    assert (user["followedShows"], user["createdAt"]) == (["tv_1396"], NOW)
    assert (await stored(firestore, paths.notification(ADA, "episode_1")))["status"] == "pending"


async def test_a_show_that_is_not_held_gets_a_document_that_is_found_to_be_synced(
    follows: FollowDocuments, firestore: AsyncClient, instance: Instance
) -> None:
    await follow(follows, ADA)

    assert await counts(firestore) == (1, 2, True)
    assert await held(firestore) == [SHOW.tmdb_id]
    assert await instance.show_schedule.unseen(since=NOW - timedelta(days=7), limit=10) == [SHOW]
    show = (await follows.state(EVE, SHOW)).show
    assert show is not None
    assert (show.followers, show.sync_priority, show.is_synced) == (1, 2, False)
    assert await instance.events.show(SHOW) == show


@pytest.mark.parametrize(
    ("before", "after", "is_held"),
    [
        ((0, 1, False), (1, 2, True), True),
        ((0, 0, False), (1, 2, True), True),
        ((-3, -1, True), (1, 2, True), True),
        ((1, 2, True), (2, 3, True), False),
        ((7, 9, True), (8, 10, True), False),
        ((7, 9, False), (8, 10, True), False),
    ],
)
async def test_following_raises_the_counts_of_a_show_that_is_held(
    follows: FollowDocuments,
    firestore: AsyncClient,
    before: tuple[int, int, bool],
    after: tuple[int, int, bool],
    is_held: bool,
) -> None:
    followers, priority, is_followed = before
    await put_show(firestore, followerCount=followers, syncPriority=priority, isFollowed=is_followed)
    await follow(follows, ADA)

    assert await counts(firestore) == after
    assert (await held(firestore) == [SHOW.tmdb_id]) == is_held


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1, 2, True), (0, 1, False)),
        ((0, 0, True), (0, 1, False)),
        ((1, 1, True), (0, 1, False)),
        ((2, 3, True), (1, 2, True)),
        ((9, 12, True), (8, 11, True)),
    ],
)
async def test_whoever_stops_lowers_them(
    follows: FollowDocuments,
    firestore: AsyncClient,
    before: tuple[int, int, bool],
    after: tuple[int, int, bool],
) -> None:
    await follow(follows, ADA)
    followers, priority, is_followed = before
    await put_show(firestore, followerCount=followers, syncPriority=priority, isFollowed=is_followed)
    await unfollow(follows, ADA)

    assert await counts(firestore) == after
    assert (await stored(firestore, paths.user(ADA)))["followedShows"] == []
    assert await stored(firestore, paths.tracked_show(ADA, SHOW)) is None


async def test_stopping_withdraws_and_needs_neither_show_nor_user(
    follows: FollowDocuments, firestore: AsyncClient, instance: Instance
) -> None:
    await follow(follows, ADA, notifications=[made_notification()])
    (pending,) = await instance.notifications.pending_of_show(ADA, SHOW)
    withdrawn = without_follower(pending, NOW)
    assert withdrawn is not None
    await firestore.document(paths.show(SHOW)).delete()
    await firestore.document(paths.user(ADA)).delete()
    await unfollow(follows, ADA, notifications=[withdrawn])

    assert (await stored(firestore, paths.notification(ADA, "episode_1")))["reason"] == "not_followed"
    assert await stored(firestore, paths.show(SHOW)) is None
    assert await stored(firestore, paths.user(ADA)) is None


async def test_a_change_of_wishes_leaves_show_and_user_alone(
    follows: FollowDocuments, firestore: AsyncClient
) -> None:
    await follow(follows, ADA)
    show, user = await stored(firestore, paths.show(SHOW)), await stored(firestore, paths.user(ADA))
    state = await follows.state(ADA, SHOW)
    assert state.following is not None
    changed = FollowChange(state, replace(state.following, wishes=WISHES), [])
    spent = usage.begin()

    assert await follows.write(changed, NOW)
    assert spent.firestore_writes == 1
    assert not await follows.write(changed, NOW)
    assert await stored(firestore, paths.show(SHOW)) == show
    assert await stored(firestore, paths.user(ADA)) == user


OWN, PLANNED = paths.tracked_show(ADA, SHOW), paths.notification(ADA, "episode_1")


@pytest.mark.parametrize(
    ("begins", "path"),
    [(True, paths.user(ADA)), (True, OWN), (True, PLANNED), (False, OWN), (False, PLANNED)],
)
async def test_nothing_is_written_where_any_of_it_has_changed(
    follows: FollowDocuments, firestore: AsyncClient, begins: bool, path: str
) -> None:
    await firestore.document(paths.user(ADA)).set({"timezone": "Europe/Rome"})
    await put_show(firestore)
    if not begins:
        await follow(follows, ADA)
    state = await follows.state(ADA, SHOW)
    await firestore.document(path).set({"other": True})
    before = [one.to_dict() async for one in firestore.collection("shows").stream()]
    following = Following(ADA, SHOW, user=state.user) if begins else None

    assert not await follows.write(FollowChange(state, following, [made_notification()]), NOW)
    assert [one.to_dict() async for one in firestore.collection("shows").stream()] == before
    assert await stored(firestore, path) == {"other": True}


async def test_a_show_that_was_retired_meanwhile_is_read_again(
    follows: FollowDocuments, firestore: AsyncClient, instance: Instance
) -> None:
    await put_show(firestore)
    state = await follows.state(ADA, SHOW)
    assert state.show is not None
    assert await instance.show_schedule.retire([StoredShow(SHOW, state.show.version)]) == 1

    assert not await follows.write(FollowChange(state, Following(ADA, SHOW), []), NOW)
    await follow(follows, ADA)
    assert await counts(firestore) == (1, 2, True)
    assert await held(firestore) == [SHOW.tmdb_id]


async def test_retiring_says_that_nobody_follows(firestore: AsyncClient, instance: Instance) -> None:
    await put_show(firestore, isFollowed=True)
    show = await instance.events.show(SHOW)
    assert show is not None
    assert await instance.show_schedule.retire([StoredShow(SHOW, show.version)]) == 1
    assert await counts(firestore) == (0, 0, False)


async def test_many_follow_and_stop_at_once_and_the_counts_are_right(
    follows: FollowDocuments, firestore: AsyncClient
) -> None:
    users = [UserId(f"u{number:02}") for number in range(12)]
    await asyncio.gather(*(follow(follows, user) for user in users))
    assert await counts(firestore) == (12, 13, True)

    await asyncio.gather(*(unfollow(follows, user) for user in users[:9]))
    assert await counts(firestore) == (3, 4, True)
    assert [one.user_id for one in await follows.followers(SHOW, None, 50)] == users[9:]


async def test_of_two_devices_of_one_user_one_follows(
    follows: FollowDocuments, firestore: AsyncClient
) -> None:
    state = await follows.state(ADA, SHOW)
    change = FollowChange(state, Following(ADA, SHOW), [made_notification()])
    written = await asyncio.gather(*(follows.write(change, NOW) for _ in range(6)))

    assert sorted(written) == [False] * 5 + [True]
    assert await counts(firestore) == (1, 2, True)


async def test_followers_come_in_pages_by_user(follows: FollowDocuments, firestore: AsyncClient) -> None:
    users = [UserId(f"u{number:02}") for number in range(11)]
    for user in users:
        await follow(follows, user)
        await follow(follows, user, ShowKey("movie", 1396))
    # Elsewhere under such a name.
    for odd in ("users/u03/a/b/tracked_shows/tv_1396", "users/u04/tracked_shows/other"):
        await firestore.document(odd).set({"showKey": "tv_1396"})
    pages: list[list[str]] = []
    after: UserId | None = None
    spent = usage.begin()
    while True:
        page = await follows.followers(SHOW, after, 4)
        pages.append([one.user_id for one in page])
        if len(page) < 4:
            break
        after = page[-1].user_id

    assert pages == [["u00", "u01", "u02", "u03"], ["u04", "u05", "u06", "u07"], ["u08", "u09", "u10"]]
    assert spent.firestore_reads == 11 + 2


async def test_what_one_follows_comes_in_pages_by_key(
    follows: FollowDocuments, firestore: AsyncClient
) -> None:
    keys = [ShowKey("movie", 3), ShowKey("tv", 1), ShowKey("tv", 10), ShowKey("tv", 2)]
    for key in reversed(keys):
        await follow(follows, ADA, key)
    await firestore.document("users/ada/tracked_shows/odd").set({"showKey": "tv_5"})
    first = await follows.followed_by(ADA, None, 3)
    last = await follows.followed_by(ADA, first[-1].show_key, 3)

    assert [one.show_key for one in [*first, *last]] == keys
    assert len(last) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"user": 7, "isFavorite": "yes", "notifyFinale": 1, "followedAt": "long ago"},
        {"user": {"timezone": "Mars", "preferences": [1]}, "lastWatchedSeason": 1},
        {"lastWatchedSeason": "1", "lastWatchedEpisode": -2, "onlyWithinEpisodes": "all"},
    ],
)
async def test_what_cannot_be_read_is_as_by_default(
    follows: FollowDocuments, firestore: AsyncClient, odd: dict[str, Any]
) -> None:
    await firestore.document(paths.tracked_show(ADA, SHOW)).set({"showKey": "tv_1396", **odd})

    (following,) = await follows.followers(SHOW, None, 10)
    assert replace(following, version=None) == Following(ADA, SHOW)
    assert (await follows.state(ADA, SHOW)).following == following


async def test_of_too_many_alerts_the_soonest_are_planned(
    follows: FollowDocuments, instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    many = [
        made_notification(notification_id=f"e{number:03}", scheduled_for=NOW + timedelta(hours=number))
        for number in range(MOST_NOTIFICATIONS + 3)
    ]
    with caplog.at_level(logging.WARNING):
        await follow(follows, ADA, notifications=many[::-1])

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    planned = await instance.notifications.pending_of_show(ADA, SHOW)
    assert {one.notification_id for one in planned} == {
        one.notification_id for one in many[:MOST_NOTIFICATIONS]
    }


async def test_what_following_costs(
    project: str, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch, firestore: AsyncClient
) -> None:
    await put_show(firestore, followerCount=5, syncPriority=6)
    wire = count_on_the_wire(monkeypatch)
    counted = Instance(instance_settings(project, tmdb.base_url))

    async def cost(calling: Any) -> tuple[int, int]:
        wire.reset()
        spent = usage.begin()
        await calling
        assert wire.both == (spent.firestore_reads, spent.firestore_writes)
        return wire.both

    assert await cost(follow(counted.follows, ADA)) == (3, 3)
    assert await cost(follow(counted.follows, EVE, notifications=[made_notification(EVE)])) == (3, 4)
    assert await cost(counted.follows.followers(SHOW, None, 100)) == (2, 0)
    assert await cost(counted.follows.follows_of([(ADA, SHOW), (EVE, SHOW)])) == (2, 0)
    assert await cost(unfollow(counted.follows, ADA)) == (3, 3)
    assert await cost(counted.events.show(SHOW)) == (1, 0)
    await counted.close()


async def synced(instance: Instance, key: ShowKey) -> None:
    await sync_show(
        key,
        source=instance.shows,
        store=instance.show_documents,
        topics=instance.topics,
        supplements=instance.supplements,
        now=lambda: datetime.now(UTC),
    )


def airing(count: int, first_id: int = 9_000_001) -> list[dict[str, Any]]:
    """Episodes that air one a week from tomorrow on."""
    episodes = made_episodes(count, first_id=first_id)
    for number, episode in enumerate(episodes):
        episode["air_date"] = (TODAY + timedelta(days=1 + 7 * number)).isoformat()
        episode["name"] = f"The {number + 1}th"
    return episodes


@pytest.fixture
async def timeline_events(emulators: Emulators, project: str) -> AsyncIterator[ReadTopic]:
    async with read_topic(emulators, project, "timeline-events") as made:
        yield made


async def test_the_first_sync_fills_what_was_made_for_its_followers(
    instance: Instance,
    firestore: AsyncClient,
    tmdb: RunningTmdbStandIn,
    timeline_events: ReadTopic,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = ShowKey("tv", new_show_id())
    show = {"name": "Made", "status": "Ended", "recorded_seasons": {"1": {"episodes": airing(3)}}}
    tmdb.put_show(key.tmdb_id, show)
    await follow(instance.follows, ADA, key)
    with caplog.at_level(logging.WARNING):
        await synced(instance, key)

    assert caplog.records == []
    document = await stored(firestore, paths.show(key))
    assert (document["title"], document["status"]) == ("Made", "ended")
    assert await counts(firestore, key) == (1, 2, True)
    assert document["createdAt"] == NOW
    types = {one.id: one.get("type") async for one in firestore.collection("timeline_events").stream()}
    assert types == {
        "episode_9000001": "series_premiere",
        "episode_9000002": "new_episode",
        "episode_9000003": "new_episode",
    }
    assert {message["eventId"] for message in await timeline_events.news()} == types.keys()
    followed = (await instance.follows.state(ADA, key)).show
    assert followed is not None
    assert followed.is_synced
    assert followed.about.seasons == ((1, 3),)
    assert followed.events.keys() == types.keys()
    assert await instance.events.show(key) == followed


@pytest.mark.usefixtures("timeline_events")
async def test_a_sync_leaves_what_followers_were_told_and_replaces_the_rest(
    instance: Instance, firestore: AsyncClient, tmdb: RunningTmdbStandIn
) -> None:
    key = ShowKey("tv", new_show_id())
    drop = airing(4)
    for episode in drop:
        episode["air_date"] = drop[0]["air_date"]
    tmdb.put_show(key.tmdb_id, {"name": "Made", "recorded_seasons": {"1": {"episodes": drop}}})
    await synced(instance, key)
    event_id = "episode_9000001"
    await instance.events.told(event_id, "whole_season")
    await firestore.document(paths.timeline_event(event_id)).update({"details.stale": True})
    before = await instance.events.read(event_id)
    assert before is not None
    assert (before.event.episode_count, before.told_kind) == (4, "whole_season")

    tmdb.put_season(key.tmdb_id, 1, airing(4))
    await synced(instance, key)
    after = await instance.events.read(event_id)
    assert after is not None
    assert (after.event.episode_count, after.event.version) == (1, 2)
    assert after.told_kind == "whole_season"
    assert after.event.event_type is EventType.SERIES_PREMIERE
    assert after.event.details == {}


async def test_an_event_that_is_gone_or_odd_is_none_and_is_not_made_by_telling(
    instance: Instance, firestore: AsyncClient
) -> None:
    await instance.events.told("episode_1", "episode")
    assert await instance.events.read("episode_1") is None
    assert await stored(firestore, paths.timeline_event("episode_1")) is None
    await firestore.document(paths.timeline_event("episode_2")).set({"type": "unheard", "toldKind": 5})
    with pytest.raises(InvalidRequest, match="episode_2"):
        await instance.events.read("episode_2")
    assert await instance.events.show(SHOW) is None


@pytest.mark.parametrize(
    ("fields", "seasons", "is_synced"),
    [
        (
            {"sync": {"seasons": {"0": {"episodeCount": 2}, "10": {"episodeCount": 7}}}},
            ((0, 2), (10, 7)),
            True,
        ),
        (
            {"sync": {"seasons": {}}, "seasons": [{"number": 1, "episodeCount": 8}, {"number": 2}]},
            ((1, 8),),
            True,
        ),
        ({"sync": {"seasons": {"x": {}, "1": 5}, "events": {"e": {}, "f": 1}}, "posterPath": 7}, (), True),
        ({"sync": 5, "seasons": 5}, (), False),
    ],
)
async def test_of_a_show_that_cannot_be_read_the_rest_is(
    instance: Instance, firestore: AsyncClient, fields: Any, seasons: Any, is_synced: bool
) -> None:
    await put_show(firestore, **fields)
    show = await instance.events.show(SHOW)

    assert show is not None
    assert (show.about.seasons, show.events, show.is_synced) == (seasons, {}, is_synced)
    assert (await instance.follows.state(ADA, SHOW)).show == show


async def test_what_was_watched_is_read_of_those_that_exist(instance: Instance, user: User) -> None:
    marked = watched(["1_1", "1_2"])
    await user.track(7, marked)
    await user.firestore.document("users/ada/episode_tracking/8").set({"title": "no map"})
    keys = {number: TrackingKey(ADA, ShowId(number)) for number in (7, 8, 9)}
    spent = usage.begin()

    found = await instance.tracking.watched(list(keys.values()))
    assert found == {keys[7]: Watched.of(marked), keys[8]: Watched()}
    assert spent.firestore_reads == 3
