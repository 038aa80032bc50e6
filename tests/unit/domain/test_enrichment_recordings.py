"""Enrichment over what TMDB really changed: all of an earlier state tracked, enriched from a later one."""

import json
from collections.abc import Callable, Collection
from itertools import pairwise
from pathlib import Path

import pytest

from shared.adapters.tmdb import translate
from shared.domain.cache import Loaded, Source
from shared.domain.enrichment import Plan, plan_enrichment
from shared.domain.season import Season, SeasonNumber
from shared.domain.tracking import TrackedShow, parse_episodes
from tests.recordings import WHERE, recordings_folder

States = Callable[[int, int], list[Season]]


@pytest.fixture(scope="module")
def states() -> States:
    """The recorded states of a season of a show, oldest first."""
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)

    def read(show_id: int, season: int) -> list[Season]:
        paths = sorted(season_folder(folder, show_id, season).glob("*.json"))
        return [translate.season(json.loads(path.read_text())) for path in paths]

    return read


def season_folder(recordings: Path, show_id: int, season: int) -> Path:
    return recordings / "tmdb" / "history" / "tv" / str(show_id) / "season" / str(season)


def tracking_all_of(number: int, season: Season) -> TrackedShow:
    """The document of a user who tracks every episode of this state, enriched from it."""
    whole = plan_enrichment(
        parse_episodes({f"{number}_{episode}": {"watched": True} for episode in season.episodes}),
        {SeasonNumber(number): Loaded(season, Source.TMDB)},
    )
    assert whole.enriched == len(season.episodes)
    return parse_episodes({key: {"watched": True, **fields} for key, fields in whole.changes.items()})


def enriched(number: int, before: Season, after: Season) -> Plan:
    return plan_enrichment(
        tracking_all_of(number, before), {SeasonNumber(number): Loaded(after, Source.TMDB)}
    )


def keys(season: int, numbers: Collection[int]) -> set[str]:
    return {f"{season}_{number}" for number in numbers}


def with_field(plan: Plan, field: str) -> set[str]:
    return {key for key, fields in plan.changes.items() if field in fields}


def test_four_episodes_that_moved_down_are_reported_and_nothing_is_written(states: States) -> None:
    before, after = states(57532, 14)

    plan = enriched(14, before, after)

    assert {found.key: found.number for found in plan.renumbered} == {
        "14_1": 3,
        "14_2": 4,
        "14_3": 1,
        "14_4": 2,
    }
    assert all(found.season == 14 for found in plan.renumbered)
    assert plan.changes == {}
    assert (plan.enriched, plan.corrected, plan.complete) == (0, 0, 0)


@pytest.mark.parametrize(
    ("show_id", "season", "step", "renamed", "redated"),
    [
        pytest.param(456, 38, 0, {1}, set(), id="456 s38: one renamed"),
        pytest.param(207333, 2, 0, {3, 7}, {8}, id="207333 s2: two renamed, one re-dated"),
        pytest.param(61833, 18, 0, set(), set(), id="61833 s18: one added"),
        pytest.param(61833, 18, 1, {6}, {6}, id="61833 s18: two added, one renamed and re-dated"),
        pytest.param(125988, 3, 2, {5, 6, 7, 8, 9, 10}, set(), id="125988 s3: six renamed"),
        pytest.param(243360, 2, 0, set(), {1, 2}, id="243360 s2: two dates learned"),
        pytest.param(243360, 2, 1, set(), {3, 4, 5, 6}, id="243360 s2: four dates learned"),
        pytest.param(276567, 1, 0, set(), set(range(1, 22)), id="276567 s1: 21 re-dated"),
        pytest.param(276567, 1, 1, set(), set(range(1, 22)), id="276567 s1: 21 re-dated back"),
        pytest.param(296206, 0, 0, {1, 2}, {1, 2}, id="296206 s0: one added, two renamed and re-dated"),
        pytest.param(296206, 1, 3, set(), set(range(1, 10)), id="296206 s1: nine re-dated, eight to null"),
        pytest.param(296206, 1, 4, set(), set(range(1, 10)), id="296206 s1: nine dates back"),
        pytest.param(297826, 1, 1, set(), set(range(1, 13)), id="297826 s1: all re-dated"),
        pytest.param(297826, 1, 2, set(range(2, 8)), set(), id="297826 s1: six renamed"),
        pytest.param(37854, 23, 4, {1175}, set(), id="37854 s23: one renamed"),
    ],
)
def test_what_tmdb_changed_is_corrected_and_nothing_else(
    states: States, show_id: int, season: int, step: int, renamed: set[int], redated: set[int]
) -> None:
    before, after = states(show_id, season)[step : step + 2]

    plan = enriched(season, before, after)

    assert with_field(plan, "episodeName") == keys(season, renamed)
    assert with_field(plan, "episodeAirDate") == keys(season, redated)
    assert with_field(plan, "episodeId") == set()
    assert plan.enriched + plan.corrected == len(renamed | redated)
    assert plan.complete == len(before.episodes) - len(renamed | redated)
    assert (*plan.renumbered, *plan.unmatched, *plan.pending) == ()


def test_dates_that_tmdb_took_back_become_null_and_come_back_as_enriched(states: States) -> None:
    dated, withdrawn, again = states(296206, 1)[3:6]

    taken = enriched(1, dated, withdrawn)
    given = enriched(1, withdrawn, again)

    assert {key for key, fields in taken.changes.items() if fields == {"episodeAirDate": None}} == keys(
        1, range(2, 10)
    )
    assert (taken.enriched, taken.corrected) == (0, 9)
    assert (given.enriched, given.corrected) == (8, 1)


def test_every_recorded_step_is_written_once_and_moves_no_id(states: States) -> None:
    folder = recordings_folder()
    assert folder is not None
    steps = 0
    for path in sorted((folder / "tmdb" / "history" / "tv").glob("*/season/*")):
        number = int(path.name)
        history = states(int(path.parent.parent.name), number)
        for before, after in pairwise(history):
            plan = enriched(number, before, after)
            assert with_field(plan, "episodeId") == set()
            written = parse_episodes(
                {
                    episode.key: {
                        "episodeId": episode.episode_id,
                        "episodeName": episode.name,
                        "episodeAirDate": episode.air_date,
                        **plan.changes.get(episode.key, {}),
                    }
                    for episode in tracking_all_of(number, before).episodes
                }
            )
            again = plan_enrichment(written, {SeasonNumber(number): Loaded(after, Source.TMDB)})
            assert again.changes == {}
            assert again.renumbered == plan.renumbered
            steps += 1
    assert steps > 25
