"""A user's calendar feed: its address is made, revoked, and answered."""

import secrets
from collections.abc import Callable, Collection
from datetime import datetime

from shared.domain.calendar import KEY_BYTES, CalendarDays, CalendarFeed, chosen, key_hash, of_shows
from shared.domain.timeline import EventType
from shared.domain.timeline_page import groups_of
from shared.domain.tracking import UserId
from shared.errors import NotFound
from shared.usecases.calendar_ports import Calendars
from shared.usecases.timeline_ports import Timeline


async def make_calendar_key(user_id: UserId, *, calendars: Calendars) -> str:
    """A new key of the user's calendar; one from before opens it no more. It cannot be read again later.

    Raises:
        Contention: others keep making one.
    """
    key = secrets.token_urlsafe(KEY_BYTES)
    hashed = key_hash(key)
    if hashed is None:
        raise ValueError("this is no key")
    await calendars.replace_key(user_id, hashed)
    return key


async def revoke_calendar(user_id: UserId, *, calendars: Calendars) -> None:
    """No address opens the user's calendar any more. There need not be one."""
    await calendars.revoke(user_id)


async def read_calendar(
    key: str,
    *,
    types: Collection[EventType] = (),
    shows: Collection[str] = (),
    calendars: Calendars,
    timeline: Timeline,
    now: Callable[[], datetime],
) -> CalendarFeed:
    """The calendar that the key opens: 30 days back and 365 ahead, by the user's own calendar.

    It costs three reads, and one for each event.

    Raises:
        NotFound: the key opens none.
    """
    hashed = key_hash(key)
    user_id = None if hashed is None else await calendars.user_of(hashed)
    if user_id is None:
        raise NotFound("There is no such calendar.")
    followed = await timeline.followed(user_id)
    groups = groups_of(of_shows(followed.keys, shows), types)
    events = await calendars.events(groups, CalendarDays.around(followed.zone.today(now())))
    return CalendarFeed(chosen(events, types))
