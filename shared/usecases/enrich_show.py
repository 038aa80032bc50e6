"""Fill a tracking document with TMDB's ids, names and air dates (DESIGN.md, section 5)."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.cache import Source
from shared.domain.enrichment import Plan, plan_enrichment, seasons_to_load
from shared.domain.season import SeasonNumber, ShowId
from shared.domain.tracking import StoredTracking, TrackingKey, UserId
from shared.errors import Contention, NotFound
from shared.usecases.load_seasons import SeasonLoader
from shared.usecases.ports import EnrichQueue, TrackingStore

WRITE_ATTEMPTS = 12
LONGEST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class EnrichRequest:
    """What to enrich: one show of one user; all its seasons with something missing unless told otherwise.

    `wait` is how many seconds to wait for seasons that are not in the cache yet; None is the default.
    """

    user_id: UserId
    show_id: ShowId
    seasons: frozenset[SeasonNumber] | None = None
    refresh: bool = False
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class EnrichResult:
    """What was written, and where each season came from."""

    plan: Plan
    sources: dict[SeasonNumber, Source]


async def enrich_show(
    request: EnrichRequest,
    *,
    tracking: TrackingStore,
    seasons: SeasonLoader,
    queue: EnrichQueue,
    now: Callable[[], datetime],
) -> EnrichResult:
    """Enrich the document, and queue it where something is left pending.

    Raises:
        NotFound: the user tracks no such show, or stopped to while this ran.
        Contention: the app kept writing the document for as long as we tried.
        StoreUnavailable: Firestore does not answer; the document is whole, enriched or not.
    """
    key = TrackingKey(request.user_id, request.show_id)
    stored = await tracking.read(key)
    if stored is None:
        raise NotFound(f"You track no show {request.show_id}.")
    result = await enrich_stored(
        stored,
        tracking=tracking,
        seasons=seasons,
        only=request.seasons,
        refresh=request.refresh,
        wait=request.wait,
    )
    if result.plan.pending:
        await queue.put(key, result.plan.pending, now=now())
    return result


async def enrich_stored(
    stored: StoredTracking,
    *,
    tracking: TrackingStore,
    seasons: SeasonLoader,
    only: frozenset[SeasonNumber] | None = None,
    refresh: bool = False,
    wait: float | None = None,
) -> EnrichResult:
    """Enrich a document that was just read. Raises as `enrich_show` does."""
    wanted = seasons_to_load(stored.show, only=only, refresh=refresh)
    loaded = {}
    if wanted:
        loaded = await seasons.get_seasons_from_cache_or_tmdb(stored.key.show_id, wanted, wait=wait)
    sources = {season: answer.source for season, answer in loaded.items()}
    for attempt in range(WRITE_ATTEMPTS):
        plan = plan_enrichment(stored.show, loaded, only=only)
        if not plan.changes or await tracking.write(stored.key, plan.changes, stored.version):
            return EnrichResult(plan, sources)
        # The app has written meanwhile: what it wrote stands, and what is to add is found anew.
        await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.01 * 2**attempt)))  # noqa: S311 - jitter
        again = await tracking.read(stored.key)
        if again is None:
            raise NotFound(f"You no longer track show {stored.key.show_id}.")
        stored = again
    raise Contention(
        "Your episodes are being changed faster than they can be enriched. Try again in a moment."
    )
