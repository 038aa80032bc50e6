"""`make dead-letters`: the messages that could not be handled, and why. They stay where they are."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from google.api_core import exceptions
from google.pubsub_v1 import PubsubMessage, ReceivedMessage, SubscriberAsyncClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from functions.catalog import FUNCTIONS, Topic
from local.events import ANY_SIZE
from local.places import FOLDER, running_platform
from local.processes import SetupError

MOST_SHOWN = 1000
MOST_AT_ONCE = 100
PULL_SECONDS = 2.0
MORE_SECONDS = 0.5
"""How long the first message is waited for, and then each further pull."""

UNKNOWN = "not known: the function was killed, ran out of time, or could not reach Pub/Sub; see its log"


async def dead_letters(pubsub_host: str, project: str, topic: str) -> list[PubsubMessage]:
    """What waits at a dead-letter topic, up to `MOST_SHOWN`; all of it is given back, and waits on."""
    channel = aio.insecure_channel(pubsub_host, options=ANY_SIZE)
    client = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))
    subscription = f"projects/{project}/subscriptions/{topic}"
    received: list[ReceivedMessage] = []
    try:
        # One pull gives as many as it likes, so only one that gives none says that these are all.
        while len(received) < MOST_SHOWN:
            pulled = await client.pull(
                subscription=subscription,
                max_messages=min(MOST_AT_ONCE, MOST_SHOWN - len(received)),
                retry=None,
                timeout=MORE_SECONDS if received else PULL_SECONDS,
            )
            if not pulled.received_messages:
                break
            received += pulled.received_messages
    except exceptions.DeadlineExceeded:
        pass  # there are no more
    finally:
        if received:
            await client.modify_ack_deadline(
                subscription=subscription,
                ack_ids=[one.ack_id for one in received],
                ack_deadline_seconds=0,
            )
        await channel.close()
    return [one.message for one in received]


def described(topic: str, message: PubsubMessage) -> str:
    """A message as a person reads it."""
    attributes: Mapping[str, str] = message.attributes
    attempts = attributes.get("deadLetterAttempts") or attributes.get(
        "CloudPubSubDeadLetterSourceDeliveryCount"
    )
    # Where Pub/Sub moved it, only its subscription is known, which is called as its function.
    function = attributes.get("deadLetterFunction") or attributes.get(
        "CloudPubSubDeadLetterSourceSubscription"
    )
    return (
        f"{topic}: {message.data.decode(errors='replace')}\n"
        f"  function: {function or 'not known'}\n"
        f"  message:  {attributes.get('deadLetterMessageId', 'not known')}\n"
        f"  attempts: {attempts or 'not known'}\n"
        f"  reason:   {attributes.get('deadLetterReason', UNKNOWN)}"
    )


async def run(folder: Path) -> None:
    """Print all of them."""
    running = running_platform(folder)
    topics = {row.trigger.dead_letter_topic for row in FUNCTIONS if isinstance(row.trigger, Topic)}
    for topic in sorted(topics):
        found = await dead_letters(running.emulators["pubsub"], running.project, topic)
        print("\n".join(described(topic, message) for message in found) or f"{topic}: none")
        if len(found) >= MOST_SHOWN:
            print(f"{topic}: there may be more than these {MOST_SHOWN}")


def main() -> None:
    """Show the dead letters of the platform that runs."""
    parser = argparse.ArgumentParser(prog="make dead-letters", description="Show what could not be handled.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    try:
        asyncio.run(run(parser.parse_args().folder))
    except SetupError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
