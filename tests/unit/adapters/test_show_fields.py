"""What is written of a show, a season and an event is read back as it was."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.firestore import show_fields
from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, ShowStatus
from shared.domain.show_changes import absorb
from shared.domain.show_record import FetchedShow, SeasonRecord, ShowRecord, StatusCandidate
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.version import Version

NOW = datetime(2026, 8, 22, 12, 0, 0, 123456, tzinfo=UTC)
KEY = ShowKey("tv", 1396)
VERSION = Version("as it was read")
ONE, TWO = SeasonNumber(1), SeasonNumber(2)

DROP = TimelineEvent(
    event_id="episode_7",
    event_type=EventType.SEASON_PREMIERE,
    show_key=KEY,
    title="A show",
    description="Season 2, 8 episodes",
    event_date="2026-09-01",
    season=2,
    episode=1,
    episode_id=7,
    episode_count=8,
    is_whole_season=True,
    is_withdrawn=True,
    details={"seasons": [2], "episodeIds": [7, 8]},
    version=5,
)
STATUS = TimelineEvent(
    event_id="status_tv_1396_1",
    event_type=EventType.STATUS_CHANGE,
    show_key=KEY,
    title="A show",
    description="returning → ended",
    event_date="2026-08-22",
    details={"from": "returning", "to": "ended", "firstSeenAt": NOW, "confirmedAt": NOW},
)
FULL = ShowRecord(
    facts=ShowFacts(
        key=KEY,
        title="A show",
        original_title="原題",
        status=ShowStatus.RETURNING,
        overview="What it is about.",
        poster_path="/p.jpg",
        backdrop_path="/b.jpg",
        genres=("Drama", "Crime"),
        network="A network",
        premiere_date="2008-01-20",
        runtime=47,
        rating=8.9,
        votes=12000,
        external_ids={"imdb": "tt0903747", "tvdb": 81189},
        seasons=(
            ListedSeason(SeasonNumber(0), None, None, None, None, None),
            ListedSeason(ONE, 3572, "Season 1", "2008-01-20", 7, "/1.jpg"),
        ),
    ),
    status=ShowStatus.RETURNING,
    seasons={
        SeasonNumber(0): SeasonRecord("e", 0, None, None, None, True, NOW, NOW),
        ONE: SeasonRecord("d", 7, 8, "2008-01-20", "2008-03-09", False, NOW - timedelta(days=3), NOW, NOW),
    },
    status_candidate=StatusCandidate(ShowStatus.ENDED, NOW),
    status_changes=3,
    events={DROP.event_id: DROP, STATUS.event_id: STATUS},
    unpublished=frozenset({"episode_7", "status_tv_1396_1"}),
    gone_since=NOW,
    tvdb_checked_at=NOW,
    tvdb_dates={62085: "2026-09-09"},
    ratings={"imdb": {"value": 9.5, "votes": 2}, "rottenTomatoes": 96, "metacritic": 87},
    plot="A plot",
    awards="Some",
    ratings_checked_at=NOW,
    sync_priority=9,
    due_at=NOW,
    version=VERSION,
)
EMPTY = ShowRecord(ShowFacts(KEY, None, None, ShowStatus.UNKNOWN), ShowStatus.UNKNOWN, version=VERSION)


def read_back(record: ShowRecord) -> ShowRecord:
    document = {**show_fields.show_fields(record), "syncPriority": record.sync_priority}
    assert_storable(document)
    return show_fields.show_record(record.facts.key, document, VERSION)


def assert_storable(value: object) -> None:
    """Firestore keeps these types and no others, no list in a list, and no name that is not a text."""
    match value:
        case None | bool() | int() | float() | str() | datetime():
            return
        case list():
            assert not any(isinstance(part, list) for part in value)
            for part in value:
                assert_storable(part)
        case dict():
            for name, part in value.items():
                assert type(name) is str
                assert name
                assert not name.startswith("__")
                assert_storable(part)
        case _:
            pytest.fail(f"{type(value)} cannot be stored")


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(FULL, id="everything set"),
        pytest.param(EMPTY, id="nothing set"),
        pytest.param(replace(EMPTY, facts=replace(EMPTY.facts, votes=3)), id="votes and no rating"),
        pytest.param(replace(EMPTY, facts=replace(EMPTY.facts, rating=0.5)), id="a rating and no votes"),
        pytest.param(replace(EMPTY, ratings={"metacritic": 3}), id="another's rating alone"),
        pytest.param(
            replace(EMPTY, facts=replace(EMPTY.facts, key=ShowKey("movie", 5), runtime=120)), id="a movie"
        ),
    ],
)
def test_a_record_is_read_back_as_it_was(record: ShowRecord) -> None:
    assert read_back(record) == record


@pytest.mark.parametrize("status", ShowStatus)
def test_every_status_is_read_back(status: ShowStatus) -> None:
    record = replace(EMPTY, status=status, facts=replace(EMPTY.facts, status=status))

    assert read_back(record) == record


def test_nothing_of_a_full_record_is_left_at_its_default() -> None:
    assert [
        one.name for one in fields(ShowRecord) if getattr(FULL, one.name) == getattr(EMPTY, one.name)
    ] == ["version"]


def test_what_is_seen_of_a_status_and_not_believed_is_kept_as_the_candidate_alone() -> None:
    seen = replace(FULL, facts=replace(FULL.facts, status=ShowStatus.ENDED))

    assert read_back(seen) == FULL


def test_what_a_sync_writes_leaves_those_who_follow_alone() -> None:
    assert (
        not {"syncPriority", "isFollowed", "followerCount", "createdAt"}
        & show_fields.show_fields(FULL).keys()
    )


def test_the_rating_of_tmdb_lies_beside_the_others() -> None:
    assert show_fields.show_fields(FULL)["ratings"] == {
        **FULL.ratings,
        "tmdb": {"value": 8.9, "votes": 12000},
    }


def test_absorbing_what_was_read_back_changes_nothing() -> None:
    episodes = tuple(EpisodeFacts(id_, id_, f"Name {id_}", "2026-08-25") for id_ in (1, 2, 3))
    listed = ListedSeason(ONE, 1, None, None, 3, None)
    facts = ShowFacts(KEY, "A show", None, ShowStatus.RETURNING, rating=7.5, votes=3, seasons=(listed,))
    show = FetchedShow(facts, frozenset({ONE, TWO}), {ONE: SeasonFacts(ONE, 1, None, None, None, episodes)})
    record = replace(absorb(None, show, NOW).record, version=VERSION)

    again = absorb(read_back(record), show, NOW)

    assert not again.has_changes
    assert again.record == record


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"sync": None},
        {"status": "unheard of"},
        {"syncDueAt": NOW, "sync": {}},
        {"seasons": [{}]},
        {"ratings": None},
    ],
)
def test_what_is_no_record_is_an_error_that_is_expected(broken: Mapping[str, Any]) -> None:
    document = {**show_fields.show_fields(FULL), "syncPriority": 1, **broken} if broken else {}

    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        show_fields.show_record(KEY, document, VERSION)


def test_a_season_record_without_its_times_is_an_error() -> None:
    document = {**show_fields.show_fields(FULL), "syncPriority": 1}
    document["sync"]["seasons"]["1"]["checkedAt"] = None

    with pytest.raises(TypeError):
        show_fields.show_record(KEY, document, VERSION)


@pytest.mark.parametrize("event", [DROP, STATUS, replace(STATUS, details={})])
def test_an_event_is_read_back_as_it_was(event: TimelineEvent) -> None:
    document = show_fields.event_fields(event)

    assert_storable(document)
    assert show_fields.event(event.event_id, document) == event
    assert document["isDrop"] is event.is_drop


FULL_EPISODE = EpisodeFacts(
    episode_id=62085,
    number=1,
    name="Pilot",
    air_date="2008-01-20",
    overview="o",
    runtime=58,
    still_path="/s.jpg",
    episode_type="finale",
    air_date_source="tvdb",
)


@pytest.mark.parametrize(
    "season",
    [
        pytest.param(
            SeasonFacts(ONE, 3572, "Season 1", "2008-01-20", "/p.jpg", (FULL_EPISODE,)), id="everything set"
        ),
        pytest.param(
            SeasonFacts(SeasonNumber(0), None, None, None, None, (EpisodeFacts(1, 0, None, None),)),
            id="nothing set",
        ),
        pytest.param(SeasonFacts(SeasonNumber(2025), None, None, None, None, ()), id="no episodes"),
        pytest.param(
            SeasonFacts(
                TWO, None, None, None, None, (EpisodeFacts(99, 2, "b", None), EpisodeFacts(5, 10, "a", None))
            ),
            id="ids in another order than numbers",
        ),
        pytest.param(
            SeasonFacts(
                ONE, None, None, None, None, (EpisodeFacts(5, 1, "a", None), EpisodeFacts(40, 1, "b", None))
            ),
            id="a number twice",
        ),
    ],
)
def test_a_season_is_read_back_as_it_was(season: SeasonFacts) -> None:
    document = show_fields.season_fields(season)

    assert_storable(document)
    found = show_fields.season({**document, "episodes": dict(reversed(document["episodes"].items()))})
    assert found == season
    assert found.digest == season.digest


def test_an_episode_that_is_fully_set_leaves_nothing_at_its_default() -> None:
    bare = EpisodeFacts(1, 0, None, None)

    assert not [
        one.name for one in fields(EpisodeFacts) if getattr(FULL_EPISODE, one.name) == getattr(bare, one.name)
    ]
