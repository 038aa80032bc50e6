"""What a user watches next of a show.

It is the first aired episode after the furthest one that they have watched. What they passed over on the way
is not offered again: who begins with the third season, or skips an episode, has meant it so. Specials belong
nowhere in that order, and are offered only where they are wished: those that aired since the episode that the
user is at, by their days.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.season import air_date_or_none
from shared.domain.show_season import EpisodeFacts
from shared.domain.tracking import parse_key

MOST_SEASONS = 4
"""Of a show so many seasons are read at most, and the specials."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a user is: the furthest episode (`last`, with its day where it is known), and the specials.

    `watched_at` is when they last watched anything, where an app has said so.
    """

    last: tuple[int, int] | None = None
    last_day: str | None = None
    specials: frozenset[int] = frozenset()
    watched_at: datetime | None = None

    @classmethod
    def of(cls, episodes: object, said: tuple[int, int] | None) -> "Progress":
        """From the map `episodes` of a tracking document, and how far the user says to be."""
        held = episodes if isinstance(episodes, Mapping) else {}
        watched = {
            (int(key[0]), key[1]): entry
            for text, entry in held.items()
            if isinstance(entry, Mapping) and entry.get("watched") is True and (key := parse_key(text))
        }
        proper = [key for key in (*watched, *([said] if said else [])) if key[0] > 0]
        last = max(proper, default=None)
        times = (entry.get("watchedAt") for entry in watched.values())
        return cls(
            last,
            air_date_or_none(watched[last].get("episodeAirDate")) if last in watched else None,
            frozenset(number for season, number in watched if season == 0),
            max((one for one in times if isinstance(one, datetime)), default=None),
        )


@dataclass(frozen=True, slots=True)
class SeasonOutline:
    """What a show's document says of a season: its size, and between which days it airs.

    `is_settled`: every episode of it has a day.
    """

    count: int
    first_day: str | None = None
    latest_day: str | None = None
    is_settled: bool = True

    def may_have_aired(self, today: str) -> bool:
        """Whether anything of it may have."""
        days = (self.first_day, self.latest_day)
        return self.count > 0 and (
            days == (None, None) or any(day is not None and day <= today for day in days)
        )

    def has_aired_wholly(self, today: str) -> bool:
        """Whether all of it has, as far as days are known."""
        return self.latest_day is not None and self.latest_day <= today


@dataclass(frozen=True, slots=True)
class ShowOutline:
    """What a show's document says of its seasons, and on which days its events are."""

    title: str | None = None
    poster_path: str | None = None
    seasons: Mapping[int, SeasonOutline] = field(default_factory=dict)
    event_days: Collection[str] = ()

    def latest_aired(self, today: str) -> str | None:
        """The last day up to today on which anything aired, as far as it is known."""
        days = (*self.event_days, *(season.latest_day for season in self.seasons.values()))
        return max((day for day in days if day is not None and day <= today), default=None)


@dataclass(frozen=True, slots=True)
class NextEpisode:
    """What to watch next. `left` counts it and all that has aired after it.

    `is_reopened`: the user had seen all that there was, and a new season has begun since.
    """

    season: int
    episode: EpisodeFacts
    left: int
    is_reopened: bool = False


def open_seasons(progress: Progress, show: ShowOutline, today: str) -> list[int]:
    """The seasons that may have aired episodes left to watch, in order; the specials are not among them."""
    at, number = progress.last or (0, 0)
    later = (n for n, season in show.seasons.items() if n > at and season.may_have_aired(today))
    here = show.seasons.get(at) if at else None
    # Some seasons go on counting where the one before has ended, and then the number says nothing.
    is_open = here is not None and here.may_have_aired(today) and number != here.count
    return sorted([*later, *([at] if is_open else [])])


def has_specials_left(progress: Progress, show: ShowOutline, today: str) -> bool:
    """Whether there may be specials left to watch."""
    specials = show.seasons.get(0)
    return specials is not None and specials.may_have_aired(today) and specials.count > len(progress.specials)


def seasons_to_read(
    progress: Progress, show: ShowOutline, today: str, *, with_specials: bool = False
) -> list[int]:
    """The seasons whose episodes are needed to say what is next and how much is left.

    They are the one that the user is in, the next one, and the newest of those that still change. Of all
    others the size tells how much is left.
    """
    seasons = open_seasons(progress, show, today)
    unclear = [n for n in seasons if not _is_told_by_size(n, progress, show, today)]
    # The one that the user is in may turn out to have nothing left.
    needed = seasons[:2] if seasons[:1] == unclear[:1] else seasons[:1]
    changing = sorted(set(unclear) - set(needed), reverse=True)[: MOST_SEASONS - len(needed)]
    specials = [0] if with_specials and has_specials_left(progress, show, today) else []
    return sorted([*specials, *needed, *changing])


def next_episode(
    progress: Progress,
    show: ShowOutline,
    read: Mapping[int, Sequence[EpisodeFacts]],
    today: str,
    *,
    watched_on: str | None = None,
    with_specials: bool = False,
) -> NextEpisode | None:
    """What to watch next, None where nothing is left.

    `read` are the episodes of the seasons that were to be read, as far as they are there; `watched_on` is the
    day on which the user last watched anything, by their calendar, as `today` is.
    """
    left = 0
    first: tuple[int, EpisodeFacts] | None = None
    for season in open_seasons(progress, show, today):
        if season not in read:
            left += show.seasons[season].count if show.seasons[season].has_aired_wholly(today) else 0
            continue
        unwatched = _aired(read[season], today)
        if progress.last is not None:
            unwatched = [one for one in unwatched if (season, one.number) > progress.last]
        left += len(unwatched)
        if unwatched and first is None:
            first = season, unwatched[0]
    specials = _specials(progress, read, today) if with_specials else []
    left += len(specials)
    if specials and (first is None or _day(specials[0]) < _day(first[1])):
        first = 0, specials[0]
    if first is None:
        return None
    is_reopened = (
        progress.last is not None
        and watched_on is not None
        and first[0] > progress.last[0]
        and _day(first[1]) > watched_on
    )
    return NextEpisode(*first, left=left, is_reopened=is_reopened)


def _is_told_by_size(number: int, progress: Progress, show: ShowOutline, today: str) -> bool:
    """Whether all of that season is left, and it is known how much that is."""
    season = show.seasons[number]
    is_ahead = progress.last is None or number > progress.last[0]
    return is_ahead and season.is_settled and season.has_aired_wholly(today)


def _specials(
    progress: Progress, read: Mapping[int, Sequence[EpisodeFacts]], today: str
) -> Sequence[EpisodeFacts]:
    """The specials that are left, in the order of their days."""
    since = progress.last_day or ""
    if progress.last is not None:
        of_season = read.get(progress.last[0], ())
        since = next((one.air_date or "" for one in of_season if one.number == progress.last[1]), since)
    left = [
        one
        for one in _aired(read.get(0, ()), today)
        if one.number not in progress.specials and _day(one) >= since
    ]
    return sorted(left, key=lambda one: (_day(one), one.number))


def _aired(episodes: Iterable[EpisodeFacts], today: str) -> list[EpisodeFacts]:
    return [one for one in episodes if one.air_date is not None and one.air_date <= today]


def _day(episode: EpisodeFacts) -> str:
    return episode.air_date or ""
