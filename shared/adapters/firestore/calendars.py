"""The users' calendar feeds.

    calendar_keys/{sha256 of the key}   uid: whose calendar the key opens
    users/{uid}/private/calendar        keyHash: the one key that does, createdAt

Both have to say the same, so that the calendar of a user whose documents were erased is closed in any case.
"""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.reads import Snapshot, found, version_of
from shared.adapters.firestore.show_fields import event
from shared.domain.calendar import MOST_EVENTS, CalendarDays, CalendarEvent, is_key_hash
from shared.domain.season import air_date_or_none
from shared.domain.show import ShowKey
from shared.domain.timeline import TimelineEvent
from shared.domain.tracking import UserId
from shared.errors import Contention

logger = logging.getLogger(__name__)

TRIES = 8
QUERIES_AT_ONCE = 10


class CalendarDocuments:
    """The `Calendars` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def replace_key(self, user_id: UserId, key_hash: str) -> None:
        """See `Calendars.replace_key`. A read, and two or three writes in one commit."""
        await self._exchange(user_id, key_hash)

    async def revoke(self, user_id: UserId) -> None:
        """See `Calendars.revoke`. A read, and two writes in one commit."""
        await self._exchange(user_id, None)

    async def user_of(self, key_hash: str) -> UserId | None:
        """See `Calendars.user_of`. A read for a key that is none, and two for one that is."""
        user_id = _text(await self._read(paths.calendar_key(key_hash)), "uid")
        if user_id is None:
            return None
        held = _text(await self._read(paths.private_calendar(UserId(user_id))), "keyHash")
        return UserId(user_id) if held is not None and hmac.compare_digest(held, key_hash) else None

    async def events(self, keys: Sequence[Sequence[ShowKey]], days: CalendarDays) -> Sequence[CalendarEvent]:
        """See `Calendars.events`. All groups at once, though no more than ten; of each the soonest 2,000."""
        turn = asyncio.Semaphore(QUERIES_AT_ONCE)

        async def one(group: Sequence[ShowKey]) -> Sequence[CalendarEvent]:
            async with turn:
                return await self._events_of(group, days)

        return [event for events in await asyncio.gather(*map(one, keys)) for event in events]

    async def _events_of(self, group: Sequence[ShowKey], days: CalendarDays) -> Sequence[CalendarEvent]:
        query = (
            self._client.collection(paths.TIMELINE_EVENTS)
            .where(filter=FieldFilter("showKey", "in", [str(key) for key in group]))
            .where(filter=FieldFilter("date", ">=", days.first))
            .where(filter=FieldFilter("date", "<=", days.last))
            .order_by("date")
            .order_by("__name__")
            .limit(MOST_EVENTS)
        )
        events: list[CalendarEvent] = []
        for snapshot in await found(query):
            document = fields_of(snapshot) or {}
            changed_at = document.get("updatedAt")
            try:
                events.append(_calendar_event(event(snapshot.id, document), changed_at))
            except (AttributeError, KeyError, TypeError, ValueError):
                logger.exception("the event %s cannot be read and is passed over", snapshot.id)
        return events

    async def _exchange(self, user_id: UserId, key_hash: str | None) -> None:
        """Let this key alone open the calendar, or none."""
        reference = self._client.document(paths.private_calendar(user_id))
        for _ in range(TRIES):
            snapshot = await self._read(reference.path)
            before = _text(snapshot, "keyHash")
            batch = self._client.batch()
            option = (
                self._client.write_option(last_update_time=version_of(snapshot)) if snapshot.exists else None
            )
            if before is not None and is_key_hash(before):
                batch.delete(self._client.document(paths.calendar_key(before)))
            if key_hash is None:
                if snapshot.exists:
                    batch.delete(reference, option=option)
            else:
                batch.create(self._client.document(paths.calendar_key(key_hash)), {"uid": user_id})
                fields: dict[str, Any] = {"keyHash": key_hash, "createdAt": SERVER_TIMESTAMP}
                if snapshot.exists:
                    batch.update(reference, fields, option=option)
                else:
                    batch.create(reference, fields)
            if len(batch) == 0 or await commit(batch) is not None:
                return
        raise Contention("Your calendar's address is being changed by others. Try again in a moment.")

    async def _read(self, path: str) -> Snapshot:
        usage.count(reads=1)
        with translated():
            return await self._client.document(path).get(**BOUNDED)


def _calendar_event(told: TimelineEvent, changed_at: object) -> CalendarEvent:
    if not isinstance(changed_at, datetime) or air_date_or_none(told.event_date) is None:
        raise TypeError("this is no time or no day")
    return CalendarEvent(told, changed_at)


def _text(snapshot: Snapshot, name: str) -> str | None:
    value = (fields_of(snapshot) or {}).get(name)
    return value if isinstance(value, str) and value else None
