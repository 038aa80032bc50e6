"""How often somebody may do what costs us money: so many times within each window of time.

Windows are fixed: they begin at whole multiples of their length, and each counts by itself. Around the end of
one twice as many can be let through, which costs little; in return counting is one write that reads nothing,
where a bucket that refills would have to be read, and tried again under load.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times within `seconds`."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Action:
    """What is limited: for each user, for each network address they come from, or both."""

    name: str
    per_user: Limit | None = None
    per_address: Limit | None = None

    def windows(self, now: datetime, *, user: str | None, address: str | None) -> tuple["Window", ...]:
        """Where doing it now is counted. Who is not known is not counted."""
        return tuple(self._windows(now, user=user, address=address))

    def _windows(self, now: datetime, *, user: str | None, address: str | None) -> Iterator["Window"]:
        if self.per_user is not None and user:
            yield Window.of(self.per_user, f"{self.name}/user/{user}", now)
        if self.per_address is not None and address:
            yield Window.of(self.per_address, f"{self.name}/address/{address}", now)


@dataclass(frozen=True, slots=True)
class Window:
    """One window of somebody. `key` says neither who it is nor what they do, nor that two are the same's."""

    key: str
    most: int
    ends_at: datetime

    @classmethod
    def of(cls, limit: Limit, whose: str, now: datetime) -> "Window":
        """The window of a limit that it is now."""
        number = int(now.timestamp()) // limit.seconds
        ends_at = datetime.fromtimestamp((number + 1) * limit.seconds, UTC)
        digest = hashlib.sha256(f"{whose}/{limit.seconds}/{number}".encode("utf-8", "replace"))
        return cls(digest.hexdigest()[:40], limit.most, ends_at)

    def is_over(self, count: int) -> bool:
        """Whether this is once too often."""
        return count > self.most

    def is_full(self, count: int) -> bool:
        """Whether the next one would be."""
        return count >= self.most

    def seconds_left(self, now: datetime) -> int:
        """How long until the next window, in whole seconds, at least one."""
        return max(1, -((now - self.ends_at) // timedelta(seconds=1)))


LOG_IN = Action("log_in", per_user=Limit(10, 15 * 60), per_address=Limit(50, 15 * 60))
"""The user is the e-mail address that is tried, together with where it is tried from: so nobody can keep
its owner out from elsewhere. Guessing from many places Firebase itself slows down.
"""

REGISTER = Action("register", per_address=Limit(20, 60 * 60))
REFRESH = Action("refresh", per_address=Limit(600, 60 * 60))
"""Whose token it is nobody knows before it is checked, so only the address counts."""

SEARCH_MISS = Action("search_miss", per_user=Limit(30, 60), per_address=Limit(90, 60))
"""A search that TMDB has to be asked about."""

ENRICH_REFRESH = Action("enrich_refresh", per_user=Limit(30, 10 * 60), per_address=Limit(150, 10 * 60))
EXPORT = Action("export", per_user=Limit(10, 60 * 60))
"""All documents of the user are read."""

SYNC = Action("sync", per_user=Limit(30, 60), per_address=Limit(30, 60))
"""A sync that somebody asks for."""
