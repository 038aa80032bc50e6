"""How the service is, for the people who run it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.show import ShowKey


class DependencyState(StrEnum):
    """`missing`: it answers, but what we need of it is not set up."""

    OK = "ok"
    MISSING = "missing"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class FollowedShowSeen:
    """The followed show on the air that was not looked at for the longest time."""

    show_key: ShowKey
    last_synced_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits longest, each None where nothing does."""

    oldest_claim_at: datetime | None
    oldest_due_alert_at: datetime | None
    least_fresh: FollowedShowSeen | None
    omdb_calls_left: int


@dataclass(frozen=True, slots=True)
class Health:
    """The dependencies by their names; `backlog` is None where the database does not answer."""

    checked_at: datetime
    dependencies: dict[str, DependencyState]
    backlog: Backlog | None

    @property
    def is_well(self) -> bool:
        """Whether all that is needed is there."""
        return self.backlog is not None and all(
            state == DependencyState.OK for state in self.dependencies.values()
        )
