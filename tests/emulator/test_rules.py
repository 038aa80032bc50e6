"""What firestore.rules let an app do by itself: every path × everyone × everything that can be done."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from local.emulators import Emulators
from shared.adapters.firestore import paths
from shared.domain.kept_answer import AnswerKey
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.show import ShowKey
from shared.domain.tracking import TrackingKey, UserId
from tests.emulator.harness import new_project
from tests.emulator.rules_database import PEOPLE, VERBS, RulesDatabase

# Get, list, create, update, delete. Whoever is named in a path as ada is the first of the columns.
TABLE = """
path                                      ada    eve    nobody admin

users/ada                                 g----  -----  -----  -----
users/ada/episode_tracking/1396           glcud  -----  -----  -----
users/ada/tracked_shows/tv_1396           gl---  -----  -----  -----
users/ada/tracked_shows/movie_603         gl---  -----  -----  -----
users/ada/devices/phone                   gl---  -----  -----  -----
users/ada/notifications/episode_62085     gl---  -----  -----  -----
users/ada/private/sessions                -----  -----  -----  -----
users/ada/private/calendar                -----  -----  -----  -----
users/ada/private/trakt                   -----  -----  -----  -----
users/ada/private/trakt/deeper/1          -----  -----  -----  -----
users/ada/new_one/1                       gl---  -----  -----  -----

tmdb_cache/tv                             -----  -----  -----  -----
tmdb_cache/tv/seasons/1396_1              g----  g----  -----  g----
tmdb_cache/movie/details/603              g----  g----  -----  g----
shows/tv_1396                             g----  g----  -----  g----
shows/tv_1396/seasons/1                   gl---  gl---  -----  gl---
timeline_events/episode_62085             gl---  gl---  -----  gl---

found_shows/tv_1396                       -----  -----  -----  -----
api_cache/search_0a                       -----  -----  -----  -----
rate_limits/search_ada                    -----  -----  -----  -----
calendar_keys/0a                          -----  -----  -----  -----
enrich_queue/ada_1396                     -----  -----  -----  -----
sync_state/held_shows                     -----  -----  -----  -----
sync_state/tvdb_token                     -----  -----  -----  -----
sync_log/1                                -----  -----  -----  -----
erasures/0a                               -----  -----  -----  -----
new_one/1                                 -----  -----  -----  -----

users/ada/episode_tracking/0              gl--d  -----  -----  -----
users/ada/episode_tracking/-1             gl--d  -----  -----  -----
users/ada/episode_tracking/01396          gl--d  -----  -----  -----
users/ada/episode_tracking/1396x          gl--d  -----  -----  -----
users/ada/episode_tracking/tv_1396        gl--d  -----  -----  -----
users/ada/episode_tracking/99999999999999999  gl--d  -----  -----  -----
users/ada/episode_tracking/1396/new_one/1     gl---  -----  -----  -----
"""

ROWS = [line.split() for line in TABLE.strip().splitlines()[1:] if line]

SHOW, USER = ShowKey("tv", 1396), UserId("ada")
EXAMPLES: dict[str, Any] = {
    "AnswerKey": AnswerKey("search"),
    "DeviceId": "phone",
    "MovieId": 603,
    "SeasonKey": SeasonKey(ShowId(1396), SeasonNumber(1)),
    "SeasonNumber": SeasonNumber(1),
    "ShowKey": SHOW,
    "TrackingKey": TrackingKey(USER, ShowId(1396)),
    "UserId": USER,
    "str": "any",
}


def collections() -> Iterator[str]:
    """The collections of all that `paths.py` can name, as ada's and of one show."""
    for name, value in vars(paths).items():
        if name.isupper() and isinstance(value, str):
            # Without a slash it is the name of a collection, which is in some path.
            if "/" in value:
                yield value if value.count("/") % 2 == 0 else value.rpartition("/")[0]
        elif inspect.isfunction(value) and value.__module__ == paths.__name__:
            asked = inspect.signature(value)
            if asked.return_annotation is str and "path" not in asked.parameters:
                kinds = [
                    getattr(one.annotation, "__name__", one.annotation) for one in asked.parameters.values()
                ]
                yield value(*(EXAMPLES[kind] for kind in kinds)).rpartition("/")[0]


@pytest.fixture(scope="module")
def database(emulators: Emulators) -> Iterator[RulesDatabase]:
    opened = RulesDatabase(emulators, new_project())
    yield opened
    opened.close()


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_who_may_do_what(database: RulesDatabase, who: str, row: list[str]) -> None:
    where, *expected = row
    assert database.allowed(who, where) == expected[PEOPLE.index(who)]


def test_every_collection_has_a_row() -> None:
    found = set(collections())
    assert {"users/ada/private", "shows/tv_1396/seasons", "sync_state", "api_cache"} <= found
    assert found <= {row[0].rpartition("/")[0] for row in ROWS}


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_reads_through_all_users_by_the_name_of_a_collection(
    database: RulesDatabase, who: str
) -> None:
    named = {row[0].split("/")[-2] for row in ROWS}
    assert {"episode_tracking", "private", "seasons", "devices"} <= named
    # Timeline events are everybody's, but only where they are: asked for by name, others could be among them.
    assert {name for name in named if database.may_query(who, name)} == set()


ENTRY = {"mapValue": {"fields": {"watched": {"booleanValue": True}}}}
TITLE = {"stringValue": "Breaking Bad"}


def episodes(*keys: str) -> dict[str, Any]:
    return {"mapValue": {"fields": dict.fromkeys(keys, ENTRY)}}


def below(key: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {"mapValue": {"fields": {key: entry}}}


def whole_entry() -> dict[str, Any]:
    """What the app and the functions have written."""
    fields = {
        "watched": {"booleanValue": True},
        "watchedAt": {"timestampValue": "2026-03-10T20:15:00Z"},
        "episodeId": {"integerValue": "62085"},
        "episodeName": {"stringValue": "Pilot"},
        "episodeAirDate": {"nullValue": None},
        "posterPath": {"stringValue": "/still.jpg"},
    }
    return below("1_1", {"mapValue": {"fields": fields}})


NO_ENTRIES: list[dict[str, Any]] = [
    {"booleanValue": True},
    {"nullValue": None},
    {"stringValue": "watched"},
    {"arrayValue": {"values": []}},
    {"mapValue": {"fields": {"watched": {"stringValue": "true"}}}},
    {"mapValue": {"fields": {"watched": {"nullValue": None}}}},
]

SHAPES = [
    pytest.param({"episodes": episodes("1_1", "0_12"), "title": TITLE}, True, id="as an app writes it"),
    pytest.param({"episodes": whole_entry(), "title": TITLE}, True, id="as the functions leave it"),
    pytest.param({"episodes": episodes("1_1", "999999_999999")}, True, id="the largest numbers"),
    pytest.param({"episodes": episodes()}, True, id="nothing watched yet"),
    pytest.param({"title": TITLE, "lastUpdated": {"integerValue": "1"}}, True, id="no episodes yet"),
    pytest.param({}, True, id="nothing"),
    pytest.param({"episodes": {"arrayValue": {"values": []}}}, False, id="a list"),
    pytest.param({"episodes": {"stringValue": "1_1"}}, False, id="a text"),
    pytest.param({"episodes": {"booleanValue": True}}, False, id="a switch"),
    pytest.param({"episodes": {"nullValue": None}}, False, id="null"),
    *(
        pytest.param({"episodes": episodes("1_1", key)}, False, id=f"key {key}")
        for key in (
            "1",
            "1_",
            "_1",
            "01_1",
            "1_01",
            "s1_1",
            "1-1",
            "1_1_1",
            "-1_1",
            "1_1 ",
            "1000000_1",
            "title",
            "١_1",
        )
    ),
    pytest.param({"episodes": below("1_1", {"mapValue": {}})}, True, id="an entry that says nothing"),
    *(pytest.param({"episodes": below("1_1", entry)}, False, id=f"an entry {entry}") for entry in NO_ENTRIES),
]


@pytest.mark.parametrize("verb", ["create", "update"])
@pytest.mark.parametrize(("fields", "is_allowed"), SHAPES)
def test_what_was_watched_has_a_known_shape(
    database: RulesDatabase, verb: str, fields: dict[str, Any], is_allowed: bool
) -> None:
    where = "users/ada/episode_tracking/1396"
    database.drop(where)
    if verb == "update":
        database.put(where, {"title": TITLE})
    assert database.may("ada", verb, where, fields) == is_allowed


@pytest.mark.parametrize(
    ("before", "after", "is_allowed"),
    [
        (["old key"], ["old key"], True),
        (["old key"], ["old key", "1_1"], True),
        (["old key", "1_1"], ["1_1"], True),
        (["old key"], ["old key", "new key"], False),
        (["1_1"], ["1_1", "new key"], False),
    ],
)
def test_what_was_there_before_may_stay(
    database: RulesDatabase, before: list[str], after: list[str], is_allowed: bool
) -> None:
    where = "users/ada/episode_tracking/1396"
    database.put(where, {"episodes": episodes(*before)})
    assert database.may("ada", "update", where, {"episodes": episodes(*after)}) == is_allowed


def test_rules_see_no_further_than_the_first_new_entry(database: RulesDatabase) -> None:
    """The functions have to take whatever else is there for an entry that cannot be read."""
    where = "users/ada/episode_tracking/1396"
    odd: dict[str, Any] = {"booleanValue": True}
    database.put(where, {"episodes": episodes("1_1")})
    assert database.may("ada", "update", where, {"episodes": below("1_1", odd)})
    both = {"mapValue": {"fields": {"1_1": ENTRY, "1_2": ENTRY, "1_3": odd}}}
    assert database.may("ada", "update", where, {"episodes": both})
    assert database.may("ada", "update", where, {"episodes": {"mapValue": {"fields": {"1_3": odd}}}})


def test_what_was_no_map_can_be_mended(database: RulesDatabase) -> None:
    where = "users/ada/episode_tracking/1396"
    database.put(where, {"episodes": {"stringValue": "1_1"}})
    assert not database.may("ada", "update", where, {"episodes": {"stringValue": "1_1"}, "title": TITLE})
    assert database.may("ada", "update", where, {"episodes": episodes("1_1")})


def test_a_very_long_show_can_be_written(database: RulesDatabase) -> None:
    where = "users/ada/episode_tracking/1396"
    keys = [f"{season}_{number}" for season in range(1, 31) for number in range(1, 201)]
    database.put(where, {"episodes": episodes(*keys[:-1])})
    assert database.may("ada", "update", where, {"episodes": episodes(*keys)})
    assert database.may("ada", "delete", where)
    assert database.may("ada", "create", where, {"episodes": episodes(*keys)})


def test_the_verbs_have_initials_of_their_own() -> None:
    assert len({verb[0] for verb in VERBS}) == len(VERBS)
