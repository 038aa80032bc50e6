"""What happened, and what will, to the shows that a user follows."""

from collections.abc import Callable, Collection
from datetime import datetime

from shared.domain.cursor import checked_limit
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.timeline_page import (
    MOST_ON_A_PAGE,
    DayRange,
    Position,
    TimelinePage,
    Window,
    groups_of,
    merged,
)
from shared.domain.tracking import UserId
from shared.usecases.timeline_ports import Timeline

PAGE = 50

READ_FOR_TYPES = 100
"""So many events are read together where only some types are asked for, since many are not of these."""

MOST_READS = 5
"""So often it is read on for one page; what is not found by then is left to the next."""


async def read_timeline(
    user_id: UserId,
    days: Window | DayRange,
    *,
    types: Collection[EventType] = (),
    cursor: str | None = None,
    limit: int = PAGE,
    timeline: Timeline,
    now: Callable[[], datetime],
) -> TimelinePage:
    """A page of the events of some days, of these types or of all, in the order of (day, event id).

    It costs one read of the user's document, and one of each event; a group of 30 shows that has no events
    costs one too. With events of other types on these days it costs more.
    The pages of a window begin anew on the next day: a cursor from the day before goes on from today.

    Raises:
        InvalidRequest: the cursor is none, or the limit is not from 1 to 200.
        StoreUnavailable: Firestore does not answer.
    """
    limit = checked_limit(limit, MOST_ON_A_PAGE)
    after = None if cursor is None else Position.parse(cursor)
    followed = await timeline.followed(user_id)
    if isinstance(days, Window):
        days = DayRange.ahead(days, followed.zone, now())
    if after is not None and after.day < days.first.isoformat():
        after = None
    is_past = after is not None and after.day > days.last.isoformat()
    groups = [] if is_past else groups_of(followed.keys, types)
    size = max(limit, READ_FOR_TYPES) if types else limit
    found: list[TimelineEvent] = []
    is_more, reads = bool(groups), 0
    while is_more and len(found) < limit and reads < MOST_READS:
        read = merged(await timeline.events(groups, days, after, size))
        found += [event for event in read.events if not types or event.event_type in types]
        after, is_more, reads = read.read_until, read.read_until is not None, reads + 1
    if len(found) > limit:
        found, after, is_more = found[:limit], Position.of(found[limit - 1]), True
    cursor = after.cursor if is_more and after is not None else None
    return TimelinePage(found, cursor, days, followed.zone)
