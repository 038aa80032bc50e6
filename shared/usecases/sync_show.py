"""Bring what we hold of one show or movie up to date, and tell what changed."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.delivery import Outgoing
from shared.domain.message import TimelineEventChanged
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.show_changes import absorb, absorb_absence, absorb_movie
from shared.domain.show_record import (
    SEASONS_AT_ONCE,
    FetchedShow,
    Outcome,
    ShowRecord,
    seasons_to_ask,
    seasons_to_ask_further,
)
from shared.domain.show_season import SeasonChanges, SeasonFacts, diff, fitted
from shared.domain.sync_log import SyncLog
from shared.domain.timeline import told_anew
from shared.errors import AppError, Contention, Malformed, Rejected
from shared.usecases.show_ports import ShowSource, ShowStore, Topics
from shared.usecases.supplements import OMDB, TVDB, Supplements

logger = logging.getLogger(__name__)

TOPIC = "timeline-events"
TRIES = 4
TRIES_BESIDE_FOLLOWERS = 10
POSTPONED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. `is_known`: TMDB has it. Counts are of what differs now."""

    is_known: bool
    seasons: int = 0
    episodes: int = 0
    events: int = 0
    missing_sources: tuple[str, ...] = ()

    def as_fields(self) -> dict[str, int | bool | str]:
        """The report by the names it has in log lines."""
        return {
            "isKnown": self.is_known,
            "seasonsChanged": self.seasons,
            "episodesChanged": self.episodes,
            "eventsChanged": self.events,
            "missingSources": ",".join(self.missing_sources),
        }


async def sync_show(
    key: ShowKey,
    *,
    source: ShowSource,
    store: ShowStore,
    topics: Topics,
    supplements: Supplements,
    now: Callable[[], datetime],
) -> SyncReport:
    """Ask TMDB, write what differs in one commit, and publish the events that changed.

    Run twice, the second run finds nothing to write but when it was. Killed anywhere, the next run goes on:
    the commit is all or nothing, and the show knows which of its events are not published yet.

    Raises:
        UpstreamError: TMDB does not answer, or Pub/Sub does not.
        StoreError: Firestore does not answer, or others kept syncing the same show.
    """
    for _ in range(TRIES):
        started_at = now()
        record = await store.read(key)
        try:
            outcome, missing = await _fetched(key, record, source, supplements, now())
        except AppError as error:
            await store.log(_log(key, started_at, now(), error=error))
            if record is not None and isinstance(error, Malformed | Rejected):
                # It would be the first in need again and again, and keep others from being synced.
                await store.postpone(key, now() + POSTPONED)
            raise
        if outcome is None:
            await store.log(_log(key, started_at, now()))
            return SyncReport(is_known=False)
        outcome = await _continued(record, outcome, store)
        known = {} if record is None else record.events
        outcome = replace(outcome, told_anew=told_anew(known, outcome.changed_events, started_at.date()))
        changes = await _changes(key, record, outcome, store)
        report = SyncReport(
            is_known=outcome.record.gone_since is None,
            seasons=len(changes),
            episodes=sum(change.count for change in changes.values()),
            events=len(outcome.changed_events),
            missing_sources=missing,
        )
        written = await _written(record, outcome, _log(key, started_at, now(), report=report), store)
        if written is not None:
            await _publish(written, topics, store)
            return report
    raise Contention(f"Others kept syncing {key}.")


async def _fetched(
    key: ShowKey, record: ShowRecord | None, source: ShowSource, supplements: Supplements, now: datetime
) -> tuple[Outcome | None, tuple[str, ...]]:
    """What is to be written, and the sources beside TMDB that did not answer. None: nobody knows the show."""
    missing = []
    if key.media_type == "movie":
        movie = await source.movie(key)
        outcome = None if movie is None else absorb_movie(record, movie, now)
    else:
        show = await _show(key, record, source, now)
        outcome = None
        if show is not None:
            dates = await supplements.dates(record, show, now)
            outcome = dates.kept(absorb(record, dates.applied(show), now))
            missing += [TVDB] if dates.is_missing else []
    if outcome is None:
        return (None if record is None else absorb_absence(record, now)), ()
    outcome, is_unrated = await supplements.rated(outcome, now)
    missing += [OMDB] if is_unrated else []
    return outcome, tuple(missing)


async def _show(
    key: ShowKey, record: ShowRecord | None, source: ShowSource, now: datetime
) -> FetchedShow | None:
    """The show with all seasons that are new or can have changed: one call, if the first guess was right."""
    show = await source.show(key, seasons_to_ask(record, now))
    if show is None:
        return None
    further = seasons_to_ask_further(record, show.facts.seasons, show.asked)
    for start in range(0, len(further), SEASONS_AT_ONCE):
        more = await source.show(key, further[start : start + SEASONS_AT_ONCE])
        if more is not None:
            show = replace(show, asked=show.asked | more.asked, seasons={**show.seasons, **more.seasons})
    return show


async def _continued(record: ShowRecord | None, outcome: Outcome, store: ShowStore) -> Outcome:
    """The outcome with versions that go on where an event is stored that the show no longer knows.

    A show forgets what is long over; an episode that was put off for months has its event already.
    """
    known = {} if record is None else record.events
    new = [event_id for event_id in outcome.changed_events if event_id not in known]
    if record is None or not new:
        return outcome
    stored = await store.event_versions(new)
    risen = {
        event_id: replace(outcome.changed_events[event_id], version=version + 1)
        for event_id, version in stored.items()
    }
    events = {**outcome.record.events, **risen}
    return replace(
        outcome,
        record=replace(outcome.record, events=events),
        changed_events={**outcome.changed_events, **risen},
    )


async def _written(
    record: ShowRecord | None, outcome: Outcome, log: SyncLog, store: ShowStore
) -> ShowRecord | None:
    """What is stored now, or None if another sync was quicker.

    Those who begin to follow the show change its document too, and nothing that a sync goes by: then what was
    fetched is as good as before.
    """
    for _ in range(TRIES_BESIDE_FOLLOWERS):
        written = await store.write(outcome, log)
        if written is not None:
            return written
        again = await store.read(outcome.record.facts.key)
        if again is None or record is None or replace(again, version=record.version) != record:
            return None
        outcome = replace(outcome, record=replace(outcome.record, version=again.version))
    return None


async def _changes(
    key: ShowKey, record: ShowRecord | None, outcome: Outcome, store: ShowStore
) -> Mapping[SeasonNumber, SeasonChanges]:
    """What differs in each changed season from what is stored of it."""
    changes: dict[SeasonNumber, SeasonChanges] = {}
    for number, season in outcome.changed_seasons.items():
        is_stored = record is not None and number in record.seasons
        before: SeasonFacts | None = await store.season(key, number) if is_stored else None
        changes[number] = diff(before, fitted(season))
        if is_stored:
            logger.info("season %s of %s: %s", number, key, _told(changes[number]))
    return changes


def _told(changes: SeasonChanges) -> str:
    counts = {
        "added": changes.added,
        "vanished": changes.vanished,
        "renumbered": changes.renumbered,
        "renamed": changes.renamed,
        "re-dated": changes.redated,
        "changed otherwise": changes.otherwise,
    }
    return (
        ", ".join(f"{len(ids)} {what}" for what, ids in counts.items() if ids)
        or "only the season's own fields"
    )


async def _publish(record: ShowRecord, topics: Topics, store: ShowStore) -> None:
    """Publish what this sync or an earlier one has written and not published."""
    events = [record.events[event_id] for event_id in sorted(record.unpublished) if event_id in record.events]
    if not record.unpublished:
        return
    messages = [
        TimelineEventChanged(event_id=event.event_id, show_key=event.show_key, version=event.version)
        for event in events
    ]
    await topics.publish(TOPIC, [Outgoing(message.encode()) for message in messages])
    await store.mark_published(record)


def _log(
    key: ShowKey,
    started_at: datetime,
    finished_at: datetime,
    *,
    report: SyncReport | None = None,
    error: AppError | None = None,
) -> SyncLog:
    is_partial = report is not None and bool(report.missing_sources)
    return SyncLog(
        subject=str(key),
        source="tmdb",
        status="failed" if error is not None else "partial" if is_partial else "success",
        records_updated=0 if report is None else report.episodes + report.events,
        started_at=started_at,
        finished_at=finished_at,
        error=str(error) if error is not None else None,
    )
