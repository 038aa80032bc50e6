"""A user's timeline out of the hot cache.

What they follow, and their zone, are read each time (one read) and are part of the key: so to follow, to stop
and to move make an answer of its own, on every instance at once. Of changed events `ChangedShows` knows.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.kept_answer import TIMELINE, AnswerKey, KeptAnswer, Made
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType
from shared.domain.timeline_page import DayRange, EventsRead, FollowedShows, Position, TimelinePage, Window
from shared.domain.tracking import UserId
from shared.usecases.changed_shows import ChangedShows
from shared.usecases.hot_cache import HotCache
from shared.usecases.read_timeline import PAGE, read_timeline
from shared.usecases.timeline_ports import Timeline


@dataclass(frozen=True, slots=True)
class _Read:
    """The `Timeline` of a user of whom it is read already what they follow."""

    user_followed: FollowedShows
    timeline: Timeline

    async def followed(self, user_id: UserId) -> FollowedShows:  # noqa: ARG002 - as the port has it
        return self.user_followed

    async def events(
        self, groups: Sequence[Sequence[ShowKey]], days: DayRange, after: Position | None, limit: int
    ) -> Sequence[EventsRead]:
        return await self.timeline.events(groups, days, after, limit)


async def kept_timeline(
    user_id: UserId,
    days: Window | DayRange,
    *,
    types: Collection[EventType] = (),
    cursor: str | None = None,
    limit: int = PAGE,
    timeline: Timeline,
    tell: Callable[[TimelinePage], str],
    check: Callable[[str], object],
    cache: HotCache,
    changed: ChangedShows,
    now: Callable[[], datetime],
) -> KeptAnswer:
    """A page as `read_timeline` reads it and `tell` tells it, made anew after five minutes at the latest.

    What was stored and `check` refuses with a ValueError is made anew too.

    From the memory it costs one read; out of the store two.
    An event that a sync changes is told of 20 seconds later at the latest.

    Raises as `read_timeline` does.
    """
    # What few ask for again fills no store.
    is_usual = isinstance(days, Window) and not types and cursor is None and limit == PAGE
    followed = await timeline.followed(user_id)
    if isinstance(days, Window):
        days = DayRange.ahead(days, followed.zone, now())
    fixed = days

    async def made() -> Made:
        page = await read_timeline(
            user_id,
            fixed,
            types=types,
            cursor=cursor,
            limit=limit,
            timeline=_Read(followed, timeline),
            now=now,
        )
        return Made(tell(page), TIMELINE, is_shared=is_usual)

    keys = hashlib.sha256(" ".join(sorted(map(str, followed.keys))).encode()).hexdigest()
    parts = (
        *(days.first.isoformat(), days.last.isoformat(), followed.zone.name),
        *(",".join(sorted(set(types))), cursor or "", str(limit), keys),
    )
    since = await changed.last_change(followed.keys)
    return await cache.answer(AnswerKey("timeline", parts, user_id), made, since=since, check=check)
