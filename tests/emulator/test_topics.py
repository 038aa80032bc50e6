"""Publishing, against Google's emulator."""

import uuid
from collections.abc import AsyncIterator

import pytest

from local.emulators import Emulators
from shared import usage
from shared.adapters.topics import MOST_AT_ONCE, PubsubTopics
from shared.domain.delivery import Outgoing
from shared.errors import Misconfigured, Rejected
from tests.emulator.published import ReadTopic, read_topic

pytestmark = pytest.mark.anyio


@pytest.fixture
async def topic(emulators: Emulators, project: str) -> AsyncIterator[ReadTopic]:
    async with read_topic(emulators, project, f"topic-{uuid.uuid4().hex[:8]}") as made:
        yield made


@pytest.fixture
async def topics(emulators: Emulators, project: str) -> AsyncIterator[PubsubTopics]:
    made = PubsubTopics(project, emulator_host=emulators.pubsub)
    yield made
    if "_client" in made.__dict__:
        await made._client.transport.close()  # type: ignore[no-untyped-call]  # so it is in Google's


async def test_what_is_published_arrives_with_its_attributes(topics: PubsubTopics, topic: ReadTopic) -> None:
    await topics.publish(topic.name, [Outgoing(b"a", {"colour": "blue"}), Outgoing(b"b")])
    assert sorted(await topic.published(2)) == [(b"a", {"colour": "blue"}), (b"b", {})]


async def test_more_than_pubsub_takes_at_once_goes_in_several_calls(
    topics: PubsubTopics, topic: ReadTopic
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


async def test_a_message_that_pubsub_never_takes_is_refused_at_once(
    topics: PubsubTopics, topic: ReadTopic
) -> None:
    with pytest.raises(Rejected, match=topic.name):
        await topics.publish(topic.name, [Outgoing(b"")])
