"""What an enrichment loads and writes: a test per way in which an episode can come out."""

from typing import Any

import pytest

from shared.domain.cache import Loaded, Source
from shared.domain.enrichment import EpisodeFields, Plan, Renumbered, plan_enrichment, seasons_to_load
from shared.domain.season import Episode, Season, SeasonNumber
from shared.domain.tracking import TrackedShow, parse_episodes

S0, S1, S2, S3 = map(SeasonNumber, range(4))

PILOT = Episode(62085, "Pilot", "2008-01-20")
CAT = Episode(62086, "Cat's in the Bag...", "2008-01-27")
NO_DATE = Episode(62087, "Sometime", None)
NO_NAME = Episode(62088, None, "2008-02-10")

WHOLE: dict[str, Any] = {"episodeId": 62085, "episodeName": "Pilot", "episodeAirDate": "2008-01-20"}
WATCHED: dict[str, Any] = {"watched": True, "posterPath": "/x.jpg"}


def tracked(**entries: dict[str, Any]) -> TrackedShow:
    """Entries by key, each with a leading `s`: a keyword cannot begin with a digit."""
    return parse_episodes({key[1:]: {**WATCHED, **entry} for key, entry in entries.items()})


def loaded(*episodes: Episode, source: Source = Source.CACHE) -> Loaded[Season]:
    return Loaded(Season(dict(enumerate(episodes, 1))), source)


PENDING: Loaded[Season] = Loaded(None, Source.PENDING)


def counts(plan: Plan) -> tuple[int, int, int]:
    return plan.enriched, plan.corrected, plan.complete


@pytest.mark.parametrize(
    ("only", "refresh", "seasons"),
    [
        pytest.param(None, False, (S0, S2), id="those with something missing, in order"),
        pytest.param(None, True, (S0, S1, S2), id="all, when refreshing"),
        pytest.param({S1, S2}, False, (S2,), id="those asked for with something missing"),
        pytest.param({S1, S2}, True, (S1, S2), id="those asked for, when refreshing"),
        pytest.param({S3}, True, (), id="none that the user does not track"),
        pytest.param(set(), True, (), id="none where none is asked for"),
    ],
)
def test_seasons_to_load(only: set[SeasonNumber] | None, refresh: bool, seasons: tuple[int, ...]) -> None:
    show = tracked(s2_1={}, s2_2={}, s1_1=WHOLE, s0_1={**WHOLE, "episodeAirDate": None})

    assert seasons_to_load(show, only=only, refresh=refresh) == seasons


@pytest.mark.parametrize("missing", WHOLE)
def test_each_missing_field_makes_its_season_be_loaded(missing: str) -> None:
    show = tracked(s1_1={name: value for name, value in WHOLE.items() if name != missing})

    assert seasons_to_load(show) == (S1,)


@pytest.mark.parametrize(
    ("entry", "fields", "outcome"),
    [
        pytest.param({}, WHOLE, (1, 0, 0), id="all three are filled"),
        pytest.param(
            {**WHOLE, "episodeName": ""}, {"episodeName": "Pilot"}, (1, 0, 0), id="a name is filled"
        ),
        pytest.param(
            {**WHOLE, "episodeAirDate": None},
            {"episodeAirDate": "2008-01-20"},
            (1, 0, 0),
            id="a date that was null is filled",
        ),
        pytest.param(
            {**WHOLE, "episodeId": "62085"},
            {"episodeId": 62085, "episodeAirDate": "2008-01-20"},
            (1, 0, 0),
            id="an id of the wrong type is mended",
        ),
        pytest.param(WHOLE, None, (0, 0, 1), id="a whole one is complete"),
        pytest.param(
            {**WHOLE, "episodeName": "Episode 1"},
            {"episodeName": "Pilot"},
            (0, 1, 0),
            id="a placeholder name is corrected",
        ),
        pytest.param(
            {**WHOLE, "episodeAirDate": "2008-01-19"},
            {"episodeAirDate": "2008-01-20"},
            (0, 1, 0),
            id="a date is corrected",
        ),
        pytest.param(
            {"episodeId": 62085, "episodeName": "Episode 1"},
            {"episodeName": "Pilot", "episodeAirDate": "2008-01-20"},
            (1, 0, 0),
            id="filled and corrected counts as enriched",
        ),
    ],
)
def test_an_episode_is_filled_and_corrected(
    entry: dict[str, Any], fields: EpisodeFields | None, outcome: tuple[int, int, int]
) -> None:
    plan = plan_enrichment(tracked(s1_1=entry), {S1: loaded(PILOT)})

    assert plan.changes == ({} if fields is None else {"1_1": fields})
    assert counts(plan) == outcome
    assert (*plan.unmatched, *plan.renumbered, *plan.invalid, *plan.pending) == ()


def test_a_date_that_tmdb_takes_back_becomes_null() -> None:
    show = tracked(s1_1={"episodeId": 62087, "episodeName": "Sometime", "episodeAirDate": "2008-02-03"})

    plan = plan_enrichment(show, {S1: loaded(NO_DATE)})

    assert plan.changes == {"1_1": {"episodeAirDate": None}}
    assert counts(plan) == (0, 1, 0)


def test_an_unknown_date_is_written_as_null_once() -> None:
    plan = plan_enrichment(tracked(s1_1={}), {S1: loaded(NO_DATE)})

    assert plan.changes == {"1_1": {"episodeId": 62087, "episodeName": "Sometime", "episodeAirDate": None}}
    assert counts(plan) == (1, 0, 0)


def test_a_name_that_tmdb_lacks_takes_nothing_away() -> None:
    show = tracked(s1_1={"episodeId": 62088, "episodeName": "Mine", "episodeAirDate": "2008-02-10"})

    plan = plan_enrichment(show, {S1: loaded(NO_NAME)})

    assert plan.changes == {}
    assert counts(plan) == (0, 0, 1)


@pytest.mark.parametrize("upstream", [PILOT, NO_DATE, NO_NAME], ids=["whole", "no date", "no name"])
@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({}, id="nothing known"),
        pytest.param({"episodeId": "x", "episodeName": 5, "episodeAirDate": ""}, id="all of the wrong type"),
        pytest.param({"episodeName": "Pilot", "episodeAirDate": "2008-01-20"}, id="only the id missing"),
        pytest.param({"episodeId": 1, "episodeName": "Pilot"}, id="another id"),
    ],
)
def test_a_second_enrichment_writes_nothing(entry: dict[str, Any], upstream: Episode) -> None:
    seasons = {S1: loaded(upstream)}
    changes = plan_enrichment(tracked(s1_1=entry), seasons).changes

    again = plan_enrichment(tracked(s1_1={**entry, **changes.get("1_1", {})}), seasons)

    assert again.changes == {}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({}, id="of which nothing is known"),
        pytest.param({**WHOLE, "episodeId": 777}, id="whose id TMDB no longer lists"),
    ],
)
@pytest.mark.parametrize("season", [loaded(PILOT), loaded()], ids=["a short season", "no such season"])
def test_an_episode_that_tmdb_lacks_is_unmatched(entry: dict[str, Any], season: Loaded[Season]) -> None:
    plan = plan_enrichment(tracked(s1_9=entry, s1_10=entry), {S1: season})

    assert plan.unmatched == ("1_10", "1_9")
    assert plan.changes == {}
    assert counts(plan) == (0, 0, 0)


def test_a_renumbered_episode_is_reported_and_left_as_it_is() -> None:
    show = tracked(s1_1={**WHOLE, "episodeName": None}, s1_2={"episodeId": 62086})

    plan = plan_enrichment(show, {S1: loaded(CAT, PILOT)})

    assert plan.renumbered == (Renumbered("1_1", 62085, S1, 2), Renumbered("1_2", 62086, S1, 1))
    assert plan.changes == {}


def test_an_episode_renumbered_past_the_end_is_found() -> None:
    plan = plan_enrichment(tracked(s1_9={**WHOLE, "episodeName": None}), {S1: loaded(CAT, PILOT)})

    assert plan.renumbered == (Renumbered("1_9", 62085, S1, 2),)
    assert plan.unmatched == ()


def test_an_episode_moved_to_another_loaded_season_is_found() -> None:
    plan = plan_enrichment(tracked(s0_1={"episodeId": 62085}), {S0: loaded(CAT), S1: loaded(PILOT)})

    assert plan.renumbered == (Renumbered("0_1", 62085, S1, 1),)


def test_an_id_that_is_gone_from_a_number_that_is_another_episode_now_is_reported() -> None:
    plan = plan_enrichment(tracked(s1_1={**WHOLE, "episodeId": 777}), {S1: loaded(CAT)})

    assert plan.renumbered == (Renumbered("1_1", 777, None, None),)
    assert plan.changes == {}


@pytest.mark.parametrize(
    ("entry", "upstream", "fields"),
    [
        pytest.param(
            {"episodeId": 777, "episodeName": "Episode 1", "episodeAirDate": "2008-01-20"},
            PILOT,
            {"episodeId": 62085, "episodeName": "Pilot"},
            id="known by its date",
        ),
        pytest.param(
            {"episodeId": 777, "episodeName": "Pilot"},
            PILOT,
            {"episodeId": 62085, "episodeAirDate": "2008-01-20"},
            id="known by its real name",
        ),
        pytest.param(
            {"episodeId": 777, "episodeName": "Episode 1"},
            Episode(62085, "Episode 1", "2008-01-20"),
            None,
            id="not known by a placeholder",
        ),
        pytest.param({"episodeId": 777}, NO_DATE, None, id="not known by dates that are both missing"),
        pytest.param(
            {"episodeId": 777, "episodeAirDate": "2008-02-10"},
            NO_NAME,
            {"episodeId": 62088},
            id="known by its date without a name",
        ),
    ],
)
def test_an_episode_made_again_upstream_gets_its_new_id(
    entry: dict[str, Any], upstream: Episode, fields: EpisodeFields | None
) -> None:
    plan = plan_enrichment(tracked(s1_1=entry), {S1: loaded(upstream)})

    assert plan.changes == ({} if fields is None else {"1_1": fields})
    assert len(plan.renumbered) == (fields is None)


def test_a_pending_season_is_named_and_the_others_are_done() -> None:
    plan = plan_enrichment(tracked(s1_1={}, s2_1={}), {S2: PENDING, S1: loaded(PILOT)})

    assert plan.pending == (S2,)
    assert plan.changes == {"1_1": WHOLE}
    assert counts(plan) == (1, 0, 0)


@pytest.mark.parametrize(
    ("upstream", "number", "pending"),
    [
        pytest.param(PILOT, 1, (), id="not when it holds all that is missing"),
        pytest.param(NO_DATE, 1, (S1,), id="when it lacks the date"),
        pytest.param(NO_NAME, 1, (S1,), id="when it lacks the name"),
        pytest.param(PILOT, 2, (S1,), id="when it lacks the episode"),
    ],
)
def test_a_stale_season_is_used_and_is_pending_too(
    upstream: Episode, number: int, pending: tuple[SeasonNumber, ...]
) -> None:
    plan = plan_enrichment(tracked(**{f"s1_{number}": {}}), {S1: loaded(upstream, source=Source.STALE)})

    assert plan.pending == pending
    assert plan.unmatched == ()
    assert bool(plan.changes) == (number == 1)


@pytest.mark.parametrize("source", [Source.MEMORY, Source.CACHE, Source.TMDB])
def test_a_season_that_is_fresh_is_never_pending(source: Source) -> None:
    plan = plan_enrichment(tracked(s1_1={}, s1_2={}), {S1: loaded(NO_DATE, source=source)})

    assert plan.pending == ()
    assert plan.unmatched == ("1_2",)


def test_only_the_seasons_asked_for_are_touched_and_counted() -> None:
    show = tracked(s1_1={}, s2_1={}, s3_1=WHOLE)

    plan = plan_enrichment(show, {S1: loaded(PILOT), S2: loaded(CAT)}, only={S2})

    assert plan.changes.keys() == {"2_1"}
    assert counts(plan) == (1, 0, 0)


def test_complete_episodes_of_seasons_that_need_no_load_are_counted() -> None:
    plan = plan_enrichment(tracked(s1_1=WHOLE, s1_2=WHOLE, s2_1={}), {S2: loaded(CAT)})

    assert counts(plan) == (1, 0, 2)


def test_keys_that_cannot_be_read_are_named() -> None:
    plan = plan_enrichment(parse_episodes({"extras": WHOLE, "1_": {}, "1_1": 5}), {})

    assert plan.invalid == ("1_", "1_1", "extras")
