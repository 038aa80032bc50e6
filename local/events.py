"""Where the messages of a topic go, and what Eventarc makes of one."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.pubsub_v1 import ReceivedMessage

from functions.catalog import Function, Topic

EVENT_TYPE = "google.cloud.pubsub.topic.v1.messagePublished"
MOST_AT_ONCE = 100

ANY_SIZE = (("grpc.max_receive_message_length", -1),)
"""For a channel to the Pub/Sub emulator: a hundred messages can be more than gRPC's usual 4 MB."""


@dataclass(frozen=True, slots=True)
class Route:
    """A topic's subscription, and the function that its messages are for."""

    topic: str
    subscription: str
    url: str
    timeout_seconds: float
    most_in_flight: int
    attempts: int
    least_seconds: float
    most_seconds: float
    dead_letter_topic: str


def route_of(row: Function, topic: Topic, url: str, *, pauses: float = 1.0) -> Route:
    """The route that the catalogue describes; `pauses` shortens the time before a message comes again."""
    return Route(
        topic=topic.name,
        subscription=row.deployed_name,
        url=url,
        timeout_seconds=row.timeout_seconds,
        most_in_flight=min(MOST_AT_ONCE, row.concurrency * row.max_instances),
        attempts=topic.retry.attempts,
        least_seconds=topic.retry.least_seconds * pauses,
        most_seconds=topic.retry.most_seconds * pauses,
        dead_letter_topic=topic.dead_letter_topic,
    )


def event_headers(received: ReceivedMessage, topic: str) -> dict[str, str]:
    """https://cloud.google.com/eventarc/docs/cloudevents, in binary mode. `topic` is its whole name."""
    return {
        "ce-specversion": "1.0",
        "ce-id": received.message.message_id,
        "ce-type": EVENT_TYPE,
        "ce-source": f"//pubsub.googleapis.com/{topic}",
        "ce-time": _published(received).isoformat(),
    }


def event_data(received: ReceivedMessage, subscription: str) -> dict[str, Any]:
    """https://cloud.google.com/pubsub/docs/push#receive_push, which Eventarc hands on."""
    message: dict[str, Any] = {
        "messageId": received.message.message_id,
        "publishTime": _published(received).isoformat(),
    }
    if received.message.data:
        message["data"] = base64.b64encode(received.message.data).decode()
    if received.message.attributes:
        message["attributes"] = dict(received.message.attributes)
    return {
        "message": message,
        "subscription": subscription,
        "deliveryAttempt": received.delivery_attempt,
    }


def _published(received: ReceivedMessage) -> datetime:
    published: datetime = received.message.publish_time
    return published
