"""What Eventarc does: pulls each topic's subscription, and posts every message to its function as an event.

An answer of 200 to 299 within the function's time acknowledges the message. Everything else gives it back to
Pub/Sub, which counts the attempts, delivers it again after a pause, and moves it to the dead-letter topic
when it was tried as often as the catalogue allows. The counts are the emulator's, and outlive this process.

On purpose it can also deliver twice, late and out of order (`Mischief`).
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import time
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from google.api_core import exceptions
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import PublisherAsyncClient, ReceivedMessage, SubscriberAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from grpc import aio

from functions.catalog import FUNCTIONS, Topic
from local.background import run_until_told_to_stop, say
from local.events import ANY_SIZE, Route, event_data, event_headers, route_of

LONGEST_ACK_SECONDS = 600
PULL_SECONDS = 30.0
PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Mischief:
    """What Pub/Sub may do at any time, done often.

    `twice` is the part of the messages that is delivered twice, `late` how many seconds one is at most, and
    `is_mixed` says whether messages that wait together change places. `seed` makes the same choices again.
    """

    twice: float = 0.0
    late: float = 0.0
    is_mixed: bool = False
    seed: int | None = None


class EventBridge:
    """Delivers the messages of all routes, for as long as `run` runs."""

    def __init__(
        self,
        project: str,
        pubsub_host: str,
        routes: Sequence[Route],
        mischief: Mischief | None = None,
        *,
        further_topics: Collection[str] = (),
    ) -> None:
        self._project = project
        self._routes = routes
        self._further_topics = further_topics
        self._mischief = mischief or Mischief()
        self._random = random.Random(self._mischief.seed)  # noqa: S311 - not for secrets
        channel = aio.insecure_channel(pubsub_host, options=ANY_SIZE)
        self._channel = channel
        self._topics = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        self._subscriptions = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))
        # A connection that is kept may be closed by the function just when the next message is sent.
        fresh = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._functions = httpx.AsyncClient(limits=fresh)
        self._tasks: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Wait for Pub/Sub, and make the topics and subscriptions that are not there yet.

        A dead-letter topic gets a subscription too: without one it would lose its messages.
        """
        await self._channel.channel_ready()
        for name in self._further_topics:
            await self._make_topic(name)
        for route in self._routes:
            dead = self._topic(route.dead_letter_topic)
            for name in (route.topic, route.dead_letter_topic):
                await self._make_topic(name)
            await self._subscribe({"name": self._subscription(route.dead_letter_topic), "topic": dead})
            await self._subscribe(
                {
                    "name": self._subscription(route.subscription),
                    "topic": self._topic(route.topic),
                    "ack_deadline_seconds": int(min(LONGEST_ACK_SECONDS, route.timeout_seconds + 20)),
                    "dead_letter_policy": {
                        "dead_letter_topic": dead,
                        "max_delivery_attempts": route.attempts,
                    },
                    "retry_policy": {
                        "minimum_backoff": _duration(route.least_seconds),
                        "maximum_backoff": _duration(route.most_seconds),
                    },
                }
            )

    async def run(self) -> None:
        """Deliver until cancelled. What is under way then is given back, to be delivered again."""
        try:
            async with asyncio.TaskGroup() as group:
                for route in self._routes:
                    group.create_task(self._serve(route))
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._functions.aclose()
            await self._channel.close()

    async def _serve(self, route: Route) -> None:
        in_flight: set[asyncio.Task[None]] = set()
        while True:
            # Only as many are pulled as can begin at once: the time of one that waits here would be running.
            while len(in_flight) >= route.most_in_flight:
                await asyncio.wait(in_flight, return_when=asyncio.FIRST_COMPLETED)
            for received in await self._pull(route, route.most_in_flight - len(in_flight)):
                task = self._begin(self._handle(route, received))
                in_flight.add(task)
                task.add_done_callback(in_flight.discard)

    async def _pull(self, route: Route, most: int) -> list[ReceivedMessage]:
        try:
            pulled = await self._subscriptions.pull(
                subscription=self._subscription(route.subscription),
                max_messages=most,
                retry=None,
                timeout=PULL_SECONDS,
            )
        except exceptions.DeadlineExceeded:
            return []
        except exceptions.GoogleAPICallError as error:
            say(f"{route.subscription}: Pub/Sub does not answer ({error.code}); trying again")
            await asyncio.sleep(PAUSE_SECONDS)
            return []
        waiting = list(pulled.received_messages)
        if self._mischief.is_mixed:
            self._random.shuffle(waiting)
        return waiting

    async def _handle(self, route: Route, received: ReceivedMessage) -> None:
        try:
            if self._mischief.late:
                await asyncio.sleep(self._random.uniform(0, self._mischief.late))
            if self._random.random() < self._mischief.twice:
                self._begin(self._deliver_again(route, received))
            if await self._deliver(route, received):
                await self._acknowledge(route, received)
            else:
                await self._give_back(route, received)
        except asyncio.CancelledError:
            # The bridge ends; the next one need not wait until Pub/Sub finds that nobody holds the message.
            await self._give_back(route, received)
            raise
        except exceptions.GoogleAPICallError as error:
            say(f"{_shown(route, received)}: Pub/Sub was not told ({error.code}), and will deliver it again")

    async def _deliver_again(self, route: Route, received: ReceivedMessage) -> None:
        """The same once more, whose answer nobody looks at: so it is where an acknowledgement is lost."""
        await asyncio.sleep(self._random.uniform(0, self._mischief.late))
        await self._deliver(route, received)

    async def _deliver(self, route: Route, received: ReceivedMessage) -> bool:
        begun = time.perf_counter()
        try:
            answer = await self._functions.post(
                route.url,
                headers=event_headers(received, self._topic(route.topic)),
                json=event_data(received, self._subscription(route.subscription)),
                timeout=httpx.Timeout(route.timeout_seconds, connect=5.0),
            )
        except httpx.TimeoutException:
            said, is_handled = f"no answer in {route.timeout_seconds:g} s", False
        except httpx.TransportError as error:
            said, is_handled = f"no answer ({type(error).__name__})", False
        else:
            is_handled = answer.is_success
            reason = "" if is_handled else f": {_reason(answer)}"
            said = f"{answer.status_code} in {(time.perf_counter() - begun) * 1000:.0f} ms{reason}"
        say(f"{_shown(route, received)}: {said}")
        return is_handled

    async def _acknowledge(self, route: Route, received: ReceivedMessage) -> None:
        await self._subscriptions.acknowledge(
            subscription=self._subscription(route.subscription), ack_ids=[received.ack_id]
        )

    async def _give_back(self, route: Route, received: ReceivedMessage) -> None:
        await self._subscriptions.modify_ack_deadline(
            subscription=self._subscription(route.subscription),
            ack_ids=[received.ack_id],
            ack_deadline_seconds=0,
        )
        is_last = received.delivery_attempt >= route.attempts
        becomes = f"goes to {route.dead_letter_topic}" if is_last else "will be delivered again"
        say(f"{_shown(route, received)}: {becomes}")

    async def _make_topic(self, name: str) -> None:
        with contextlib.suppress(exceptions.AlreadyExists):
            await self._topics.create_topic(name=self._topic(name))

    async def _subscribe(self, wanted: Mapping[str, Any]) -> None:
        with contextlib.suppress(exceptions.AlreadyExists):
            await self._subscriptions.create_subscription(request=dict(wanted))

    def _begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _topic(self, name: str) -> str:
        return f"projects/{self._project}/topics/{name}"

    def _subscription(self, name: str) -> str:
        return f"projects/{self._project}/subscriptions/{name}"


def _shown(route: Route, received: ReceivedMessage) -> str:
    attempt = f"attempt {received.delivery_attempt} of {route.attempts}"
    return f"{route.topic} message {received.message.message_id}, {attempt}"


def _reason(answer: httpx.Response) -> str:
    """What a problem answer says, or the beginning of any other."""
    try:
        problem = answer.json()
        return f"{problem['code']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return answer.text[:300]


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration


def main() -> None:
    """Run the bridge for the catalogue's functions that are named on the command line."""
    parser = argparse.ArgumentParser(description="Deliver Pub/Sub messages to functions, as Eventarc does.")
    parser.add_argument(
        "--functions", required=True, type=json.loads, help="their addresses by name, as JSON"
    )
    parser.add_argument("--pauses", type=float, default=1.0, help="the catalogue's pauses times this")
    parser.add_argument(
        "--twice", type=float, default=0.0, metavar="PART", help="deliver so many twice, 0 to 1"
    )
    parser.add_argument(
        "--late", type=float, default=0.0, metavar="SECONDS", help="deliver up to so much late"
    )
    parser.add_argument("--mixed", action="store_true", help="deliver out of order")
    parser.add_argument("--seed", type=int, help="make the same choices again")
    wanted = parser.parse_args()
    routes = [
        route_of(row, row.trigger, wanted.functions[row.name], pauses=wanted.pauses)
        for row in FUNCTIONS
        if isinstance(row.trigger, Topic) and row.name in wanted.functions
    ]
    mischief = Mischief(wanted.twice, wanted.late, wanted.mixed, wanted.seed)

    async def run() -> None:
        project, host = os.environ["GOOGLE_CLOUD_PROJECT"], os.environ["PUBSUB_EMULATOR_HOST"]
        published = {topic for row in FUNCTIONS for topic in row.publishes}
        bridge = EventBridge(project, host, routes, mischief, further_topics=published)
        await bridge.prepare()
        say("ready")
        await run_until_told_to_stop(bridge.run())

    asyncio.run(run())


if __name__ == "__main__":
    main()
