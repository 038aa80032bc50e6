"""TMDB's feeds of changes, `/tv/changes` and `/movie/changes`, and how a test or demo says what changed when.

The shape is as recorded. Not recorded: the errors, which are those of TMDB's published list; and whether the
day of `end_date` itself belongs to the answer. Here it does not, so that whoever counts on it finds out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

PAGE_SIZE = 100
MOST_PAGES = 1000
MOST_DAYS = 14
MEDIA_TYPES = ("tv", "movie")

_TOO_MANY_DAYS = {
    "status_code": 20,
    "status_message": "Invalid date range: Should be a range no longer than 14 days.",
    "success": False,
}
_NO_SUCH_PAGE = {
    "success": False,
    "status_code": 22,
    "status_message": "Invalid page: Pages start at 1 and max at 1000. They are expected to be an integer.",
}


@dataclass(frozen=True)
class Change:
    """Something was changed on that day. What has no id is there too, as in the real feed."""

    id: int | None
    day: date


class ChangesFeed:
    """What has been changed, of shows and of movies."""

    def __init__(self) -> None:
        self.forget_changes()

    def forget_changes(self) -> None:
        """Know of no change."""
        self._changes: dict[str, list[Change]] = {media_type: [] for media_type in MEDIA_TYPES}

    def put(self, media_type: str, changes: Sequence[Mapping[str, Any]]) -> None:
        """Tell of these, `{"id": 1396, "date": "2026-08-01"}` each, and of none that was told before."""
        told = self._changes[media_type]
        told[:] = [Change(change["id"], date.fromisoformat(change["date"])) for change in changes]

    def note(self, media_type: str, id_: int, day: str | None = None) -> None:
        """Tell of one more, of today unless a day is given."""
        changed = datetime.now(UTC).date() if day is None else date.fromisoformat(day)
        self._changes[media_type].append(Change(id_, changed))

    def answer(self, media_type: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer to `GET /{media_type}/changes`."""
        today = datetime.now(UTC).date()
        end = date.fromisoformat(query["end_date"]) if "end_date" in query else today + timedelta(days=1)
        start = date.fromisoformat(query["start_date"]) if "start_date" in query else end - timedelta(days=2)
        if end - start > timedelta(days=MOST_DAYS):
            return 422, _TOO_MANY_DAYS
        page = query.get("page", "1")
        if not page.isdecimal() or not 1 <= int(page) <= MOST_PAGES:
            return 400, _NO_SUCH_PAGE
        found = self._between(media_type, start, end)
        first = (int(page) - 1) * PAGE_SIZE
        return 200, {
            "results": [_item(id_) for id_ in found[first : first + PAGE_SIZE]],
            "page": int(page),
            "total_pages": -(-len(found) // PAGE_SIZE),
            "total_results": len(found),
        }

    def _between(self, media_type: str, start: date, end: date) -> list[int | None]:
        """The ids, once each and the last changed first; what has none is told each time."""
        changes = [change for change in self._changes[media_type] if start <= change.day < end]
        changes.sort(key=lambda change: change.day, reverse=True)
        known = dict.fromkeys(change.id for change in changes if change.id is not None)
        return [*known, *(None for change in changes if change.id is None)]


def _item(id_: int | None) -> dict[str, Any]:
    # Where the id is null, so is all else.
    known = None if id_ is None else False
    return {"id": id_, "adult": known, "softcore": known}
