"""Scheduled jobs that go on where the last run stopped."""

from dataclasses import dataclass

from shared.domain.version import Version


@dataclass(frozen=True, slots=True)
class JobRun:
    """The right to be the one run of a scheduled job, with the cursor the last run left."""

    job: str
    cursor: str | None
    fence: Version
