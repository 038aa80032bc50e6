"""Marking episodes as watched, or no longer: which ones are meant, and how far the user then is.

A user is as far as the furthest episode that they have watched, specials left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.following import Following
from shared.domain.season import SeasonNumber
from shared.domain.tracking import TrackedEpisode, UserId, parse_episodes, parse_key

MOST_AT_ONCE = 5_000
"""So many episodes may one request mark: a document takes 1 MiB, and an enriched entry some 110 bytes."""

EpisodeKey = tuple[int, int]
"""Season and number."""

AirDays = Mapping[int, str | None]
"""The episodes of a season by number, each with its day as `YYYY-MM-DD` where one is known."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be marked: one episode; a season, where `episode` is None; or all up to an episode.

    Specials are meant only where season 0 is named.
    """

    season: SeasonNumber
    episode: int | None = None
    is_up_to: bool = False

    @property
    def is_single(self) -> bool:
        return self.episode is not None and not self.is_up_to

    def covers(self, key: EpisodeKey) -> bool:
        """Whether this episode is meant."""
        if self.episode is None:
            return key[0] == self.season
        if not self.is_up_to:
            return key == (self.season, self.episode)
        if self.season == 0:
            return key[0] == 0 and key[1] <= self.episode
        return key[0] > 0 and key <= (self.season, self.episode)

    def aired(self, seasons: Mapping[SeasonNumber, AirDays], today: str) -> list[EpisodeKey]:
        """The episodes that are meant: those of `seasons` that have aired, and the one that is named."""
        named = [] if self.episode is None else [(int(self.season), self.episode)]
        aired = (
            (int(season), number)
            for season, days in seasons.items()
            for number, day in days.items()
            if day is not None and day <= today
        )
        return sorted({*named, *(key for key in aired if self.covers(key))})


@dataclass(frozen=True, slots=True)
class WatchedState:
    """What a user has watched of a show, as two documents say. `following` is None where it is not followed.

    `watched` are the episodes that are marked; `complete` those that need no enrichment.
    """

    user_id: UserId
    watched: frozenset[EpisodeKey]
    complete: frozenset[EpisodeKey]
    following: Following | None

    @classmethod
    def of(cls, user_id: UserId, episodes: object, following: Following | None) -> "WatchedState":
        """From the map `episodes` of a tracking document; what cannot be read there is passed over."""
        held = episodes if isinstance(episodes, Mapping) else {}
        watched = {
            (int(key[0]), key[1])
            for text, entry in held.items()
            if isinstance(entry, Mapping) and entry.get("watched") is True and (key := parse_key(text))
        }
        complete = {_key_of(one) for one in parse_episodes(held).episodes if one.is_complete}
        return cls(user_id, frozenset(watched), frozenset(complete), following)

    @property
    def last_watched(self) -> EpisodeKey | None:
        """How far the user is, as it is stored."""
        return None if self.following is None else self.following.last_watched


@dataclass(frozen=True, slots=True)
class MarkChange:
    """What is to be written: when those that are marked were watched, and those that are marked no longer.

    `last_watched` is how far the user then is, written where it is another than before.
    """

    state: WatchedState
    marked: Mapping[EpisodeKey, datetime] = field(default_factory=dict)
    unmarked: frozenset[EpisodeKey] = frozenset()
    last_watched: EpisodeKey | None = None

    @property
    def moves(self) -> bool:
        """Whether the user is elsewhere then. Who does not follow the show is nowhere."""
        return self.state.following is not None and self.last_watched != self.state.last_watched

    @property
    def count(self) -> int:
        """How many episodes change."""
        return len(self.marked) + len(self.unmarked)

    @property
    def to_enrich(self) -> list[SeasonNumber]:
        """The seasons of the marked episodes whose name, id or date is not there yet."""
        return sorted({SeasonNumber(season) for season, _ in self.marked.keys() - self.state.complete})


def marked(
    state: WatchedState, keys: Iterable[EpisodeKey], at: datetime, *, is_corrected: bool = False
) -> MarkChange:
    """Mark these episodes as watched at that time.

    What is marked already keeps its time, unless that `is_corrected`. How far the user is only moves on.
    """
    named = list(keys)
    new = {key: at for key in named if is_corrected or key not in state.watched}
    proper = [key for key in named if key[0] > 0]
    furthest = max([*proper, *([state.last_watched] if state.last_watched else [])], default=None)
    return MarkChange(state, marked=new, last_watched=furthest)


def unmarked(state: WatchedState, marks: Marks) -> MarkChange:
    """Take the marks away again.

    How far the user is goes back only if that episode is among them: to the furthest one that is still
    marked. An app that keeps no marks has only said how far the user is: then it is the one before.
    """
    gone = frozenset(key for key in state.watched if marks.covers(key))
    last = state.last_watched
    if last is not None and marks.covers(last):
        if last not in state.watched and marks.is_single and last[1] > 1:
            last = (last[0], last[1] - 1)
        else:
            last = max(
                (key for key in state.watched - gone if (0, 0) < key < last and key[0] > 0), default=None
            )
    return MarkChange(state, unmarked=gone, last_watched=last)


def _key_of(episode: TrackedEpisode) -> EpisodeKey:
    return int(episode.season), episode.number
