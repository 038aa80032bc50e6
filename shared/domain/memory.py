"""A small memory of values that were just read, within one instance."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class BoundedMemory(Generic[K, T]):
    """Keeps values for `lifetime` seconds, and at most `capacity` of weight, the longest unused going first.

    Times are seconds of any clock that only rises, handed in by the caller.
    """

    def __init__(self, *, capacity: int, lifetime: float, weigh: Callable[[T], int]) -> None:
        self._capacity = capacity
        self._lifetime = lifetime
        self._weigh = weigh
        self._weight = 0
        self._kept: OrderedDict[K, tuple[T, float]] = OrderedDict()

    def recall(self, key: K, now: float) -> T | None:
        """The value kept under `key`, or None if there is none or its time is over."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        value, until = kept
        if now >= until:
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return value

    def remember(self, key: K, value: T, now: float) -> None:
        """Keep `value`, unless it alone outweighs the whole memory."""
        if key in self._kept:
            self._forget(key)
        weight = self._weigh(value)
        if weight > self._capacity:
            return
        self._kept[key] = (value, now + self._lifetime)
        self._weight += weight
        while self._weight > self._capacity:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: K) -> None:
        value, _ = self._kept.pop(key)
        self._weight -= self._weigh(value)
