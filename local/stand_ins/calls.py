"""Counting the calls that a stand-in receives."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

WINDOW_SECONDS = 10.0


class CallLog:
    """How often each path was asked, and how many calls came in the busiest ten seconds."""

    def __init__(self) -> None:
        self._by_path: Counter[str] = Counter()
        self._things: dict[str, Counter[str]] = {}
        self._recent: deque[float] = deque()
        self._busiest = 0

    def record(self, path: str, now_seconds: float, things: Mapping[str, Iterable[str]]) -> None:
        """Count one call to `path`, and under each name of `things` what the call asked for."""
        self._by_path[path] += 1
        for name, keys in things.items():
            self._things.setdefault(name, Counter()).update(keys)
        self._recent.append(now_seconds)
        while self._recent[0] <= now_seconds - WINDOW_SECONDS:
            self._recent.popleft()
        self._busiest = max(self._busiest, len(self._recent))

    def as_json(self) -> dict[str, Any]:
        """The counts so far."""
        return {
            "total": self._by_path.total(),
            "by_path": dict(self._by_path),
            "busiest_10_seconds": self._busiest,
            **{name: dict(counter) for name, counter in self._things.items()},
        }
