"""Look at what the service needs, at little cost: nothing of TMDB's or OMDb's budgets is spent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.health import Backlog, DependencyState, FollowedShowSeen, Health
from shared.domain.sync_log import SyncLog
from shared.errors import StoreError, UpstreamError

logger = logging.getLogger(__name__)


class HealthReads(Protocol):
    """What is read of the database. Every method may raise `StoreError`."""

    async def oldest_claim_at(self) -> datetime | None:
        """When the oldest claim of a season that still stands was made, of a hundred at most."""
        ...

    async def oldest_due_at(self, now: datetime) -> datetime | None:
        """Since when the alert that is due longest is due."""
        ...

    async def least_fresh(self) -> FollowedShowSeen | None:
        """The followed show on the air that was not looked at for the longest time."""
        ...

    async def latest_syncs(self, limit: int) -> Sequence[SyncLog]:
        """The latest syncs, the newest first."""
        ...


class CallBudget(Protocol):
    """A daily budget of calls."""

    async def left(self, *, now: datetime) -> int:
        """How many calls of today are left. It may raise `StoreError`."""
        ...


class TopicLook(Protocol):
    """Topics, as far as one can look at them."""

    async def has(self, topic: str) -> bool:
        """Whether there is such a topic. It may raise `Unavailable`."""
        ...


async def check_health(
    *,
    reads: HealthReads,
    omdb_budget: CallBudget,
    topics: TopicLook,
    published: Sequence[str],
    services: Mapping[str, str],
    is_reachable: Callable[[str], Awaitable[bool]],
    now: Callable[[], datetime],
) -> Health:
    """How the dependencies are, all asked at once: the `services` are base addresses by their names.

    It raises nothing for what it looks at.
    """
    backlog, pubsub, reached = await asyncio.gather(
        _backlog(reads, omdb_budget, now()),
        _pubsub(topics, published),
        asyncio.gather(*(is_reachable(address) for address in services.values())),
    )
    ok, unreachable = DependencyState.OK, DependencyState.UNREACHABLE
    dependencies = {"firestore": unreachable if backlog is None else ok, "pubsub": pubsub}
    dependencies |= {
        name: ok if is_there else unreachable for name, is_there in zip(services, reached, strict=True)
    }
    return Health(now(), dependencies, backlog)


async def _backlog(reads: HealthReads, omdb_budget: CallBudget, now: datetime) -> Backlog | None:
    try:
        claim, due, show, left = await asyncio.gather(
            reads.oldest_claim_at(), reads.oldest_due_at(now), reads.least_fresh(), omdb_budget.left(now=now)
        )
    except StoreError as error:
        logger.warning("the database cannot be looked at: %s", error)
        return None
    return Backlog(claim, due, show, left)


async def _pubsub(topics: TopicLook, published: Sequence[str]) -> DependencyState:
    try:
        there = await asyncio.gather(*(topics.has(topic) for topic in published))
    except UpstreamError as error:
        logger.warning("the topics cannot be looked at: %s", error)
        return DependencyState.UNREACHABLE
    return DependencyState.OK if all(there) else DependencyState.MISSING
