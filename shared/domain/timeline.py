"""What happened to a show or will, as events: which there are, and what a change of facts does to them.

An event's id is made of what it is about, so finding it twice makes one. Its version rises when anything
that a person is told of it changes. It is withdrawn and not deleted, since whoever knows it has to be told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_season import SeasonFacts

RECENT = timedelta(days=14)
"""What aired longer ago is history when it is first seen, and no news."""

DROP_EPISODES = 3
"""So many episodes on one day are told as one."""

MOST_EVENTS = 300
"""What a show's document keeps at once: the soonest."""


class EventType(StrEnum):
    """What an event is about."""

    NEW_EPISODE = "new_episode"
    SEASON_PREMIERE = "season_premiere"
    SEASON_FINALE = "season_finale"
    SERIES_PREMIERE = "series_premiere"
    SERIES_FINALE = "series_finale"
    MOVIE_RELEASE = "movie_release"
    STATUS_CHANGE = "status_change"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event. `event_date` is a day, in no time zone: TMDB knows the day and not the instant.

    A drop (`episode_count` above 1) stands for all episodes of a day; `season`, `episode` and `episode_id`
    are those of the first. `details` has what only some types have.
    """

    event_id: str
    event_type: EventType
    show_key: ShowKey
    title: str
    description: str
    event_date: str
    season: int | None = None
    episode: int | None = None
    episode_id: int | None = None
    episode_count: int = 1
    is_whole_season: bool = False
    is_withdrawn: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    @property
    def is_drop(self) -> bool:
        return self.episode_count > 1

    @property
    def seasons(self) -> frozenset[int]:
        """The seasons that it is about: a drop can have several."""
        own = () if self.season is None else (self.season,)
        return frozenset(self.details.get("seasons", own))

    @property
    def episode_ids(self) -> frozenset[int]:
        """The episodes that it is about: all of a drop."""
        own = () if self.episode_id is None else (self.episode_id,)
        return frozenset(self.details.get("episodeIds", own))


@dataclass(frozen=True, slots=True)
class Airing:
    """An episode with a date, as far as an event needs to know it."""

    episode_id: int
    season: SeasonNumber
    number: int
    name: str | None
    air_date: str
    is_first: bool
    is_finale: bool

    @property
    def event_id(self) -> str:
        """The id of its event."""
        return episode_event_id(self.episode_id)


def episode_event_id(episode_id: int) -> str:
    """The id of an episode's event."""
    return f"episode_{episode_id}"


def airings(season: SeasonFacts) -> list[Airing]:
    """The dated episodes of a season."""
    numbers = [episode.number for episode in season.episodes]
    return [
        Airing(
            episode.episode_id,
            season.number,
            episode.number,
            episode.name,
            episode.air_date,
            is_first=episode.number == min(numbers),
            is_finale=episode.episode_type == "finale" and episode.number == max(numbers),
        )
        for episode in season.episodes
        if episode.air_date is not None
    ]


def episode_events(
    show: ShowFacts,
    status: ShowStatus,
    seasons: Iterable[SeasonFacts],
    numbers: Collection[SeasonNumber],
    *,
    today: date,
    known: Collection[str] = (),
) -> dict[str, TimelineEvent]:
    """The events of the episodes that air from a fortnight ago on, and of those that are `known` by event id.

    `numbers` are those of all seasons of the show but the specials, which tell what is first and last.
    Specials never make a drop. Where there are too many, what is known stays, and so does what is new within
    a fortnight: what is left out are the latest.
    """
    seasons = list(seasons)
    sizes = {season.number: len(season.episodes) for season in seasons}
    by_day: dict[tuple[str, bool], list[Airing]] = defaultdict(list)
    for season in seasons:
        for airing in airings(season):
            if date.fromisoformat(airing.air_date) >= today - RECENT or airing.event_id in known:
                by_day[airing.air_date, season.number > 0].append(airing)
    events: dict[str, TimelineEvent] = {}
    for (_, is_proper), of_day in sorted(by_day.items()):
        of_day.sort(key=lambda airing: (airing.season, airing.number))
        groups = [of_day] if is_proper and len(of_day) >= DROP_EPISODES else [[one] for one in of_day]
        for group in groups:
            event = _episode_event(show, status, group, sizes, numbers)
            events[event.event_id] = event
    new = [event_id for event_id in events if event_id not in known]
    near = (today + RECENT).isoformat()
    soon = sum(events[event_id].event_date <= near for event_id in new)
    kept = len(events) - len(new)
    room = max(MOST_EVENTS - kept, min(soon, 2 * MOST_EVENTS - kept), 0)
    too_many = new[room:]
    return {event_id: event for event_id, event in events.items() if event_id not in set(too_many)}


def _episode_event(
    show: ShowFacts,
    status: ShowStatus,
    group: Sequence[Airing],
    sizes: Mapping[SeasonNumber, int],
    numbers: Collection[SeasonNumber],
) -> TimelineEvent:
    first = group[0]
    seasons = sorted({airing.season for airing in group})
    return TimelineEvent(
        event_id=first.event_id,
        event_type=_type_of(first, status, numbers),
        show_key=show.key,
        title=show.title or str(show.key),
        description=_description(group, seasons),
        event_date=first.air_date,
        season=first.season,
        episode=first.number,
        episode_id=first.episode_id,
        episode_count=len(group),
        is_whole_season=len(group) > 1 and len(group) == sum(sizes[season] for season in seasons),
        details={"seasons": seasons, "episodeIds": [one.episode_id for one in group]}
        if len(group) > 1
        else {},
    )


def _type_of(airing: Airing, status: ShowStatus, numbers: Collection[SeasonNumber]) -> EventType:
    if airing.season == 0:
        return EventType.NEW_EPISODE
    if airing.is_first:
        is_first = airing.season == min(numbers, default=airing.season)
        return EventType.SERIES_PREMIERE if is_first else EventType.SEASON_PREMIERE
    if airing.is_finale:
        is_last = status.is_over and airing.season == max(numbers, default=airing.season)
        return EventType.SERIES_FINALE if is_last else EventType.SEASON_FINALE
    return EventType.NEW_EPISODE


def _description(group: Sequence[Airing], seasons: Sequence[int]) -> str:
    first = group[0]
    if len(group) == 1:
        where = (
            f"Special {first.number}"
            if first.season == 0
            else f"Season {first.season}, episode {first.number}"
        )
        return f"{where}: {first.name}" if first.name else where
    if len(seasons) > 1:
        return f"Seasons {seasons[0]} to {seasons[-1]}, {len(group)} episodes"
    return f"Season {first.season}, {len(group)} episodes"


def movie_event(movie: ShowFacts, today: date, *, known: Collection[str] = ()) -> dict[str, TimelineEvent]:
    """The release of a movie that is ahead or was lately, or is `known` by its event id."""
    released, event_id = movie.premiere_date, f"release_{movie.key}"
    if released is None:
        return {}
    if date.fromisoformat(released) < today - RECENT and event_id not in known:
        return {}
    event = TimelineEvent(
        event_id=event_id,
        event_type=EventType.MOVIE_RELEASE,
        show_key=movie.key,
        title=movie.title or str(movie.key),
        description="Released",
        event_date=released,
    )
    return {event.event_id: event}


def status_event(
    show: ShowFacts,
    before: ShowStatus,
    after: ShowStatus,
    *,
    number: int,
    today: date,
    evidence: Mapping[str, Any],
) -> TimelineEvent:
    """A show's change of status, the `number`-th of its life."""
    return TimelineEvent(
        event_id=f"status_{show.key}_{number}",
        event_type=EventType.STATUS_CHANGE,
        show_key=show.key,
        title=show.title or str(show.key),
        description=f"{before.value} → {after.value}",
        event_date=today.isoformat(),
        details={"from": before.value, "to": after.value, **evidence},
    )


def told_anew(
    known: Mapping[str, TimelineEvent], changed: Mapping[str, TimelineEvent], today: date
) -> frozenset[str]:
    """The ids of changed events that all followers are to be told of as if for the first time.

    It is so with one that is restored, or put off when its day has come: who began to follow while it was
    withdrawn, or after its day, has no alert of it that could be moved.
    """
    latest = (today + timedelta(days=1)).isoformat()  # somewhere it is tomorrow already
    return frozenset(
        event_id
        for event_id, event in changed.items()
        if event.version > 1
        and (
            (before := known.get(event_id)) is None
            or before.is_withdrawn
            or (before.event_date <= latest and before.event_date < event.event_date)
        )
    )


def reconciled(
    known: Mapping[str, TimelineEvent],
    wanted: Mapping[str, TimelineEvent],
    *,
    may_withdraw: frozenset[str] | set[str],
) -> dict[str, TimelineEvent]:
    """The events that are new, say something else, or are withdrawn, with the version that they have now.

    `may_withdraw` are the ids of known events whose subject was looked for and is not there any more. A known
    event that is not wanted and not among them stays as it is: it has aged, or nobody looked.
    """
    changes: dict[str, TimelineEvent] = {}
    for event_id, event in wanted.items():
        before = known.get(event_id)
        if before is None:
            changes[event_id] = event
        elif replace(event, version=before.version) != before:
            changes[event_id] = replace(event, version=before.version + 1)
    for event_id in sorted(may_withdraw - wanted.keys()):
        before = known.get(event_id)
        if before is not None and not before.is_withdrawn:
            changes[event_id] = replace(before, is_withdrawn=True, version=before.version + 1)
    return changes
