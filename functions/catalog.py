"""Every deployed function once, with all that its deployment needs to know."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["http", "scheduled"]

TMDB_CALLS_PER_10_SECONDS = 40
"""What the whole deployment may ask of TMDB (DESIGN.md, section 8)."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `name` is its target and, with dashes, its deployed name.

    `tmdb_calls` is what each of its instances may ask of TMDB in 10 seconds. All instances of all functions
    together stay within `TMDB_CALLS_PER_10_SECONDS`.
    """

    name: str
    module: str
    kind: Kind
    memory: str
    timeout_seconds: int
    concurrency: int
    max_instances: int
    min_instances: int = 0
    tmdb_calls: int = 0
    path: str | None = None
    cron: str | None = None
    time_zone: str = "Etc/UTC"
    is_public: bool = False
    secrets: tuple[str, ...] = ()


FUNCTIONS = (
    Function(
        name="enrich",
        module="functions.http_enrich",
        kind="http",
        memory="512Mi",
        timeout_seconds=60,
        concurrency=80,
        max_instances=4,
        tmdb_calls=7,
        path="/enrich",
        is_public=True,  # the caller's ID token is checked by the function itself
        secrets=("TMDB_ACCESS_TOKEN",),
    ),
    Function(
        name="enrich_sweep",
        module="functions.scheduled.enrich_sweep",
        kind="scheduled",
        memory="512Mi",
        timeout_seconds=300,
        concurrency=1,
        max_instances=1,
        tmdb_calls=4,
        cron="*/10 * * * *",
        secrets=("TMDB_ACCESS_TOKEN",),
    ),
)


def function(name: str) -> Function:
    """The row of the function with that name.

    Raises:
        KeyError: there is none.
    """
    for row in FUNCTIONS:
        if row.name == name:
            return row
    raise KeyError(f"There is no function {name!r}; there are {', '.join(row.name for row in FUNCTIONS)}.")
