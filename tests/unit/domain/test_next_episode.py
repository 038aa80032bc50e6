"""What to watch next: a table of how far somebody is, and what there is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.next_episode import (
    MOST_SEASONS,
    NextEpisode,
    Progress,
    SeasonOutline,
    ShowOutline,
    next_episode,
    open_seasons,
    seasons_to_read,
)
from shared.domain.show_season import EpisodeFacts

TODAY = "2026-03-10"
WATCHED = "2026-02-01"

Days = dict[int, str | None]


def weekly(count: int, first: str = "2024-01", start: int = 1) -> Days:
    """Episodes of one month, numbered from `start` on, one a day."""
    return {start + n: f"{first}-{n + 1:02}" for n in range(count)}


def episodes(season: int, days: Days) -> list[EpisodeFacts]:
    return [EpisodeFacts(season * 1_000 + n, n, f"S{season}E{n}", day) for n, day in days.items()]


def outline(days: Days) -> SeasonOutline:
    known = sorted(day for day in days.values() if day)
    return SeasonOutline(
        len(days), known[0] if known else None, known[-1] if known else None, len(known) == len(days)
    )


# What everybody in the table watches. Season 3 airs now, half of season 4 has a day and nothing has aired.
SHOW: dict[int, Days] = {
    0: {1: "2023-12-24", 2: "2024-12-24", 3: "2026-03-01", 4: "2026-12-24", 5: None},
    1: weekly(10, "2024-01"),
    2: weekly(8, "2025-01"),
    3: {1: "2026-02-24", 2: "2026-03-03", 3: "2026-03-10", 4: "2026-03-17", 5: None},
    4: {1: "2026-09-01", 2: None},
}


def to_watch(
    shown: dict[int, Days],
    progress: Progress,
    watched_on: str | None = WATCHED,
    *,
    with_specials: bool = False,
) -> NextEpisode | None:
    """What is next, where just those seasons are read that are asked for."""
    show = ShowOutline("Show", None, {n: outline(days) for n, days in shown.items()})
    wanted = seasons_to_read(progress, show, TODAY, with_specials=with_specials)
    assert len([n for n in wanted if n]) <= MOST_SEASONS
    read = {n: episodes(n, shown[n]) for n in wanted}
    return next_episode(progress, show, read, TODAY, watched_on=watched_on, with_specials=with_specials)


def short(found: NextEpisode | None) -> tuple[str, int, str] | None:
    if found is None:
        return None
    return f"{found.season}_{found.episode.number}", found.left, "reopened" if found.is_reopened else ""


@pytest.mark.parametrize(
    ("who", "last", "expected"),
    [
        ("has not begun", None, ("1_1", 21, "")),
        ("is in the first season", (1, 3), ("1_4", 18, "")),
        ("is before the last of a season", (1, 9), ("1_10", 12, "")),
        ("has finished a season, and there was more", (1, 10), ("2_1", 11, "")),
        ("had seen all that there was, and a season has begun since", (2, 8), ("3_1", 3, "reopened")),
        ("watches what airs", (3, 1), ("3_2", 2, "")),
        ("is one behind", (3, 2), ("3_3", 1, "")),
        ("has caught up", (3, 3), None),
        ("has seen one before it aired", (3, 4), None),
        ("says to be beyond the end", (9, 9), None),
        ("says to be at an episode that there is none of", (2, 99), ("3_1", 3, "reopened")),
    ],
)
def test_next_is_the_first_aired_one_after_the_furthest(
    who: str, last: tuple[int, int] | None, expected: tuple[str, int, str] | None
) -> None:
    assert short(to_watch(SHOW, Progress(last))) == expected, who


@pytest.mark.parametrize(
    ("watched_on", "is_reopened"),
    [("2026-02-23", True), ("2026-02-24", False), ("2026-03-05", False), (None, False)],
)
def test_a_show_is_reopened_if_its_new_season_began_after_the_last_was_seen(
    watched_on: str | None, *, is_reopened: bool
) -> None:
    found = to_watch(SHOW, Progress((2, 8)), watched_on)
    assert found is not None
    assert found.is_reopened is is_reopened


@pytest.mark.parametrize(
    ("what", "shown", "last", "expected"),
    [
        ("nothing is known of the show", {}, None, None),
        ("it has no episodes yet", {1: {}}, None, None),
        ("none has a day", {1: {1: None, 2: None}}, None, None),
        (
            "one of the middle has none",
            {1: {1: "2024-01-01", 2: None, 3: "2024-01-03"}},
            (1, 1),
            ("1_3", 1, ""),
        ),
        ("one airs today", {1: {1: TODAY}}, None, ("1_1", 1, "")),
        ("one airs tomorrow", {1: {1: "2026-03-11"}}, None, None),
        ("there are only specials", {0: weekly(3)}, None, None),
        ("seasons count on", {1: weekly(5), 2: weekly(5, "2025-01", 6)}, (2, 7), ("2_8", 3, "")),
        ("seasons count on, and all is seen", {1: weekly(5), 2: weekly(5, "2025-01", 6)}, (2, 10), None),
        ("a season is empty", {1: weekly(2), 2: {}, 3: weekly(2, "2025-01")}, (1, 2), ("3_1", 2, "")),
        ("a season is missing", {1: weekly(2), 3: weekly(2, "2025-01")}, (1, 2), ("3_1", 2, "")),
        ("only the newest is held", {7: weekly(2)}, (1, 2), ("7_1", 2, "")),
    ],
)
def test_odd_shows(
    what: str, shown: dict[int, Days], last: tuple[int, int] | None, expected: tuple[str, int, str] | None
) -> None:
    assert short(to_watch(shown, Progress(last), "2026-03-10")) == expected, what


@pytest.mark.parametrize(
    ("who", "progress", "expected"),
    [
        ("has not begun", Progress(), ("0_1", 24, "")),
        ("is at a day before a special", Progress((1, 10), "2024-01-10"), ("0_2", 13, "")),
        ("is at a day after it", Progress((2, 1), "2025-01-01"), ("2_2", 11, "")),
        ("has seen what comes before it", Progress((3, 1)), ("0_3", 3, "")),
        ("has seen it too", Progress((3, 1), specials=frozenset({3})), ("3_2", 2, "")),
        ("has caught up but for the special", Progress((3, 3)), None),
        ("has seen specials alone", Progress(specials=frozenset({1, 2})), ("1_1", 22, "")),
    ],
)
def test_specials_where_they_are_wished_are_next_by_their_day(
    who: str, progress: Progress, expected: tuple[str, int, str] | None
) -> None:
    assert short(to_watch(SHOW, progress, with_specials=True)) == expected, who


def test_what_is_left_is_counted_by_the_size_of_seasons_that_change_no_more() -> None:
    many = {n: weekly(10, f"20{n:02}-01") for n in range(1, 26)}
    show = ShowOutline(seasons={n: outline(days) for n, days in many.items()})
    assert seasons_to_read(Progress(), show, TODAY) == [1]
    assert seasons_to_read(Progress((3, 4)), show, TODAY) == [3, 4]
    assert seasons_to_read(Progress((3, 10)), show, TODAY) == [4]
    assert seasons_to_read(Progress((25, 10)), show, TODAY) == []
    assert short(to_watch(many, Progress((3, 4)))) == ("3_5", 226, "")


def test_of_a_show_that_is_incomplete_everywhere_no_more_is_read_than_is_allowed() -> None:
    many = {n: {**weekly(9, f"20{n:02}-01"), 10: None} for n in range(1, 26)}
    show = ShowOutline(seasons={n: outline(days) for n, days in many.items()})
    assert seasons_to_read(Progress((3, 4)), show, TODAY) == [3, 4, 24, 25]
    assert short(to_watch(many, Progress((3, 4)))) == ("3_5", 5 + 9 + 19 * 10 + 9 + 9, "")


def test_a_season_that_cannot_be_read_is_passed_over() -> None:
    show = ShowOutline(seasons={n: outline(SHOW[n]) for n in (1, 2)})
    found = next_episode(Progress((1, 10)), show, {}, TODAY)
    assert found is None
    found = next_episode(Progress(), show, {2: episodes(2, SHOW[2])}, TODAY)
    assert short(found) == ("2_1", 18, "")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (ShowOutline(), None),
        (ShowOutline(seasons={1: SeasonOutline(3, "2025-01-01", "2025-02-01")}), "2025-02-01"),
        (ShowOutline(seasons={1: SeasonOutline(3, "2025-01-01", "2026-05-01")}), None),
        (
            ShowOutline(
                seasons={1: SeasonOutline(3, "2025-01-01", "2026-05-01")},
                event_days=["2026-03-09", "2026-03-16"],
            ),
            "2026-03-09",
        ),
    ],
)
def test_when_anything_last_aired(shown: ShowOutline, expected: str | None) -> None:
    assert shown.latest_aired(TODAY) == expected
    assert open_seasons(Progress(), ShowOutline(), TODAY) == []


AT = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "said", "expected"),
    [
        (None, None, Progress()),
        ("odd", (2, 3), Progress((2, 3))),
        ({}, (0, 3), Progress()),
        (
            {
                "1_2": {"watched": True, "watchedAt": AT, "episodeAirDate": "2024-01-02"},
                "1_9": {"watched": False},
            },
            None,
            Progress((1, 2), "2024-01-02", watched_at=AT),
        ),
        ({"1_2": {"watched": True}}, (1, 5), Progress((1, 5))),
        ({"2_1": {"watched": True, "watchedAt": "then"}}, (1, 5), Progress((2, 1))),
        ({"0_4": {"watched": True, "watchedAt": AT}}, None, Progress(specials=frozenset({4}), watched_at=AT)),
        (
            {"x": {"watched": True}, "1_1": True, "1_2": {"watched": 1}, 5: {"watched": True}},
            None,
            Progress(),
        ),
    ],
)
def test_how_far_a_user_is(held: Any, said: tuple[int, int] | None, expected: Progress) -> None:
    assert (
        Progress.of(
            {k: v for k, v in held.items() if isinstance(k, str)} if isinstance(held, dict) else held, said
        )
        == expected
    )
