"""A user of whom there is something of everything that the API tells."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.notification import Notification, sent
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import Outcome, ShowRecord
from shared.domain.sync_log import SyncLog
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.tracking import UserId
from tests.emulator.harness import Instance
from tests.emulator.shows_api import ok

NOW = datetime.now(UTC)

SILO = ShowKey("tv", 125988)
FOUNDATION = ShowKey("tv", 93740)
"""Two shows that are held, with an event each."""

EVENTS = {SILO: "episode_7173957", FOUNDATION: "episode_5500001"}


@dataclass(frozen=True, slots=True)
class Theirs:
    """What is one user's: ids as they stand in paths, and the secret of their calendar."""

    show: str
    event: str
    device: str
    calendar_key: str


async def hold_shows(instance: Instance) -> None:
    """Hold both shows, each with an episode that comes in three days."""
    for key, event_id in EVENTS.items():
        event = TimelineEvent(
            event_id=event_id,
            event_type=EventType.NEW_EPISODE,
            show_key=key,
            title="Made",
            description="Season 3, episode 1",
            event_date=(NOW.date() + timedelta(days=3)).isoformat(),
            season=3,
            episode=1,
            episode_id=int(event_id.removeprefix("episode_")),
        )
        facts = ShowFacts(key, "Made", "Made", ShowStatus.RETURNING, poster_path="/made.jpg")
        record = ShowRecord(facts, ShowStatus.RETURNING, events={event_id: event})
        log = SyncLog(str(key), "tmdb", "success", 1, NOW, NOW)
        await instance.show_documents.write(Outcome(record, {}, {event_id: event}), log)


async def populate(instance: Instance, client: httpx.AsyncClient, user_id: str) -> Theirs:
    """Let the client's user follow the first show and be told of it, on a device and in a calendar."""
    base = "/api/v1"
    ok(await client.post(f"{base}/tracking", json={"showId": str(SILO), "isFavorite": True}), 201)
    device = {"platform": "web", "token": f"token-of-{user_id}", "deviceId": f"phone-of-{user_id}"}
    device_id = ok(await client.post(f"{base}/me/devices", json=device), 201)["id"]
    address = ok(await client.post(f"{base}/me/calendar"), 201)["url"]
    told = Notification(
        user_id=UserId(user_id),
        notification_id=EVENTS[SILO],
        event_version=1,
        show_key=SILO,
        kind=AlertKind.EPISODE,
        title="Made",
        body="Season 3, episode 1",
        event_date=NOW.date().isoformat(),
        scheduled_for=NOW,
        due_at=NOW,
        lapses_at=NOW + MOST_AGE,
    )
    ((_, planned),) = (await instance.notifications.read(UserId(user_id), [EVENTS[SILO]])).items()
    arrived = sent(planned or told, NOW)
    assert None not in await instance.notifications.put([arrived])
    return Theirs(str(SILO), EVENTS[SILO], device_id, address.partition("key=")[2])


def example_body(operation: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The request that the OpenAPI document shows for a route; None where it has no body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
    return schema["examples"][0]
