"""Mark episodes as watched, or no longer: one, a season, or all up to one.

The marks go into the document that the user's apps keep, as the apps write them themselves. Where the show is
followed, how far the user is goes with them, in one commit.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.local_time import Zone
from shared.domain.season import SeasonNumber, ShowId
from shared.domain.show import LAST_ID, ShowKey
from shared.domain.tracking import TrackingKey, UserId
from shared.domain.watched_marks import (
    MOST_AT_ONCE,
    AirDays,
    EpisodeKey,
    MarkChange,
    Marks,
    WatchedState,
    marked,
    unmarked,
)
from shared.errors import Contention, InvalidRequest, NotFound, Unavailable
from shared.usecases.load_seasons import SeasonLoader
from shared.usecases.ports import EnrichQueue
from shared.usecases.watched_ports import ShowEpisodes, WatchedMarks

TRIES = 12
LONGEST_PAUSE_SECONDS = 0.5

CLOCKS_DIFFER_BY = timedelta(minutes=10)

MOST_UNHELD_SEASONS = 60
"""Of a show that we do not hold, no more seasons are asked for: by three calls to TMDB."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of it: how many episodes were marked or unmarked by it, and how far the user is now.

    `last_watched` is None where the show is not followed, or nothing of it was watched.
    """

    changed: int
    last_watched: EpisodeKey | None


async def mark_watched(
    user_id: UserId,
    key: ShowKey,
    marks: Marks,
    *,
    watched_at: datetime | None = None,
    watched: WatchedMarks,
    episodes: ShowEpisodes,
    seasons: SeasonLoader,
    queue: EnrichQueue,
    now: Callable[[], datetime],
    admit: Callable[[], Awaitable[None]],
) -> Marked:
    """Mark as watched what has aired of it by the user's calendar, and the episode that is named in any case.

    One episode costs two reads and as many writes at most; a season or more costs a read more for the show
    and one for each season, of a show that we do not hold those of the season cache. Where marks are new that
    have no names yet, the document is put into the queue to be enriched: a write.

    `admit` is called before TMDB may have to be asked, and may raise.

    Raises:
        InvalidRequest: it is a movie, of too many episodes, or watched at a time to come.
        NotFound: there is no such season.
        Unavailable: the episodes of a season cannot be had now.
        Contention: others kept changing how far the user is.
    """
    _check(key)
    at = watched_at or now()
    if at > now() + CLOCKS_DIFFER_BY:
        message = "watchedAt is ahead."
        raise InvalidRequest(message, (("watchedAt", message),))
    aired_days: Mapping[SeasonNumber, AirDays] = {}
    if not marks.is_single:
        aired_days = await _air_days(key, marks, episodes, seasons, admit)

    def change_of(state: WatchedState) -> MarkChange:
        zone = Zone.of(None) if state.following is None else state.following.user.zone
        named = marks.aired(aired_days, zone.today(now()).isoformat())
        if len(named) > MOST_AT_ONCE:
            raise InvalidRequest(f"These are more than {MOST_AT_ONCE} episodes: mark season by season.")
        is_corrected = marks.is_single and watched_at is not None
        return marked(state, named, at, is_corrected=is_corrected)

    change = await _settled(user_id, key, change_of, watched)
    if change.to_enrich:
        await queue.put(TrackingKey(user_id, ShowId(key.tmdb_id)), change.to_enrich, now=now())
    return _outcome(change)


async def unmark_watched(user_id: UserId, key: ShowKey, marks: Marks, *, watched: WatchedMarks) -> Marked:
    """Mark it as not watched. What else is known of the episodes stays. Two reads, two writes at most.

    Raises:
        InvalidRequest: it is a movie.
        Contention: others kept changing how far the user is.
    """
    _check(key)
    return _outcome(await _settled(user_id, key, lambda state: unmarked(state, marks), watched))


async def _settled(
    user_id: UserId, key: ShowKey, change_of: Callable[[WatchedState], MarkChange], watched: WatchedMarks
) -> MarkChange:
    for attempt in range(TRIES):
        change = change_of(await watched.state(user_id, key))
        if await watched.write(key, change):
            return change
        await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.01 * 2**attempt)))  # noqa: S311 - jitter
    raise Contention(f"Others kept changing what {key} is to this user.")


async def _air_days(
    key: ShowKey,
    marks: Marks,
    episodes: ShowEpisodes,
    seasons: SeasonLoader,
    admit: Callable[[], Awaitable[None]],
) -> Mapping[SeasonNumber, AirDays]:
    """The days of the episodes of all seasons that are meant. What we hold has more days than TMDB gives."""
    outline = (await episodes.outlines([key])).get(key)
    if outline is not None and marks.season > max(outline.seasons, default=0) + 1:
        raise _no_season(marks)  # one that is new may not be known yet
    if marks.episode is None or marks.season == 0:
        wanted = [marks.season]
    elif outline is not None:
        wanted = [SeasonNumber(n) for n in sorted({*outline.seasons, marks.season}) if 0 < n <= marks.season]
    elif marks.season > MOST_UNHELD_SEASONS:
        raise _no_season(marks)
    else:
        wanted = [SeasonNumber(n) for n in range(1, marks.season + 1)]
    held = {} if outline is None else await episodes.episodes([(key, number) for number in wanted])
    days: dict[SeasonNumber, AirDays] = {
        number: {one.number: one.air_date for one in found} for (_, number), found in held.items()
    }
    missing = [number for number in wanted if number not in days]
    if missing:
        await admit()
        loaded = await seasons.get_seasons_from_cache_or_tmdb(ShowId(key.tmdb_id), missing)
        for number, answer in loaded.items():
            if answer.value is None:
                raise Unavailable("tmdb", f"the episodes of season {number} cannot be had now")
            days[number] = {n: one.air_date for n, one in answer.value.episodes.items()}
    if not days[marks.season]:
        raise _no_season(marks)
    return days


def _check(key: ShowKey) -> None:
    if key.media_type == "movie":
        message = "A movie has no episodes to mark."
        raise InvalidRequest(message, (("id", message),))
    if key.tmdb_id > LAST_ID:
        raise NotFound("There is no such show.")


def _no_season(marks: Marks) -> NotFound:
    return NotFound(f"There is no season {marks.season} of it.")


def _outcome(change: MarkChange) -> Marked:
    return Marked(change.count, None if change.state.following is None else change.last_watched)
