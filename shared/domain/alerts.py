"""The decision of who is alerted of an event, and when: pure, with the time handed in.

It falls three times. `wanted` and `due` say, when an event is told or somebody follows, whether this user
wants to hear of it at all and at which instant. `last_check` says at that instant, with what the user has
watched and wished by then, whether it is still so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from shared.domain.alert_preferences import AlertKind, Timing, timing_of, whole_number
from shared.domain.following import Following
from shared.domain.local_time import QuietHours, Zone, instant_of
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.watched import Subject, Watched

MOST_AGE = timedelta(hours=48)
"""How long an alert is still worth having: later it would tell what everybody knows.

It is reckoned from the alert's time, from the beginning of the day that it tells of, or from the end of what
put it off, whichever is latest.
"""

GRACE = timedelta(hours=12)
"""How much longer at least it is worth having when it is put off at the last moment."""

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(9000, 1, 1)


class Silence(StrEnum):
    """Why an alert is not given."""

    NOT_FOLLOWED = "not_followed"
    SILENCED = "silenced"
    KIND_OFF = "kind_off"
    WITHDRAWN = "event_withdrawn"
    OVER = "over_when_followed"
    TOO_OLD = "too_old"
    WATCHED = "watched"
    NOT_CAUGHT_UP = "not_caught_up"
    NO_DEVICE = "no_device"


@dataclass(frozen=True, slots=True)
class Timetable:
    """All of a user's wishes that decide on the instant."""

    zone: Zone
    timing: Timing
    quiet_hours: QuietHours | None = None
    digest_hour: int | None = None

    @classmethod
    def of(cls, following: Following) -> Self:
        """The timetable of one show that a user follows."""
        preferences = following.user.preferences
        return cls(following.user.zone, following.timing, preferences.quiet_hours, preferences.digest_hour)

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Self:
        """The timetable that `as_fields` gave."""
        zone = Zone.of(fields.get("timezone"))
        if fields.get("isTimezoneAssumed") is True:
            zone = Zone(zone.name, is_assumed=True)
        return cls(
            zone,
            timing_of(fields) or Timing(),
            QuietHours.of(fields.get("quietHours")),
            whole_number(fields.get("digestHour"), 0, 23),
        )

    def as_fields(self) -> dict[str, Any]:
        """As it is kept with each notification, which can be moved by it, and which it explains."""
        return {
            "timezone": self.zone.name,
            "isTimezoneAssumed": self.zone.is_assumed,
            "notifyHoursBefore": self.timing.hours_before,
            "notifyAtHour": None if self.timing.hours_before is not None else self.timing.at_hour,
            "quietHours": None if self.quiet_hours is None else self.quiet_hours.as_fields(),
            "digestHour": self.digest_hour,
        }


@dataclass(frozen=True, slots=True)
class Due:
    """When an alert is given. `scheduled_for` is its time; it is given at `at`, which is never earlier.

    Between the two lie quiet hours or the hour of the digest, whose id `digest_id` is. After `lapses_at` it
    is too old.
    """

    scheduled_for: datetime
    at: datetime
    lapses_at: datetime
    digest_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """That a user wants to hear of an event, and which switch says so ("show" or "preferences")."""

    switch: str
    said_by: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, but from that instant on."""

    at: datetime


def kind_of(event: TimelineEvent) -> AlertKind:
    """What an event is for a person."""
    match event.event_type:
        case EventType.STATUS_CHANGE:
            return AlertKind.STATUS
        case EventType.MOVIE_RELEASE:
            return AlertKind.RELEASE
    if event.season == 0:
        return AlertKind.SPECIAL
    if event.is_whole_season:
        return AlertKind.WHOLE_SEASON
    match event.event_type:
        case EventType.SEASON_PREMIERE | EventType.SERIES_PREMIERE:
            return AlertKind.PREMIERE
        case EventType.SEASON_FINALE | EventType.SERIES_FINALE:
            return AlertKind.FINALE
    return AlertKind.EPISODE


def wanted(kind: AlertKind, following: Following | None) -> Wanted | Silence:
    """Whether a user wants to hear of such events of this show at all."""
    if following is None:
        return Silence.NOT_FOLLOWED
    if following.wishes.is_silenced:
        return Silence.SILENCED
    asked_by = following.asked_by(kind)
    return Silence.KIND_OFF if asked_by is None else Wanted(*asked_by)


def due(
    event_date: str,
    timetable: Timetable,
    now: datetime,
    *,
    is_news: bool,
    followed_at: datetime | None = None,
    lapses_at: datetime | None = None,
) -> Due | Silence:
    """When an alert of what happens on that day is given.

    Its time is the start of the day in the user's zone less the hours before, or the hour that they chose.
    Where that is past and the day is still ahead, it is given at once. What is news is given at once also
    later, until it is too old, if the day is none before the user began to follow. What is no news, because
    the user just began to follow or to want it, is over by then. `lapses_at` is of one that waits already:
    what put it off may have made that later.
    """
    # What is outside is no air date that anybody waits for, and near the ends of the calendar.
    day = min(max(date.fromisoformat(event_date), _FIRST_DAY), _LAST_DAY)
    zone = timetable.zone
    scheduled_for = _time_of(day, timetable)
    late_from = max(scheduled_for, instant_of(day, 0, zone))
    if late_from <= now:
        if not is_news or (followed_at is not None and day < zone.today(followed_at)):
            return Silence.OVER
        if now > max(late_from + MOST_AGE, lapses_at or late_from):
            return Silence.TOO_OLD
    return _given(scheduled_for, late_from, timetable, now)


def _time_of(day: date, timetable: Timetable) -> datetime:
    """The time of an alert; with a digest that is the digest's, the first one after the hours before."""
    zone, digest_hour = timetable.zone, timetable.digest_hour
    if timetable.timing.hours_before is None:
        hour = timetable.timing.at_hour if digest_hour is None else digest_hour
        return instant_of(day, hour, zone)
    wished = instant_of(day, 0, zone) - timedelta(hours=timetable.timing.hours_before)
    return wished if digest_hour is None else _next_at(wished, digest_hour, zone)


def _next_at(instant: datetime, hour: int, zone: Zone) -> datetime:
    """The first time at or after that instant at which this hour begins."""
    today = zone.today(instant)
    at_hour = instant_of(today, hour, zone)
    return at_hour if at_hour >= instant else instant_of(today + timedelta(days=1), hour, zone)


def _given(scheduled_for: datetime, late_from: datetime, timetable: Timetable, now: datetime) -> Due:
    """When that is given: at its time or at once, with the digest, and not in quiet hours."""
    at, zone, digest_id = max(scheduled_for, now), timetable.zone, None
    if timetable.digest_hour is not None:
        # The digest of an hour that has gone by takes no more in.
        gathered_at = _next_at(at, timetable.digest_hour, zone)
        # Late news that would be too old by then does not wait for it.
        if gathered_at - late_from < MOST_AGE:
            at, digest_id = gathered_at, f"digest_{zone.today(gathered_at).isoformat()}"
    ends = timetable.quiet_hours.ends_after(at, zone) if timetable.quiet_hours is not None else None
    # What is due by now needs no other instant than its own: written again, it stays as it is.
    at = ends or (scheduled_for if digest_id is None else at)
    return Due(scheduled_for, at, max(late_from, at) + MOST_AGE, digest_id)


def last_check(
    kind: AlertKind,
    subject: Subject,
    lapses_at: datetime,
    *,
    following: Following | None,
    watched: Watched,
    now: datetime,
) -> Silence | Later | None:
    """What forbids an alert at the last moment, as the user's wishes and what they watched are by now.

    None: nothing does.
    """
    if following is None:
        return Silence.NOT_FOLLOWED
    asked = wanted(kind, following)
    if isinstance(asked, Silence):
        return asked
    if now > lapses_at:
        return Silence.TOO_OLD
    if subject.is_watched(watched):
        return Silence.WATCHED
    limit = following.only_within_episodes
    if limit is not None and subject.behind(watched) > limit:
        return Silence.NOT_CAUGHT_UP
    quiet_hours = following.user.preferences.quiet_hours
    ends = quiet_hours.ends_after(now, following.user.zone) if quiet_hours is not None else None
    return None if ends is None else Later(ends)
