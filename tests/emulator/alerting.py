"""Alerting as the functions do it, in one process and by a clock of the test's own.

Messages go through the Pub/Sub emulator: what a use case publishes is read from its topic and handed to the
use case that the catalogue connects with it, as often and in the order that a test wants.
"""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.stand_ins.running_fcm import RunningFcmStandIn
from shared.adapters.firestore import paths
from shared.domain.alert_message import ClearNotifications, PlanAlerts, PushNotifications
from shared.domain.alert_preferences import UserAlerts
from shared.domain.device import DeviceId, Registration
from shared.domain.following import Following
from shared.domain.message import Message, TimelineEventChanged, decode
from shared.domain.notification import Notification
from shared.domain.season import ShowId
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import Outcome, ShowRecord
from shared.domain.sync_log import SyncLog
from shared.domain.timeline import EventType, TimelineEvent, told_anew
from shared.domain.tracking import TrackingKey, UserId
from shared.usecases.alert_ports import NotificationStore
from shared.usecases.dispatch_notifications import DispatchLimits, DispatchReport, dispatch_notifications
from shared.usecases.fan_out_alerts import FanOutLimits, FanOutReport, fan_out_alerts
from shared.usecases.follow_show import Edit, Followed, follow_show, unchanged, unfollow_show
from shared.usecases.plan_alerts import PlanLimits, change_alerts, plan_alerts
from shared.usecases.push_notifications import (
    PushLimits,
    PushReport,
    clear_notifications,
    push_notifications,
)
from tests.emulator.harness import Instance
from tests.emulator.published import ReadTopic, read_topic

SILO = ShowKey("tv", 125988)
NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)
"""The Monday before the fourth of Silo's third season's episodes airs."""

TOPICS: Mapping[str, tuple[type[Message], ...]] = {
    "timeline-events": (TimelineEventChanged,),
    "alert-plans": (PlanAlerts,),
    "push": (PushNotifications, ClearNotifications),
    "show-sync": (),
}


def episode(number: int, day: str, *, version: int = 1, **fields: Any) -> TimelineEvent:
    """The event of one episode of Silo's third season; TMDB's ids are 7173956 and on."""
    return replace(
        TimelineEvent(
            event_id=f"episode_{7173956 + number}",
            event_type=EventType.NEW_EPISODE,
            show_key=SILO,
            title="Silo",
            description=f"Season 3, episode {number}: Episode {number}",
            event_date=day,
            season=3,
            episode=number,
            episode_id=7173956 + number,
            version=version,
        ),
        **fields,
    )


class Alerting:
    """The functions that alert, and the world around them."""

    def __init__(
        self,
        instance: Instance,
        firestore: AsyncClient,
        fcm: RunningFcmStandIn,
        topics: Mapping[str, ReadTopic],
        clock: datetime = NOON,
    ) -> None:
        self.instance = instance
        self.firestore = firestore
        self.fcm = fcm
        self.topics = topics
        self.clock = clock

    def now(self) -> datetime:
        """The test's clock. It goes on by a microsecond each time, as no two instants are the same."""
        self.clock += timedelta(microseconds=1)
        return self.clock

    async def tell(self, *events: TimelineEvent, key: ShowKey = SILO) -> list[TimelineEventChanged]:
        """Store events of a show as a sync does, and give the messages that it would publish."""
        store = self.instance.show_documents
        told = {event.event_id: event for event in events}
        log = SyncLog(str(key), "tmdb", "success", len(told), self.clock, self.clock)
        for _ in range(50):  # others may begin to follow it just then
            record = await store.read(key)
            if record is None:
                record = ShowRecord(
                    ShowFacts(key, "Silo", "Silo", ShowStatus.RETURNING, poster_path="/silo.jpg"),
                    ShowStatus.RETURNING,
                )
            if record.facts.title is None:
                record = replace(record, facts=replace(record.facts, title="Silo", poster_path="/silo.jpg"))
            anew = told_anew(record.events, told, self.clock.date())
            record = replace(record, events={**record.events, **told})
            if await store.write(Outcome(record, {}, told, anew), log) is not None:
                break
        else:
            raise AssertionError("it is never written")
        return [
            TimelineEventChanged(event_id=event.event_id, show_key=key, version=event.version)
            for event in events
        ]

    async def fan_out(
        self,
        message: TimelineEventChanged,
        *,
        notifications: NotificationStore | None = None,
        **limits: Any,
    ) -> FanOutReport:
        wiring = self.instance
        return await fan_out_alerts(
            message,
            events=wiring.events,
            follows=wiring.follows,
            notifications=notifications or wiring.notifications,
            topics=wiring.topics,
            now=self.now,
            limits=FanOutLimits(**limits),
        )

    async def announce(self, *events: TimelineEvent) -> list[FanOutReport]:
        """Tell events and fan them out."""
        return [await self.fan_out(message) for message in await self.tell(*events)]

    async def follow(self, user_id: str, key: ShowKey = SILO, edit: Edit = unchanged) -> Followed:
        return await follow_show(
            UserId(user_id),
            key,
            edit=edit,
            follows=self.instance.follows,
            notifications=self.instance.notifications,
            topics=self.instance.topics,
            now=self.now,
        )

    async def unfollow(self, user_id: str, key: ShowKey = SILO) -> bool:
        return await unfollow_show(
            UserId(user_id),
            key,
            follows=self.instance.follows,
            notifications=self.instance.notifications,
            now=self.now,
        )

    async def want(self, user_id: str, **document: Any) -> None:
        """A user's `timezone` and preferences, by the names that they have in documents. Not yet planned."""
        time_zone = document.pop("timezone", None)
        alerts = UserAlerts.of({"timezone": time_zone, "preferences": document})
        await change_alerts(
            UserId(user_id),
            alerts,
            users=self.instance.users,
            topics=self.instance.topics,
            now=self.now,
        )

    async def plan(self, message: PlanAlerts, **limits: Any) -> Any:
        return await plan_alerts(
            message,
            follows=self.instance.follows,
            notifications=self.instance.notifications,
            users=self.instance.users,
            topics=self.instance.topics,
            now=self.now,
            limits=PlanLimits(**limits),
        )

    async def device(self, user_id: str, token: str, platform: Any = "android") -> DeviceId:
        """A device of a user; the stand-in is told what it runs on."""
        self.fcm.put_device(token, platform)
        registration = Registration(platform, token=token)
        return await self.instance.devices.register(UserId(user_id), registration, datetime.now(UTC))

    async def watch(self, user_id: str, *keys: str, key: ShowKey = SILO) -> None:
        """The user marks these episodes as watched, as an app does."""
        path = paths.tracking(TrackingKey(UserId(user_id), ShowId(key.tmdb_id)))
        episodes = {one: {"watched": True, "watchedAt": self.clock} for one in keys}
        await self.firestore.document(path).set({"episodes": episodes}, merge=True)

    async def dispatch(self, **limits: Any) -> DispatchReport:
        wiring = self.instance
        return await dispatch_notifications(
            notifications=wiring.notifications,
            users=wiring.users,
            topics=wiring.topics,
            now=self.now,
            limits=DispatchLimits(**limits),
        )

    async def push(self, message: PushNotifications, **limits: Any) -> PushReport:
        wiring = self.instance
        return await push_notifications(
            message,
            notifications=wiring.notifications,
            follows=wiring.follows,
            watched=wiring.tracking,
            devices=wiring.devices,
            pusher=wiring.push_sender,
            now=self.now,
            limits=PushLimits(**limits),
        )

    async def clear(self, message: ClearNotifications) -> Mapping[str, Any]:
        wiring = self.instance
        return await clear_notifications(
            message, devices=wiring.devices, pusher=wiring.push_sender, now=self.now
        )

    async def published(self, topic: str) -> list[Message]:
        """What was published to a topic since the last look."""
        raw = await self.topics[topic].raw_news()
        return [decode(data, *TOPICS[topic]) for data in raw]

    async def deliver(self, topic: str, **limits: Any) -> Counter[str]:
        """Handle what was published to a topic, and what that publishes to it again; counts what is said.

        The limits are those of the use case that the topic is handled by.
        """
        said: Counter[str] = Counter()
        while messages := await self.published(topic):
            for message in messages:
                said += await self._handled(message, **limits)
        return said

    async def at(self, moment: datetime) -> Counter[str]:
        """It is that time now: hand over what is due, and push it."""
        self.clock = moment
        await self.dispatch()
        return await self.deliver("push")

    async def _handled(self, message: Message, **limits: Any) -> Counter[str]:
        match message:
            case TimelineEventChanged():
                return Counter({(await self.fan_out(message, **limits)).outcome: 1})
            case PlanAlerts():
                return Counter({"planned": (await self.plan(message, **limits)).changed_alerts})
            case PushNotifications():
                return (await self.push(message, **limits)).counts
            case ClearNotifications():
                return Counter({"cleared": (await self.clear(message))["cleared"]})
        raise AssertionError(message)

    async def inbox(self, user_id: str) -> dict[str, Notification]:
        """All notifications of a user, by their ids."""
        collection = self.firestore.document(paths.user(UserId(user_id))).collection(paths.NOTIFICATIONS)
        ids = [snapshot.id async for snapshot in collection.stream()]
        return dict(await self.instance.notifications.read(UserId(user_id), ids))

    async def notification(self, user_id: str, notification_id: str) -> Notification:
        return (await self.inbox(user_id))[notification_id]

    async def statuses(self, user_id: str) -> dict[str, str]:
        """Each notification's status, and the reason where it has one."""
        inbox = await self.inbox(user_id)
        return {
            key: f"{one.status}: {one.reason}" if one.reason else one.status.value
            for key, one in sorted(inbox.items())
        }

    def screen(self, token: str) -> list[tuple[str, int]]:
        """What a device shows: the text, and how often something was seen at that place."""
        shown = []
        for place in self.fcm.screen(token):
            message = place["message"]
            parts: Iterable[Mapping[str, Any]] = (
                message.get("notification") or {},
                (message.get("android") or {}).get("notification") or {},
                (message.get("webpush") or {}).get("notification") or {},
                ((message.get("apns") or {}).get("payload") or {}).get("aps", {}).get("alert") or {},
            )
            body = next(part["body"] for part in parts if part.get("body"))
            shown.append((str(body), int(place["times"])))
        return shown


def edit_of(**changes: Any) -> Edit:
    """An edit that sets these of a follow's own fields."""

    def edit(following: Following) -> Following:
        return replace(following, **changes)

    return edit


@contextlib.asynccontextmanager
async def reading(
    emulators: Emulators, project: str, names: Sequence[str] = tuple(TOPICS)
) -> AsyncIterator[dict[str, ReadTopic]]:
    """The topics of alerting, to be read by the test."""
    async with contextlib.AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(read_topic(emulators, project, name)) for name in names}
