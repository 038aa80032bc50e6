"""Alerts planned a second by one instance that tells an event to 20,000 followers, against the writes alone.

The writes alone are the same documents in batches of 500, as many batches at once as the fan-out has parts,
with nothing read or decided. In the first row they are also encoded before the time is taken; in the second
the client's own `batch.create` encodes them, as whoever writes documents usually has it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch
from google.cloud.firestore_v1.base_query import FieldFilter

from benchmarks.platform import on_emulators
from benchmarks.report import print_row
from shared.adapters.firestore import paths, show_fields
from shared.adapters.firestore.bulk import MOST_WRITES
from shared.adapters.firestore.calls import BOUNDED
from shared.adapters.firestore.notifications import NotificationDocuments, put_of, shard_of
from shared.adapters.firestore.timeline_events import EventDocuments
from shared.adapters.firestore.tracked_shows import FollowDocuments
from shared.domain.alert_plan import for_follower
from shared.domain.alert_preferences import UserAlerts
from shared.domain.delivery import Outgoing
from shared.domain.follow_state import FollowChange, FollowState
from shared.domain.following import Following
from shared.domain.message import TimelineEventChanged, decode
from shared.domain.notification import AboutShow, Notification
from shared.domain.notification_fields import notification_fields
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.tracking import UserId
from shared.usecases.fan_out_alerts import LIMITS, fan_out_alerts

FOLLOWERS = 20_000
REPEATS = 3
SHOW = ShowKey("tv", 125988)
NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Asia/Tokyo", None)
WISHES = {"quietHours": {"from": "22:00", "to": "08:00"}}


class InHand:
    """The `Topics` of this process: what is published is kept, to be delivered at once."""

    def __init__(self) -> None:
        self.messages: list[TimelineEventChanged] = []

    async def publish(self, topic: str, messages: Sequence[Outgoing]) -> None:
        """See `Topics.publish`."""
        del topic
        self.messages += [decode(message.data, TimelineEventChanged) for message in messages]


def event(number: int) -> TimelineEvent:
    """An episode of next week's, another one for each number; ids are of one length."""
    return TimelineEvent(
        event_id=f"episode_{7_000_000 + number}",
        event_type=EventType.NEW_EPISODE,
        show_key=SHOW,
        title="Silo",
        description="Season 3, episode 5: The Engineer",
        event_date="2026-07-31",
        season=3,
        episode=5,
        episode_id=7_000_000 + number,
    )


def crowd() -> list[Following]:
    """Followers from several zones, with quiet hours, and ids as long as Firebase's."""
    users = [UserAlerts.of({"timezone": zone, "preferences": WISHES}) for zone in ZONES]
    return [
        Following(UserId(f"{number:028}"), SHOW, user=users[number % len(users)], followed_at=NOW)
        for number in range(FOLLOWERS)
    ]


async def in_batches(client: AsyncClient, count: int, fill: Callable[[AsyncWriteBatch, int], None]) -> float:
    """Seconds for so many writes, as many batches at once as a fan-out has parts."""
    starts = iter(range(0, count, MOST_WRITES))

    async def work() -> None:
        for start in starts:
            batch = client.batch()
            for number in range(start, min(start + MOST_WRITES, count)):
                fill(batch, number)
            await batch.commit()

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(LIMITS.parts_at_once)))
    return time.perf_counter() - begun


def planned(told: TimelineEvent, followers: Sequence[Following]) -> list[Notification]:
    """What a fan-out of the event writes."""
    made = (for_follower(None, told, each, AboutShow(), NOW, is_news=True) for each in followers)
    return [notification for notification in made if notification is not None]


class Bench:
    """A show with its followers, and the ways to write their alerts; each gives them a second."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._events = EventDocuments(client)
        self._follows = FollowDocuments(client)
        self._notifications = NotificationDocuments(client)
        self._numbers = iter(range(1, 1_000_000))
        self._followers = crowd()

    async def prepare(self) -> None:
        """Let them follow."""

        def follow(batch: AsyncWriteBatch, number: int) -> None:
            following = self._followers[number]
            state = FollowState(following.user_id, SHOW, following.user, None, None, None)
            self._follows._put_following(batch, FollowChange(state, following, []), NOW)  # noqa: SLF001

        await in_batches(self._client, len(self._followers), follow)

    async def fan_out(self) -> float:
        """Ours, a message after the other."""
        told = await self._told()
        topics, written = InHand(), 0
        topics.messages.append(TimelineEventChanged(event_id=told.event_id, show_key=SHOW, version=1))
        begun = time.perf_counter()
        while topics.messages:
            report = await fan_out_alerts(
                topics.messages.pop(0),
                events=self._events,
                follows=self._follows,
                notifications=self._notifications,
                topics=topics,
                now=lambda: NOW,
            )
            written += report.written
        seconds = time.perf_counter() - begun
        await self._check(told, written)
        return written / seconds

    async def ready_writes(self) -> float:
        """The writes alone, which are encoded already."""
        writes = [put_of(self._client, one) for one in planned(event(next(self._numbers)), self._followers)]

        def put(batch: AsyncWriteBatch, number: int) -> None:
            batch._add_write_pbs([writes[number]])  # noqa: SLF001

        return len(writes) / await in_batches(self._client, len(writes), put)

    async def client_writes(self) -> float:
        """The writes alone, which the client encodes."""
        told = planned(event(next(self._numbers)), self._followers)
        documents: list[tuple[str, dict[str, Any]]] = [
            (
                paths.notification(one.user_id, one.notification_id),
                {
                    **notification_fields(one),
                    "shard": shard_of(one.user_id),
                    "createdAt": SERVER_TIMESTAMP,
                    "updatedAt": SERVER_TIMESTAMP,
                },
            )
            for one in told
        ]

        def put(batch: AsyncWriteBatch, number: int) -> None:
            path, fields = documents[number]
            batch.create(self._client.document(path), fields)

        return len(documents) / await in_batches(self._client, len(documents), put)

    async def _told(self) -> TimelineEvent:
        """A new event, as a sync stores it."""
        told = event(next(self._numbers))
        await self._client.document(paths.timeline_event(told.event_id)).set(show_fields.event_fields(told))
        return told

    async def _check(self, told: TimelineEvent, written: int) -> None:
        """Each follower has one alert of it: a document whose path says whose and of what it is."""
        query = self._client.collection_group(paths.NOTIFICATIONS).where(
            filter=FieldFilter("eventId", "==", told.event_id)
        )
        ((counted,),) = await query.count().get(**BOUNDED)
        if not written == counted.value == len(self._followers):
            raise RuntimeError(f"{written} written, {counted.value} found of {len(self._followers)}")


async def run() -> None:
    """Print a row for each floor."""
    with on_emulators() as project:
        client = AsyncClient(project=project)
        bench = Bench(client)
        await bench.prepare()
        ways = (bench.fan_out, bench.ready_writes, bench.client_writes)
        for way in ways:
            await way()  # the emulator gets faster with what it has done before
        rates: list[list[float]] = [[], [], []]
        for _ in range(REPEATS):
            for way, of_way in zip(ways, rates, strict=True):
                of_way.append(await way())
        ours, ready, by_client = rates
        what = f"alerts to {FOLLOWERS:,} followers"
        print_row(what, ours, ready, "the writes alone, encoded before", unit="/s")
        print_row(what, ours, by_client, "the writes alone, by the client", unit="/s")


if __name__ == "__main__":
    asyncio.run(run())
