"""Reading a tracking document as client apps really write it, and as they should not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.tracking import TrackedEpisode, parse_episodes, parse_key

WHOLE = {"episodeId": 62085, "episodeName": "Pilot", "episodeAirDate": "2008-01-20"}
WRONG: dict[str, list[object]] = {
    "episodeId": [None, "62085", 62085.0, True, False, [], {}],
    "episodeName": [None, "", 7, True, [], {}],
    "episodeAirDate": [None, "", "2008", "2008-01-40", 20080120, True, {}, datetime(2008, 1, 20, tzinfo=UTC)],
}


def only_episode(entry: dict[str, Any]) -> TrackedEpisode:
    (episode,) = parse_episodes({"1_2": entry}).episodes
    return episode


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        pytest.param("1_1", (1, 1), id="the first episode"),
        pytest.param("0_5", (0, 5), id="a special"),
        pytest.param("2_0", (2, 0), id="an episode 0"),
        pytest.param("0_0", (0, 0), id="a special 0"),
        pytest.param("23_1171", (23, 1171), id="a number that runs on over the seasons"),
        pytest.param("999999_999999", (999999, 999999), id="the longest numbers"),
    ],
)
def test_a_key_is_season_and_episode(key: str, numbers: tuple[int, int]) -> None:
    assert parse_key(key) == numbers


@pytest.mark.parametrize(
    "key",
    [
        *["", "abc", "_", "1", "1_", "_1", "1_1_1", "-1_2", "1_-2", "01_1", "1_01", "00_1", "1.0_1", "+1_1"],
        *[" 1_1", "1_1 ", "1_1\n", "1 _1", "1-1", "s1_e1", "1__1", "1_1e3", "0x1_1"],
        *["1000000_1", "1_1000000", "1_" + "9" * 5000],
        *["١_١", "１_１", "²_1", "1_1\u200b"],
    ],
)
def test_anything_else_is_no_key(key: str) -> None:
    assert parse_key(key) is None
    assert parse_episodes({key: WHOLE}).invalid == (key,)


@pytest.mark.parametrize("value", [None, True, 1, "watched", [], [WHOLE]], ids=repr)
def test_an_entry_that_is_no_map_is_reported(value: object) -> None:
    show = parse_episodes({"1_2": value, "1_1": WHOLE})

    assert show.invalid == ("1_2",)
    assert [episode.key for episode in show.episodes] == ["1_1"]


@pytest.mark.parametrize("episodes", [None, [], "1_1", 7, ["1_1"]], ids=repr)
def test_episodes_that_are_no_map_are_no_episodes(episodes: object) -> None:
    show = parse_episodes(episodes)

    assert show.episodes == ()
    assert show.invalid == ()


def test_every_episode_is_read_and_every_bad_key_is_named_in_order() -> None:
    show = parse_episodes({"x": WHOLE, "2_1": WHOLE, "b": {}, "1_10": {}, "a": WHOLE, "1_9": {}})

    assert {(episode.key, episode.season, episode.number) for episode in show.episodes} == {
        ("2_1", 2, 1),
        ("1_10", 1, 10),
        ("1_9", 1, 9),
    }
    assert show.invalid == ("a", "b", "x")


def test_a_whole_episode_is_complete() -> None:
    episode = only_episode({"watched": True, "watchedAt": datetime(2024, 1, 1, tzinfo=UTC), **WHOLE})

    assert episode == TrackedEpisode("1_2", parse_key("1_2")[0], 2, 62085, "Pilot", "2008-01-20")  # type: ignore[index]
    assert episode.is_complete


@pytest.mark.parametrize(
    ("field", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_field_of_the_wrong_type_counts_as_missing(field: str, value: object) -> None:
    assert not only_episode({**WHOLE, field: value}).is_complete


@pytest.mark.parametrize("field", WHOLE)
def test_an_episode_without_a_field_is_incomplete(field: str) -> None:
    assert not only_episode({name: value for name, value in WHOLE.items() if name != field}).is_complete
