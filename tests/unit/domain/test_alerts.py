"""Who is alerted of what: the decision, case by case. `test_alert_times.py` has the cases of when.

Ada, in Berlin, follows Silo; nothing else is wished where a case does not say so.
"""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from shared.domain.alert_preferences import ANY_NUMBER_BEHIND, AlertKind, ShowWishes
from shared.domain.alerts import MOST_AGE, Later, Silence, Wanted, kind_of, last_check, wanted
from shared.domain.local_time import QuietHours, Zone
from shared.domain.show import ShowStatus
from shared.domain.timeline import TimelineEvent
from shared.domain.watched import Subject, Watched
from tests.unit.domain.silo import (
    ENDED,
    FIRST_HALF,
    GRAY_GOO,
    RELEASE,
    SECOND_HALF,
    SPECIAL,
    TEN_AT_ONCE,
    THREE_SEASONS,
    TROY,
    following,
    only,
    season,
    utc,
)

NEXT_WEEK = "2026-08-25"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        pytest.param(GRAY_GOO, "episode", id="an episode in the middle"),
        pytest.param(only(season(3, [NEXT_WEEK, None])), "premiere", id="the first of a season"),
        pytest.param(only(season(1, [NEXT_WEEK, None])), "premiere", id="the first of all"),
        pytest.param(TROY, "finale", id="the last of a season"),
        pytest.param(
            only(season(3, [None, NEXT_WEEK], has_finale=True), status=ShowStatus.ENDED),
            "finale",
            id="the last of all",
        ),
        pytest.param(TEN_AT_ONCE, "whole_season", id="ten at once, the whole season"),
        pytest.param(THREE_SEASONS, "whole_season", id="three whole seasons at once"),
        pytest.param(FIRST_HALF, "premiere", id="the first half of a season at once"),
        pytest.param(SECOND_HALF, "episode", id="the second half of a season at once"),
        pytest.param(SPECIAL, "special", id="a special"),
        pytest.param(only(season(0, [None, NEXT_WEEK])), "special", id="another special"),
        pytest.param(RELEASE, "release", id="a movie"),
        pytest.param(ENDED, "status", id="a show that has ended"),
        pytest.param(replace(GRAY_GOO, is_withdrawn=True), "episode", id="a withdrawn one is what it was"),
    ],
)
def test_what_an_event_is_for_a_person(event: TimelineEvent, kind: str) -> None:
    assert kind_of(event).value == kind


@pytest.mark.parametrize(
    ("kind", "preferences", "wishes", "expected"),
    [
        pytest.param("episode", {}, {}, ("notifyNewEpisode", "preferences"), id="an episode, by default"),
        pytest.param("status", {}, {}, ("notifyStatusChange", "preferences"), id="a status, by default"),
        pytest.param("release", {}, {}, ("notifyNewSeason", "preferences"), id="a movie, by default"),
        pytest.param("special", {}, {}, "kind_off", id="no special, by default"),
        pytest.param(
            "special", {"notify_specials": True}, {}, ("notifySpecials", "preferences"), id="specials, on"
        ),
        pytest.param(
            "special", {}, {"notify_specials": True}, ("notifySpecials", "show"), id="this show's specials"
        ),
        pytest.param("episode", {"notify_new_episode": False}, {}, "kind_off", id="no episodes"),
        pytest.param("episode", {}, {"notify_new_episode": False}, "kind_off", id="no episodes of this show"),
        pytest.param(
            "episode",
            {"notify_new_episode": False},
            {"notify_new_episode": True},
            ("notifyNewEpisode", "show"),
            id="no episodes but of this show",
        ),
        pytest.param(
            "premiere",
            {"notify_new_episode": False},
            {},
            ("notifyNewSeason", "preferences"),
            id="no episodes, but premieres",
        ),
        pytest.param(
            "premiere",
            {"notify_new_season": False},
            {},
            ("notifyNewEpisode", "preferences"),
            id="a premiere is an episode too",
        ),
        pytest.param(
            "premiere",
            {"notify_new_episode": False, "notify_new_season": False},
            {},
            "kind_off",
            id="neither premieres nor episodes",
        ),
        pytest.param(
            "finale",
            {"notify_new_episode": False},
            {},
            ("notifyFinale", "preferences"),
            id="no episodes, but finales",
        ),
        pytest.param(
            "whole_season",
            {"notify_new_episode": False},
            {},
            ("notifyNewSeason", "preferences"),
            id="no episodes, but whole seasons",
        ),
        pytest.param("status", {"notify_status_change": False}, {}, "kind_off", id="no status"),
        pytest.param(
            "status", {}, {"notify_status_change": False}, "kind_off", id="not the status of this show"
        ),
        pytest.param("episode", {}, {"is_silenced": True}, "silenced", id="this show is silenced"),
        pytest.param(
            "episode",
            {},
            {"is_silenced": True, "notify_new_episode": True},
            "silenced",
            id="silenced goes before all switches",
        ),
    ],
)
def test_whether_such_events_are_wanted(
    kind: str, preferences: dict[str, Any], wishes: dict[str, Any], expected: tuple[str, str] | str
) -> None:
    asked = wanted(AlertKind(kind), following(wishes=ShowWishes(**wishes), **preferences))

    assert asked == (Silence(expected) if isinstance(expected, str) else Wanted(*expected))


@pytest.mark.parametrize("kind", AlertKind)
def test_who_does_not_follow_wants_nothing(kind: AlertKind) -> None:
    assert wanted(kind, None) is Silence.NOT_FOLLOWED


EIGHTH = Subject(3, 8, episode_ids=(7173964,), seasons=(3,), earlier={1: 10, 2: 10, 3: 7})
NINE = utc("2026-08-20T07:00")
LAPSES = NINE + MOST_AGE
NIGHT = {"quiet_hours": QuietHours(time(22), time(8))}


def check(
    *,
    now: str = "2026-08-20T07:00:20",
    kind: AlertKind = AlertKind.EPISODE,
    subject: Subject = EIGHTH,
    watched: Watched | None = None,
    wishes: dict[str, Any] | None = None,
    **preferences: Any,
) -> str | None:
    found = last_check(
        kind,
        subject,
        LAPSES,
        following=following(wishes=ShowWishes(**(wishes or {})), **preferences),
        watched=watched or Watched(),
        now=utc(now),
    )
    return found.at.isoformat()[:16] if isinstance(found, Later) else found


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param({}, None, id="nothing forbids it"),
        pytest.param({"wishes": {"is_silenced": True}}, "silenced", id="silenced meanwhile"),
        pytest.param({"notify_new_episode": False}, "kind_off", id="turned off meanwhile"),
        pytest.param(
            {"wishes": {"notify_new_episode": False}}, "kind_off", id="turned off meanwhile for this show"
        ),
        pytest.param({"watched": Watched(frozenset({(3, 8)}))}, "watched", id="watched meanwhile"),
        pytest.param({"watched": Watched(ids=frozenset({7173964}))}, "watched", id="watched, by its id"),
        pytest.param({"watched": Watched(last=(3, 8))}, "watched", id="the last one that was watched"),
        pytest.param({"watched": Watched(last=(3, 7))}, None, id="the one before was watched"),
        pytest.param({"now": "2026-08-22T07:00:00"}, None, id="48 hours late"),
        pytest.param({"now": "2026-08-22T07:00:01"}, "too_old", id="later than that"),
        pytest.param({"only_within_episodes": 0}, "not_caught_up", id="27 behind where none may be missing"),
        pytest.param(
            {"only_within_episodes": 0, "watched": Watched(last=(3, 7))}, None, id="caught up, as asked"
        ),
        pytest.param(
            {"only_within_episodes": 0, "watched": Watched(last=(3, 6))}, "not_caught_up", id="one behind"
        ),
        pytest.param(
            {"only_within_episodes": 1, "watched": Watched(last=(3, 6))},
            None,
            id="one behind, and one may be",
        ),
        pytest.param(
            {"only_within_episodes": 1, "watched": Watched(last=(3, 5))}, "not_caught_up", id="two behind"
        ),
        pytest.param({"only_within_episodes": 27}, None, id="as many behind as may be"),
        pytest.param({"only_within_episodes": 26}, "not_caught_up", id="one more than may be"),
        pytest.param(
            {"only_within_episodes": 0, "wishes": {"only_within_episodes": ANY_NUMBER_BEHIND}},
            None,
            id="a limit for all shows but this one",
        ),
        pytest.param(
            {"wishes": {"only_within_episodes": 3}}, "not_caught_up", id="a limit for this show alone"
        ),
        pytest.param(
            {"kind": AlertKind.STATUS, "subject": Subject(), "only_within_episodes": 0},
            None,
            id="a status has nothing to catch up with",
        ),
        pytest.param(NIGHT, None, id="9 is not in the night"),
        pytest.param({**NIGHT, "now": "2026-08-20T20:00"}, "2026-08-21T06:00", id="22 is: in the morning"),
        pytest.param({**NIGHT, "now": "2026-08-21T05:59"}, "2026-08-21T06:00", id="so is 7:59"),
        pytest.param({**NIGHT, "now": "2026-08-21T06:00"}, None, id="8 is not"),
        pytest.param(
            {**NIGHT, "now": "2026-08-20T20:00", "zone": Zone("Pacific/Honolulu")},
            None,
            id="22 in Berlin is 10 in Honolulu, where the user is by now",
        ),
        pytest.param(
            {**NIGHT, "now": "2026-08-20T20:00", "watched": Watched(last=(3, 8))},
            "watched",
            id="watched, which no morning changes",
        ),
        pytest.param(
            {"watched": Watched(last=(3, 8)), "now": "2026-08-23"},
            "too_old",
            id="too old goes before watched",
        ),
        pytest.param(
            {"watched": Watched(last=(3, 8)), "wishes": {"is_silenced": True}},
            "silenced",
            id="what the user wishes goes before all",
        ),
    ],
)
def test_the_last_check(case: dict[str, Any], expected: str | None) -> None:
    assert check(**case) == expected


def test_the_last_check_of_a_show_that_is_not_followed_any_more() -> None:
    verdict = last_check(AlertKind.EPISODE, EIGHTH, LAPSES, following=None, watched=Watched(), now=NINE)

    assert verdict is Silence.NOT_FOLLOWED


@pytest.mark.parametrize(
    ("watched", "expected"),
    [
        (Watched(), None),
        (Watched(frozenset((3, number) for number in range(1, 10))), None),
        (Watched(frozenset((3, number) for number in range(1, 11))), "watched"),
        (Watched(last=(3, 10)), "watched"),
    ],
    ids=["nothing", "all but one", "all of it", "up to its last"],
)
def test_a_whole_season_that_was_watched_before_the_hour(watched: Watched, expected: str | None) -> None:
    ten = Subject(3, 1, count=10, episode_ids=tuple(range(31, 41)), seasons=(3,))

    assert check(kind=AlertKind.WHOLE_SEASON, subject=ten, watched=watched) == expected
