"""The documents of shows and movies, their seasons and events, and the log of what a sync did.

A sync is one commit under the precondition that the show is as it was read. So of two syncs of a show one
writes and the other reads again, and a sync that is killed has written all or nothing.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from google.cloud.firestore_v1 import DELETE_FIELD, SERVER_TIMESTAMP, AsyncClient
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch

from shared import usage
from shared.adapters.firestore import paths, show_fields
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.held_shows import holding
from shared.adapters.firestore.seasons import season_cache_fields
from shared.adapters.firestore.sync_log import put_sync_log
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import Outcome, ShowRecord
from shared.domain.show_season import SeasonFacts, estimated_bytes, fitted
from shared.domain.sync_log import SyncLog
from shared.domain.version import Version

logger = logging.getLogger(__name__)

MOST_BYTES = 5_000_000
"""A commit may have 10 MiB, and a season is in it twice: https://firebase.google.com/docs/firestore/quotas"""


class ShowDocuments:
    """The `ShowStore`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, key: ShowKey) -> ShowRecord | None:
        """See `ShowStore.read`."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.show(key)).get(**BOUNDED)
        document = fields_of(snapshot)
        if document is None:
            return None
        version = Version(snapshot.update_time)
        if "sync" not in document:
            return _blank(key, version)  # made for whoever follows it, and never synced yet
        try:
            return show_fields.show_record(key, document, version)
        except (AttributeError, KeyError, TypeError, ValueError):
            logger.exception("the document of %s cannot be read, and is written anew", key)
            return _blank(key, version)

    async def season(self, key: ShowKey, number: SeasonNumber) -> SeasonFacts | None:
        """See `ShowStore.season`."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.show_season(key, number)).get(**BOUNDED)
        document = fields_of(snapshot)
        try:
            return None if document is None else show_fields.season(document)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None  # it is written anew, and all of it counts as added

    async def event_versions(self, event_ids: Collection[str]) -> Mapping[str, int]:
        """See `ShowStore.event_versions`."""
        references = [self._client.document(paths.timeline_event(event_id)) for event_id in event_ids]
        usage.count(reads=len(references))
        with translated():
            snapshots = [one async for one in self._client.get_all(references, **BOUNDED)]
        stored = {one.id: (fields_of(one) or {}).get("version") for one in snapshots}
        return {event_id: version for event_id, version in stored.items() if isinstance(version, int)}

    async def postpone(self, key: ShowKey, until: datetime) -> None:
        """See `ShowStore.postpone`."""
        batch = self._client.batch()
        batch.update(self._client.document(paths.show(key)), {"syncDueAt": until})
        await commit(batch)

    async def write(self, outcome: Outcome, log: SyncLog) -> ShowRecord | None:
        """See `ShowStore.write`.

        Seasons that are too much for one commit go before it: nothing refers to them until the show does.
        """
        key = outcome.record.facts.key
        seasons = list(outcome.changed_seasons.values())
        while sum(map(estimated_bytes, seasons)) > MOST_BYTES:
            if not await self._are_written(key, _take(seasons, MOST_BYTES)):
                return None
        batch = self._client.batch()
        self._put_show(batch, outcome.record)
        for season in seasons:
            self._put_season(batch, key, season)
        for event_id, event in outcome.changed_events.items():
            fields = {**show_fields.event_fields(event), "updatedAt": SERVER_TIMESTAMP}
            # A set of the whole would take away what the followers were told. Each field that is named is
            # replaced and not merged, also where it is a map.
            if event_id in outcome.told_anew:
                fields["toldKind"] = DELETE_FIELD
            batch.set(self._client.document(paths.timeline_event(event_id)), fields, merge=list(fields))
        put_sync_log(self._client, batch, log)
        results = await commit(batch)
        return None if results is None else replace(outcome.record, version=Version(results[0].update_time))

    async def mark_published(self, record: ShowRecord) -> None:
        """See `ShowStore.mark_published`."""
        batch = self._client.batch()
        batch.update(
            self._client.document(paths.show(record.facts.key)),
            {"sync.unpublished": []},
            option=self._client.write_option(last_update_time=record.version),
        )
        await commit(batch)

    async def log(self, log: SyncLog) -> None:
        """Keep the trace of a sync that wrote nothing else."""
        batch = self._client.batch()
        put_sync_log(self._client, batch, log)
        await commit(batch)

    def _put_show(self, batch: AsyncWriteBatch, record: ShowRecord) -> None:
        key = record.facts.key
        reference = self._client.document(paths.show(key))
        fields = {**show_fields.show_fields(record), "lastSyncedAt": SERVER_TIMESTAMP}
        if record.version is not None:
            option = self._client.write_option(last_update_time=record.version)
            batch.update(reference, fields, option=option)
            return
        begun = {"syncPriority": record.sync_priority, "isFollowed": False, "followerCount": 0}
        batch.create(reference, {**fields, **begun, "createdAt": SERVER_TIMESTAMP})
        batch.set(self._client.document(paths.HELD_SHOWS), holding([key]), merge=True)

    def _put_season(self, batch: AsyncWriteBatch, key: ShowKey, season: SeasonFacts) -> None:
        fields = {**show_fields.season_fields(fitted(season)), "updatedAt": SERVER_TIMESTAMP}
        batch.set(self._client.document(paths.show_season(key, season.number)), fields)
        cached = SeasonKey(ShowId(key.tmdb_id), season.number)
        # Whoever holds a claim on it finds the claim gone, and leaves what is newer than its own.
        batch.set(self._client.document(paths.season_cache(cached)), season_cache_fields(season.cached()))

    async def _are_written(self, key: ShowKey, seasons: Sequence[SeasonFacts]) -> bool:
        batch = self._client.batch()
        for season in seasons:
            self._put_season(batch, key, season)
        return await commit(batch) is not None


def _blank(key: ShowKey, version: Version) -> ShowRecord:
    return ShowRecord(ShowFacts(key, None, None, ShowStatus.UNKNOWN), ShowStatus.UNKNOWN, version=version)


def _take(seasons: list[SeasonFacts], most_bytes: int) -> list[SeasonFacts]:
    """Take as many as fit off the end of the list, and one at least."""
    taken = [seasons.pop()]
    while seasons and sum(map(estimated_bytes, [*taken, seasons[-1]])) <= most_bytes:
        taken.append(seasons.pop())
    return taken
