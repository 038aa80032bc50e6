"""What a user has watched, and how far behind that leaves them."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.watched import Subject, Watched, earlier_episodes


def seen(*keys: str, ids: dict[str, Any] | None = None, last: tuple[int, int] | None = None) -> Watched:
    """The episodes of a tracking document that are watched, and the last one where an app keeps that."""
    episodes = {key: {"watched": True, "episodeId": (ids or {}).get(key)} for key in keys}
    return Watched.of(episodes, last)


def numbered(season: int, first: int, last: int) -> list[str]:
    return [f"{season}_{number}" for number in range(first, last + 1)]


@pytest.mark.parametrize(
    ("episodes", "expected"),
    [
        pytest.param({"3_8": {"watched": True, "episodeId": 7173964}}, ({(3, 8)}, {7173964}), id="watched"),
        pytest.param({"3_8": {"watched": True}}, ({(3, 8)}, set()), id="watched, without an id yet"),
        pytest.param({"0_1": {"watched": True}}, ({(0, 1)}, set()), id="a special"),
        pytest.param({"3_8": {"watched": False, "episodeId": 7}}, (set(), set()), id="not watched"),
        pytest.param({"3_8": {"episodeId": 7}}, (set(), set()), id="not marked"),
        pytest.param({"3_8": {"watched": 1}}, (set(), set()), id="marked with something else"),
        pytest.param({"3_8": {"watched": True, "episodeId": "7"}}, ({(3, 8)}, set()), id="an id as text"),
        pytest.param(
            {"3_8": {"watched": True, "episodeId": True}}, ({(3, 8)}, set()), id="an id that is none"
        ),
        pytest.param({"S3E8": {"watched": True, "episodeId": 7}}, (set(), set()), id="a key that is none"),
        pytest.param({"3_8": True, "3_9": None}, (set(), set()), id="entries that are none"),
        pytest.param(None, (set(), set()), id="no document"),
        pytest.param([("3_8", {"watched": True})], (set(), set()), id="a list"),
    ],
)
def test_what_a_tracking_document_says(episodes: object, expected: tuple[set[Any], set[Any]]) -> None:
    watched = Watched.of(episodes, (2, 3))

    assert watched == Watched(frozenset(expected[0]), frozenset(expected[1]), (2, 3))
    assert Watched.of(episodes) == replace(watched, last=None)


@pytest.mark.parametrize(
    ("watched", "episode", "has"),
    [
        pytest.param(seen("3_8"), (3, 8, 7173964), True, id="by its key"),
        pytest.param(seen("3_8"), (3, 8, None), True, id="by its key, without an id"),
        pytest.param(seen("3_7"), (3, 8, 7173964), False, id="another one"),
        pytest.param(seen("8_3"), (3, 8, None), False, id="the other way round"),
        pytest.param(
            seen("3_7", ids={"3_7": 7173964}), (3, 8, 7173964), True, id="renumbered since, by its id"
        ),
        pytest.param(seen("3_7", ids={"3_7": 7173964}), (3, 8, None), False, id="an id that is not known"),
        pytest.param(seen(last=(3, 8)), (3, 8, None), True, id="the last"),
        pytest.param(seen(last=(3, 9)), (3, 8, None), True, id="before the last"),
        pytest.param(seen(last=(4, 1)), (3, 8, None), True, id="a season before the last"),
        pytest.param(seen(last=(1, 5)), (1, 3, None), True, id="in the first season"),
        pytest.param(seen(last=(3, 7)), (3, 8, None), False, id="after the last"),
        pytest.param(seen(last=(2, 10)), (3, 8, None), False, id="a season after the last"),
        pytest.param(seen(last=(3, 8)), (0, 1, None), False, id="a special does not come before"),
        pytest.param(seen("0_1"), (0, 1, None), True, id="a special by its key"),
        pytest.param(seen(), (3, 8, 7173964), False, id="nothing"),
    ],
)
def test_whether_an_episode_is_watched(
    watched: Watched, episode: tuple[int, int, int | None], has: bool
) -> None:
    assert watched.has(*episode) is has


FOUR = Subject(3, 1, count=4, episode_ids=(31, 32, 33, 34), seasons=(3,))
NO_IDS = Subject(3, 5, count=3, seasons=(3,))
TWO_SEASONS = Subject(1, 1, count=4, episode_ids=(11, 12, 21, 22), seasons=(1, 2))
OF_NO_IDS = Subject(1, 1, count=4, seasons=(1, 2))


@pytest.mark.parametrize(
    ("subject", "watched", "is_watched"),
    [
        pytest.param(Subject(3, 8), seen("3_8"), True, id="one, by its key"),
        pytest.param(Subject(3, 8, episode_ids=(7173964,)), seen("3_7"), False, id="one, and another was"),
        pytest.param(
            Subject(3, 8, episode_ids=(7173964,)),
            seen("9_9", ids={"9_9": 7173964}),
            True,
            id="one, by its id",
        ),
        pytest.param(FOUR, seen(*numbered(3, 1, 4)), True, id="a drop, all of it"),
        pytest.param(FOUR, seen(*numbered(3, 1, 3)), False, id="a drop, all but the last"),
        pytest.param(FOUR, seen(*numbered(3, 2, 4)), False, id="a drop, all but the first"),
        pytest.param(FOUR, seen("3_1"), False, id="a drop, the first"),
        pytest.param(FOUR, seen(last=(3, 4)), True, id="a drop, up to its last"),
        pytest.param(FOUR, seen(last=(3, 3)), False, id="a drop, up to the one before"),
        pytest.param(
            FOUR, seen("3_1", "9_2", ids={"9_2": 32}, last=None), False, id="a drop, half of it in both ways"
        ),
        pytest.param(
            FOUR,
            seen("3_1", "9_2", "3_3", "9_4", ids={"9_2": 32, "9_4": 34}),
            True,
            id="a drop, some by key and some by id",
        ),
        pytest.param(NO_IDS, seen(*numbered(3, 5, 7)), True, id="a drop without ids, all of it"),
        pytest.param(NO_IDS, seen(*numbered(3, 1, 6)), False, id="a drop without ids, all but the last"),
        pytest.param(
            TWO_SEASONS,
            seen("1_1", "1_2", "2_1", "2_2", ids={"1_1": 11, "1_2": 12, "2_1": 21, "2_2": 22}),
            True,
            id="two seasons, by their ids",
        ),
        pytest.param(
            TWO_SEASONS,
            seen("9_1", "9_2", "9_3", "9_4", ids={"9_1": 11, "9_2": 12, "9_3": 21, "9_4": 22}),
            True,
            id="two seasons, renumbered since, by their ids",
        ),
        pytest.param(
            TWO_SEASONS,
            seen("1_1", "9_2", "9_3", "9_4", ids={"9_2": 12, "9_3": 21, "9_4": 22}),
            False,
            id="two seasons, one of them neither by its id nor in them by its number alone",
        ),
        pytest.param(
            TWO_SEASONS, seen("1_1", "1_2", "2_1", "2_2"), True, id="two seasons, as many as it has"
        ),
        pytest.param(TWO_SEASONS, seen("1_1", "1_2", "2_1"), False, id="two seasons, one less"),
        pytest.param(
            TWO_SEASONS,
            seen("1_1", "1_2", "2_1", "0_1", "3_1", "3_2"),
            False,
            id="two seasons, and other seasons do not count for them",
        ),
        pytest.param(
            TWO_SEASONS,
            seen("1_1", ids={"1_1": 11}, last=(2, 2)),
            False,
            id="two seasons, and the last one is in them, whose sizes are not known",
        ),
        pytest.param(TWO_SEASONS, seen(last=(3, 1)), True, id="two seasons, and the last one is after them"),
        pytest.param(OF_NO_IDS, seen(last=(9, 9)), True, id="two seasons of no known ids, long passed"),
        pytest.param(OF_NO_IDS, seen(last=(2, 9)), False, id="two seasons of no known ids, in the second"),
        pytest.param(
            OF_NO_IDS, seen("1_1", "2_1", "2_2", "2_3"), True, id="two seasons of no known ids, all"
        ),
        pytest.param(OF_NO_IDS, seen("1_1", "2_1", "2_2"), False, id="two seasons of no known ids, but one"),
        pytest.param(OF_NO_IDS, seen(), False, id="two seasons of no known ids, nothing"),
        pytest.param(
            replace(OF_NO_IDS, episode_ids=(11, 12)),
            seen("9_1", "9_2", ids={"9_1": 11, "9_2": 12}),
            False,
            id="two seasons, of which only some ids are known",
        ),
        pytest.param(Subject(), seen("0_0", last=(9, 9)), False, id="a movie or a status never is"),
        pytest.param(Subject(0, 1), seen(last=(9, 9)), False, id="a special does not come before the last"),
    ],
)
def test_whether_all_of_an_alert_is_watched(subject: Subject, watched: Watched, is_watched: bool) -> None:
    assert subject.is_watched(watched) is is_watched


EARLIER = {1: 10, 2: 10, 3: 7}


@pytest.mark.parametrize(
    ("watched", "behind"),
    [
        pytest.param(seen(), 27, id="nothing watched"),
        pytest.param(seen(*numbered(3, 1, 7)), 20, id="only this season"),
        pytest.param(seen(*numbered(1, 1, 10), *numbered(2, 1, 10)), 7, id="only the seasons before"),
        pytest.param(
            seen(*numbered(1, 1, 10), *numbered(2, 1, 10), *numbered(3, 1, 7)), 0, id="all, one by one"
        ),
        pytest.param(
            seen(*numbered(1, 1, 10), *numbered(2, 1, 4), *numbered(2, 6, 10), "3_1", "3_7"),
            6,
            id="with holes",
        ),
        pytest.param(seen(last=(3, 7)), 0, id="caught up"),
        pytest.param(seen(last=(3, 6)), 1, id="one behind"),
        pytest.param(seen(last=(2, 10)), 7, id="this season not begun"),
        pytest.param(seen(last=(2, 9)), 8, id="the one before not finished"),
        pytest.param(seen(last=(1, 1)), 26, id="just begun"),
        pytest.param(seen(last=(3, 9)), 0, id="ahead of it"),
        pytest.param(seen(last=(4, 1)), 0, id="a season ahead of it"),
        pytest.param(seen("3_8", "3_9"), 27, id="what comes after does not count"),
        pytest.param(seen(*numbered(0, 1, 9)), 27, id="specials do not count"),
        pytest.param(seen("3_7", last=(3, 5)), 1, id="up to the fifth, and the seventh"),
        pytest.param(seen("3_2", "3_5", last=(3, 5)), 2, id="marked again before the last"),
        pytest.param(seen(*numbered(3, 6, 7), last=(2, 10)), 5, id="the last of one season, two of the next"),
        pytest.param(seen(*numbered(2, 1, 12)), 17, id="more of a season than there are"),
    ],
)
def test_how_many_before_it_are_not_watched(watched: Watched, behind: int) -> None:
    assert watched.behind(3, 8, EARLIER) == behind
    assert Subject(3, 8, earlier=EARLIER).behind(watched) == behind


@pytest.mark.parametrize(
    "subject", [Subject(), Subject(0, 3, earlier={1: 10}), Subject(3, None, earlier=EARLIER)]
)
def test_of_a_movie_a_status_or_a_special_nobody_is_behind(subject: Subject) -> None:
    assert subject.behind(seen()) == 0


@pytest.mark.parametrize(
    ("episode", "counts", "expected"),
    [
        pytest.param((3, 8), [(0, 2), (1, 10), (2, 10), (3, 10)], {1: 10, 2: 10, 3: 7}, id="in the middle"),
        pytest.param((3, 1), [(1, 10), (2, 10), (3, 10)], {1: 10, 2: 10}, id="the first of a season"),
        pytest.param((1, 1), [(0, 2), (1, 10)], {}, id="the first of all"),
        pytest.param((1, 3), [], {1: 2}, id="of a show whose seasons are not known"),
        pytest.param((2, 2), [(3, 10), (1, 8)], {1: 8, 2: 1}, id="later seasons do not count"),
        pytest.param((3, 2), [(1, 10), (2, 0)], {1: 10, 3: 1}, id="nor do empty ones"),
        pytest.param((3, 1), [(0, 2), (1, 1), (2, 8)], {1: 1, 2: 8}, id="a season of one does"),
        pytest.param((0, 5), [(0, 9), (1, 10)], {}, id="a special comes after nothing"),
        pytest.param((None, None), [(1, 10)], {}, id="nor does a status"),
        pytest.param((3, None), [(1, 10)], {}, id="nor does a season as such"),
    ],
)
def test_what_comes_before(
    episode: tuple[int | None, int | None], counts: list[tuple[int, int]], expected: dict[int, int]
) -> None:
    assert earlier_episodes(*episode, counts) == expected
