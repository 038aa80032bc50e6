"""How the service is and what it does, for the people who run it: users with the claim `admin`.

https://firebase.google.com/docs/auth/admin/custom-claims says how one is given it.
"""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from functions import catalog
from functions.api.access import Admin, Wired
from functions.api.limits import Limited
from functions.api.models import Asked, Told, examples
from functions.api.problems import documented
from shared.domain.health import Backlog, DependencyState
from shared.domain.rate_limit import SYNC
from shared.domain.show import ShowKey
from shared.domain.sync_log import SyncLog, SyncResult
from shared.errors import (
    InvalidRequest,
    Misconfigured,
    NotAllowed,
    StoreUnavailable,
    TooManyRequests,
    Unavailable,
    UpstreamError,
)
from shared.usecases.check_health import check_health
from shared.usecases.full_sync import full_sync
from shared.usecases.request_syncs import request_syncs

router = APIRouter(prefix="/api/internal", tags=["internal"])


class TriggerRequest(Asked):
    """One show, or all that are due."""

    show_id: str | None = Field(None, description="A show or movie: `tv_1396`.", max_length=40)
    all: Literal["due"] | None = Field(None, description="What the six-hourly run would ask for now.")

    model_config = examples({"showId": "tv_1396"}, {"all": "due"})

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.show_id is None) == (self.all is None):
            raise ValueError("needs showId or all, and not both")
        return self


class TriggerAnswer(Told):
    """What was asked for."""

    requested: int = Field(description="How many syncs. Each is made when its message is delivered.")


class SyncAnswer(Told):
    """One sync."""

    subject: str = Field(description="What was synced.", examples=["tv_1396"])
    source: str = Field(description="Where from.", examples=["tmdb"])
    status: SyncResult
    records_updated: int
    error: str | None = Field(examples=["tmdb: it does not answer"])
    started_at: datetime
    finished_at: datetime

    @classmethod
    def of(cls, log: SyncLog) -> Self:
        """The answer that shows it."""
        return cls(
            subject=log.subject,
            source=log.source,
            status=log.status,
            records_updated=log.records_updated,
            error=log.error,
            started_at=log.started_at,
            finished_at=log.finished_at,
        )


class SyncStatusAnswer(Told):
    """The latest syncs, and how many of them went how."""

    counts: dict[str, int] = Field(
        description="Of those shown here, by status.", examples=[{"success": 48, "failed": 2}]
    )
    syncs: list[SyncAnswer]


class ShowSeenAnswer(Told):
    """A show, and when TMDB was last asked for it."""

    show_id: str = Field(examples=["tv_1396"])
    last_synced_at: datetime
    age_seconds: int


class TmdbBudgetAnswer(Told):
    """What may be asked of TMDB in ten seconds: by all together, and by all instances of each function."""

    calls_per_ten_seconds: int
    shares: dict[str, int]


class HealthAnswer(Told):
    """How the service is. What the database would have to say is null where it does not answer."""

    status: Literal["ok", "degraded"]
    checked_at: datetime
    dependencies: dict[str, DependencyState] = Field(
        description="`missing`: it answers, but a topic that we publish to is not there. Of services of"
        " others it is looked whether they take a connection, which spends nothing.",
        examples=[{"firestore": "ok", "pubsub": "ok", "tmdb": "unreachable"}],
    )
    oldest_claim_seconds: int | None = Field(
        description="How old the oldest claim of a season is, of a hundred at most; null: there is none."
    )
    oldest_due_alert_seconds: int | None = Field(description="Null: none is due.")
    least_fresh_followed_show: ShowSeenAnswer | None = Field(
        description="Of those on the air; null: none is followed."
    )
    omdb_calls_left_today: int | None
    tmdb_budget: TmdbBudgetAnswer


@router.post(
    "/sync/trigger",
    status_code=202,
    responses=documented(
        *(InvalidRequest, NotAllowed, TooManyRequests),
        *(Misconfigured, StoreUnavailable, UpstreamError),
    ),
)
async def trigger_sync(
    request: TriggerRequest, user_id: Admin, wiring: Wired, limits: Limited
) -> TriggerAnswer:
    """Ask for the sync of a show or movie, or of all that are due."""
    await limits.spend(SYNC, user_id)
    if request.show_id is None:
        report = await full_sync(schedule=wiring.show_schedule, topics=wiring.topics, now=wiring.now)
        return TriggerAnswer(requested=report.published)
    try:
        key = ShowKey.parse(request.show_id)
    except ValueError as error:
        wrong = (("showId", "must be a TMDB id with its kind, as tv_1396"),)
        raise InvalidRequest("The request is not as it must be.", wrong) from error
    await request_syncs([key], topics=wiring.topics)
    return TriggerAnswer(requested=1)


@router.get("/sync/status", responses=documented(InvalidRequest, NotAllowed, StoreUnavailable, Unavailable))
async def read_sync_status(
    _admin: Admin,
    wiring: Wired,
    limit: Annotated[int, Query(description="How many syncs.", ge=1, le=200)] = 50,
) -> SyncStatusAnswer:
    """The latest syncs."""
    syncs = await wiring.health.latest_syncs(limit)
    return SyncStatusAnswer(
        counts=dict(sorted(Counter(sync.status for sync in syncs).items())),
        syncs=[SyncAnswer.of(sync) for sync in syncs],
    )


@router.get("/health", responses=documented(NotAllowed, Unavailable))
async def read_health(_admin: Admin, wiring: Wired) -> HealthAnswer:
    """How each dependency is, and what waits longest. It reads few documents, and spends no calls."""
    health = await check_health(
        reads=wiring.health,
        omdb_budget=wiring.omdb_budget,
        topics=wiring.topics,
        published=catalog.function("api").publishes,
        services=wiring.services,
        is_reachable=wiring.is_reachable,
        now=wiring.now,
    )
    backlog, now = health.backlog or Backlog(None, None, None, 0), health.checked_at
    seen = backlog.least_fresh
    return HealthAnswer(
        status="ok" if health.is_well else "degraded",
        checked_at=now,
        dependencies=health.dependencies,
        oldest_claim_seconds=_age(backlog.oldest_claim_at, now),
        oldest_due_alert_seconds=_age(backlog.oldest_due_alert_at, now),
        least_fresh_followed_show=None
        if seen is None
        else ShowSeenAnswer(
            show_id=str(seen.show_key),
            last_synced_at=seen.last_synced_at,
            age_seconds=_age(seen.last_synced_at, now) or 0,
        ),
        omdb_calls_left_today=None if health.backlog is None else backlog.omdb_calls_left,
        tmdb_budget=TmdbBudgetAnswer(
            calls_per_ten_seconds=catalog.TMDB_CALLS_PER_10_SECONDS,
            shares={
                row.name: row.tmdb_calls * row.max_instances for row in catalog.FUNCTIONS if row.tmdb_calls
            },
        ),
    )


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else max(0, int((now - at).total_seconds()))
