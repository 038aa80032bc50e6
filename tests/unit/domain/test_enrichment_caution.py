"""Where enrichment could move what a user watched, or put old facts over newer ones, and does not."""

from typing import Any

from shared.domain.cache import Loaded, Source
from shared.domain.enrichment import Renumbered, plan_enrichment
from shared.domain.season import Episode, Season, SeasonNumber
from shared.domain.tracking import TrackedShow, parse_episodes

S1, S2 = map(SeasonNumber, (1, 2))
DAY = "2019-06-21"


def drop(*ids: int) -> Season:
    """A season whose episodes, of these ids, all came out on one day."""
    return Season(
        {number: Episode(episode_id, f"Name {episode_id}", DAY) for number, episode_id in enumerate(ids, 1)}
    )


def tracked(season: Season, *numbers: int) -> TrackedShow:
    """A user who has these episodes as that season once had them."""
    return parse_episodes(
        {
            f"1_{number}": {
                "watched": True,
                "episodeId": season.episodes[number].episode_id,
                "episodeName": season.episodes[number].name,
                "episodeAirDate": season.episodes[number].air_date,
            }
            for number in numbers
        }
    )


def entry(**fields: Any) -> TrackedShow:
    return parse_episodes({"1_1": {"watched": True, **fields}})


def test_an_episode_taken_out_of_a_drop_moves_nobody_even_if_the_dates_agree() -> None:
    plan = plan_enrichment(
        tracked(drop(101, 102, 103, 104, 105), 3), {S1: Loaded(drop(101, 102, 104, 105), Source.CACHE)}
    )
    assert plan.changes == {}
    assert plan.renumbered == (Renumbered("1_3", 103, None, None),)


def test_an_id_that_another_entry_holds_is_not_given_to_a_second() -> None:
    before = Season({1: Episode(1, "Episode 1", "2019-01-01"), 2: Episode(2, "Episode 2", "2019-01-08")})
    after = Season({1: Episode(2, "Episode 1", "2019-01-01")})
    plan = plan_enrichment(tracked(before, 1, 2), {S1: Loaded(after, Source.CACHE)})
    assert plan.changes == {}
    assert plan.renumbered == (Renumbered("1_1", 1, None, None), Renumbered("1_2", 2, S1, 1))


def test_a_stale_season_fills_in_and_replaces_nothing() -> None:
    stale = Loaded(Season({1: Episode(7, "Episode 1", None)}), Source.STALE)
    plan = plan_enrichment(entry(episodeName="The real name", episodeAirDate="2024-05-02"), {S1: stale})
    assert plan.changes == {"1_1": {"episodeId": 7}}
    whole = entry(episodeId=7, episodeName="The real name", episodeAirDate="2024-05-02")
    assert plan_enrichment(whole, {S1: stale}).changes == {}
    assert plan_enrichment(whole, {S1: stale}).pending == ()


def test_an_id_that_a_stale_season_does_not_know_is_pending_and_not_renumbered() -> None:
    stale = Loaded(Season({1: Episode(7, "Old", DAY)}), Source.STALE)
    plan = plan_enrichment(entry(episodeId=8, episodeName="New", episodeAirDate=DAY), {S1: stale})
    assert (plan.changes, plan.renumbered, plan.pending) == ({}, (), (S1,))


def test_an_episode_that_the_app_added_meanwhile_in_another_season_is_pending() -> None:
    show = parse_episodes({"1_1": {"watched": True}, "2_1": {"watched": True}})
    plan = plan_enrichment(show, {S1: Loaded(drop(101), Source.CACHE)})
    assert plan.changes.keys() == {"1_1"}
    assert plan.pending == (S2,)


def test_a_whole_episode_of_a_pending_season_counts_as_complete() -> None:
    plan = plan_enrichment(tracked(drop(101), 1), {S1: Loaded(None, Source.PENDING)})
    assert (plan.complete, plan.pending) == (1, (S1,))
