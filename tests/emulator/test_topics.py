"""Publishing, against Google's emulator."""

import uuid
from collections.abc import AsyncIterator

import pytest
from google.pubsub_v1 import PublisherAsyncClient, PubsubMessage, SubscriberAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from local.emulators import Emulators
from shared import usage
from shared.adapters.topics import MOST_AT_ONCE, PubsubTopics
from shared.domain.delivery import Outgoing
from shared.errors import Misconfigured

pytestmark = pytest.mark.anyio


class Topic:
    """A topic of the test's own, and what has been published to it."""

    def __init__(self, channel: aio.Channel, project: str) -> None:
        self.name = f"topic-{uuid.uuid4().hex[:8]}"
        self._path = f"projects/{project}/topics/{self.name}"
        self._subscription = f"projects/{project}/subscriptions/{self.name}"
        self._publisher = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        self._subscriber = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))

    async def make(self) -> None:
        await self._publisher.create_topic(name=self._path)
        await self._subscriber.create_subscription(name=self._subscription, topic=self._path)

    async def published(self, count: int) -> list[tuple[bytes, dict[str, str]]]:
        found: dict[str, PubsubMessage] = {}
        while len(found) < count:
            pulled = await self._subscriber.pull(
                subscription=self._subscription, max_messages=1000, timeout=20
            )
            found |= {one.message.message_id: one.message for one in pulled.received_messages}
        return [(message.data, dict(message.attributes)) for message in found.values()]


@pytest.fixture
async def topic(emulators: Emulators, project: str) -> AsyncIterator[Topic]:
    channel = aio.insecure_channel(str(emulators.pubsub))
    made = Topic(channel, project)
    await made.make()
    yield made
    await channel.close()


@pytest.fixture
async def topics(emulators: Emulators, project: str) -> AsyncIterator[PubsubTopics]:
    made = PubsubTopics(project, emulator_host=emulators.pubsub)
    yield made
    if "_client" in made.__dict__:
        await made._client.transport.close()  # type: ignore[no-untyped-call]  # so it is in Google's


async def test_what_is_published_arrives_with_its_attributes(topics: PubsubTopics, topic: Topic) -> None:
    await topics.publish(topic.name, [Outgoing(b"a", {"colour": "blue"}), Outgoing(b"b")])
    assert sorted(await topic.published(2)) == [(b"a", {"colour": "blue"}), (b"b", {})]


async def test_more_than_pubsub_takes_at_once_goes_in_several_calls(
    topics: PubsubTopics, topic: Topic
) -> None:
    spent = usage.begin()
    await topics.publish(topic.name, [Outgoing(str(n).encode()) for n in range(2 * MOST_AT_ONCE + 1)])
    assert spent.as_fields()["pubsubCalls"] == 3
    assert len({data for data, _ in await topic.published(2 * MOST_AT_ONCE + 1)}) == 2 * MOST_AT_ONCE + 1


async def test_publishing_nothing_calls_nobody(topics: PubsubTopics) -> None:
    spent = usage.begin()
    await topics.publish("no-such-topic", [])
    assert "pubsubCalls" not in spent.as_fields()


async def test_a_topic_that_does_not_exist_is_our_fault(topics: PubsubTopics) -> None:
    with pytest.raises(Misconfigured, match="no-such-topic"):
        await topics.publish("no-such-topic", [Outgoing(b"a")])
