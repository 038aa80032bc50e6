"""What a user wants to hear of the shows that they follow, in general and of one show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from shared.domain.local_time import QuietHours, Zone

MOST_HOURS_BEFORE = 24 * 30
"""How far ahead of an air date, or after it, an alert can be asked for."""

ANY_NUMBER_BEHIND = 9_999
"""As `onlyWithinEpisodes` of one show: however far behind, where the user's preferences have a limit."""


class AlertKind(StrEnum):
    """What an alert is for a person."""

    EPISODE = "episode"
    PREMIERE = "premiere"
    FINALE = "finale"
    WHOLE_SEASON = "whole_season"
    SPECIAL = "special"
    RELEASE = "release"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Timing:
    """When an alert is wanted: so many hours before the air date begins, or at an hour of that date.

    Negative hours before are hours after. Where both are given, the hours before count.
    """

    hours_before: int | None = None
    at_hour: int = 9


@dataclass(frozen=True, slots=True)
class AlertPreferences:
    """A user's preferences for all shows (`preferences` of `users/{uid}`).

    An alert comes if any of what it is about is wanted: a premiere is also an episode. `only_within_episodes`
    is how many aired episodes before the one that is told may be unwatched: 0 for who has caught up, None
    for no limit. `digest_hour` gathers the alerts of a day in one, at that local hour.
    """

    notify_new_episode: bool = True
    notify_new_season: bool = True
    notify_finale: bool = True
    notify_status_change: bool = True
    notify_specials: bool = False
    only_within_episodes: int | None = None
    timing: Timing = Timing()
    quiet_hours: QuietHours | None = None
    digest_hour: int | None = None

    @classmethod
    def of(cls, document: object) -> Self:
        """The preferences that a document holds. What is missing or of no use there is as by default."""
        held = document if isinstance(document, Mapping) else {}
        told: dict[str, Any] = {
            name: value for name, key in SWITCHES.items() if isinstance(value := held.get(key), bool)
        }
        return cls(
            **told,
            only_within_episodes=whole_number(held.get("onlyWithinEpisodes"), 0, ANY_NUMBER_BEHIND),
            timing=timing_of(held) or Timing(),
            quiet_hours=QuietHours.of(held.get("quietHours")),
            digest_hour=whole_number(held.get("digestHour"), 0, 23),
        )

    def as_fields(self) -> dict[str, Any]:
        """The preferences as a document holds them."""
        return {
            **{key: getattr(self, name) for name, key in SWITCHES.items()},
            "onlyWithinEpisodes": self.only_within_episodes,
            "notifyHoursBefore": self.timing.hours_before,
            "notifyAtHour": self.timing.at_hour,
            "quietHours": None if self.quiet_hours is None else self.quiet_hours.as_fields(),
            "digestHour": self.digest_hour,
        }


@dataclass(frozen=True, slots=True)
class ShowWishes:
    """What a user wants otherwise of one show. None is as for all shows."""

    is_silenced: bool = False
    notify_new_episode: bool | None = None
    notify_new_season: bool | None = None
    notify_finale: bool | None = None
    notify_status_change: bool | None = None
    notify_specials: bool | None = None
    only_within_episodes: int | None = None
    timing: Timing | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The wishes that a document holds."""
        told: dict[str, Any] = {
            name: value for name, key in SWITCHES.items() if isinstance(value := document.get(key), bool)
        }
        return cls(
            is_silenced=document.get("isSilenced") is True,
            **told,
            only_within_episodes=whole_number(document.get("onlyWithinEpisodes"), 0, ANY_NUMBER_BEHIND),
            timing=timing_of(document),
        )

    def as_fields(self) -> dict[str, Any]:
        """The wishes as a document holds them."""
        timing = self.timing
        return {
            "isSilenced": self.is_silenced,
            **{key: getattr(self, name) for name, key in SWITCHES.items()},
            "onlyWithinEpisodes": self.only_within_episodes,
            "notifyHoursBefore": None if timing is None else timing.hours_before,
            "notifyAtHour": None if timing is None or timing.hours_before is not None else timing.at_hour,
        }


SWITCHES: Mapping[str, str] = {
    "notify_new_episode": "notifyNewEpisode",
    "notify_new_season": "notifyNewSeason",
    "notify_finale": "notifyFinale",
    "notify_status_change": "notifyStatusChange",
    "notify_specials": "notifySpecials",
}
"""The switches, and their names in documents; the same for all shows and for one."""

ASKED_BY: Mapping[AlertKind, tuple[str, ...]] = {
    AlertKind.EPISODE: ("notify_new_episode",),
    AlertKind.PREMIERE: ("notify_new_season", "notify_new_episode"),
    AlertKind.FINALE: ("notify_finale", "notify_new_episode"),
    AlertKind.WHOLE_SEASON: ("notify_new_season", "notify_new_episode"),
    AlertKind.SPECIAL: ("notify_specials",),
    AlertKind.RELEASE: ("notify_new_season",),
    AlertKind.STATUS: ("notify_status_change",),
}
"""The switches of each kind: one that is on is enough."""


@dataclass(frozen=True, slots=True)
class UserAlerts:
    """What of a user decides on their alerts: where their day begins, and what they want of all shows."""

    zone: Zone = field(default_factory=lambda: Zone("UTC", is_assumed=True))
    preferences: AlertPreferences = AlertPreferences()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """What `users/{uid}`, or a copy of it in what they follow, says."""
        return cls(Zone.of(document.get("timezone")), AlertPreferences.of(document.get("preferences")))

    def as_fields(self) -> dict[str, Any]:
        """As a copy."""
        return {
            "timezone": None if self.zone.is_assumed else self.zone.name,
            "preferences": self.preferences.as_fields(),
        }


def timing_of(document: Mapping[str, Any]) -> Timing | None:
    """The timing that a document holds, if it holds one."""
    before = whole_number(document.get("notifyHoursBefore"), -MOST_HOURS_BEFORE, MOST_HOURS_BEFORE)
    hour = whole_number(document.get("notifyAtHour"), 0, 23)
    if before is None and hour is None:
        return None
    return Timing(before) if hour is None else Timing(before, hour)


def whole_number(value: object, least: int, most: int) -> int | None:
    """The value if it is a whole number within these bounds, else None."""
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return value if is_one and least <= value <= most else None  # type: ignore[operator, return-value]
