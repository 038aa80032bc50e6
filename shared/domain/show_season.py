"""A season with all that its page shows, and what differs between two states of it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

from shared.domain.season import Episode, Season, SeasonNumber

LARGEST_DOCUMENT_BYTES = 900_000
"""Firestore takes 1 MiB, counting names and values: https://firebase.google.com/docs/firestore/storage-size"""

_PLACEHOLDER = re.compile(r"(episode|folge|épisode|episodio|tba|tbd)?\s*#?\s*\d*\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """An episode. Its `episode_id` is its identity; its number is only where it stands for now.

    `episode_type` is TMDB's: standard, finale or mid_season. `air_date_source` says whose the date is.
    """

    episode_id: int
    number: int
    name: str | None
    air_date: str | None
    overview: str | None = None
    runtime: int | None = None
    still_path: str | None = None
    episode_type: str = "standard"
    air_date_source: str = "tmdb"

    @property
    def has_placeholder_name(self) -> bool:
        """Whether the name only says its number, or nothing: a fifth of real names are so at first."""
        return self.name is None or _PLACEHOLDER.fullmatch(self.name.strip()) is not None


@dataclass(frozen=True, slots=True)
class SeasonFacts:
    """A season with its episodes, in the order of their numbers."""

    number: SeasonNumber
    season_id: int | None
    name: str | None
    air_date: str | None
    poster_path: str | None
    episodes: tuple[EpisodeFacts, ...]

    @property
    def digest(self) -> str:
        """Stands for all of its content: two states with the same digest are the same."""
        content = json.dumps(astuple(self), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def latest_air_date(self) -> str | None:
        """The last day on which anything of it airs, as far as days are known."""
        return max((episode.air_date for episode in self.episodes if episode.air_date), default=None)

    @property
    def is_incomplete(self) -> bool:
        """Whether something is still to come: episodes at all, a date, a name."""
        return not self.episodes or any(
            episode.air_date is None or episode.has_placeholder_name for episode in self.episodes
        )

    def cached(self) -> Season:
        """What of it the season cache keeps: TMDB's word alone, as whoever else fills the cache finds it."""
        return Season(
            {
                episode.number: Episode(
                    episode.episode_id,
                    episode.name,
                    episode.air_date if episode.air_date_source == "tmdb" else None,
                )
                for episode in self.episodes
            }
        )


@dataclass(frozen=True, slots=True)
class SeasonChanges:
    """What differs between two states of a season, by episode id."""

    added: tuple[int, ...] = ()
    vanished: tuple[int, ...] = ()
    renumbered: tuple[int, ...] = ()
    renamed: tuple[int, ...] = ()
    redated: tuple[int, ...] = ()
    otherwise: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many episodes differ in any way."""
        return len(
            {*self.added, *self.vanished, *self.renumbered, *self.renamed, *self.redated, *self.otherwise}
        )


def diff(before: SeasonFacts | None, after: SeasonFacts | None) -> SeasonChanges:
    """Compare by TMDB's episode ids: a key of season and number comes to mean another episode at times."""
    old = {episode.episode_id: episode for episode in before.episodes} if before else {}
    new = {episode.episode_id: episode for episode in after.episodes} if after else {}
    both = [(old[key], episode) for key, episode in new.items() if key in old]

    def changed(field: str) -> tuple[int, ...]:
        return tuple(b.episode_id for a, b in both if getattr(a, field) != getattr(b, field))

    others = ("overview", "runtime", "still_path", "episode_type", "air_date_source")
    return SeasonChanges(
        added=tuple(key for key in new if key not in old),
        vanished=tuple(key for key in old if key not in new),
        renumbered=changed("number"),
        renamed=changed("name"),
        redated=changed("air_date"),
        otherwise=tuple(dict.fromkeys(key for field in others for key in changed(field))),
    )


def fitted(season: SeasonFacts, largest: int = LARGEST_DOCUMENT_BYTES) -> SeasonFacts:
    """The season with overviews as long as its document can hold; the rest of it is never shortened."""
    for longest in (None, 400, 200, 100, 0):
        shortened = season if longest is None else _with_overviews(season, longest)
        if estimated_bytes(shortened) <= largest:
            return shortened
    return shortened


def estimated_bytes(season: SeasonFacts) -> int:
    """About how large its document is: texts in UTF-8, and for each episode its field names and numbers."""
    texts = sum(
        len((text or "").encode("utf-8", "replace"))
        for episode in season.episodes
        for text in (episode.name, episode.overview, episode.still_path)
    )
    return texts + 150 * len(season.episodes) + 500


def _with_overviews(season: SeasonFacts, longest: int) -> SeasonFacts:
    def shortened(episode: EpisodeFacts) -> EpisodeFacts:
        overview = episode.overview or ""
        kept = overview if len(overview) <= longest else f"{overview[: longest - 1]}…" if longest else None
        return replace(episode, overview=kept or None)

    return replace(season, episodes=tuple(map(shortened, season.episodes)))


def with_dates(season: SeasonFacts, dates: Mapping[int, str], source: str) -> SeasonFacts:
    """The season with dates of another source, by episode id, where it has none itself."""

    def dated(episode: EpisodeFacts) -> EpisodeFacts:
        date = dates.get(episode.episode_id) if episode.air_date is None else None
        return episode if date is None else replace(episode, air_date=date, air_date_source=source)

    return replace(season, episodes=tuple(map(dated, season.episodes)))
