"""What a user's tracking document says: the map `episodes` of `users/{uid}/episode_tracking/{tmdbShowId}`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType

from shared.domain.season import SeasonNumber, ShowId, air_date_or_none
from shared.domain.version import Version

UserId = NewType("UserId", str)

_KEY = re.compile(r"(0|[1-9][0-9]{0,5})_(0|[1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True)
class TrackingKey:
    """One tracking document: what one user has watched of one show."""

    user_id: UserId
    show_id: ShowId


@dataclass(frozen=True, slots=True)
class TrackedEpisode:
    """One entry of the map. `watched` and `watchedAt` are the user's, and not even read here."""

    key: str
    season: SeasonNumber
    number: int
    episode_id: int | None
    name: str | None
    air_date: str | None

    @property
    def is_complete(self) -> bool:
        """Whether id, name and air date are all known; a stored null date is not a date."""
        return self.episode_id is not None and self.name is not None and self.air_date is not None


@dataclass(frozen=True, slots=True)
class TrackedShow:
    """The parsed map: its episodes, and the keys that cannot be read."""

    episodes: tuple[TrackedEpisode, ...]
    invalid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredTracking:
    """A user's tracking document as it was read."""

    key: TrackingKey
    show: TrackedShow
    version: Version


@dataclass(frozen=True, slots=True)
class TrackingPage:
    """Some tracking documents of all users in order of their paths; `cursor` is None after the last."""

    documents: Sequence[StoredTracking]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class QueuedEnrichment:
    """An enrichment that left something pending; `attempts` is how often it has been tried since."""

    key: TrackingKey
    attempts: int
    version: Version


def parse_key(key: str) -> tuple[SeasonNumber, int] | None:
    """Season and episode number of a key `"{season}_{episode}"`, or None if it is not one."""
    match = _KEY.fullmatch(key)
    return (SeasonNumber(int(match[1])), int(match[2])) if match else None


def parse_episodes(episodes: object) -> TrackedShow:
    """Read the map as it is stored. Whatever is not an episode is named in `invalid`, never an error.

    A field of the wrong type counts as missing, so that enrichment mends it.
    """
    if not isinstance(episodes, Mapping):
        return TrackedShow((), ())
    parsed: list[TrackedEpisode] = []
    invalid: list[str] = []
    for key, entry in episodes.items():
        numbers = parse_key(key)
        if numbers is None or not isinstance(entry, Mapping):
            invalid.append(key)
            continue
        episode_id, name = entry.get("episodeId"), entry.get("episodeName")
        parsed.append(
            TrackedEpisode(
                key=key,
                season=numbers[0],
                number=numbers[1],
                episode_id=episode_id
                if isinstance(episode_id, int) and not isinstance(episode_id, bool)
                else None,
                name=name if isinstance(name, str) and name else None,
                air_date=air_date_or_none(entry.get("episodeAirDate")),
            )
        )
    return TrackedShow(tuple(parsed), tuple(sorted(invalid)))
