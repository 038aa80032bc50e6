"""Which episodes are marked, and how far the user is then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.following import Following
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.watched_marks import Marks, WatchedState, marked, unmarked

ADA = UserId("ada")
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = "2026-03-10"

SEASONS: dict[SeasonNumber, dict[int, str | None]] = {
    SeasonNumber(0): {1: "2024-12-24", 2: None},
    SeasonNumber(1): {1: "2025-01-01", 2: "2025-01-08", 3: None},
    SeasonNumber(2): {1: "2026-03-03", 2: "2026-03-10", 3: "2026-03-11"},
}


def marks(season: int, episode: int | None = None, *, up_to: bool = False) -> Marks:
    return Marks(SeasonNumber(season), episode, is_up_to=up_to)


def state(
    *watched: tuple[int, int], last: tuple[int, int] | None = None, follows: bool = True
) -> WatchedState:
    following = Following(ADA, ShowKey("tv", 1), last_watched=last) if follows else None
    return WatchedState(ADA, frozenset(watched), frozenset(), following)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (marks(1, 2), [(1, 2)]),
        (marks(2, 3), [(2, 3)]),  # named, so it counts before it airs
        (marks(9, 9), [(9, 9)]),
        (marks(1), [(1, 1), (1, 2)]),
        (marks(2), [(2, 1), (2, 2)]),
        (marks(0), [(0, 1)]),
        (marks(3), []),
        (marks(1, 1, up_to=True), [(1, 1)]),
        (marks(2, 1, up_to=True), [(1, 1), (1, 2), (2, 1)]),
        (marks(2, 3, up_to=True), [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]),
        (marks(0, 2, up_to=True), [(0, 1), (0, 2)]),
    ],
)
def test_which_episodes_are_meant(asked: Marks, expected: list[tuple[int, int]]) -> None:
    assert asked.aired(SEASONS, TODAY) == expected


@pytest.mark.parametrize(
    ("last", "keys", "expected"),
    [
        (None, [(1, 1)], (1, 1)),
        (None, [(0, 1)], None),
        (None, [], None),
        ((1, 5), [(1, 3)], (1, 5)),
        ((1, 5), [(1, 6), (2, 1)], (2, 1)),
        ((1, 5), [(0, 9)], (1, 5)),
    ],
)
def test_who_watches_moves_on_and_never_back(
    last: tuple[int, int] | None, keys: list[tuple[int, int]], expected: tuple[int, int] | None
) -> None:
    change = marked(state(last=last), keys, AT)
    assert change.last_watched == expected
    assert change.moves is (expected != last)
    assert not marked(state(last=last, follows=False), keys, AT).moves


def test_what_is_marked_already_keeps_its_time() -> None:
    before = state((1, 1), last=(1, 1))
    assert marked(before, [(1, 1), (1, 2)], AT).marked == {(1, 2): AT}
    again = marked(before, [(1, 1)], AT)
    assert (again.count, again.moves) == (0, False)
    corrected = marked(before, [(1, 1)], AT - timedelta(days=1), is_corrected=True)
    assert corrected.marked == {(1, 1): AT - timedelta(days=1)}


@pytest.mark.parametrize(
    ("what", "before", "asked", "gone", "expected"),
    [
        ("not the last", state((1, 1), (1, 2), last=(1, 2)), marks(1, 1), {(1, 1)}, (1, 2)),
        ("the last", state((1, 1), (1, 2), last=(1, 2)), marks(1, 2), {(1, 2)}, (1, 1)),
        ("the only one", state((1, 1), last=(1, 1)), marks(1, 1), {(1, 1)}, None),
        ("the last, with a gap", state((1, 1), (3, 5), last=(3, 5)), marks(3, 5), {(3, 5)}, (1, 1)),
        ("a season", state((1, 9), (2, 1), (2, 2), last=(2, 2)), marks(2), {(2, 1), (2, 2)}, (1, 9)),
        ("an earlier season", state((1, 9), (2, 1), last=(2, 1)), marks(1), {(1, 9)}, (2, 1)),
        ("all", state((0, 1), (1, 1), (1, 2), last=(1, 2)), marks(1, 2, up_to=True), {(1, 1), (1, 2)}, None),
        ("specials", state((0, 1), (0, 2), (1, 1), last=(1, 1)), marks(0), {(0, 1), (0, 2)}, (1, 1)),
        ("the last alone was ever said", state(last=(3, 5)), marks(3, 5), set(), (3, 4)),
        ("the first of a season was said", state((1, 2), last=(3, 1)), marks(3, 1), set(), (1, 2)),
        (
            "a later one stays marked",
            state((1, 1), (1, 2), (4, 1), last=(1, 2)),
            marks(1, 2),
            {(1, 2)},
            (1, 1),
        ),
        ("what was never marked", state((1, 1), last=(1, 1)), marks(5), set(), (1, 1)),
    ],
)
def test_taking_marks_away(
    what: str,
    before: WatchedState,
    asked: Marks,
    gone: set[tuple[int, int]],
    expected: tuple[int, int] | None,
) -> None:
    change = unmarked(before, asked)
    assert (set(change.unmarked), change.last_watched) == (gone, expected), what


@pytest.mark.parametrize("held", [None, 5, [], {"1_1": 5, "x": {"watched": True}, "1_2": {"watched": "yes"}}])
def test_a_document_may_hold_anything(held: Any) -> None:
    assert WatchedState.of(ADA, held, None).watched == frozenset()


def test_only_seasons_with_new_marks_that_lack_something_are_to_be_enriched() -> None:
    whole = {"watched": False, "episodeId": 1, "episodeName": "Pilot", "episodeAirDate": "2025-01-01"}
    held = {"1_1": whole, "1_2": {"watched": True}, "2_1": {}}
    before = WatchedState.of(ADA, held, None)
    assert marked(before, [(1, 1)], AT).to_enrich == []
    assert marked(before, [(1, 1), (1, 2)], AT).to_enrich == []
    assert marked(before, [(1, 1), (2, 1), (3, 1)], AT).to_enrich == [2, 3]
