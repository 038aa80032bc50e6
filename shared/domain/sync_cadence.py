"""How soon a show or movie is looked at again. It follows from what it is:

| what                                                     | again after |
|----------------------------------------------------------|-------------|
| a finding waits to be seen a second time                 | 3 hours     |
| airs within a week, or did in the last two days          | 6 hours     |
| has more seasons to look at than one call brings         | 6 hours     |
| something with a date is ahead                           | 1 day       |
| returning or in production, nothing ahead                | 3 days      |
| planned, a pilot, rumoured, or of an unknown status      | 7 days      |
| ended, cancelled, or a movie that is out                 | 29 days     |

The last is a day less than the thirty in which everything that is followed is seen. `full_sync` acts on this
for what is returning or in production; the rest is found by the feed of changes, and by the sweep in a month.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from shared.domain.show import ShowStatus

CONFIRM_AFTER = timedelta(hours=3)
"""How far apart two sightings are at least. Messages delivered twice are one sighting."""

AIRING = timedelta(hours=6)
DATED = timedelta(days=1)
BETWEEN_SEASONS = timedelta(days=3)
UNCERTAIN = timedelta(days=7)
OVER = timedelta(days=29)

_SOON = timedelta(days=7)
_LATELY = timedelta(days=2)

_BY_STATUS = {
    ShowStatus.RETURNING: BETWEEN_SEASONS,
    ShowStatus.IN_PRODUCTION: BETWEEN_SEASONS,
    ShowStatus.POST_PRODUCTION: BETWEEN_SEASONS,
    ShowStatus.ENDED: OVER,
    ShowStatus.CANCELED: OVER,
    ShowStatus.RELEASED: OVER,
}


def due_at(
    now: datetime,
    *,
    status: ShowStatus,
    dates: Iterable[str],
    is_waiting_for_confirmation: bool,
    is_behind: bool = False,
) -> datetime:
    """When to look again; `dates` are the days on which something of it airs or is released.

    `is_behind`: seasons that should have been looked at did not fit into the call.
    """
    if is_waiting_for_confirmation:
        return now + CONFIRM_AFTER
    today = now.date()
    days = [date.fromisoformat(day) for day in dates]
    if is_behind or any(today - _LATELY <= day <= today + _SOON for day in days):
        return now + AIRING
    if any(day > today for day in days):
        return now + DATED
    return now + _BY_STATUS.get(status, UNCERTAIN)
