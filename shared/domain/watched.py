"""What a user has watched of a show, as far as it decides on an alert."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.tracking import parse_key


@dataclass(frozen=True, slots=True)
class Watched:
    """The episodes that are marked as watched, by season and number and by TMDB's id where it is known.

    It is made of a tracking document, of which it keeps no more than that: a document can be large.

    `last` is the last one that the user says to have watched, and all before it are taken to be so too;
    specials are not.
    """

    episodes: frozenset[tuple[int, int]] = frozenset()
    ids: frozenset[int] = frozenset()
    last: tuple[int, int] | None = None

    @classmethod
    def of(cls, episodes: object, last: tuple[int, int] | None = None) -> "Watched":
        """From the map `episodes` of a tracking document; what cannot be read there is passed over."""
        held: Mapping[str, Any] = episodes if isinstance(episodes, Mapping) else {}
        marked = {
            numbers: entry
            for key, entry in held.items()
            if isinstance(entry, Mapping)
            and entry.get("watched") is True
            and (numbers := parse_key(key)) is not None
        }
        ids = (entry.get("episodeId") for entry in marked.values())
        return cls(
            frozenset((int(season), number) for season, number in marked),
            frozenset(one for one in ids if isinstance(one, int) and not isinstance(one, bool)),
            last,
        )

    def has(self, season: int, number: int, episode_id: int | None) -> bool:
        """Whether this episode is watched."""
        if episode_id is not None and episode_id in self.ids:
            return True
        return (season, number) in self.episodes or self._is_passed(season, number)

    def has_seasons(self, seasons: Collection[int], episode_ids: Collection[int], count: int) -> bool:
        """Whether so many episodes of several seasons are watched, of which the ids are known, if any."""
        if len(episode_ids) == count and self.ids.issuperset(episode_ids):
            return True
        if self.last is not None and self.last[0] > max(seasons):
            return True
        return sum(season in seasons for season, _ in self.episodes) >= count

    def behind(self, season: int, number: int, earlier: Mapping[int, int]) -> int:
        """How many of the `earlier` episodes, counted by season, are not watched.

        They are those that come before that number of that season.
        """
        marked = Counter(
            s for s, n in self.episodes if (s, n) < (season, number) and not self._is_passed(s, n)
        )
        unwatched = 0
        for of_season, count in earlier.items():
            if self.last is not None and of_season < self.last[0]:
                continue
            passed = self.last[1] if self.last is not None and of_season == self.last[0] else 0
            unwatched += max(0, count - passed - marked[of_season])
        return unwatched

    def _is_passed(self, season: int, number: int) -> bool:
        return season > 0 and self.last is not None and (season, number) <= self.last


@dataclass(frozen=True, slots=True)
class Subject:
    """The episodes that an alert is about: one, or all of a drop; none for a movie or a status.

    `season` and `number` are of the first. `earlier` counts the episodes before it by season, specials left
    out, where somebody needs that.
    """

    season: int | None = None
    number: int | None = None
    count: int = 1
    episode_ids: tuple[int, ...] = ()
    seasons: tuple[int, ...] = ()
    earlier: Mapping[int, int] = field(default_factory=dict)

    def is_watched(self, watched: Watched) -> bool:
        """Whether all of it is: of a drop each episode, by its id or, within one season, by its number."""
        if self.season is None or self.number is None:
            return False
        known = (*self.episode_ids, *(None for _ in range(self.count)))
        if self.count > 1 and len(self.seasons) > 1:
            return watched.has_seasons(self.seasons, self.episode_ids, self.count)
        return all(
            watched.has(self.season, self.number + offset, known[offset]) for offset in range(self.count)
        )

    def behind(self, watched: Watched) -> int:
        """How many episodes before it are not watched."""
        if not self.season or self.number is None:
            return 0
        return watched.behind(self.season, self.number, self.earlier)


def earlier_episodes(
    season: int | None, number: int | None, counts: Iterable[tuple[int, int]]
) -> dict[int, int]:
    """How many episodes come before this one, by season. `counts` are (season, episodes) of the show."""
    if not season or number is None:
        return {}
    sizes = {of: count for of, count in counts if 0 < of < season and count > 0}
    return {**sizes, season: number - 1} if number > 1 else sizes
