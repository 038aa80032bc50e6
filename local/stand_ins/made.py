"""Made facts, for what no kept show is big enough for."""

from datetime import date, timedelta
from typing import Any


def made_episodes(
    count: int, *, first_id: int = 9_000_001, first_day: date = date(2001, 1, 1)
) -> list[dict[str, Any]]:
    """Episodes of a daily show, numbered from 1. TMDB's longest season has 2,868 of them."""
    return [
        {
            "id": first_id + index,
            "episode_number": index + 1,
            "name": f"Episode {index + 1}",
            "air_date": (first_day + timedelta(days=index)).isoformat(),
            "episode_type": "standard",
            "runtime": 26,
        }
        for index in range(count)
    ]
