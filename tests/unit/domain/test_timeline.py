"""Which events there are, and what becomes of those that are known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.domain.timeline import (
    MOST_EVENTS,
    EventType,
    TimelineEvent,
    airings,
    episode_events,
    movie_event,
    reconciled,
    status_event,
)

TODAY = date(2026, 8, 22)
KEY = ShowKey("tv", 1)
SHOW = ShowFacts(KEY, "A show", None, ShowStatus.RETURNING)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def episode(id_: int, number: int, days: int | None = 1, **other: Any) -> EpisodeFacts:
    given = {"name": f"Name {id_}", "air_date": None if days is None else day(days), **other}
    return EpisodeFacts(id_, number, **given)


def season(number: int, *episodes: EpisodeFacts) -> SeasonFacts:
    return SeasonFacts(SeasonNumber(number), None, None, None, None, episodes)


def events(
    *seasons: SeasonFacts,
    numbers: tuple[int, ...] = (1, 2, 3),
    status: ShowStatus = ShowStatus.RETURNING,
    known: tuple[str, ...] = (),
    show: ShowFacts = SHOW,
) -> Mapping[str, TimelineEvent]:
    every = tuple(map(SeasonNumber, numbers))
    return episode_events(show, status, seasons, every, today=TODAY, known=known)


def one_of(found: Mapping[str, TimelineEvent]) -> TimelineEvent:
    (event,) = found.values()
    return event


FINALE: dict[str, Any] = {"episode_type": "finale"}
OTHER = episode(90, 5, None)


@pytest.mark.parametrize(
    ("found", "status", "event_type"),
    [
        pytest.param(season(2, episode(1, 1), OTHER), "returning", "season_premiere", id="first of a season"),
        pytest.param(season(1, episode(1, 1), OTHER), "returning", "series_premiere", id="first of all"),
        pytest.param(season(2, episode(1, 0), OTHER), "returning", "season_premiere", id="counted from 0"),
        pytest.param(
            season(2, episode(1, 1317), episode(2, 1318, None)), "returning", "season_premiere", id="1317"
        ),
        pytest.param(
            season(2, episode(1, 2), episode(2, 1, None)),
            "returning",
            "new_episode",
            id="an earlier one is undated",
        ),
        pytest.param(
            season(2, episode(1, 2), episode(2, 1, None), OTHER), "returning", "new_episode", id="in between"
        ),
        pytest.param(season(2, OTHER, episode(1, 8, **FINALE)), "returning", "season_finale", id="finale"),
        pytest.param(
            season(3, OTHER, episode(1, 8, **FINALE)), "returning", "season_finale", id="last finale so far"
        ),
        pytest.param(season(3, OTHER, episode(1, 8, **FINALE)), "ended", "series_finale", id="ended"),
        pytest.param(season(3, OTHER, episode(1, 8, **FINALE)), "canceled", "series_finale", id="cancelled"),
        pytest.param(
            season(2, OTHER, episode(1, 8, **FINALE)), "ended", "season_finale", id="ended, not the last"
        ),
        pytest.param(
            season(2, episode(80, 1, None), episode(1, 3, **FINALE), OTHER),
            "returning",
            "new_episode",
            id="finale with more after",
        ),
        pytest.param(
            season(2, OTHER, episode(1, 8, episode_type="mid_season")),
            "returning",
            "new_episode",
            id="mid season",
        ),
        pytest.param(season(2, episode(1, 1, **FINALE)), "returning", "season_premiere", id="the only one"),
        pytest.param(season(0, episode(1, 1), OTHER), "returning", "new_episode", id="first special"),
        pytest.param(season(0, OTHER, episode(1, 9, **FINALE)), "ended", "new_episode", id="last special"),
    ],
)
def test_what_an_episode_is(found: SeasonFacts, status: str, event_type: str) -> None:
    event = one_of(events(found, status=ShowStatus(status)))

    assert (event.event_id, event.event_type.value) == ("episode_1", event_type)


def test_the_first_season_of_a_show_with_gaps_is_the_lowest_that_it_has() -> None:
    assert (
        one_of(events(season(4, episode(1, 1), OTHER), numbers=(4, 9))).event_type
        is EventType.SERIES_PREMIERE
    )


@pytest.mark.parametrize(
    ("days", "known", "is_told"),
    [
        (0, (), True),
        (900, (), True),
        (-14, (), True),
        (-15, (), False),
        (-15, ("episode_1",), True),
        (-15, ("episode_2",), False),
        (None, (), False),
        (None, ("episode_1",), False),
    ],
)
def test_what_aired_long_ago_is_no_news_unless_it_is_known(
    days: int | None, known: tuple[str, ...], is_told: bool
) -> None:
    assert bool(events(season(1, episode(1, 2, days)), known=known)) is is_told


def test_an_event_says_what_airs_when() -> None:
    before = episode(8, 2, None)

    assert one_of(events(season(2, before, episode(7, 3), OTHER))) == TimelineEvent(
        event_id="episode_7",
        event_type=EventType.NEW_EPISODE,
        show_key=KEY,
        title="A show",
        description="Season 2, episode 3: Name 7",
        event_date=day(1),
        season=2,
        episode=3,
        episode_id=7,
    )


@pytest.mark.parametrize(
    ("found", "description"),
    [
        (season(2, episode(1, 3, name=None)), "Season 2, episode 3"),
        (season(2, episode(1, 3, name="Home")), "Season 2, episode 3: Home"),
        (season(0, episode(1, 3, name="Home")), "Special 3: Home"),
        (season(0, episode(1, 3, name=None)), "Special 3"),
        (season(2, *(episode(n, n) for n in (1, 2, 3))), "Season 2, 3 episodes"),
    ],
)
def test_how_an_event_is_put(found: SeasonFacts, description: str) -> None:
    assert one_of(events(found)).description == description


def test_a_show_without_a_title_has_its_key_for_one() -> None:
    assert one_of(events(season(1, episode(1, 1)), show=replace(SHOW, title=None))).title == "tv_1"


@pytest.mark.parametrize(
    ("seasons", "told"),
    [
        pytest.param([season(1, *(episode(n, n) for n in (1, 2)))], {1: 1, 2: 1}, id="two are two"),
        pytest.param([season(1, *(episode(n, n) for n in (1, 2, 3)))], {1: 3}, id="three are a drop"),
        pytest.param(
            [season(1, *(episode(n, n, n // 4) for n in range(1, 8)))],
            {1: 3, 4: 4},
            id="two drops on two days",
        ),
        pytest.param(
            [season(1, *(episode(n, n) for n in (1, 2, 3)), episode(4, 4, 8))],
            {1: 3, 4: 1},
            id="a drop, then weekly",
        ),
        pytest.param(
            [season(2, episode(5, 1), episode(6, 2)), season(1, episode(3, 1), episode(4, 2))],
            {3: 4},
            id="two seasons at once, whichever comes first",
        ),
        pytest.param(
            [season(0, *(episode(n, n) for n in (1, 2, 3)))],
            {1: 1, 2: 1, 3: 1},
            id="specials are told one by one",
        ),
        pytest.param(
            [season(0, episode(1, 1), episode(2, 2)), season(1, episode(3, 1))],
            {1: 1, 2: 1, 3: 1},
            id="specials make no drop with an episode",
        ),
        pytest.param(
            [season(0, episode(9, 1)), season(1, *(episode(n, n) for n in (1, 2, 3)))],
            {9: 1, 1: 3},
            id="a special beside a drop",
        ),
        pytest.param([season(1), season(2)], {}, id="empty seasons"),
    ],
)
def test_what_airs_on_one_day_is_told_together(seasons: list[SeasonFacts], told: dict[int, int]) -> None:
    found = events(*seasons)

    assert {event.episode_id: event.episode_count for event in found.values()} == told
    assert all(event.is_drop == (event.episode_count > 1) for event in found.values())


@pytest.mark.parametrize(
    ("seasons", "is_whole", "about"),
    [
        ([season(1, *(episode(n, n) for n in (1, 2, 3)))], True, {1}),
        ([season(1, *(episode(n, n) for n in (1, 2, 3)), OTHER)], False, {1}),
        ([season(n, *(episode(10 * n + m, m) for m in (1, 2))) for n in (1, 2, 3)], True, {1, 2, 3}),
    ],
    ids=["a whole season", "the first half", "three whole seasons"],
)
def test_a_drop_says_what_it_holds(seasons: list[SeasonFacts], is_whole: bool, about: set[int]) -> None:
    event = one_of(events(*seasons))

    ids = {one.episode_id for found in seasons for one in found.episodes if one.air_date}
    assert event.is_whole_season is is_whole
    assert set(event.seasons) == about
    assert set(event.episode_ids) == ids
    assert event.details == {"seasons": sorted(about), "episodeIds": sorted(ids)}


def test_an_event_of_one_episode_is_about_it_alone() -> None:
    single = one_of(events(season(2, episode(7, 3))))
    told = status_event(SHOW, ShowStatus.RETURNING, ShowStatus.ENDED, number=1, today=TODAY, evidence={})

    assert [*single.seasons, *single.episode_ids] == [2, 7]
    assert [*told.seasons, *told.episode_ids] == []


def test_seasons_give_the_same_events_in_whatever_order_they_come() -> None:
    seasons = [
        season(0, episode(1, 1), episode(2, 2, 3)),
        season(1, episode(11, 1), episode(12, 2, 2)),
        season(2, episode(21, 1), episode(22, 2, 2), episode(23, 3, 2)),
    ]

    first = events(*seasons)

    assert all(events(*order) == first for order in permutations(seasons))


def daily(count: int, start: int = 0) -> SeasonFacts:
    return season(1, *(episode(number, number, start + number) for number in range(1, count + 1)))


@pytest.mark.parametrize("known_days", [0, 1, 150, 290, 299, 300])
def test_of_too_many_the_soonest_are_kept_and_the_known(known_days: int) -> None:
    known = tuple(f"episode_{number}" for number in range(1, known_days + 1))

    found = events(daily(400), known=known)

    assert list(found) == [f"episode_{number}" for number in range(1, MOST_EVENTS + 1)]


def test_more_that_are_known_than_fit_stay() -> None:
    known = tuple(f"episode_{number}" for number in range(1, 351))

    assert set(events(daily(400), known=known)) >= set(known)


def test_what_is_new_this_week_is_told_however_many_are_known() -> None:
    known = tuple(f"episode_{number}" for number in range(1, MOST_EVENTS + 1))
    soon = season(2, episode(9001, 1, 3), OTHER)

    found = events(daily(400), soon, known=known)

    assert found.keys() == {*known, "episode_9001"}


def test_an_airing_needs_a_date() -> None:
    assert [airing.episode_id for airing in airings(season(1, episode(1, 1), episode(2, 2, None)))] == [1]
    assert airings(season(1)) == []


MOVIE = ShowFacts(ShowKey("movie", 5), "A movie", None, ShowStatus.IN_PRODUCTION)


@pytest.mark.parametrize(
    ("released", "known", "is_told"),
    [
        (None, (), False),
        (None, ("release_movie_5",), False),
        (day(300), (), True),
        (day(-14), (), True),
        (day(-15), (), False),
        (day(-15), ("release_movie_5",), True),
        (day(-15), ("release_movie_6",), False),
    ],
)
def test_a_movie_is_released(released: str | None, known: tuple[str, ...], is_told: bool) -> None:
    found = movie_event(replace(MOVIE, premiere_date=released), TODAY, known=known)

    assert {(name, event.event_date) for name, event in found.items()} == (
        {("release_movie_5", released)} if is_told else set()
    )


def test_each_change_of_status_is_an_event_of_its_own() -> None:
    told = [
        status_event(SHOW, ShowStatus.RETURNING, after, number=number, today=TODAY, evidence={"seen": 1})
        for number, after in ((1, ShowStatus.ENDED), (2, ShowStatus.CANCELED))
    ]

    assert [event.event_id for event in told] == ["status_tv_1_1", "status_tv_1_2"]
    assert [event.description for event in told] == ["returning → ended", "returning → canceled"]
    assert told[0].details == {"from": "returning", "to": "ended", "seen": 1}


EVENT = one_of(events(season(2, episode(1, 2), OTHER)))
GONE = replace(EVENT, is_withdrawn=True, version=4)


@pytest.mark.parametrize(
    ("known", "wanted", "is_looked_for", "change"),
    [
        pytest.param(None, EVENT, False, EVENT, id="new"),
        pytest.param(EVENT, EVENT, True, None, id="the same"),
        pytest.param(replace(EVENT, version=7), EVENT, True, None, id="the same, of a later version"),
        pytest.param(
            replace(EVENT, version=7),
            replace(EVENT, event_date=day(2)),
            True,
            replace(EVENT, event_date=day(2), version=8),
            id="another day",
        ),
        pytest.param(EVENT, None, True, replace(EVENT, is_withdrawn=True, version=2), id="gone"),
        pytest.param(EVENT, None, False, None, id="nobody looked"),
        pytest.param(GONE, None, True, None, id="gone before"),
        pytest.param(GONE, EVENT, True, replace(EVENT, version=5), id="back as it was"),
        pytest.param(None, None, True, None, id="never was"),
    ],
)
def test_what_becomes_of_an_event(
    known: TimelineEvent | None,
    wanted: TimelineEvent | None,
    is_looked_for: bool,
    change: TimelineEvent | None,
) -> None:
    def of(event: TimelineEvent | None) -> dict[str, TimelineEvent]:
        return {} if event is None else {EVENT.event_id: event}

    changes = reconciled(of(known), of(wanted), may_withdraw={EVENT.event_id} if is_looked_for else set())

    assert changes == of(change)
    again = reconciled({**of(known), **changes}, of(wanted), may_withdraw={EVENT.event_id})
    assert again == {} or not is_looked_for


@pytest.mark.parametrize(
    "told",
    [
        {"title": "T"},
        {"description": "D"},
        {"event_date": day(9)},
        {"season": 3},
        {"episode": 9},
        {"event_type": EventType.SEASON_FINALE},
        {"episode_count": 3},
        {"is_whole_season": True},
        {"details": {"seasons": [1]}},
    ],
)
def test_the_version_rises_by_one_with_whatever_is_told_of_it(told: dict[str, Any]) -> None:
    known = {EVENT.event_id: replace(EVENT, version=3)}
    wanted = {EVENT.event_id: replace(EVENT, **told)}

    changes = reconciled(known, wanted, may_withdraw=set())

    assert changes == {EVENT.event_id: replace(EVENT, **told, version=4)}
    assert reconciled(changes, wanted, may_withdraw=set(changes)) == {}
