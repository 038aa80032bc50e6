"""Topics of the Pub/Sub emulator, and what has been published to them."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import PublisherAsyncClient, PubsubMessage, SubscriberAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from local.emulators import Emulators

QUIET_SECONDS = 0.5


class ReadTopic:
    """A topic, and what is published to it from now on."""

    def __init__(self, channel: aio.Channel, project: str, name: str) -> None:
        self.name = name
        self._path = f"projects/{project}/topics/{self.name}"
        self._subscription = f"projects/{project}/subscriptions/{self.name}"
        self._publisher = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        self._subscriber = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))

    async def make(self) -> None:
        await self._publisher.create_topic(name=self._path)
        await self._subscriber.create_subscription(name=self._subscription, topic=self._path)

    async def remove(self) -> None:
        """Take it away, until it is made again."""
        await self._publisher.delete_topic(topic=self._path)
        await self._subscriber.delete_subscription(subscription=self._subscription)

    async def published(self, count: int) -> list[tuple[bytes, dict[str, str]]]:
        """So many messages, data and attributes."""
        found: dict[str, PubsubMessage] = {}
        while len(found) < count:
            pulled = await self._subscriber.pull(
                subscription=self._subscription, max_messages=1000, timeout=20
            )
            found |= {one.message.message_id: one.message for one in pulled.received_messages}
        return [(message.data, dict(message.attributes)) for message in found.values()]

    async def syncs_requested(self) -> Counter[str]:
        """The shows that messages since the last look ask for, and how many messages each has."""
        return Counter(message["showKey"] for message in await self.news())

    async def news(self) -> list[dict[str, Any]]:
        """The messages since the last look."""
        return [json.loads(data) for data in await self.raw_news()]

    async def raw_news(self) -> list[bytes]:
        """The same as they were published."""
        news: list[bytes] = []
        while True:
            try:
                pulled = await self._subscriber.pull(
                    subscription=self._subscription, max_messages=1000, timeout=QUIET_SECONDS, retry=None
                )
            except DeadlineExceeded:
                return news
            if not pulled.received_messages:
                return news
            await self._subscriber.acknowledge(
                subscription=self._subscription, ack_ids=[one.ack_id for one in pulled.received_messages]
            )
            news += [one.message.data for one in pulled.received_messages]


@asynccontextmanager
async def read_topic(emulators: Emulators, project: str, name: str) -> AsyncIterator[ReadTopic]:
    """Make a topic whose messages the test reads."""
    channel = aio.insecure_channel(
        str(emulators.pubsub), options=[("grpc.max_receive_message_length", -1)]
    )  # as Google's client has it
    made = ReadTopic(channel, project, name)
    await made.make()
    yield made
    await channel.close()
