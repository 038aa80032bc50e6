"""What a sync makes of a show over days of real troubles: what is believed, told, and taken back."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, ShowStatus
from shared.domain.show_changes import absorb, absorb_absence, absorb_movie
from shared.domain.show_record import (
    SEASONS_AT_ONCE,
    FetchedShow,
    Outcome,
    SeasonRecord,
    ShowRecord,
    seasons_to_ask,
    seasons_to_ask_further,
)
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.domain.timeline import EventType, TimelineEvent

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
KEY = ShowKey("tv", 1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RETURNING, ENDED, CANCELED = ShowStatus.RETURNING, ShowStatus.ENDED, ShowStatus.CANCELED


def day(days: int) -> str:
    return (NOW + days * DAY).date().isoformat()


def episode(id_: int, days: int | None, number: int | None = None, **other: Any) -> EpisodeFacts:
    given = {"name": f"Name {id_}", "air_date": None if days is None else day(days), **other}
    return EpisodeFacts(id_, id_ % 100 if number is None else number, **given)


def season(number: int, *episodes: EpisodeFacts) -> SeasonFacts:
    return SeasonFacts(SeasonNumber(number), 500 + number, f"Season {number}", None, None, episodes)


def facts(*listed: SeasonFacts, **other: Any) -> ShowFacts:
    seasons = tuple(
        ListedSeason(one.number, one.season_id, one.name, None, len(one.episodes), None) for one in listed
    )
    given = {"title": "A show", "original_title": None, "status": RETURNING, "seasons": seasons, **other}
    return ShowFacts(KEY, **given)


def fetched(
    *seasons: SeasonFacts,
    asked: Iterable[int] = (),
    listed: Iterable[SeasonFacts] | None = None,
    **other: Any,
) -> FetchedShow:
    """A fetch of these seasons, which are listed unless others are; `asked` are more that do not exist."""
    numbers = frozenset(SeasonNumber(number) for number in asked) | {one.number for one in seasons}
    shown = facts(*(seasons if listed is None else listed), **other)
    return FetchedShow(shown, numbers, {one.number: one for one in seasons})


@dataclass
class Story:
    """A show over some time. Each step is absorbed and its events are taken for published."""

    record: ShowRecord | None = None
    now: datetime = NOW
    told: list[tuple[str, int]] = field(default_factory=list)

    def then(self, show: FetchedShow, after: timedelta = 6 * HOUR) -> Outcome:
        self.now += after if self.record else timedelta(0)
        before = self.record
        outcome = absorb(before, show, self.now)
        known: Mapping[str, TimelineEvent] = {} if before is None else before.events
        for event_id, event in outcome.changed_events.items():
            assert event.version == (known[event_id].version + 1 if event_id in known else 1)
            self.told.append((event_id, event.version))
        assert outcome.record.unpublished >= outcome.changed_events.keys()
        assert absorb(outcome.record, show, self.now).record == outcome.record
        assert not absorb(outcome.record, show, self.now + MINUTE).has_changes
        self.record = replace(outcome.record, unpublished=frozenset())
        return outcome

    @property
    def live(self) -> dict[str, int]:
        """How many episodes each event that is not withdrawn stands for, by event id."""
        assert self.record is not None
        return {name: one.episode_count for name, one in self.record.events.items() if not one.is_withdrawn}


def told_by(*steps: FetchedShow, after: timedelta = 6 * HOUR) -> list[list[tuple[str, int, bool]]]:
    """What each step tells: the event, its version, and whether it is withdrawn."""
    story = Story()
    return [
        [
            (one.event_id, one.version, one.is_withdrawn)
            for one in story.then(step, after).changed_events.values()
        ]
        for step in steps
    ]


A, B, C = (episode(id_, 5) for id_ in (101, 102, 103))
EA, EB, EC = "episode_101", "episode_102", "episode_103"


def moved(one: EpisodeFacts, days: int | None) -> EpisodeFacts:
    return replace(one, air_date=None if days is None else day(days))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        pytest.param([[A], [A], [A]], [[(EA, 1, False)], [], []], id="nothing changes"),
        pytest.param([[A], [A, B]], [[(EA, 1, False)], [(EB, 1, False)]], id="one more"),
        pytest.param(
            [[A, B], [A], [A], [A, B], [A, B]],
            [[(EA, 1, False), (EB, 1, False)], [(EB, 2, True)], [], [(EB, 3, False)], []],
            id="one vanishes and comes back",
        ),
        pytest.param(
            [[A], [moved(A, 9)], [A]],
            [[(EA, 1, False)], [(EA, 2, False)], [(EA, 3, False)]],
            id="another day and back",
        ),
        pytest.param(
            [[A], [moved(A, None)], [moved(A, None)], [A]],
            [[(EA, 1, False)], [(EA, 2, True)], [], [(EA, 3, False)]],
            id="the date is lost and comes back",
        ),
        pytest.param(
            [[A], [moved(A, None)], [moved(A, 9)]],
            [[(EA, 1, False)], [(EA, 2, True)], [(EA, 3, False)]],
            id="the date is lost, and is another then",
        ),
        pytest.param(
            [[A], [replace(A, name="Other")], [replace(A, name="Other", overview="o", runtime=3)]],
            [[(EA, 1, False)], [(EA, 2, False)], []],
            id="renamed, and then what nobody is told",
        ),
        pytest.param(
            [[A, B], [replace(B, number=1), replace(A, number=2)]],
            [[(EA, 1, False), (EB, 1, False)], [(EB, 2, False), (EA, 2, False)]],
            id="two change places",
        ),
        pytest.param(
            [[A, B, C], [A, B, moved(C, 12)], [A, B, C]],
            [
                [(EA, 1, False)],
                [(EA, 2, False), (EB, 1, False), (EC, 1, False)],
                [(EA, 3, False), (EB, 2, True), (EC, 2, True)],
            ],
            id="a drop splits and merges",
        ),
        pytest.param(
            [[A, B, C], [moved(A, 4), B, C]],
            [[(EA, 1, False)], [(EA, 2, False), (EB, 1, False), (EC, 1, False)]],
            id="the first of a drop moves away",
        ),
        pytest.param(
            [[A, B, C, episode(104, 5)], [B, C, episode(104, 5)]],
            [[(EA, 1, False)], [(EB, 1, False), (EA, 2, True)]],
            id="the first of a drop vanishes",
        ),
        pytest.param(
            [[A, B, C], [moved(one, 12) for one in (A, B, C)]],
            [[(EA, 1, False)], [(EA, 2, False)]],
            id="a drop moves as a whole",
        ),
        pytest.param([[episode(101, -400)], [episode(101, -400)]], [[], []], id="history is no news"),
        pytest.param(
            [[episode(101, -400)], [A]], [[], [(EA, 1, False)]], id="what was long ago is to come after all"
        ),
        pytest.param(
            [[A], [moved(A, -400)], [moved(A, -400)]],
            [[(EA, 1, False)], [(EA, 2, False)], []],
            id="what was to come was long ago",
        ),
    ],
)
def test_what_episodes_do_is_told_once(
    steps: list[list[EpisodeFacts]], told: list[list[tuple[str, int, bool]]]
) -> None:
    assert told_by(*(fetched(season(1, *episodes)) for episodes in steps)) == told


def test_a_premiere_that_is_renumbered_is_one_no_longer() -> None:
    story = Story()
    story.then(fetched(season(2, episode(201, 5, 1), episode(202, 12, 2)), listed=[season(1, A)]))
    outcome = story.then(
        fetched(season(2, episode(209, 5, 1), episode(201, 6, 2), episode(202, 12, 3)), listed=[season(1, A)])
    )

    types = {event.event_id: (event.event_type, event.version) for event in outcome.record.events.values()}
    assert types == {
        "episode_209": (EventType.SEASON_PREMIERE, 1),
        "episode_201": (EventType.NEW_EPISODE, 2),
        "episode_202": (EventType.NEW_EPISODE, 2),
    }


def test_a_drop_that_ages_stays_what_it_is() -> None:
    story = Story()
    drop = fetched(season(1, *(episode(id_, 0) for id_ in (101, 102, 103, 104))))

    for _ in range(58):
        story.then(drop, after=DAY)

    assert story.live == {EA: 4}
    assert story.told == [(EA, 1)]


def test_what_is_long_over_is_forgotten_and_not_told_again() -> None:
    story = Story()
    show = fetched(season(1, A, moved(B, -3)))
    counts = []

    for _ in range(80):
        story.then(show, after=DAY)
        counts.append(len(story.live))

    assert story.told == [(EB, 1), (EA, 1)]
    assert counts == [2] * 58 + [1] * 8 + [0] * 14


def test_what_is_over_is_kept_until_it_was_published() -> None:
    first = absorb(None, fetched(season(1, A)), NOW).record
    second = absorb(first, fetched(season(1, moved(A, -400))), NOW + HOUR).record
    third = absorb(
        replace(second, unpublished=frozenset()), fetched(season(1, moved(A, -400))), NOW + 2 * HOUR
    )

    assert second.events[EA].event_date == day(-400)
    assert second.unpublished == {EA}
    assert (third.record.events, third.changed_events) == ({}, {})


GONE = fetched(asked=[1])
THERE = fetched(season(1, A, B))


@pytest.mark.parametrize(
    "absent",
    [
        pytest.param(fetched(asked=[1]), id="gone"),
        pytest.param(fetched(asked=[1], listed=[season(1, A, B)]), id="listed, and a 404"),
        pytest.param(fetched(season(1)), id="empty"),
        pytest.param(fetched(season(1), listed=[]), id="empty and not listed"),
        pytest.param(fetched(asked=[], listed=[]), id="not asked for and not listed"),
    ],
)
@pytest.mark.parametrize(
    ("hours", "is_withdrawn"),
    [
        ([0], False),
        ([0, 0, 0.01, 0.2], False),
        ([0, 2.9], False),
        ([0, 3], True),
        ([0, 1, 2, 3], True),
        ([0, 24], True),
    ],
)
def test_a_season_is_gone_at_the_second_sighting_hours_later(
    absent: FetchedShow, hours: list[float], is_withdrawn: bool
) -> None:
    record = absorb(None, THERE, NOW).record
    changed: list[SeasonFacts] = []

    for hour in hours:
        outcome = absorb(record, absent, NOW + DAY + hour * HOUR)
        changed += outcome.changed_seasons.values()
        record = outcome.record

    kept = record.seasons[SeasonNumber(1)]
    assert {event.is_withdrawn for event in record.events.values()} == {is_withdrawn}
    assert [one.episodes for one in changed] == ([()] if is_withdrawn else [])
    assert kept.episode_count == (0 if is_withdrawn else 2)
    assert (kept.missing_since is None) is is_withdrawn
    assert is_withdrawn or (
        record.due_at is not None and record.due_at - 3 * HOUR == NOW + DAY + hours[-1] * HOUR
    )


def test_a_season_that_comes_back_before_it_is_believed_gone_was_never_away() -> None:
    story = Story()
    for step in (THERE, GONE, THERE, GONE, THERE):
        story.then(step, after=2.5 * HOUR)

    assert story.told == [(EA, 1), (EB, 1)]
    assert story.record is not None
    assert story.record.seasons[SeasonNumber(1)].missing_since is None
    assert story.record.seasons[SeasonNumber(1)].changed_at == NOW


def test_a_season_that_comes_back_after_it_was_believed_gone_is_told_anew() -> None:
    assert told_by(THERE, GONE, GONE, GONE, THERE, THERE) == [
        [(EA, 1, False), (EB, 1, False)],
        [],
        [(EA, 2, True), (EB, 2, True)],
        [],
        [(EA, 3, False), (EB, 3, False)],
        [],
    ]


def test_a_season_that_nobody_asked_for_is_left_as_it_is() -> None:
    story = Story()
    story.then(THERE)

    outcome = story.then(fetched(listed=[season(1, A, B)]))

    assert not outcome.has_changes
    assert outcome.record.seasons[SeasonNumber(1)].checked_at == NOW


def test_a_season_that_is_listed_and_does_not_exist_is_known_to_be_empty() -> None:
    story = Story()
    show = fetched(season(1, A), asked=[2, 3], listed=[season(1, A), season(2, B)])
    first = story.then(show)

    assert first.changed_seasons.keys() == {1, 2}
    assert first.record.seasons.keys() == {1, 2}
    assert first.record.seasons[SeasonNumber(2)].episode_count == 0
    assert not story.then(show).has_changes
    assert seasons_to_ask_further(story.record, show.facts.seasons, [SeasonNumber(1)]) == []


DROPPING = season(1, A, B), season(2, episode(201, 5), episode(202, 5))


@pytest.mark.parametrize(
    "partly",
    [
        pytest.param(fetched(DROPPING[1], asked=[1], listed=[DROPPING[1]]), id="one is gone"),
        pytest.param(fetched(DROPPING[0], asked=[2], listed=[DROPPING[0]]), id="the other is gone"),
        pytest.param(fetched(DROPPING[1], season(1)), id="one is empty"),
        pytest.param(fetched(DROPPING[1], listed=DROPPING), id="one cannot be read"),
        pytest.param(fetched(DROPPING[0], listed=DROPPING), id="the other cannot be read"),
    ],
)
def test_a_drop_of_two_seasons_stays_while_one_of_them_was_not_seen(partly: FetchedShow) -> None:
    story = Story()
    for step in (fetched(*DROPPING), partly, fetched(*DROPPING)):
        story.then(step)
        assert story.live == {EA: 4}

    assert story.told == [(EA, 1)]


def test_a_drop_of_two_seasons_is_that_of_the_other_when_one_is_gone() -> None:
    story = Story()
    third = episode(203, 5)
    whole = season(1, A, B), season(2, *DROPPING[1].episodes, third)
    less = fetched(whole[1], asked=[1], listed=[whole[1]])
    for step in (fetched(*whole), less, less):
        story.then(step)

    assert story.live == {"episode_201": 3}
    assert story.told == [(EA, 1), ("episode_201", 1), (EA, 2)]


def test_a_drop_is_taken_back_when_its_seasons_are_found_gone_one_after_the_other() -> None:
    story = Story()
    half = fetched(asked=[1], listed=[DROPPING[1]])
    for step in (fetched(*DROPPING), half, half):
        story.then(step)
    assert story.live == {EA: 4}

    outcome = story.then(fetched(DROPPING[1], asked=[1], listed=[DROPPING[1]]))

    assert outcome.changed_events[EA].is_withdrawn
    assert story.live == {"episode_201": 1, "episode_202": 1}


def test_an_episode_leaves_a_drop_of_which_not_all_was_seen() -> None:
    story = Story()
    story.then(fetched(*DROPPING))
    story.then(fetched(season(2, episode(201, 5), episode(202, 8)), listed=DROPPING))
    assert story.live == {EA: 4, "episode_202": 1}

    story.then(fetched(DROPPING[0], season(2, episode(201, 5), episode(202, 8))))
    assert story.live == {EA: 3, "episode_202": 1}


def test_one_sync_that_leaves_a_season_out_makes_no_premiere_of_another() -> None:
    story = Story()
    old, new = season(1, episode(101, -900)), season(2, episode(201, 5), episode(202, 12))
    for step in (fetched(old, new), fetched(new, asked=[1]), fetched(old, new)):
        story.then(step)

    assert story.told == [("episode_201", 1), ("episode_202", 1)]


def test_a_season_that_is_only_listed_does_not_keep_a_finale_from_being_the_last() -> None:
    last = season(2, episode(201, -900), episode(202, 5, episode_type="finale"))
    show = fetched(season(1, episode(101, -900)), last, season(3), status=ENDED)

    assert absorb(None, show, NOW).record.events["episode_202"].event_type is EventType.SERIES_FINALE


def test_a_finale_is_the_last_once_the_end_is_believed() -> None:
    last = season(1, episode(101, -900), episode(102, 5, episode_type="finale"))
    story = Story()
    for status in (RETURNING, ENDED, ENDED):
        story.then(fetched(last, status=status))

    assert story.record is not None
    assert story.record.events[EB].event_type is EventType.SERIES_FINALE
    assert story.told == [(EB, 1), (EB, 2), ("status_tv_1_1", 1)]


@pytest.mark.parametrize(
    ("sightings", "status", "changes"),
    [
        pytest.param([(0, "ended")], "returning", 0, id="seen once"),
        pytest.param([(0, "ended"), (0, "ended"), (0.1, "ended")], "returning", 0, id="one message thrice"),
        pytest.param([(0, "ended"), (2.99, "ended")], "returning", 0, id="too soon"),
        pytest.param([(0, "ended"), (3, "ended")], "ended", 1, id="held for two syncs"),
        pytest.param([(0, "ended"), (3, "ended"), (6, "ended"), (9, "ended")], "ended", 1, id="told once"),
        pytest.param([(0, "ended"), (1, "returning"), (3, "ended")], "returning", 0, id="there and back"),
        pytest.param(
            [(0, "ended"), (1, "returning"), (2, "ended"), (4, "ended")], "returning", 0, id="flapping"
        ),
        pytest.param([(0, "ended"), (3, "canceled")], "returning", 0, id="ended is not cancelled"),
        pytest.param(
            [(0, "ended"), (3, "canceled"), (6, "canceled")], "canceled", 1, id="cancelled after all"
        ),
        pytest.param(
            [(0, "unknown"), (3, "unknown"), (9, "unknown")], "returning", 0, id="never seen before"
        ),
        pytest.param(
            [(0, "ended"), (1, "unknown"), (2, "ended")], "returning", 0, id="unknown is no sighting"
        ),
        pytest.param(
            [(0, "ended"), (3, "ended"), (6, "returning"), (9, "returning")],
            "returning",
            2,
            id="ended and back",
        ),
    ],
)
def test_a_status_is_believed_when_it_holds(
    sightings: list[tuple[float, str]], status: str, changes: int
) -> None:
    record = absorb(None, fetched(season(1, A)), NOW - DAY).record
    told: list[TimelineEvent] = []

    for hours, seen in sightings:
        outcome = absorb(record, fetched(season(1, A), status=ShowStatus(seen)), NOW + hours * HOUR)
        record = outcome.record
        told += [one for one in outcome.changed_events.values() if one.event_type is EventType.STATUS_CHANGE]

    assert record.status is ShowStatus(status)
    assert [one.event_id for one in told] == [f"status_tv_1_{number}" for number in range(1, changes + 1)]
    assert record.status_changes == changes


def test_a_change_of_status_is_told_with_its_evidence() -> None:
    story = Story()
    story.then(fetched(season(1, A)))
    waiting = story.then(fetched(season(1, A), status=CANCELED)).record
    told = story.then(fetched(season(1, A), status=CANCELED)).changed_events["status_tv_1_1"]

    assert waiting.due_at == NOW + 9 * HOUR
    assert (told.description, told.event_date) == ("returning → canceled", "2026-08-23")
    assert told.details == {
        "from": "returning",
        "to": "canceled",
        "firstSeenAt": NOW + 6 * HOUR,
        "confirmedAt": NOW + 12 * HOUR,
    }


def test_a_change_of_status_is_nothing_that_airs() -> None:
    story = Story()
    for status in (RETURNING, ENDED, ENDED):
        outcome = story.then(fetched(season(1, episode(101, -900)), status=status))

    assert outcome.record.due_at == story.now + 29 * DAY


def test_the_first_status_is_believed_and_not_told() -> None:
    outcome = absorb(None, fetched(status=ENDED), NOW)

    assert (outcome.record.status, outcome.changed_events) == (ENDED, {})


@pytest.mark.parametrize("first", [ShowStatus.UNKNOWN, RETURNING])
def test_an_unknown_status_gives_way_to_one_that_is_known(first: ShowStatus) -> None:
    record = absorb(None, fetched(status=first), NOW).record

    assert absorb(record, fetched(status=RETURNING), NOW + MINUTE).record.status is RETURNING


def test_a_title_that_is_lost_is_kept_and_nothing_is_told() -> None:
    story = Story()
    outcomes = [
        story.then(fetched(season(1, A), title=title)) for title in ("A show", None, "A show", "Other")
    ]

    assert [outcome.record.facts.title for outcome in outcomes] == ["A show", "A show", "A show", "Other"]
    assert story.told == [(EA, 1), (EA, 2)]


def test_ids_elsewhere_are_kept_and_corrected() -> None:
    record = absorb(None, fetched(external_ids={"imdb": "tt1", "tvdb": 1}), NOW).record

    after = absorb(record, fetched(external_ids={"tvdb": 2}), NOW + HOUR).record

    assert after.facts.external_ids == {"imdb": "tt1", "tvdb": 2}


def test_what_the_sync_does_not_know_of_is_left_alone() -> None:
    mine: dict[str, Any] = {
        "ratings": {"imdb": {"value": 8.0}},
        "plot": "p",
        "awards": "a",
        "tvdb_dates": {1: day(1)},
        "tvdb_checked_at": NOW,
        "ratings_checked_at": NOW,
        "sync_priority": 7,
    }
    record = replace(absorb(None, THERE, NOW).record, **mine)

    after = absorb(record, GONE, NOW + DAY).record

    assert {name: getattr(after, name) for name in mine} == mine


@pytest.mark.parametrize(
    ("hours", "is_believed"), [([0], False), ([0, 0.1, 2.9], False), ([0, 3], True), ([0, 3, 200], True)]
)
def test_a_show_is_gone_at_the_second_sighting_hours_later(hours: list[float], is_believed: bool) -> None:
    record = absorb(None, fetched(season(1, A, moved(B, -2))), NOW).record
    told: list[str] = []

    for hour in hours:
        outcome = absorb_absence(record, NOW + HOUR + hour * HOUR)
        told += outcome.changed_events
        record = outcome.record

    assert record.status is (ShowStatus.UNKNOWN if is_believed else RETURNING)
    assert told == ([EA] if is_believed else [])
    assert record.events[EA].is_withdrawn is is_believed
    assert not record.events[EB].is_withdrawn
    assert record.gone_since == NOW + HOUR
    again_after = 7 * DAY if is_believed else 3 * HOUR
    assert record.due_at == NOW + HOUR + hours[-1] * HOUR + again_after


def test_a_show_that_comes_back_has_its_events_again() -> None:
    story = Story()
    story.then(THERE)
    assert story.record is not None
    for hours in (1, 5):
        story.record = absorb_absence(story.record, NOW + hours * HOUR).record

    back = story.then(THERE, after=DAY)

    assert (back.record.status, back.record.gone_since) == (RETURNING, None)
    assert story.told == [(EA, 1), (EB, 1), (EA, 3), (EB, 3)]


def test_that_a_show_is_gone_takes_no_change_of_its_status_back() -> None:
    story = Story()
    for status in (RETURNING, ENDED, ENDED):
        story.then(fetched(status=status))
    assert story.record is not None
    once = absorb_absence(story.record, story.now + HOUR).record

    assert absorb_absence(once, story.now + 5 * HOUR).changed_events == {}


MOVIE = ShowFacts(ShowKey("movie", 5), "A movie", None, ShowStatus.POST_PRODUCTION, premiere_date=day(30))


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ([day(30), day(30)], [(day(30), 1, False)]),
        ([day(30), day(40), day(30)], [(day(30), 1, False), (day(40), 2, False), (day(30), 3, False)]),
        ([day(30), None, None], [(day(30), 1, False), (day(30), 2, True)]),
        ([day(30), None, day(30)], [(day(30), 1, False), (day(30), 2, True), (day(30), 3, False)]),
        ([day(30), day(-400), day(-400)], [(day(30), 1, False), (day(-400), 2, False)]),
        ([day(-2), None], [(day(-2), 1, False)]),
        ([day(-400), None], []),
        ([None, day(30)], [(day(30), 1, False)]),
    ],
    ids=[
        "same",
        "moved",
        "lost",
        "lost and back",
        "long ago after all",
        "lost when out",
        "history",
        "learned",
    ],
)
def test_a_movies_release(dates: list[str | None], told: list[tuple[str, int, bool]]) -> None:
    record: ShowRecord | None = None
    seen: list[tuple[str, int, bool]] = []

    for number, released in enumerate(dates):
        outcome = absorb_movie(record, replace(MOVIE, premiere_date=released), NOW + number * HOUR)
        seen += [(one.event_date, one.version, one.is_withdrawn) for one in outcome.changed_events.values()]
        assert outcome.record.unpublished >= outcome.changed_events.keys()
        record = replace(outcome.record, unpublished=frozenset())

    assert seen == told


def test_a_movie_keeps_its_title_and_a_status_that_is_known() -> None:
    record = absorb_movie(None, MOVIE, NOW).record

    after = absorb_movie(record, replace(MOVIE, title=None, status=ShowStatus.UNKNOWN), NOW + HOUR)

    assert (after.record.facts.title, after.record.status) == ("A movie", ShowStatus.POST_PRODUCTION)
    assert not after.has_changes


def kept(**other: Any) -> SeasonRecord:
    settled: dict[str, Any] = {
        "digest": "d",
        "episode_count": 10,
        "listed_count": 10,
        "listed_air_date": None,
        "latest_air_date": day(-900),
        "is_incomplete": False,
        "changed_at": NOW - 100 * DAY,
        "checked_at": NOW - DAY,
    }
    return SeasonRecord(**{**settled, **other})


@pytest.mark.parametrize(
    ("found", "may_have_changed"),
    [
        pytest.param(kept(), False, id="settled"),
        pytest.param(kept(missing_since=NOW - MINUTE), True, id="seems to be gone"),
        pytest.param(kept(latest_air_date=day(90)), True, id="airs"),
        pytest.param(kept(latest_air_date=day(-30)), True, id="aired in the last month"),
        pytest.param(kept(latest_air_date=day(-31)), False, id="aired before"),
        pytest.param(kept(is_incomplete=True, changed_at=NOW - 59 * DAY), True, id="lacks something"),
        pytest.param(kept(is_incomplete=True, changed_at=NOW - 60 * DAY), False, id="lacks it for good"),
        pytest.param(kept(latest_air_date=None), False, id="no date, and nothing lacks"),
        pytest.param(kept(checked_at=NOW - 27 * DAY), False, id="looked at this month"),
        pytest.param(kept(checked_at=NOW - 28 * DAY), True, id="looked at a month ago"),
    ],
)
def test_which_seasons_are_worth_asking_for(found: SeasonRecord, may_have_changed: bool) -> None:
    assert found.may_have_changed(NOW) is may_have_changed


def holding(seasons: Mapping[int, SeasonRecord], status: ShowStatus = RETURNING) -> ShowRecord:
    records = {SeasonNumber(number): found for number, found in seasons.items()}
    return ShowRecord(facts(status=status), status, records)


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        pytest.param(None, list(range(19)), id="a show that is not held"),
        pytest.param(holding({}), list(range(19)), id="no seasons yet"),
        pytest.param(holding({1: kept(), 2: kept()}), [2, 3], id="the newest and the next"),
        pytest.param(holding({1: kept(), 2: kept()}, ENDED), [3], id="ended"),
        pytest.param(
            holding({1: kept(latest_air_date=day(1))}, CANCELED), [1, 2], id="cancelled, and still airing"
        ),
        pytest.param(
            holding({0: kept(latest_air_date=day(1)), 3: kept()}), [0, 3, 4], id="specials and gaps"
        ),
        pytest.param(holding({0: kept()}), [0, 1], id="nothing but specials"),
        pytest.param(holding({2025: kept(), 2026: kept()}), [2026, 2027], id="seasons that are years"),
    ],
)
def test_which_seasons_are_asked_for(record: ShowRecord | None, asked: list[int]) -> None:
    assert sorted(seasons_to_ask(record, NOW)) == asked


def test_what_waits_or_airs_goes_before_what_is_only_due() -> None:
    due = {number: kept(checked_at=NOW - 99 * DAY) for number in range(1, 60)}
    urgent = {
        7: kept(missing_since=NOW - 4 * HOUR),
        8: kept(latest_air_date=day(3)),
        59: kept(),
    }

    assert {7, 8, 59, 60} <= set(seasons_to_ask(holding({**due, **urgent}), NOW))


@pytest.mark.parametrize(
    ("listing", "known", "is_asked"),
    [
        pytest.param((10, None), kept(), False, id="as before"),
        pytest.param((11, None), kept(), True, id="another count"),
        pytest.param((None, None), kept(), True, id="the count is lost"),
        pytest.param((None, None), kept(listed_count=None), False, id="never a count"),
        pytest.param((10, day(5)), kept(), True, id="another day"),
        pytest.param((10, None), None, True, id="a new season"),
        pytest.param((0, None), None, True, id="a new season with nothing in it"),
    ],
)
def test_which_seasons_the_list_makes_us_ask_for(
    listing: tuple[int | None, str | None], known: SeasonRecord | None, is_asked: bool
) -> None:
    number = SeasonNumber(3)
    listed = ListedSeason(number, 1, None, listing[1], listing[0], None)
    record = ShowRecord(facts(), RETURNING, {} if known is None else {number: known})

    assert seasons_to_ask_further(record, [listed], []) == ([3] if is_asked else [])
    assert seasons_to_ask_further(record, [listed], [number]) == []


def test_all_seasons_of_a_new_show_are_asked_for() -> None:
    listed = facts(*(season(number) for number in range(198))).seasons

    further = seasons_to_ask_further(None, listed, seasons_to_ask(None, NOW))

    assert further == list(range(19, 198))


@pytest.mark.parametrize("status", [RETURNING, ENDED])
@pytest.mark.parametrize("days", [-900, 3, None], ids=["long over", "all airing", "all undated"])
def test_of_very_many_seasons_each_has_its_turn(status: ShowStatus, days: int | None) -> None:
    numbers = [SeasonNumber(number) for number in range(1, 198)]
    every = {number: season(number, episode(1000 * number + 1, days, 1)) for number in numbers}
    shown = facts(*every.values(), status=status)
    record = absorb(None, FetchedShow(shown, frozenset(every), every), NOW).record
    now = NOW
    last_asked = dict.fromkeys(every, NOW)
    longest = timedelta(0)

    while now < NOW + 120 * DAY:
        assert record.due_at is not None
        now = record.due_at
        asked = seasons_to_ask(record, now)
        assert len(asked) == len(set(asked)) <= SEASONS_AT_ONCE
        there = {number: every[number] for number in asked if number in every}
        longest = max(longest, *(now - last_asked[number] for number in every))
        last_asked |= dict.fromkeys(there, now)
        record = absorb(record, FetchedShow(shown, frozenset(asked), there), now).record

    assert longest <= 36 * DAY


@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_absorbing_is_deterministic_and_pure(count: int) -> None:
    seasons = [season(number, *(episode(100 * number + n, n) for n in range(count))) for number in range(4)]

    one = absorb(None, fetched(*seasons), NOW)
    other = absorb(None, fetched(*reversed(seasons), listed=seasons), NOW)

    assert one == other
    again = absorb(one.record, fetched(*reversed(seasons), listed=seasons), NOW)
    assert (again.record, again.has_changes) == (one.record, False)


def test_messages_in_another_order_end_the_same() -> None:
    """A message says only which show: what is fetched is the state of the time."""
    states = [fetched(season(1, A)), fetched(season(1, A, B)), fetched(season(1, moved(A, 7), B))]
    once, often = Story(), Story()
    for state in states:
        once.then(state)
        for after in (6 * HOUR, MINUTE, MINUTE):
            often.then(state, after)

    assert once.told == often.told
    assert once.live == often.live


@pytest.mark.parametrize("seed", range(100))
def test_whatever_was_seen_before_the_last_state_is_what_is_told(seed: int) -> None:
    """Any states, seen in part, unread, gone or listed alone: at the end only the last counts."""
    chance = random.Random(seed)  # noqa: S311

    def any_state() -> dict[int, SeasonFacts]:
        return {
            number: season(
                number,
                *(
                    episode(100 * number + id_, chance.choice([None, 0, 1, 1, 1, 2, 9]), place)
                    for place, id_ in enumerate(chance.sample(range(1, 7), chance.randint(0, 5)))
                ),
            )
            for number in chance.sample(range(4), chance.randint(1, 4))
        }

    story = Story()
    for _ in range(chance.randint(2, 8)):
        state = any_state()
        gone = [number for number in range(4) if number not in state and chance.random() < 0.5]
        read = [found for found in state.values() if chance.random() < 0.7]
        story.then(
            fetched(*read, asked=gone, listed=state.values()), chance.choice([MINUTE, 2 * HOUR, 4 * HOUR])
        )
    last = any_state()
    full = fetched(*last.values(), asked=[number for number in range(4) if number not in last])
    for _ in range(3):
        story.then(full, 4 * HOUR)

    def said(events: Mapping[str, TimelineEvent]) -> dict[str, TimelineEvent]:
        return {name: replace(one, version=1) for name, one in events.items() if not one.is_withdrawn}

    assert story.record is not None
    assert said(story.record.events) == said(absorb(None, full, story.now).record.events)


def test_a_drop_of_thousands_that_is_spread_over_the_past_is_no_news() -> None:
    together = season(1, *(episode(number, 1, number) for number in range(1, 2869)))
    first = absorb(None, fetched(together), NOW)
    assert [event.episode_count for event in first.record.events.values()] == [2868]

    spread = season(1, *(episode(number, number - 2900, number) for number in range(1, 2869)))
    later = absorb(replace(first.record, unpublished=frozenset()), fetched(spread), NOW + DAY)

    # The event of the day goes with its first episode; the others are history.
    assert len(later.changed_events) == 1


def test_thousands_of_specials_of_one_day_do_not_fill_the_document() -> None:
    specials = season(0, *(episode(number, 1, number) for number in range(1, 3001)))
    record = None
    for hours in range(30):
        record = absorb(record, fetched(specials), NOW + hours * MINUTE).record

    assert record is not None
    assert len(record.events) <= 600


def test_a_season_that_was_never_listed_is_not_missed_while_nobody_asks_for_it() -> None:
    unlisted, listed = season(0, episode(1, -400)), season(1, episode(101, -300))
    first = absorb(None, fetched(unlisted, listed, listed=[listed]), NOW)

    later = absorb(first.record, fetched(listed, listed=[listed]), NOW + DAY)

    assert later.record.seasons[SeasonNumber(0)].missing_since is None
