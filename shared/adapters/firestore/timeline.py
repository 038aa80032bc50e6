"""A user's timeline, put together from `timeline_events` by the shows that they follow.

Of `users/{uid}` these matter here:

    followedShows   the keys of what the user follows; whoever follows or stops following keeps it
    timezone        an IANA name
"""

import asyncio
import logging
from collections.abc import Sequence

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import BOUNDED, fields_of, translated
from shared.adapters.firestore.reads import found
from shared.adapters.firestore.show_fields import event
from shared.domain.local_time import Zone
from shared.domain.show import ShowKey
from shared.domain.timeline import TimelineEvent
from shared.domain.timeline_page import DayRange, EventsRead, FollowedShows, Position
from shared.domain.tracking import UserId

logger = logging.getLogger(__name__)

QUERIES_AT_ONCE = 10


class TimelineDocuments:
    """The `Timeline` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def followed(self, user_id: UserId) -> FollowedShows:
        """See `Timeline.followed`."""
        reference = self._client.document(paths.user(user_id))
        usage.count(reads=1)
        with translated():
            snapshot = await reference.get(field_paths=["followedShows", "timezone"], **BOUNDED)
        document = fields_of(snapshot) or {}
        held = document.get("followedShows")
        return FollowedShows(
            Zone.of(document.get("timezone")), _keys(held) if isinstance(held, Sequence) else []
        )

    async def events(
        self, groups: Sequence[Sequence[ShowKey]], days: DayRange, after: Position | None, limit: int
    ) -> Sequence[EventsRead]:
        """See `Timeline.events`. All groups at once, though no more than ten."""
        turn = asyncio.Semaphore(QUERIES_AT_ONCE)

        async def one(group: Sequence[ShowKey]) -> EventsRead:
            async with turn:
                return await self._events_of(group, days, after, limit)

        return await asyncio.gather(*map(one, groups))

    async def _events_of(
        self, group: Sequence[ShowKey], days: DayRange, after: Position | None, limit: int
    ) -> EventsRead:
        query = (
            self._client.collection(paths.TIMELINE_EVENTS)
            .where(filter=FieldFilter("isWithdrawn", "==", False))
            .where(filter=FieldFilter("showKey", "in", [str(key) for key in group]))
            .where(filter=FieldFilter("date", ">=", days.first.isoformat()))
            .where(filter=FieldFilter("date", "<=", days.last.isoformat()))
            .order_by("date")
            .order_by("__name__")
            .limit(limit)
        )
        if after is not None:
            reference = self._client.document(paths.timeline_event(after.event_id))
            query = query.start_after({"date": after.day, "__name__": reference})
        snapshots = await found(query)
        documents = [(snapshot.id, fields_of(snapshot) or {}) for snapshot in snapshots]
        events: list[TimelineEvent] = []
        for event_id, document in documents:
            try:
                events.append(event(event_id, document))
            except (KeyError, TypeError, ValueError):
                logger.exception("the event %s cannot be read and is passed over", event_id)
        is_more = len(snapshots) == limit
        return EventsRead(events, Position(documents[-1][1]["date"], documents[-1][0]) if is_more else None)


def _keys(held: Sequence[object]) -> list[ShowKey]:
    keys: list[ShowKey] = []
    for text in held:
        try:
            keys.append(ShowKey.parse(str(text)))
        except ValueError:
            logger.exception("what a user follows cannot be read and is passed over")
    return keys
