"""What a partial change makes of what is stored."""

from typing import Any

import pytest

from functions.api.me import PreferencesAnswer, ProfileRequest
from functions.api.tracking import TrackingAnswer, TrackingSettings
from shared.domain.alert_preferences import AlertPreferences, ShowWishes, Timing, UserAlerts
from shared.domain.following import Following
from shared.domain.local_time import QuietHours, Zone
from shared.domain.profile import Profile
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId

ADA = UserId("ada")
KEY = ShowKey("tv", 1396)

FOLLOWED = Following(
    ADA,
    KEY,
    is_favorite=True,
    wishes=ShowWishes(notify_finale=False, only_within_episodes=3, timing=Timing(at_hour=20)),
    last_watched=(2, 5),
)
SHOWN = {
    "showId": "tv_1396",
    "tmdbId": 1396,
    "mediaType": "tv",
    "isFavorite": True,
    "isSilenced": False,
    "notifyNewEpisode": None,
    "notifyNewSeason": None,
    "notifyFinale": False,
    "notifyStatusChange": None,
    "notifySpecials": None,
    "onlyWithinEpisodes": 3,
    "notifyHoursBefore": None,
    "notifyAtHour": 20,
    "lastWatchedSeason": 2,
    "lastWatchedEpisode": 5,
    "followedAt": None,
}


@pytest.mark.parametrize(
    ("asked", "changed"),
    [
        ({}, {}),
        ({"isFavorite": False}, {"isFavorite": False}),
        ({"isSilenced": True}, {"isSilenced": True}),
        ({"notifyFinale": None}, {"notifyFinale": None}),
        (
            {"notifySpecials": True, "notifyNewSeason": False},
            {"notifySpecials": True, "notifyNewSeason": False},
        ),
        ({"onlyWithinEpisodes": 0}, {"onlyWithinEpisodes": 0}),
        ({"onlyWithinEpisodes": None}, {"onlyWithinEpisodes": None}),
        ({"notifyAtHour": 0}, {"notifyAtHour": 0}),
        ({"notifyAtHour": None}, {"notifyAtHour": None}),
        ({"notifyHoursBefore": -3}, {"notifyHoursBefore": -3, "notifyAtHour": None}),
        ({"notifyHoursBefore": 2, "notifyAtHour": None}, {"notifyHoursBefore": 2, "notifyAtHour": None}),
        ({"notifyHoursBefore": None}, {}),
        ({"notifyHoursBefore": None, "notifyAtHour": 7}, {"notifyAtHour": 7}),
        ({"notifyHoursBefore": None, "notifyAtHour": None}, {"notifyAtHour": None}),
        (
            {"lastWatchedSeason": 3, "lastWatchedEpisode": 0},
            {"lastWatchedSeason": 3, "lastWatchedEpisode": 0},
        ),
        (
            {"lastWatchedSeason": None, "lastWatchedEpisode": None},
            {"lastWatchedSeason": None, "lastWatchedEpisode": None},
        ),
    ],
)
def test_what_is_asked_of_one_show_changes_and_the_rest_stays(
    asked: dict[str, Any], changed: dict[str, Any]
) -> None:
    edited = TrackingSettings.model_validate(asked).edited(FOLLOWED)
    assert TrackingAnswer.of(edited).model_dump(by_alias=True) == {**SHOWN, **changed}
    assert edited.user == FOLLOWED.user


def test_hours_before_that_are_taken_back_leave_no_timing() -> None:
    hours = Following(ADA, KEY, wishes=ShowWishes(timing=Timing(5)))
    assert TrackingSettings.model_validate({"notifyHoursBefore": None}).edited(hours).wishes.timing is None
    assert TrackingSettings.model_validate({"notifyAtHour": None}).edited(hours) == hours


HELD = Profile(
    ADA,
    username="Ada",
    alerts=UserAlerts(
        Zone("Europe/Vienna"),
        AlertPreferences(
            notify_new_episode=False,
            only_within_episodes=2,
            timing=Timing(4),
            quiet_hours=QuietHours.of({"from": "22:00", "to": "08:00"}),
            digest_hour=18,
        ),
    ),
)
PREFERENCES = {
    "notifyNewEpisode": False,
    "notifyNewSeason": True,
    "notifyFinale": True,
    "notifyStatusChange": True,
    "notifySpecials": False,
    "onlyWithinEpisodes": 2,
    "notifyHoursBefore": 4,
    "notifyAtHour": None,
    "quietHours": {"from": "22:00", "to": "08:00"},
    "digestHour": 18,
}


@pytest.mark.parametrize(
    ("asked", "changed"),
    [
        ({}, {}),
        ({"notifyNewEpisode": None}, {"notifyNewEpisode": True}),
        ({"notifySpecials": True}, {"notifySpecials": True}),
        ({"onlyWithinEpisodes": None}, {"onlyWithinEpisodes": None}),
        ({"notifyAtHour": 20}, {"notifyHoursBefore": None, "notifyAtHour": 20}),
        ({"notifyHoursBefore": 0}, {"notifyHoursBefore": 0}),
        ({"notifyHoursBefore": None}, {"notifyHoursBefore": None, "notifyAtHour": 9}),
        ({"notifyAtHour": None}, {}),
        ({"quietHours": None}, {"quietHours": None}),
        ({"quietHours": {"from": "00:00", "to": "06:30"}}, {"quietHours": {"from": "00:00", "to": "06:30"}}),
        ({"digestHour": None}, {"digestHour": None}),
        ({"digestHour": 0}, {"digestHour": 0}),
    ],
)
def test_what_is_asked_of_all_shows_changes_and_the_rest_stays(
    asked: dict[str, Any], changed: dict[str, Any]
) -> None:
    edited = ProfileRequest.model_validate({"preferences": asked}).edited(HELD)
    shown = PreferencesAnswer.of(edited.alerts.preferences).model_dump(by_alias=True)
    assert shown == {**PREFERENCES, **changed}
    assert (edited.username, edited.alerts.zone) == (HELD.username, HELD.alerts.zone)


@pytest.mark.parametrize(
    ("asked", "username", "zone"),
    [
        ({}, "Ada", "Europe/Vienna"),
        ({"username": "Countess 👑"}, "Countess 👑", "Europe/Vienna"),
        ({"username": None}, None, "Europe/Vienna"),
        ({"timezone": "Pacific/Kiritimati"}, "Ada", "Pacific/Kiritimati"),
        ({"timezone": "UTC"}, "Ada", "UTC"),
    ],
)
def test_name_and_zone_change_by_themselves(asked: dict[str, Any], username: str | None, zone: str) -> None:
    edited = ProfileRequest.model_validate(asked).edited(HELD)
    assert (edited.username, edited.alerts.zone) == (username, Zone(zone))
    assert edited.alerts.preferences == HELD.alerts.preferences


def test_without_a_zone_it_is_assumed() -> None:
    assert ProfileRequest.model_validate({"timezone": None}).edited(HELD).alerts.zone.is_assumed
