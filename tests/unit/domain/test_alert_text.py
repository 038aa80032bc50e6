"""What a notification says."""

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.alert_preferences import AlertKind
from shared.domain.alert_text import LONGEST_DIGEST, Text, digest_of, text_of, with_day
from shared.domain.alerts import kind_of
from shared.domain.show import ShowStatus
from shared.domain.timeline import TimelineEvent, status_event
from tests.unit.domain.silo import (
    ENDED,
    FIRST_HALF,
    GRAY_GOO,
    RELEASE,
    SECOND_HALF,
    SHOW,
    SPECIAL,
    TEN_AT_ONCE,
    THREE_SEASONS,
    TODAY,
    TROY,
    only,
    season,
)


@pytest.mark.parametrize(
    ("event", "body"),
    [
        (GRAY_GOO, "Season 3, episode 8: Gray Goo"),
        (only(season(3, ["2026-08-20", None])), "Season premiere: Season 3, episode 1: Name 1"),
        (only(season(1, ["2026-08-20", None])), "Series premiere: Season 1, episode 1: Name 1"),
        (TROY, "Season finale: Season 3, episode 10: Troy"),
        (
            only(season(3, [None, "2026-08-20"], has_finale=True), status=ShowStatus.ENDED),
            "Series finale: Season 3, episode 2: Name 2",
        ),
        (TEN_AT_ONCE, "The whole season: Season 3, 10 episodes"),
        (THREE_SEASONS, "Seasons 1 to 3, 6 episodes"),
        (FIRST_HALF, "Season premiere: Season 3, 5 episodes"),
        (SECOND_HALF, "Season 3, 5 episodes"),
        (SPECIAL, "Special 1: Name 91"),
        (ENDED, "Silo has ended"),
    ],
)
def test_what_is_said_of_silo(event: TimelineEvent, body: str) -> None:
    assert text_of(event, kind_of(event)) == Text("Silo", body)


def test_what_is_said_of_a_movie() -> None:
    assert text_of(RELEASE, AlertKind.RELEASE) == Text("Inception", "Released")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("returning", "Silo is coming back"),
        ("in_production", "Silo is in production"),
        ("planned", "Silo is planned"),
        ("pilot", "Silo has a pilot in the making"),
        ("ended", "Silo has ended"),
        ("canceled", "Silo has been cancelled"),
        ("post_production", "Silo is in post-production"),
        ("released", "Silo has been released"),
        ("rumored", "unknown → rumored"),
    ],
)
def test_what_is_said_of_a_status(status: str, body: str) -> None:
    event = status_event(
        SHOW, ShowStatus.UNKNOWN, ShowStatus(status), number=1, today=TODAY, evidence={"seen": 1}
    )

    assert text_of(event, AlertKind.STATUS).body == body
    assert text_of(replace(event, details={}), AlertKind.STATUS).body == event.description


@pytest.mark.parametrize(
    ("today", "said"),
    [
        ("2026-08-20", "Gray Goo (today)"),
        ("2026-08-19", "Gray Goo (tomorrow)"),
        ("2026-08-21", "Gray Goo (yesterday)"),
        ("2026-08-18", "Gray Goo (Thursday)"),
        ("2026-08-14", "Gray Goo (Thursday)"),
        ("2026-08-13", "Gray Goo (20 August)"),
        ("2026-08-22", "Gray Goo (20 August)"),
        ("2025-08-20", "Gray Goo (20 August)"),
    ],
)
def test_how_far_off_the_day_is(today: str, said: str) -> None:
    assert with_day("Gray Goo", AlertKind.EPISODE, "2026-08-20", date.fromisoformat(today)) == said


def test_the_day_on_which_a_status_was_learned_is_not_said() -> None:
    assert with_day("Silo has ended", AlertKind.STATUS, "2026-08-18", TODAY) == "Silo has ended"


def bodies(count: int, title: str = "Silo") -> list[Text]:
    return [Text(title, f"Episode {number}") for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(bodies(2), Text("Silo", "Episode 1\nEpisode 2"), id="of one show, by its title"),
        pytest.param(
            [*bodies(1), *bodies(1, "Severance")],
            Text("2 alerts of 2 shows", "Silo: Episode 1\nSeverance: Episode 1"),
            id="of two shows",
        ),
        pytest.param(
            [*bodies(1), *bodies(1, "Severance"), *bodies(1)],
            Text("3 alerts of 2 shows", "Silo: Episode 1\nSeverance: Episode 1\nSilo: Episode 1"),
            id="in the order in which they are given",
        ),
        pytest.param(
            bodies(5),
            Text("Silo", "Episode 1\nEpisode 2\nEpisode 3\nEpisode 4\nEpisode 5"),
            id="as many as fit",
        ),
        pytest.param(
            bodies(6),
            Text("Silo", "Episode 1\nEpisode 2\nEpisode 3\nEpisode 4\nand 2 more"),
            id="one more than fit",
        ),
        pytest.param(
            bodies(40),
            Text("Silo", "Episode 1\nEpisode 2\nEpisode 3\nEpisode 4\nand 36 more"),
            id="many more than fit",
        ),
    ],
)
def test_what_a_digest_says(texts: list[Text], expected: Text) -> None:
    assert digest_of(texts) == expected
    assert len(expected.body.splitlines()) <= LONGEST_DIGEST
