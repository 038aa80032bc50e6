"""A made history at Trakt, for what no kept one is big enough for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from local.stand_ins.trakt_library import trakt_time

_EPISODES_A_SEASON = 10


def made_watched_shows(
    shows: int,
    episodes: int,
    *,
    first_id: int = 9_000_001,
    last_day: datetime = datetime(2026, 8, 1, tzinfo=UTC),
) -> list[dict[str, Any]]:
    """So many shows with so many watched episodes in all, ten a season, one an hour up to the last day.

    A heavy user has 860 shows and 26,000 episodes. Trakt's and TMDB's ids are the same number.
    """
    first = last_day - timedelta(hours=episodes)
    made = []
    for index in range(shows):
        start, end = index * episodes // shows, (index + 1) * episodes // shows
        times = [trakt_time(first + timedelta(hours=hour + 1)) for hour in range(start, end)]
        id_ = first_id + index
        made.append(
            {
                "plays": len(times),
                "last_watched_at": times[-1] if times else None,
                "last_updated_at": times[-1] if times else None,
                "reset_at": None,
                "show": {
                    "title": f"Show {id_}",
                    "year": 2001,
                    "ids": {"trakt": id_, "slug": f"show-{id_}", "tvdb": None, "imdb": None, "tmdb": id_},
                },
                "seasons": _seasons(times),
            }
        )
    return made


def _seasons(times: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "number": first // _EPISODES_A_SEASON + 1,
            "episodes": [
                {"number": number, "plays": 1, "last_watched_at": time}
                for number, time in enumerate(times[first : first + _EPISODES_A_SEASON], start=1)
            ],
        }
        for first in range(0, len(times), _EPISODES_A_SEASON)
    ]
