"""Silo (TMDB 125988) as it was recorded on 2026-08-18, its events, and somebody in Berlin who follows it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from shared.domain.alert_preferences import AlertPreferences, ShowWishes, UserAlerts
from shared.domain.following import Following
from shared.domain.local_time import Zone
from shared.domain.notification import AboutShow
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.domain.timeline import TimelineEvent, episode_events, movie_event, status_event
from shared.domain.tracking import UserId

TODAY = date(2026, 8, 18)
KEY = ShowKey("tv", 125988)
SHOW = ShowFacts(KEY, "Silo", None, ShowStatus.RETURNING)
ABOUT = AboutShow("/silo.jpg", ((0, 2), (1, 10), (2, 10), (3, 10)))
EPISODES = (
    (7173957, "Who Are You?", "2026-07-02"),
    (7173958, "It's All Good", "2026-07-09"),
    (7173959, "A Dark Web", "2026-07-16"),
    (7173960, "Whatever You Do, Don't Go Home", "2026-07-23"),
    (7173961, "Memory", "2026-07-30"),
    (7173962, "The Drive", "2026-08-06"),
    (7173963, "Radio", "2026-08-13"),
    (7173964, "Gray Goo", "2026-08-20"),
    (7173965, "Farewell", "2026-08-27"),
    (7173966, "Troy", "2026-09-03"),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def season(
    number: int, dates: Sequence[str | None], *, first_id: int = 1, has_finale: bool = False
) -> SeasonFacts:
    """A season whose episodes air on those days."""
    episodes = tuple(
        EpisodeFacts(
            first_id + at,
            at + 1,
            name=f"Name {first_id + at}",
            air_date=aired,
            episode_type="finale" if has_finale and at == len(dates) - 1 else "standard",
        )
        for at, aired in enumerate(dates)
    )
    return SeasonFacts(SeasonNumber(number), None, None, None, None, episodes)


def events_of(
    *seasons: SeasonFacts, numbers: tuple[int, ...] = (1, 2, 3), status: ShowStatus = ShowStatus.RETURNING
) -> list[TimelineEvent]:
    every = tuple(map(SeasonNumber, numbers))
    return list(episode_events(SHOW, status, seasons, every, today=TODAY).values())


def only(*seasons: SeasonFacts, **other: Any) -> TimelineEvent:
    (event,) = events_of(*seasons, **other)
    return event


def _third_season() -> SeasonFacts:
    episodes = tuple(
        EpisodeFacts(id_, number, name, aired, episode_type="finale" if number == 10 else "standard")
        for number, (id_, name, aired) in enumerate(EPISODES, start=1)
    )
    return SeasonFacts(SeasonNumber(3), None, None, None, None, episodes)


SEASON_3 = _third_season()
GRAY_GOO, FAREWELL, TROY = (
    event for event in events_of(SEASON_3) if event.episode is not None and event.episode >= 8
)
ENDED = status_event(SHOW, ShowStatus.RETURNING, ShowStatus.ENDED, number=1, today=TODAY, evidence={})
MOVIE = ShowFacts(ShowKey("movie", 27205), "Inception", None, ShowStatus.RELEASED, premiere_date="2026-09-01")
(RELEASE,) = movie_event(MOVIE, TODAY).values()
TEN_AT_ONCE = only(season(3, ["2026-08-20"] * 10, first_id=31, has_finale=True))
FIRST_HALF = only(season(3, [*["2026-08-20"] * 5, *[None] * 5], first_id=31))
SECOND_HALF = only(season(3, [*[None] * 5, *["2026-08-20"] * 5], first_id=31, has_finale=True))
THREE_SEASONS = only(
    *(season(number, ["2026-08-20"] * 2, first_id=10 * number + 1) for number in (1, 2, 3)),
)
SPECIAL = only(season(0, ["2026-08-20", None], first_id=91))

ADA = UserId("ada")
BERLIN = Zone("Europe/Berlin")
FOLLOWING = Following(ADA, KEY, user=UserAlerts(BERLIN))


def following(
    *,
    zone: Zone = BERLIN,
    wishes: ShowWishes | None = None,
    last_watched: tuple[int, int] | None = None,
    **preferences: Any,
) -> Following:
    """Ada follows Silo with these preferences for all shows, and these wishes for Silo."""
    user = UserAlerts(zone, AlertPreferences(**preferences))
    return replace(FOLLOWING, user=user, wishes=wishes or ShowWishes(), last_watched=last_watched)
