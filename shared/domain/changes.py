"""The feed of changes: which days to ask for, how far the cursor moves, and which shows are to be synced."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import zip_longest

from shared.domain.show import MediaType
from shared.domain.version import Version

MEDIA_TYPES: tuple[MediaType, ...] = ("tv", "movie")

OVERLAP = timedelta(days=1)
"""How far before the cursor a poll begins. TMDB counts changes in days, lets its answers be kept for up to a
day (recorded: `max-age=86400`), and moves ids from page to page while they are read. What was passed over
because it had just been synced comes again by this, too."""

MOST_DAYS = 14
"""Between the two dates of a call: https://developer.themoviedb.org/reference/changes-tv-list"""

PART_DAYS = 3
"""How many days are asked for at a time, after which the cursor moves. An hourly poll needs two, the first
one after midnight three."""

SYNCED_LATELY = timedelta(hours=3)
"""What the poll before this one has found too is passed over if it was synced so lately: the same change
comes again with every poll of its day and the next, and so does a change since then."""


@dataclass(frozen=True, slots=True)
class HeldShows:
    """The ids of what we hold, and up to when the changes of each media type have been dealt with.

    It is kept as one document (`shared/adapters/firestore/held_shows.py`) so that a poll reads one, however
    many ids the feed brings; there is room for 90,000. `told` are the ids of ours that the last poll found
    to have changed. `version` is None where there is none yet.
    """

    ids: Mapping[MediaType, frozenset[int]]
    through: Mapping[MediaType, datetime]
    version: Version | None
    told: Mapping[MediaType, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Some days of one feed. Once all that changed in them is published, it is dealt with up to `through`.

    Whether TMDB counts `end` itself is not documented, so nothing relies on it: the next part begins there,
    and the last part ends tomorrow.
    """

    media_type: MediaType
    start: date
    end: date
    through: datetime


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """What to ask of one feed, oldest days first.

    `days_lost` counts the days that should be asked for and are longer ago than TMDB tells of. Whatever we
    hold that was not synced since `unseen_since` may have changed in them.
    """

    parts: tuple[Part, ...]
    days_lost: int = 0
    unseen_since: datetime | None = None


def feed_plan(media_type: MediaType, through: datetime | None, now: datetime) -> FeedPlan:
    """What to ask of a feed whose changes are dealt with up to `through`.

    With no cursor the first poll has nothing to catch up with: what we hold by then has just been read.
    """
    end = now.astimezone(UTC).date() + timedelta(days=1)
    earliest = end - timedelta(days=MOST_DAYS)
    # A cursor ahead of the clock was set by another machine's clock; nothing after now is dealt with.
    cursor = now if through is None else min(through, now)
    wanted = (cursor - OVERLAP).astimezone(UTC).date()
    parts = tuple(_parts(media_type, max(wanted, earliest), end, now))
    if wanted >= earliest:
        return FeedPlan(parts)
    return FeedPlan(parts, (earliest - wanted).days, _midnight(earliest) + OVERLAP)


def in_turn(plans: Sequence[FeedPlan]) -> Iterator[tuple[Part, ...]]:
    """The parts of several feeds, in rounds of one of each: after a round the cursors are kept."""
    for together in zip_longest(*(plan.parts for plan in plans)):
        yield tuple(part for part in together if part is not None)


def is_due(last_synced: datetime | None, now: datetime, *, was_told: bool) -> bool:
    """Whether a show that has changed is to be synced; `was_told`: the last poll has found it too."""
    return not was_told or last_synced is None or last_synced <= now - SYNCED_LATELY


def _parts(media_type: MediaType, start: date, end: date, now: datetime) -> Iterator[Part]:
    while start < end:
        stop = min(start + timedelta(days=PART_DAYS), end)
        yield Part(media_type, start, stop, through=min(_midnight(stop), now))
        start = stop


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
