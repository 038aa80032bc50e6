"""Publishing to Pub/Sub."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from google.api_core import exceptions
from google.api_core.retry_async import AsyncRetry

from shared import usage
from shared.domain.delivery import Outgoing
from shared.errors import Misconfigured, Rejected, Unavailable

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherAsyncClient

SERVICE = "pubsub"
MOST_AT_ONCE = 1000
"""Messages in one call: https://cloud.google.com/pubsub/quotas#resource_limits"""

CALL_SECONDS = 5.0
LOOK_SECONDS = 2.0
PUBLISH_SECONDS = 10.0
"""How long one call may take, and how long it is made again: by itself the client goes on for ten minutes."""


class PubsubTopics:
    """The topics of one project. The client library is imported when something is first published."""

    def __init__(self, project: str, *, emulator_host: str | None) -> None:
        self._project = project
        self._emulator_host = emulator_host

    async def publish(self, topic: str, messages: Sequence[Outgoing]) -> None:
        """Publish the messages; when this returns, Pub/Sub has stored them.

        One that fails may have been stored all the same, whole thousands of them too.

        Raises:
            Misconfigured: there is no such topic, or this deployment may not publish to it.
            Rejected: one of the messages is none that Pub/Sub takes.
            Unavailable: Pub/Sub does not answer.
        """
        from google.pubsub_v1 import PubsubMessage

        for start in range(0, len(messages), MOST_AT_ONCE):
            usage.count_call(SERVICE)
            try:
                await self._client.publish(
                    topic=f"projects/{self._project}/topics/{topic}",
                    messages=[
                        PubsubMessage(data=message.data, attributes=dict(message.attributes))
                        for message in messages[start : start + MOST_AT_ONCE]
                    ],
                    timeout=CALL_SECONDS,
                    retry=AsyncRetry(
                        predicate=lambda error: isinstance(error, exceptions.ServerError),
                        initial=0.1,
                        maximum=2.0,
                        timeout=PUBLISH_SECONDS,
                    ),
                )
            except (exceptions.NotFound, exceptions.PermissionDenied) as error:
                raise Misconfigured(f"The topic {topic} does not exist, or is closed to us.") from error
            except exceptions.InvalidArgument as error:
                raise Rejected(SERVICE, f"a message for {topic} is none that it takes") from error
            except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
                raise Unavailable(SERVICE, f"nothing could be published to {topic}") from error

    async def has(self, topic: str) -> bool:
        """Whether there is such a topic. Where that is not ours to see, Pub/Sub has answered at least.

        Raises:
            Unavailable: Pub/Sub does not answer.
        """
        try:
            await self._client.get_topic(
                topic=f"projects/{self._project}/topics/{topic}", timeout=LOOK_SECONDS, retry=None
            )
        except exceptions.NotFound:
            return False
        except exceptions.PermissionDenied:
            return True
        except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
            raise Unavailable(SERVICE, "it does not answer") from error
        return True

    @cached_property
    def _client(self) -> "PublisherAsyncClient":
        from google.pubsub_v1 import PublisherAsyncClient

        if self._emulator_host is None:
            return PublisherAsyncClient()
        # Only the larger client, which batches in threads of its own, knows the emulator by itself.
        from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
        from grpc import aio

        channel = aio.insecure_channel(self._emulator_host)
        return PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
