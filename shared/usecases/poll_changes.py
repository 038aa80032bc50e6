"""Every hour: ask TMDB what has changed, and ask for a sync of what we hold of it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.domain.changes import MEDIA_TYPES, FeedPlan, HeldShows, Part, feed_plan, in_turn, is_due
from shared.domain.show import MediaType, ShowKey
from shared.errors import UpstreamError
from shared.usecases.request_syncs import request_syncs
from shared.usecases.show_ports import ChangesFeed, HeldShowsStore, ShowSchedule, Topics

logger = logging.getLogger(__name__)

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class PollReport:
    """What a run did. `matched` are shows that we hold; `skipped` are those of them synced just before."""

    pages: int = 0
    ids: int = 0
    matched: int = 0
    skipped: int = 0
    published: int = 0
    days_lost: int = 0
    is_complete: bool = False

    def as_fields(self) -> dict[str, int | bool]:
        """The report by the names it has in answers."""
        return {
            "pages": self.pages,
            "ids": self.ids,
            "matched": self.matched,
            "skipped": self.skipped,
            "published": self.published,
            "daysLost": self.days_lost,
            "isComplete": self.is_complete,
        }


@dataclass(slots=True)
class _Progress:
    """How far the feeds are dealt with in this run, and which of them has failed."""

    through: dict[MediaType, datetime] = field(default_factory=dict)
    failures: dict[MediaType, UpstreamError] = field(default_factory=dict)


class _Poll:
    """One run, while it lasts."""

    def __init__(
        self,
        held: HeldShows,
        *,
        feed: ChangesFeed,
        schedule: ShowSchedule,
        topics: Topics,
        now: Callable[[], datetime],
        seconds: float,
    ) -> None:
        self._held = held
        self._feed = feed
        self._schedule = schedule
        self._topics = topics
        self._now = now
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._dealt_with: set[ShowKey] = set()
        self.told: dict[MediaType, frozenset[int]] = {}
        self.report = PollReport()

    def has_time(self) -> bool:
        return asyncio.get_running_loop().time() < self._deadline

    async def catch_up(self, media_type: MediaType, plan: FeedPlan) -> None:
        """Where the feed no longer tells what has changed, everything unseen since then may have."""
        if plan.unseen_since is None:
            return
        logger.warning(
            "the last poll of %s was too long ago: %s days of changes are lost; all that is held is synced",
            media_type,
            plan.days_lost,
        )
        self.report.days_lost = max(self.report.days_lost, plan.days_lost)
        keys = [ShowKey(media_type, id_) for id_ in sorted(self._held.ids[media_type])]
        last_synced = await self._schedule.last_synced(keys)
        unseen = [key for key in keys if last_synced.get(key, _NEVER) < plan.unseen_since]
        await self._publish(unseen)
        self._dealt_with.update(unseen)

    async def deal_with(self, part: Part) -> bool:
        """Publish what has changed in these days. False where the time is up before all pages are read."""
        ours = self._held.ids[part.media_type]
        if not ours:
            return True
        changed: set[int] = set()
        is_whole = True
        async for ids in self._feed.pages(part.media_type, part.start, part.end):
            self.report.pages += 1
            self.report.ids += len(ids)
            changed.update(ours.intersection(ids))
            if not self.has_time():
                is_whole = False
                break
        await self._request({ShowKey(part.media_type, id_) for id_ in changed})
        self.told[part.media_type] = frozenset(changed)
        return is_whole

    async def _request(self, changed: set[ShowKey]) -> None:
        matched = sorted(changed - self._dealt_with, key=str)
        last_synced = await self._schedule.last_synced(matched)
        due = [key for key in matched if self._is_due(key, last_synced.get(key))]
        await self._publish(due)
        self._dealt_with.update(matched)
        self.report.matched += len(matched)
        self.report.skipped += len(matched) - len(due)

    def _is_due(self, key: ShowKey, last_synced: datetime | None) -> bool:
        was_told = key.tmdb_id in self._held.told.get(key.media_type, ())
        return is_due(last_synced, self._now(), was_told=was_told)

    async def _publish(self, keys: list[ShowKey]) -> None:
        await request_syncs(keys, topics=self._topics)
        self.report.published += len(keys)


async def poll_changes(
    *,
    feed: ChangesFeed,
    held_shows: HeldShowsStore,
    schedule: ShowSchedule,
    topics: Topics,
    now: Callable[[], datetime],
    seconds: float = 1500.0,
) -> PollReport:
    """Publish what has changed since the cursor, some days of each feed at a time, and then move the cursor.

    The cursor moves last, so a run that dies skips nothing: the next begins at the same days, and a show that
    is asked for twice is synced once more. A run whose `seconds` are up keeps what it has done, and the next
    goes on from there, with the feed that is further behind first. A feed that fails does not hold up the
    other one.

    Raises:
        UpstreamError: a feed failed, after what the other one brought is kept; or Pub/Sub did.
        StoreError: Firestore failed us.
    """
    held = await held_shows.read()
    poll = _Poll(held, feed=feed, schedule=schedule, topics=topics, now=now, seconds=seconds)
    begun = now()
    order = sorted(MEDIA_TYPES, key=lambda media_type: held.through.get(media_type, _NEVER))
    plans = {media_type: feed_plan(media_type, held.through.get(media_type), begun) for media_type in order}
    for media_type, plan in plans.items():
        await poll.catch_up(media_type, plan)
    progress = _Progress()
    is_complete = True
    for together in in_turn(list(plans.values())):
        is_complete = await _round(together, poll, progress)
        held = await held_shows.advance(held, progress.through, poll.told)
        if not is_complete:
            break
    for failure in progress.failures.values():
        raise failure
    if not is_complete:
        logger.warning("the time was up before all changes were read; the next run goes on")
    poll.report.is_complete = is_complete
    return poll.report


async def _round(parts: tuple[Part, ...], poll: _Poll, progress: _Progress) -> bool:
    """Deal with a part of each feed. False where the time is up."""
    for part in parts:
        if part.media_type in progress.failures:
            continue
        if not poll.has_time():
            return False
        try:
            if not await poll.deal_with(part):
                return False
        except UpstreamError as error:
            logger.warning("the changes of %s could not be read: %s", part.media_type, error)
            progress.failures[part.media_type] = error
            continue
        progress.through[part.media_type] = part.through
    return True
