"""A show's episodes a page at a time."""

from collections.abc import Mapping

import pytest

from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, ShowStatus
from shared.domain.show_page import (
    EpisodePosition,
    EpisodesAsked,
    PlacedEpisode,
    ShowPage,
    brought_together,
    read_together,
)
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.errors import InvalidRequest

TODAY = "2026-03-10"


def season(number: int, days: Mapping[int, str | None]) -> SeasonFacts:
    episodes = tuple(EpisodeFacts(number * 100 + one, one, f"E{one}", day) for one, day in days.items())
    return SeasonFacts(SeasonNumber(number), None, None, None, None, episodes)


def page(counts: Mapping[int, int], latest: Mapping[int, str | None] | None = None) -> ShowPage:
    listed = tuple(
        ListedSeason(SeasonNumber(number), None, None, None, count, None) for number, count in counts.items()
    )
    facts = ShowFacts(ShowKey("tv", 1), "Silo", None, ShowStatus.RETURNING, seasons=listed)
    return ShowPage(facts, latest={SeasonNumber(number): day for number, day in (latest or {}).items()})


SEASONS = [
    season(0, {1: "2026-03-11", 2: "2020-01-01"}),
    season(1, {1: "2025-01-01", 2: "2025-01-08"}),
    season(2, {0: "2026-03-09", 1: "2026-03-10", 2: "2026-03-17", 3: None}),
]
HELD = page({0: 2, 1: 2, 2: 4, 3: 0}, {0: "2026-03-11", 1: "2025-01-08", 2: "2026-03-17", 3: None})


@pytest.mark.parametrize(
    ("is_upcoming", "numbers", "ids"),
    [
        (None, [1, 2, 3, 0], [101, 102, 200, 201, 202, 203, 1, 2]),
        (True, [2, 0], [201, 202, 1]),
        (False, [0, 3, 2, 1], [2, 200, 102, 101]),
    ],
)
def test_which_episodes_come_in_which_order(
    is_upcoming: bool | None, numbers: list[int], ids: list[int]
) -> None:
    asked = EpisodesAsked(is_upcoming, TODAY)

    assert asked.seasons(HELD) == numbers
    assert [placed.episode.episode_id for placed in asked.episodes(SEASONS)] == ids


@pytest.mark.parametrize("is_upcoming", [None, True, False])
def test_a_page_goes_on_after_any_episode(is_upcoming: bool | None) -> None:
    everything = EpisodesAsked(is_upcoming, TODAY).episodes(SEASONS)
    for index, placed in enumerate(everything):
        after = EpisodePosition.parse(EpisodePosition.of(placed).cursor)
        rest = EpisodesAsked(is_upcoming, TODAY, after)
        assert rest.episodes(SEASONS) == everything[index + 1 :]
        kept = rest.seasons(HELD)
        assert {each.season for each in everything[index + 1 :]} <= {*kept}
        assert kept == [
            number for number in EpisodesAsked(is_upcoming, TODAY).seasons(HELD) if number in kept
        ]


def test_of_a_show_that_is_not_held_every_season_may_have_more() -> None:
    assert EpisodesAsked(True, TODAY).seasons(page({0: 1, 1: 5, 2: 5})) == [1, 2, 0]


@pytest.mark.parametrize(
    ("limit", "most", "numbers"),
    [(5, 19, [1]), (10, 19, [1, 2]), (50, 19, [1, 2, 3]), (50, 2, [1, 2]), (0, 19, [1])],
)
def test_so_many_seasons_are_read_together(limit: int, most: int, numbers: list[int]) -> None:
    waiting = [SeasonNumber(number) for number in (1, 2, 3)]
    assert read_together(waiting, page({1: 10, 2: 10, 3: 10}), limit, most) == numbers


@pytest.mark.parametrize("cursor", ["", "x", "WyJlcGlzb2RlcyJd", "WyJlcGlzb2RlcyIsIi0xIiwiMCIsIjAiXQ"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        EpisodePosition.parse(cursor)


def test_a_cursor_is_its_position() -> None:
    placed = PlacedEpisode(SeasonNumber(50), SEASONS[0].episodes[0])
    assert EpisodePosition.parse(EpisodePosition.of(placed).cursor) == EpisodePosition.of(placed)


def test_seasons_are_brought_in_parts_that_stay_the_same() -> None:
    whole = page(dict.fromkeys(range(41), 1))
    ordered = [*range(1, 41), 0]
    parts = [ordered[:19], ordered[19:38], ordered[38:]]
    for part in parts:
        for number in part:
            assert brought_together(SeasonNumber(number), whole) == part
