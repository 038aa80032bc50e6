"""What users want to hear: how it is kept, and which switch asks for which alert."""

from dataclasses import replace
from datetime import time
from itertools import product
from typing import Any

import pytest

from shared.domain.alert_preferences import (
    ANY_NUMBER_BEHIND,
    ASKED_BY,
    MOST_HOURS_BEFORE,
    SWITCHES,
    AlertKind,
    AlertPreferences,
    ShowWishes,
    Timing,
    UserAlerts,
    timing_of,
    whole_number,
)
from shared.domain.local_time import QuietHours, Zone
from tests.unit.domain.silo import following

NIGHT = QuietHours(time(22), time(8))
GARBAGE: list[Any] = [None, "yes", "9", 1.5, -1_000, 10_000, [], {}, [9], {"from": "22:00"}, b"9"]


def switched(name: str, is_on: bool) -> dict[str, Any]:
    return {name: is_on}


KEYS = [
    *SWITCHES.values(),
    "onlyWithinEpisodes",
    "notifyHoursBefore",
    "notifyAtHour",
    "quietHours",
    "digestHour",
]


def test_who_says_nothing_hears_of_all_but_specials_at_nine_and_never_in_a_digest() -> None:
    assert AlertPreferences.of(None).as_fields() == {
        "notifyNewEpisode": True,
        "notifyNewSeason": True,
        "notifyFinale": True,
        "notifyStatusChange": True,
        "notifySpecials": False,
        "onlyWithinEpisodes": None,
        "notifyHoursBefore": None,
        "notifyAtHour": 9,
        "quietHours": None,
        "digestHour": None,
    }


def test_who_says_nothing_of_a_show_wants_it_as_all_shows() -> None:
    assert set(ShowWishes.of({}).as_fields().items()) == {
        ("isSilenced", False),
        *((key, None) for key in [*SWITCHES.values(), "onlyWithinEpisodes"]),
        ("notifyHoursBefore", None),
        ("notifyAtHour", None),
    }


@pytest.mark.parametrize("document", [None, 3, "text", [], [("notifyNewEpisode", False)], {}, {"other": 1}])
def test_what_are_no_preferences_are_the_usual_ones(document: object) -> None:
    assert AlertPreferences.of(document) == AlertPreferences()


@pytest.mark.parametrize("garbage", GARBAGE, ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_what_is_of_no_use_in_a_document_is_as_by_default(key: str, garbage: Any) -> None:
    rest = {"notifySpecials": True} if key != "notifySpecials" else {"notifyFinale": False}

    assert AlertPreferences.of({**rest, key: garbage}) == AlertPreferences.of(rest) != AlertPreferences()
    assert ShowWishes.of({**rest, key: garbage}) == ShowWishes.of(rest) != ShowWishes()


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("key", SWITCHES.values())
def test_a_number_is_no_switch(key: str, number: int) -> None:
    assert AlertPreferences.of({key: number}) == AlertPreferences()
    assert ShowWishes.of({key: number}) == ShowWishes()


@pytest.mark.parametrize("value", [1, "true", None, {}])
def test_only_true_silences(value: object) -> None:
    assert not ShowWishes.of({"isSilenced": value}).is_silenced
    assert ShowWishes.of({"isSilenced": True}).is_silenced


@pytest.mark.parametrize(
    "preferences",
    [
        AlertPreferences(),
        AlertPreferences(False, False, False, False, True),
        *(
            replace(AlertPreferences(), **switched(name, not getattr(AlertPreferences(), name)))
            for name in SWITCHES
        ),
        AlertPreferences(only_within_episodes=0),
        AlertPreferences(only_within_episodes=ANY_NUMBER_BEHIND),
        AlertPreferences(timing=Timing(0)),
        AlertPreferences(timing=Timing(MOST_HOURS_BEFORE)),
        AlertPreferences(timing=Timing(-MOST_HOURS_BEFORE)),
        AlertPreferences(timing=Timing(None, 0)),
        AlertPreferences(timing=Timing(2, 23)),
        AlertPreferences(quiet_hours=NIGHT, digest_hour=0),
        AlertPreferences(quiet_hours=QuietHours(time(12, 30), time(14, 15)), digest_hour=23),
    ],
)
def test_preferences_come_back_from_a_document_as_they_were(preferences: AlertPreferences) -> None:
    assert AlertPreferences.of(preferences.as_fields()) == preferences
    user = UserAlerts(Zone("Pacific/Kiritimati"), preferences)
    assert UserAlerts.of(user.as_fields()) == user


@pytest.mark.parametrize(
    "wishes",
    [
        ShowWishes(),
        ShowWishes(is_silenced=True),
        *(ShowWishes(**switched(name, is_on)) for name, is_on in product(SWITCHES, (True, False))),
        ShowWishes(only_within_episodes=0),
        ShowWishes(only_within_episodes=ANY_NUMBER_BEHIND),
        ShowWishes(timing=Timing(0)),
        ShowWishes(timing=Timing(-3)),
        ShowWishes(timing=Timing(None, 0)),
    ],
)
def test_wishes_come_back_from_a_document_as_they_were(wishes: ShowWishes) -> None:
    assert ShowWishes.of(wishes.as_fields()) == wishes


@pytest.mark.parametrize(
    ("document", "zone"),
    [
        ({"timezone": "Europe/Berlin"}, Zone("Europe/Berlin")),
        ({"timezone": "UTC"}, Zone("UTC")),
        ({"timezone": "Nowhere"}, Zone("UTC", is_assumed=True)),
        ({}, Zone("UTC", is_assumed=True)),
    ],
)
def test_where_a_user_is(document: dict[str, Any], zone: Zone) -> None:
    user = UserAlerts.of(document)

    assert user == UserAlerts(zone, AlertPreferences())
    assert UserAlerts.of(user.as_fields()) == user


def test_who_has_no_document_is_nowhere_and_wants_the_usual() -> None:
    assert UserAlerts() == UserAlerts.of({})
    assert UserAlerts().as_fields()["timezone"] is None


@pytest.mark.parametrize(
    ("document", "timing"),
    [
        ({}, None),
        ({"notifyHoursBefore": None, "notifyAtHour": None}, None),
        ({"notifyHoursBefore": 0}, Timing(0)),
        ({"notifyHoursBefore": -720}, Timing(-720)),
        ({"notifyHoursBefore": 721}, None),
        ({"notifyHoursBefore": -721}, None),
        ({"notifyHoursBefore": 721, "notifyAtHour": 7}, Timing(None, 7)),
        ({"notifyHoursBefore": 2, "notifyAtHour": 24}, Timing(2)),
        ({"notifyHoursBefore": 2, "notifyAtHour": 7}, Timing(2, 7)),
        ({"notifyAtHour": 0}, Timing(None, 0)),
        ({"notifyAtHour": -1}, None),
        ({"notifyHoursBefore": True, "notifyAtHour": False}, None),
    ],
)
def test_the_timing_of_a_document(document: dict[str, Any], timing: Timing | None) -> None:
    assert timing_of(document) == timing


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (23, 23), (-1, None), (24, None), (True, None), (False, None), (7.0, None), ("7", None)],
)
def test_a_whole_number_within_bounds(value: object, expected: int | None) -> None:
    assert whole_number(value, 0, 23) == expected


def is_asked_for(kind: AlertKind, on: set[str]) -> bool:
    """By the words of a person: each kind with the switches that ask for it."""
    return {
        AlertKind.EPISODE: "notify_new_episode" in on,
        AlertKind.PREMIERE: bool(on & {"notify_new_episode", "notify_new_season"}),
        AlertKind.FINALE: bool(on & {"notify_new_episode", "notify_finale"}),
        AlertKind.WHOLE_SEASON: bool(on & {"notify_new_episode", "notify_new_season"}),
        AlertKind.SPECIAL: "notify_specials" in on,
        AlertKind.RELEASE: "notify_new_season" in on,
        AlertKind.STATUS: "notify_status_change" in on,
    }[kind]


ALL_WAYS: list[dict[str, Any]] = [
    dict(zip(SWITCHES, is_on, strict=True)) for is_on in product((True, False), repeat=len(SWITCHES))
]


@pytest.mark.parametrize("kind", AlertKind)
def test_which_switches_ask_for_which_alerts(kind: AlertKind) -> None:
    for switches in ALL_WAYS:
        is_asked = is_asked_for(kind, {name for name, is_on in switches.items() if is_on})
        opposite: dict[str, Any] = {name: not is_on for name, is_on in switches.items()}

        by_all = following(**switches).asked_by(kind)
        by_show = following(wishes=ShowWishes(**switches), **opposite).asked_by(kind)

        assert (by_all is not None) is is_asked
        assert (by_show is not None) is is_asked
        assert [asked[1] for asked in (by_all, by_show) if asked] == ["preferences", "show"] * is_asked


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("kind", AlertKind)
def test_a_switch_of_a_show_goes_before_the_same_for_all_shows(name: str, kind: AlertKind) -> None:
    others: dict[str, Any] = dict.fromkeys(SWITCHES, False)
    concerns = name in ASKED_BY[kind]

    on = following(wishes=ShowWishes(**switched(name, True)), **others)
    off = following(wishes=ShowWishes(**switched(name, False)), **{**others, **switched(name, True)})
    neither = following(**{**others, **switched(name, True)})

    assert on.asked_by(kind) == ((SWITCHES[name], "show") if concerns else None)
    assert off.asked_by(kind) is None
    assert neither.asked_by(kind) == ((SWITCHES[name], "preferences") if concerns else None)


def test_a_premiere_that_two_switches_ask_for_is_said_to_be_a_new_season() -> None:
    assert following().asked_by(AlertKind.PREMIERE) == ("notifyNewSeason", "preferences")
    assert following().asked_by(AlertKind.FINALE) == ("notifyFinale", "preferences")


@pytest.mark.parametrize(
    ("of_all", "of_show", "expected"),
    [(None, None, None), (3, None, 3), (3, 0, 0), (0, 3, 3), (None, 0, 0), (0, None, 0)],
)
def test_how_far_behind_is_too_far(of_all: int | None, of_show: int | None, expected: int | None) -> None:
    follow = following(wishes=ShowWishes(only_within_episodes=of_show), only_within_episodes=of_all)

    assert follow.only_within_episodes == expected


def test_the_timing_of_a_show_goes_before_that_of_all_shows() -> None:
    midnight = Timing(0)

    assert following(timing=Timing(None, 7)).timing == Timing(None, 7)
    assert following(wishes=ShowWishes(timing=midnight), timing=Timing(None, 7)).timing == midnight
