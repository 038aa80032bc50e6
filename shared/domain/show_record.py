"""What we hold of a show, and what a fetch makes of it: pure, with the time handed in.

Nothing is believed on one sighting that would take something away: a season that is gone or has shrunk to
nothing, and another status, must be seen twice, `CONFIRM_AFTER` apart. What comes is believed at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowStatus
from shared.domain.show_season import SeasonFacts
from shared.domain.sync_cadence import CONFIRM_AFTER, due_at
from shared.domain.timeline import (
    EventType,
    TimelineEvent,
    episode_event_id,
    episode_events,
    movie_event,
    reconciled,
    status_event,
)
from shared.domain.version import Version

SEASONS_AT_ONCE = 19
"""Seasons that one call may bring beside the show: TMDB appends 20 things, and the external ids are one."""

STILL_MOVING = timedelta(days=30)
SETTLED_AGAIN = timedelta(days=28)
"""A day less than the cadence of what is over: else its seasons would be asked for at every second sync."""

INCOMPLETE_FOR = timedelta(days=60)
"""After this an unnamed or undated episode is taken to stay so, and is looked at once a month."""

EVENTS_KEPT_FOR = timedelta(days=60)

FIRST_GUESS = tuple(SeasonNumber(number) for number in range(SEASONS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class SeasonRecord:
    """What a show's document knows of a season. `missing_since`: it seems to be gone, or empty."""

    digest: str
    episode_count: int
    listed_count: int | None
    listed_air_date: str | None
    latest_air_date: str | None
    is_incomplete: bool
    changed_at: datetime
    checked_at: datetime
    missing_since: datetime | None = None

    def may_have_changed(self, now: datetime) -> bool:
        """Whether it is worth asking for."""
        return (
            self.missing_since is not None
            or self.is_moving(now)
            or (self.is_incomplete and now - self.changed_at < INCOMPLETE_FOR)
            or self.is_overdue(now)
        )

    def is_moving(self, now: datetime) -> bool:
        """Whether anything of it airs, or did in the last month."""
        return (self.latest_air_date or "") >= (now - STILL_MOVING).date().isoformat()

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was not looked at for a month."""
        return now - self.checked_at >= SETTLED_AGAIN


@dataclass(frozen=True, slots=True)
class StatusCandidate:
    """A status that was seen and is not believed yet."""

    status: ShowStatus
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ShowRecord:
    """A show's document. `events` are those of its timeline, withdrawn ones too; `unpublished` are event ids.

    `tvdb_dates` are the days that TheTVDB tells of episodes to which TMDB gives none, by TMDB's episode id.
    `version` is None for one that is not stored yet.
    """

    facts: ShowFacts
    status: ShowStatus
    seasons: Mapping[SeasonNumber, SeasonRecord] = field(default_factory=dict)
    status_candidate: StatusCandidate | None = None
    status_changes: int = 0
    events: Mapping[str, TimelineEvent] = field(default_factory=dict)
    unpublished: frozenset[str] = frozenset()
    gone_since: datetime | None = None
    tvdb_checked_at: datetime | None = None
    tvdb_dates: Mapping[int, str] = field(default_factory=dict)
    ratings: Mapping[str, Any] = field(default_factory=dict)
    plot: str | None = None
    awards: str | None = None
    ratings_checked_at: datetime | None = None
    sync_priority: int = 1
    due_at: datetime | None = None
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class FetchedShow:
    """What one call brought: the show, and of the seasons `asked` for those that exist.

    A season that could not be read is in neither.
    """

    facts: ShowFacts
    asked: frozenset[SeasonNumber]
    seasons: Mapping[SeasonNumber, SeasonFacts]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sync is to write: the record, the seasons with other content, and the events that changed."""

    record: ShowRecord
    changed_seasons: Mapping[SeasonNumber, SeasonFacts]
    changed_events: Mapping[str, TimelineEvent]

    @property
    def has_changes(self) -> bool:
        return bool(self.changed_seasons or self.changed_events)


def seasons_to_ask(record: ShowRecord | None, now: datetime) -> list[SeasonNumber]:
    """The seasons to ask for together with the show: those that can have changed, and one that may be new.

    Asking for a season that does not exist costs nothing, so a new one is found without a second call.
    Where not all fit, those that have events go first, and of them and of the others those that were not
    looked at for longest, so that each has its turn.
    """
    if record is None:
        return list(FIRST_GUESS)
    newest = max(record.seasons, default=SeasonNumber(0))
    is_going_on = not record.status.is_over
    turns = []
    for number, season in record.seasons.items():
        is_next = is_going_on and number == newest
        if is_next or season.may_have_changed(now):
            is_urgent = is_next or season.missing_since is not None or season.is_moving(now)
            turns.append((not is_urgent, season.checked_at, -number))
    kept = [SeasonNumber(-turn[2]) for turn in sorted(turns)[: SEASONS_AT_ONCE - 1]]
    return [*kept, SeasonNumber(newest + 1)]


def seasons_to_ask_further(
    record: ShowRecord | None, listed: Iterable[ListedSeason], fetched: Iterable[SeasonNumber]
) -> list[SeasonNumber]:
    """The seasons that the show's list says are new or other than before, and that were not asked for."""
    known = {} if record is None else record.seasons
    have = set(fetched)
    return [
        season.number
        for season in listed
        if season.number not in have
        and (
            season.number not in known
            or known[season.number].listed_count != season.episode_count
            or known[season.number].listed_air_date != season.air_date
        )
    ]


def absorb(record: ShowRecord | None, show: FetchedShow, now: datetime) -> Outcome:
    """What the record becomes.

    Seasons with anything in the last month or ahead are always asked for, so the events come from those
    that were fetched. A drop stays as it is while one of its seasons was not.
    """
    before = record or ShowRecord(facts=show.facts, status=show.facts.status)
    facts, fetched = _complete(show.facts, before.facts), show.seasons
    seasons, changed = _seasons(before, show, now)
    status, candidate, status_changes = _status(before, facts, now, is_first=record is None)
    looked_at = {
        number: season
        for number, season in fetched.items()
        if number in seasons and seasons[number].missing_since is None
    }
    empty = {number for number, kept in seasons.items() if not kept.episode_count}
    covered = frozenset({*looked_at, *empty})
    events = reconciled(
        before.events,
        _wanted(before, facts, status, seasons, looked_at.values(), covered, now),
        may_withdraw={
            event.event_id for event in before.events.values() if event.seasons and event.seasons <= covered
        },
    )
    if status_changes > before.status_changes and before.status_candidate is not None:
        evidence = {"firstSeenAt": before.status_candidate.first_seen_at, "confirmedAt": now}
        told = status_event(
            facts, before.status, status, number=status_changes, today=now.date(), evidence=evidence
        )
        events[told.event_id] = told
    after = replace(
        before,
        facts=facts,
        status=status,
        seasons=seasons,
        status_candidate=candidate,
        status_changes=status_changes,
        gone_since=None,
    )
    return Outcome(_with_due(_with_events(after, events, now), now), changed, events)


def absorb_movie(record: ShowRecord | None, facts: ShowFacts, now: datetime) -> Outcome:
    """What a movie's record becomes. Its status is what TMDB says; its release is its event."""
    before = record or ShowRecord(facts=facts, status=facts.status)
    facts = _complete(facts, before.facts)
    wanted = movie_event(facts, now.date(), known=before.events.keys())
    known = [event.event_id for event in before.events.values() if _is_ahead(event, now)]
    is_undated = facts.premiere_date is None
    events = reconciled(before.events, wanted, may_withdraw=set(known) if is_undated else set())
    after = replace(
        before,
        facts=facts,
        status=before.status if facts.status is ShowStatus.UNKNOWN else facts.status,
        gone_since=None,
    )
    return Outcome(_with_due(_with_events(after, events, now), now), {}, events)


def absorb_absence(record: ShowRecord, now: datetime) -> Outcome:
    """What a record becomes of a show that TMDB no longer has. Believed at the second sighting."""
    since = record.gone_since or now
    is_confirmed = now - since >= CONFIRM_AFTER
    ahead = {
        event.event_id
        for event in record.events.values()
        if _is_ahead(event, now) and event.event_type is not EventType.STATUS_CHANGE
    }
    events = reconciled(record.events, {}, may_withdraw=ahead) if is_confirmed else {}
    after = replace(
        record,
        status=ShowStatus.UNKNOWN if is_confirmed else record.status,
        gone_since=since,
    )
    after = _with_events(after, events, now)
    waits = not is_confirmed
    return Outcome(
        replace(after, due_at=due_at(now, status=after.status, dates=(), is_waiting_for_confirmation=waits)),
        {},
        events,
    )


def _wanted(
    before: ShowRecord,
    facts: ShowFacts,
    status: ShowStatus,
    seasons: Mapping[SeasonNumber, SeasonRecord],
    looked_at: Iterable[SeasonFacts],
    covered: frozenset[int],
    now: datetime,
) -> dict[str, TimelineEvent]:
    """The events that the seasons which were looked at give.

    What is first and last follows from the seasons that are believed: one that TMDB leaves out once, and one
    with nothing in it, change nothing.
    """
    listed = {season.number for season in facts.seasons}
    filled = {number for number, kept in seasons.items() if kept.episode_count}
    numbers = {number for number in filled | (listed - seasons.keys()) if number > 0}
    ids = {episode_id for event in before.events.values() for episode_id in event.episode_ids}
    known = before.events.keys() | {episode_event_id(episode_id) for episode_id in ids}
    wanted = episode_events(facts, status, looked_at, numbers, today=now.date(), known=known)
    half_seen = [
        event
        for event in before.events.values()
        if not event.is_withdrawn
        and event.seasons & covered
        and event.seasons - covered
        and wanted.get(event.event_id, event).event_date == event.event_date
    ]
    told = {(event.event_date, episode_id) for event in half_seen for episode_id in event.episode_ids}
    return {
        event_id: event
        for event_id, event in wanted.items()
        if told.isdisjoint((event.event_date, episode_id) for episode_id in event.episode_ids)
    }


def _seasons(
    before: ShowRecord, show: FetchedShow, now: datetime
) -> tuple[dict[SeasonNumber, SeasonRecord], dict[SeasonNumber, SeasonFacts]]:
    listed = {season.number: season for season in show.facts.seasons}
    records = dict(before.seasons)
    changed: dict[SeasonNumber, SeasonFacts] = {}
    for number in sorted(records.keys() | show.asked):
        kept, season, listing = records.get(number), show.seasons.get(number), listed.get(number)
        if season is None and number not in show.asked and listing is not None:
            continue  # nobody looked
        if season is None and kept is None and listing is None:
            continue  # there is no next season yet
        season = season or SeasonFacts(number, None, None, None, None, ())
        if kept is not None and kept.episode_count and not season.episodes:
            since = kept.missing_since or now
            if now - since < CONFIRM_AFTER:
                records[number] = replace(kept, missing_since=since)
                continue
        digest = season.digest
        is_same = kept is not None and kept.digest == digest
        records[number] = SeasonRecord(
            digest=digest,
            episode_count=len(season.episodes),
            listed_count=listing.episode_count if listing else None,
            listed_air_date=listing.air_date if listing else None,
            latest_air_date=season.latest_air_date,
            is_incomplete=season.is_incomplete,
            changed_at=kept.changed_at if kept is not None and is_same else now,
            checked_at=now,
        )
        if not is_same:
            changed[number] = season
    return records, changed


def _status(
    before: ShowRecord, facts: ShowFacts, now: datetime, *, is_first: bool
) -> tuple[ShowStatus, StatusCandidate | None, int]:
    """The status that is believed, the one that is not yet, and how many changes there were."""
    seen = facts.status
    if is_first or before.status is ShowStatus.UNKNOWN:
        return seen, None, before.status_changes
    if seen in {before.status, ShowStatus.UNKNOWN}:
        return before.status, None, before.status_changes
    candidate = before.status_candidate
    if candidate is None or candidate.status is not seen:
        return before.status, StatusCandidate(seen, now), before.status_changes
    if now - candidate.first_seen_at < CONFIRM_AFTER:
        return before.status, candidate, before.status_changes
    return seen, None, before.status_changes + 1


def _complete(facts: ShowFacts, known: ShowFacts) -> ShowFacts:
    """The new facts; a title that TMDB has lost is kept."""
    return replace(
        facts, title=facts.title or known.title, external_ids={**known.external_ids, **facts.external_ids}
    )


def _is_ahead(event: TimelineEvent, now: datetime) -> bool:
    return event.event_date >= now.date().isoformat()


def _with_events(record: ShowRecord, changes: Mapping[str, TimelineEvent], now: datetime) -> ShowRecord:
    """The record with these events, less what is long over and told: it can change no more."""
    oldest = (now - EVENTS_KEPT_FOR).date().isoformat()
    unpublished = record.unpublished | frozenset(changes)
    events = {
        event_id: event
        for event_id, event in {**record.events, **changes}.items()
        if event.event_date >= oldest or event_id in unpublished
    }
    return replace(record, events=events, unpublished=unpublished)


def _with_due(record: ShowRecord, now: datetime) -> ShowRecord:
    waits = record.status_candidate is not None or any(
        season.missing_since is not None for season in record.seasons.values()
    )
    dates = [
        event.event_date
        for event in record.events.values()
        if not event.is_withdrawn and event.event_type is not EventType.STATUS_CHANGE
    ]
    due = due_at(
        now,
        status=record.status,
        dates=dates,
        is_waiting_for_confirmation=waits,
        is_behind=any(season.is_overdue(now) for season in record.seasons.values()),
    )
    return replace(record, due_at=due)
