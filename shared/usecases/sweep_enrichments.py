"""Enrich what nobody asked to enrich: first the queue, then all tracking documents in turn."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.tracking import QueuedEnrichment, StoredTracking
from shared.errors import AppError, NotFound, StoreUnavailable
from shared.usecases.enrich_show import EnrichResult, enrich_stored
from shared.usecases.load_seasons import SeasonLoader
from shared.usecases.ports import EnrichQueue, JobStates, TrackingStore

logger = logging.getLogger(__name__)

JOB = "enrich_sweep"
AT_ONCE = 8
LONGEST_POSTPONEMENT = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class SweepLimits:
    """How much one run does at most; a run lasts little longer than `seconds`, and less than its lease."""

    queued: int = 200
    documents: int = 400
    page: int = 40
    seconds: float = 240.0
    wait: float = 10.0
    lease_seconds: float = 300.0


LIMITS = SweepLimits()


@dataclass(slots=True)
class SweepReport:
    """What a run did. `is_running_elsewhere`: nothing, since another run is at it."""

    is_running_elsewhere: bool = False
    queue_done: int = 0
    queue_postponed: int = 0
    documents_seen: int = 0
    episodes_enriched: int = 0
    episodes_corrected: int = 0
    left_pending: int = 0
    failed: int = 0
    is_lap_complete: bool = False

    def as_fields(self) -> dict[str, int | bool]:
        """The report by the names it has in answers."""
        return {
            "isRunningElsewhere": self.is_running_elsewhere,
            "queueDone": self.queue_done,
            "queuePostponed": self.queue_postponed,
            "documentsSeen": self.documents_seen,
            "episodesEnriched": self.episodes_enriched,
            "episodesCorrected": self.episodes_corrected,
            "leftPending": self.left_pending,
            "failed": self.failed,
            "isLapComplete": self.is_lap_complete,
        }


class _Sweep:
    """One run, while it lasts."""

    def __init__(
        self,
        *,
        tracking: TrackingStore,
        seasons: SeasonLoader,
        queue: EnrichQueue,
        now: Callable[[], datetime],
        limits: SweepLimits,
    ) -> None:
        self._tracking = tracking
        self._seasons = seasons
        self._queue = queue
        self._now = now
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + limits.seconds
        self.report = SweepReport()

    def has_time(self) -> bool:
        return asyncio.get_running_loop().time() < self._deadline

    async def work_off_queue(self) -> None:
        entries = await self._queue.due(now=self._now(), limit=self._limits.queued)
        for start in range(0, len(entries), AT_ONCE):
            if not self.has_time():
                return
            await asyncio.gather(*(self._retry(entry) for entry in entries[start : start + AT_ONCE]))

    async def enrich_documents(self, documents: Sequence[StoredTracking]) -> None:
        for start in range(0, len(documents), AT_ONCE):
            await asyncio.gather(*(self._visit(stored) for stored in documents[start : start + AT_ONCE]))

    async def _retry(self, entry: QueuedEnrichment) -> None:
        stored = await self._tracking.read(entry.key)
        result = None if stored is None else await self._enrich(stored)
        if stored is None or (result is not None and not result.plan.pending):
            await self._queue.remove(entry)
            self.report.queue_done += 1
            return
        pause = min(LONGEST_POSTPONEMENT, timedelta(minutes=2 ** min(entry.attempts, 10)))
        await self._queue.postpone(entry, self._now() + pause)
        self.report.queue_postponed += 1

    async def _visit(self, stored: StoredTracking) -> None:
        self.report.documents_seen += 1
        result = await self._enrich(stored)
        if result is not None and result.plan.pending:
            await self._queue.put_if_absent(stored.key, result.plan.pending, now=self._now())

    async def _enrich(self, stored: StoredTracking) -> EnrichResult | None:
        """Enrich one document. None where that failed for a reason of its own; the others go on."""
        try:
            result = await enrich_stored(
                stored, tracking=self._tracking, seasons=self._seasons, wait=self._limits.wait
            )
        except StoreUnavailable:
            raise
        except NotFound:
            return None
        except AppError as error:
            logger.warning("show %s of a user could not be enriched: %s", stored.key.show_id, error)
            self.report.failed += 1
            return None
        self.report.episodes_enriched += result.plan.enriched
        self.report.episodes_corrected += result.plan.corrected
        self.report.left_pending += bool(result.plan.pending)
        return result


async def sweep_enrichments(
    *,
    tracking: TrackingStore,
    seasons: SeasonLoader,
    queue: EnrichQueue,
    jobs: JobStates,
    now: Callable[[], datetime],
    limits: SweepLimits = LIMITS,
) -> SweepReport:
    """Do a bounded amount of work, beginning where the last run stopped, also if it was killed.

    The cursor moves after each page, so a run that dies repeats at most one page, which changes nothing.

    Raises:
        StoreUnavailable: Firestore does not answer; the next run goes on from the last page.
    """
    run = await jobs.begin(JOB, lease_seconds=limits.lease_seconds)
    if run is None:
        return SweepReport(is_running_elsewhere=True)
    sweep = _Sweep(tracking=tracking, seasons=seasons, queue=queue, now=now, limits=limits)
    await sweep.work_off_queue()
    while sweep.has_time() and sweep.report.documents_seen < limits.documents:
        page = await tracking.page(run.cursor, limits.page)
        await sweep.enrich_documents(page.documents)
        next_run = await jobs.advance(run, page.cursor, lease_seconds=limits.lease_seconds)
        if next_run is None:
            logger.warning("another run of the sweep has taken over")
            return sweep.report
        run = next_run
        if page.cursor is None:
            sweep.report.is_lap_complete = True
            break
    await jobs.end(run)
    return sweep.report
