"""A movie as the cache holds it."""

from dataclasses import dataclass
from datetime import date
from typing import NewType

from shared.domain.season import RECENT

MovieId = NewType("MovieId", int)

SETTLED = frozenset({"Released", "Canceled"})


@dataclass(frozen=True, slots=True)
class MovieDetails:
    """Title, release day (`YYYY-MM-DD`) and TMDB's status; `title` is None where TMDB has no such movie."""

    movie_id: MovieId
    title: str | None
    release_date: str | None
    movie_status: str | None

    def is_ongoing(self, today: date) -> bool:
        """Whether the details still change: not out yet, out within the last 14 days, or unknown."""
        if self.movie_status not in SETTLED:
            return True
        if self.release_date is None:
            return self.movie_status != "Canceled"
        return date.fromisoformat(self.release_date) >= today - RECENT
