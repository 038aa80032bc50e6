"""The timeline's events, as those read them who tell followers. `ShowDocuments` writes them.

toldKind    the kind of alert that all followers have been told the event as; a sync takes it away where they
            are to be told anew
"""

from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths, show_fields
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.followed_shows import FIELDS, followed_show
from shared.adapters.firestore.reads import version_of
from shared.domain.follow_state import FollowedShow, StoredEvent
from shared.domain.show import ShowKey
from shared.domain.version import Version
from shared.errors import InvalidRequest


class EventDocuments:
    """The `EventStore`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, event_id: str) -> StoredEvent | None:
        """See `EventStore.read`."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.timeline_event(event_id)).get(**BOUNDED)
        document = fields_of(snapshot)
        if document is None:
            return None
        told_kind = document.get("toldKind")
        try:
            event = show_fields.event(event_id, document)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidRequest(f"The event {event_id} is stored as none that can be read.") from error
        return StoredEvent(event, told_kind if isinstance(told_kind, str) else None, version_of(snapshot))

    async def told(self, event_id: str, kind: str, version: Version | None = None) -> None:
        """See `EventStore.told`. Nothing happens where the event is gone."""
        batch = self._client.batch()
        option = None if version is None else self._client.write_option(last_update_time=version)
        batch.update(self._client.document(paths.timeline_event(event_id)), {"toldKind": kind}, option=option)
        await commit(batch)

    async def show(self, key: ShowKey) -> FollowedShow | None:
        """See `EventStore.show`."""
        usage.count(reads=1)
        with translated():
            return followed_show(
                await self._client.document(paths.show(key)).get(field_paths=FIELDS, **BOUNDED)
            )
