"""What a fetch makes of what we hold of a show: pure, with the time handed in.

Nothing is believed on one sighting that would take something away: a season that is gone or has shrunk to
nothing, and another status, must be seen twice, `CONFIRM_AFTER` apart. What comes is believed at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowStatus
from shared.domain.show_record import FetchedShow, Outcome, SeasonRecord, ShowRecord, StatusCandidate
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

EVENTS_KEPT_FOR = timedelta(days=60)


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
    # An episode stays a part of its day however long ago that is; one that is moved away is news or history.
    day_of = {
        episode_id: event.event_date for event in before.events.values() for episode_id in event.episode_ids
    }
    looked_at = list(looked_at)
    stayed = {
        episode_event_id(episode.episode_id)
        for season in looked_at
        for episode in season.episodes
        if episode.air_date is not None and day_of.get(episode.episode_id) == episode.air_date
    }
    known = before.events.keys() | stayed
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
        was_listed = kept is not None and (kept.listed_count is not None or kept.listed_air_date is not None)
        if season is None and number not in show.asked and (listing is not None or not was_listed):
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
