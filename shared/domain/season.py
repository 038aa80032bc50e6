"""A season as the cache holds it: episode ids, names and air dates, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NewType

ShowId = NewType("ShowId", int)
SeasonNumber = NewType("SeasonNumber", int)

RECENT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class SeasonKey:
    """One season of one show, as TMDB numbers them; season 0 holds the specials."""

    show_id: ShowId
    season: SeasonNumber


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode's identity (`episode_id`) and what may be corrected upstream.

    `air_date` is a calendar day as `YYYY-MM-DD`, or None where TMDB knows none.
    """

    episode_id: int
    name: str | None
    air_date: str | None


@dataclass(frozen=True, slots=True)
class Season:
    """The episodes of a season by number. Empty where TMDB has no such season, or nothing in it."""

    episodes: Mapping[int, Episode]

    def is_ongoing(self, today: date) -> bool:
        """Whether the season looks as if it still changes.

        It does with no episodes, with no date for its last episode, and with a date ahead or within the
        last 14 days (DESIGN.md, section 4).
        """
        if not self.episodes or self.episodes[max(self.episodes)].air_date is None:
            return True
        latest = max(episode.air_date for episode in self.episodes.values() if episode.air_date)
        return date.fromisoformat(latest) >= today - RECENT


def air_date_or_none(value: object) -> str | None:
    """`value` if it is a real calendar day written `YYYY-MM-DD`, else None: TMDB sends null and "" too."""
    if not isinstance(value, str):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return value if value == day.isoformat() else None
