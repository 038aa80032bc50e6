"""A show as its page shows it, and its episodes a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from shared.domain.cursor import bad_cursor, cursor_of, parts_of
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts
from shared.domain.show_season import EpisodeFacts, SeasonFacts

SPECIALS = SeasonNumber(0)

MOST_ON_A_PAGE = 200
MOST_SEASONS = 19
"""So many seasons are looked into for one page: as many as one call to TMDB brings beside the show."""

_KIND = "episodes"


@dataclass(frozen=True, slots=True)
class ShowPage:
    """What we know of a show or movie.

    `ratings` by source, each with `value` and perhaps `votes`. `latest` is, of the seasons that were looked
    into, the last day on which anything of them airs, None where no day is known.
    """

    facts: ShowFacts
    ratings: Mapping[str, Any] = field(default_factory=dict)
    plot: str | None = None
    awards: str | None = None
    latest: Mapping[SeasonNumber, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlacedEpisode:
    """An episode and the season that it stands in."""

    season: SeasonNumber
    episode: EpisodeFacts


@dataclass(frozen=True, slots=True)
class EpisodePosition:
    """Where a page of episodes ended."""

    season: SeasonNumber
    number: int
    episode_id: int

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The position that `cursor` names.

        Raises:
            InvalidRequest: it is no cursor of episodes.
        """
        parts = parts_of(cursor, _KIND, 3)
        if not all(part.isascii() and part.isdecimal() and len(part) < 20 for part in parts):
            raise bad_cursor()
        season, number, episode_id = map(int, parts)
        return cls(SeasonNumber(season), number, episode_id)

    @classmethod
    def of(cls, placed: PlacedEpisode) -> Self:
        """Where that episode stands."""
        return cls(placed.season, placed.episode.number, placed.episode.episode_id)

    @property
    def cursor(self) -> str:
        """What to ask for the next page with."""
        return cursor_of(_KIND, str(self.season), str(self.number), str(self.episode_id))

    @property
    def place(self) -> tuple[bool, int, int, int]:
        """What episodes are ordered by: seasons by number, the specials after all others."""
        return self.season == SPECIALS, self.season, self.number, self.episode_id


@dataclass(frozen=True, slots=True)
class EpisodesAsked:
    """Which episodes are asked for: those to come, those that have aired, or all.

    What has no date counts as neither. Those that have aired come the last first.
    """

    is_upcoming: bool | None
    today: str
    after: EpisodePosition | None = None

    def seasons(self, page: ShowPage) -> list[SeasonNumber]:
        """The seasons that can have such episodes, in the order in which they are read."""
        numbers = {season.number for season in page.facts.seasons} | set(page.latest)
        if self.is_upcoming:
            numbers = {number for number in numbers if self._may_have_more(page, number)}
        ordered = sorted(numbers, key=lambda number: (number == SPECIALS, number))
        if self.is_upcoming is False:
            ordered.reverse()
        if self.after is None:
            return ordered
        # The season of the cursor can be gone since.
        bound = (self.after.season == SPECIALS, self.after.season)
        if self.is_upcoming is False:
            return [number for number in ordered if (number == SPECIALS, number) <= bound]
        return [number for number in ordered if (number == SPECIALS, number) >= bound]

    def episodes(self, seasons: Iterable[SeasonFacts]) -> list[PlacedEpisode]:
        """Those that are asked for, in order."""
        found = [
            PlacedEpisode(season.number, episode)
            for season in seasons
            for episode in season.episodes
            if self._is_asked(episode)
        ]
        found.sort(key=lambda placed: EpisodePosition.of(placed).place, reverse=self.is_upcoming is False)
        return [placed for placed in found if self._is_further(placed)]

    def _may_have_more(self, page: ShowPage, number: SeasonNumber) -> bool:
        if number not in page.latest:
            return True
        latest = page.latest[number]
        return latest is not None and latest >= self.today

    def _is_asked(self, episode: EpisodeFacts) -> bool:
        if self.is_upcoming is None:
            return True
        if episode.air_date is None:
            return False
        return (episode.air_date >= self.today) is self.is_upcoming

    def _is_further(self, placed: PlacedEpisode) -> bool:
        if self.after is None:
            return True
        place = EpisodePosition.of(placed).place
        return place < self.after.place if self.is_upcoming is False else place > self.after.place


@dataclass(frozen=True, slots=True)
class EpisodesPage:
    """Some episodes of a show. `cursor` gives the next page, None where this is the last."""

    episodes: Sequence[PlacedEpisode]
    cursor: str | None


def read_together(
    numbers: Sequence[SeasonNumber], page: ShowPage, limit: int, most: int = MOST_SEASONS
) -> list[SeasonNumber]:
    """The first of these seasons, as many as it likely takes to fill a page."""
    counts = {season.number: season.episode_count or 0 for season in page.facts.seasons}
    taken: list[SeasonNumber] = []
    expected = 0
    for number in numbers[:most]:
        taken.append(number)
        expected += counts.get(number, 0)
        if expected > limit:
            break
    return taken


def brought_together(number: SeasonNumber, page: ShowPage) -> list[SeasonNumber]:
    """The seasons that one call to TMDB brings with this one: the same whichever of them is asked for."""
    numbers = sorted({season.number for season in page.facts.seasons}, key=lambda one: (one == SPECIALS, one))
    start = numbers.index(number) // MOST_SEASONS * MOST_SEASONS
    return numbers[start : start + MOST_SEASONS]
