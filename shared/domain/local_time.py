"""When a day, an hour and the quiet hours are, by the clock on a user's wall.

A clock that is put forward skips times of day, and one that is put back shows some of them twice (PEP 495
calls these a gap and a fold). Samoa once skipped a whole day. All instants that are returned are in UTC.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name. `is_assumed`: the user has none, or one that nobody knows, so it is UTC.

    A name that comes from outside goes through `of`: used with an unknown one, a zone raises
    `zoneinfo.ZoneInfoNotFoundError`.
    """

    name: str
    is_assumed: bool = False

    @classmethod
    def of(cls, name: object) -> "Zone":
        """The zone that a document names, in IANA's own spelling; UTC, assumed, for anything else."""
        return cls(name) if isinstance(name, str) and _is_known(name) else cls("UTC", is_assumed=True)

    @property
    def rules(self) -> ZoneInfo:
        """How far the clocks there are from UTC, and when that changes."""
        return _rules(self.name)

    def today(self, now: datetime) -> date:
        """The date there at an aware instant; ValueError for an instant that is not."""
        return _clock_at(now, self).date()


def instant_of(day: date, hour: int, zone: Zone) -> datetime:
    """The UTC instant at which that day's hour (0 to 23) begins there.

    An hour that the clocks skip: the first instant after the gap. One that they repeat: the first of the two.
    So it is the first instant at which the clock there shows that time or a later one. Where it would lie
    outside of the years 1 to 9999 of UTC, it is the first or the last instant that a datetime can hold.
    """
    return _instants_of(datetime.combine(day, time(hour)), zone)[0]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until just before `end` of the local clock, in whole minutes, and so every day.

    Where `end` is the earlier of the two they last over midnight; where both are the same it is never quiet.
    """

    start: time
    end: time

    @classmethod
    def of(cls, value: object) -> "QuietHours | None":
        """From a document's `{"from": "22:00", "to": "08:00"}`; None for all else, and for equal times."""
        if not isinstance(value, Mapping):
            return None
        start, end = _time_of(value.get("from")), _time_of(value.get("to"))
        return None if start is None or end is None or start == end else cls(start, end)

    def as_fields(self) -> dict[str, str]:
        """What a document holds of it: the reverse of `of`."""
        return {"from": f"{self.start:%H:%M}", "to": f"{self.end:%H:%M}"}

    def ends_after(self, instant: datetime, zone: Zone) -> datetime | None:
        """None if that aware instant is not quiet there; else the UTC instant at which they end.

        The end is after `instant`, and not quiet itself. Times that the clock shows twice are quiet twice.
        An end that the clock skips is the first instant after the gap, unless the gap leads into the next
        quiet hours: then it is the end of those. In the years 1 and 9999 of the local clock, next to which
        there may be no instant to name, nothing is quiet.
        """
        clock = _clock_at(instant, zone)
        if not (1 < clock.year < 9999 and self._include(clock.time())):
            return None
        # A day may be skipped or come again, so that the end is not simply today's or tomorrow's.
        ends = (
            end
            for days in range(-1, 4)
            for end in _instants_of(datetime.combine(clock.date() + timedelta(days), self.end), zone)
        )
        return next(
            (end for end in ends if end > instant and not self._include(_clock_at(end, zone).time())), None
        )

    def _include(self, shown: time) -> bool:
        if self.start <= self.end:
            return self.start <= shown < self.end
        return shown >= self.start or shown < self.end


_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def _instants_of(shown: datetime, zone: Zone) -> tuple[datetime, datetime]:
    """When the clock there shows that: the first and the last time. If it never does: when it jumps past."""
    first, last = (_in_utc(shown, zone, fold=fold) for fold in (0, 1))
    if first <= last:
        return first, last
    # In a gap fold 0 reckons with the offset before it and so comes out after it, and fold 1 before it.
    # When clocks change zoneinfo tells only by what they show. They do it on a full second.
    before, skipped = last, int((first - last).total_seconds())
    seconds = bisect_left(
        range(skipped), True, key=lambda second: _clock_at(before + timedelta(seconds=second), zone) >= shown
    )
    after = before + timedelta(seconds=seconds)
    return after, after


def _in_utc(shown: datetime, zone: Zone, *, fold: int) -> datetime:
    try:
        return shown.replace(tzinfo=zone.rules, fold=fold).astimezone(UTC)
    except OverflowError:
        return _FIRST if shown.year == 1 else _LAST


def _clock_at(instant: datetime, zone: Zone) -> datetime:
    """What the clock there shows, as a datetime without a zone; within the years 1 to 9999."""
    if instant.utcoffset() is None:
        # astimezone would take it for the local time of the machine.
        raise ValueError(f"{instant} is in no time zone")
    try:
        return instant.astimezone(zone.rules).replace(tzinfo=None)
    except OverflowError:
        return (_FIRST if instant.year == 1 else _LAST).replace(tzinfo=None)


# A relative path without dots: it cannot lead anywhere else. The longest is America/Argentina/ComodRivadavia.
_NAME = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
# In IANA's list, and means that no zone was ever set.
_UNSET = "Factory"


def _is_known(name: str) -> bool:
    try:
        _rules(name)
    except ZoneInfoNotFoundError:
        return False
    return name != _UNSET


@cache  # what raises is not kept, so these are IANA's 600 at most
def _rules(name: str) -> ZoneInfo:
    """Of the package tzdata alone: `ZoneInfo(name)` prefers the system's files, which may be years older.

    Governments change these rules at short notice. So it is our lock file that says which of them hold, and
    they are the same on every machine.
    """
    if not _NAME.fullmatch(name):
        raise ZoneInfoNotFoundError(f"{name[:64]!r} cannot be a zone's name")
    try:
        with files("tzdata").joinpath("zoneinfo", name).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError) as error:  # not there, or a directory; or another kind of file
        raise ZoneInfoNotFoundError(f"No zone has the name {name}") from error


_TIME = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


def _time_of(value: object) -> time | None:
    return time.fromisoformat(value) if isinstance(value, str) and _TIME.fullmatch(value) else None
