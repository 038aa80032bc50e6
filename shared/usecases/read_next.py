"""What a user watches next of each show that they follow, the most recently watched or aired first."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from shared.domain.cursor import checked_limit
from shared.domain.local_time import Zone
from shared.domain.next_episode import (
    NextEpisode,
    Progress,
    ShowOutline,
    has_specials_left,
    next_episode,
    open_seasons,
    seasons_to_read,
)
from shared.domain.next_page import NextPosition
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.usecases.alert_ports import FollowStore
from shared.usecases.timeline_ports import Timeline
from shared.usecases.watched_ports import ShowEpisodes, WatchedMarks

PAGE = 20
MOST_ON_A_PAGE = 50

SHOWS_AT_ONCE = 300
"""So many shows are put in order together. Who follows more gets the first so many, then the next."""

MOST_ROUNDS = 3
"""So often seasons are read for one page; a show may turn out to have nothing left."""


@dataclass(frozen=True, slots=True)
class NextOfShow:
    """What is next of one show, and when anything of it was last watched, where that is known."""

    show_key: ShowKey
    title: str | None
    poster_path: str | None
    next: NextEpisode
    watched_at: datetime | None


@dataclass(frozen=True, slots=True)
class NextPage:
    """Some of them. `cursor` gives the next page, which can be empty; None: there is none."""

    shows: Sequence[NextOfShow]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: ShowKey
    progress: Progress
    outline: ShowOutline
    position: NextPosition


async def read_next(
    user_id: UserId,
    *,
    with_specials: bool = False,
    cursor: str | None = None,
    limit: int = PAGE,
    timeline: Timeline,
    follows: FollowStore,
    watched: WatchedMarks,
    episodes: ShowEpisodes,
    now: Callable[[], datetime],
) -> NextPage:
    """A page of what to watch next. Shows of which nothing has aired that is not watched are left out.

    It costs a read of the user's document, three for each show that is followed (300 at most: what the user
    wants of it, what they have watched, the show), and one or two for each show on the page, five at most:
    the seasons in question.

    Raises:
        InvalidRequest: the cursor is none, or the limit is not from 1 to 50.
    """
    limit = checked_limit(limit, MOST_ON_A_PAGE)
    after = NextPosition() if cursor is None else NextPosition.parse(cursor)
    followed = await timeline.followed(user_id)
    today = followed.zone.today(now()).isoformat()
    keys = sorted({str(key): key for key in followed.keys if key.media_type == "tv"}.items())
    later = [(text, key) for text, key in keys if text > after.window]
    window = [key for _, key in later[:SHOWS_AT_ONCE]]
    candidates = await _candidates(user_id, window, after, today, with_specials, follows, watched, episodes)
    found: list[NextOfShow] = []
    for _ in range(MOST_ROUNDS):
        part, candidates = candidates[: limit - len(found)], candidates[limit - len(found) :]
        if not part:
            break
        found += await _next_of(part, today, followed.zone, with_specials, episodes)
        after = part[-1].position
    if candidates:
        return NextPage(found, after.cursor)
    is_more = len(later) > SHOWS_AT_ONCE
    return NextPage(found, NextPosition(window=later[SHOWS_AT_ONCE - 1][0]).cursor if is_more else None)


async def _candidates(
    user_id: UserId,
    keys: Sequence[ShowKey],
    after: NextPosition,
    today: str,
    with_specials: bool,
    follows: FollowStore,
    watched: WatchedMarks,
    episodes: ShowEpisodes,
) -> list[_Candidate]:
    """The shows that may have something left, in order, from that position on."""
    if not keys:
        return []
    followed, outlines = await asyncio.gather(
        follows.follows_of([(user_id, key) for key in keys]), episodes.outlines(keys)
    )
    # What is followed no more stands in the list for a moment.
    said = {key: one.last_watched for (_, key), one in followed.items() if key in outlines}
    candidates = []
    for key, progress in (await watched.progress(user_id, said)).items():
        outline = outlines[key]
        if open_seasons(progress, outline, today) or (
            with_specials and has_specials_left(progress, outline, today)
        ):
            position = _position(after.window, key, progress, outline, today)
            candidates.append(_Candidate(key, progress, outline, position))
    candidates.sort(key=lambda one: one.position.order)
    return [one for one in candidates if after.is_before(one.position)]


async def _next_of(
    candidates: Sequence[_Candidate], today: str, zone: Zone, with_specials: bool, episodes: ShowEpisodes
) -> list[NextOfShow]:
    wanted = {
        one.key: seasons_to_read(one.progress, one.outline, today, with_specials=with_specials)
        for one in candidates
    }
    read = await episodes.episodes(
        [(key, SeasonNumber(n)) for key, seasons in wanted.items() for n in seasons]
    )
    found = []
    for one in candidates:
        at = one.progress.watched_at
        upcoming = next_episode(
            one.progress,
            one.outline,
            {n: read[one.key, SeasonNumber(n)] for n in wanted[one.key] if (one.key, n) in read},
            today,
            watched_on=None if at is None else zone.today(at).isoformat(),
            with_specials=with_specials,
        )
        if upcoming is not None:
            found.append(NextOfShow(one.key, one.outline.title, one.outline.poster_path, upcoming, at))
    return found


def _position(
    window: str, key: ShowKey, progress: Progress, outline: ShowOutline, today: str
) -> NextPosition:
    """Where a show stands: by the instant at which it was last watched, or the day on which it last aired."""
    aired = outline.latest_aired(today)
    times = [] if aired is None else [datetime.combine(date.fromisoformat(aired), time(), UTC)]
    if progress.watched_at is not None:
        times.append(progress.watched_at)
    return NextPosition.of(window, max(times, default=None), key)
