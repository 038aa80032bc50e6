"""`make dead-letters`: the messages that could not be handled, and why. They stay where they are."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from google.api_core import exceptions
from google.pubsub_v1 import PubsubMessage, SubscriberAsyncClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from functions.catalog import FUNCTIONS, Topic
from local.places import FOLDER, running_platform
from local.processes import SetupError

MOST_SHOWN = 100
PULL_SECONDS = 2.0
UNKNOWN = "not known: the function was killed, ran out of time, or could not reach Pub/Sub; see its log"


async def dead_letters(pubsub_host: str, project: str, topic: str) -> list[PubsubMessage]:
    """What waits at a dead-letter topic; it is given back at once, and waits on."""
    channel = aio.insecure_channel(pubsub_host)
    client = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))
    subscription = f"projects/{project}/subscriptions/{topic}"
    try:
        pulled = await client.pull(
            subscription=subscription, max_messages=MOST_SHOWN, retry=None, timeout=PULL_SECONDS
        )
        received = list(pulled.received_messages)
        if received:
            await client.modify_ack_deadline(
                subscription=subscription,
                ack_ids=[one.ack_id for one in received],
                ack_deadline_seconds=0,
            )
        return [one.message for one in received]
    except exceptions.DeadlineExceeded:
        return []
    finally:
        await channel.close()


def described(topic: str, message: PubsubMessage) -> str:
    """A message as a person reads it."""
    attributes: Mapping[str, str] = message.attributes
    attempts = attributes.get("deadLetterAttempts") or attributes.get(
        "CloudPubSubDeadLetterSourceDeliveryCount"
    )
    return (
        f"{topic}: {message.data.decode(errors='replace')}\n"
        f"  attempts: {attempts or 'not known'}\n  reason:   {attributes.get('deadLetterReason', UNKNOWN)}"
    )


async def run(folder: Path) -> None:
    """Print all of them."""
    running = running_platform(folder)
    topics = {row.trigger.dead_letter_topic for row in FUNCTIONS if isinstance(row.trigger, Topic)}
    for topic in sorted(topics):
        found = await dead_letters(running.emulators["pubsub"], running.project, topic)
        print("\n".join(described(topic, message) for message in found) or f"{topic}: none")


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
