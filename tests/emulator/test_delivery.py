"""Messages on bad days: delivered again, twice, late, out of order, to functions that fail, hang and die."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient
from google.cloud.pubsub_v1 import PublisherClient
from google.pubsub_v1 import PubsubMessage

from functions.catalog import Topic
from local.dead_letters import dead_letters
from local.emulators import Emulators
from local.event_bridge import EventBridge, Mischief
from local.events import Route, route_of
from local.functions_host import FunctionHost, function_host
from tests.emulator.odd_catalog import ATTEMPTS, ROWS, Work
from tests.emulator.published import read_topic

pytestmark = pytest.mark.anyio

SOURCE = Path(__file__).with_name("odd_functions.py")
ROW = {row.name: row for row in ROWS}


def trigger(name: str) -> Topic:
    topic = ROW[name].trigger
    assert isinstance(topic, Topic)
    return topic


class Delivery:
    """One function with its topic: what is published comes to it over the bridge."""

    def __init__(
        self, name: str, host: FunctionHost, firestore: AsyncClient, publisher: PublisherClient, pubsub: str
    ) -> None:
        self.name, self.host = name, host
        self._firestore, self._publisher, self._pubsub = firestore, publisher, pubsub
        self.project = firestore.project

    async def publish(self, *messages: bytes, **attributes: str) -> None:
        topic = self._publisher.topic_path(self.project, trigger(self.name).name)
        for message in messages:
            sent = self._publisher.publish(topic, message, **attributes)
            await asyncio.to_thread(sent.result)

    async def calls(self) -> int:
        return int(await self._field(f"calls/{self.name}", "count"))

    async def effects(self) -> set[str]:
        return {document.id async for document in self._firestore.collection("effects").stream()}

    async def order(self) -> list[str]:
        query = self._firestore.collection("order").order_by("at")
        return [one.get("name") async for one in query.stream()]

    async def dead(self) -> list[PubsubMessage]:
        return await dead_letters(self._pubsub, self.project, trigger(self.name).dead_letter_topic)

    async def _field(self, path: str, name: str) -> Any:
        document = await self._firestore.document(path).get()
        return (document.to_dict() or {}).get(name, 0)


@contextlib.asynccontextmanager
async def delivered(
    name: str,
    *,
    emulators: Emulators,
    firestore: AsyncClient,
    publisher: PublisherClient,
    folder: Path,
    mischief: Mischief | None = None,
) -> AsyncIterator[Delivery]:
    """The function in a process of its own, and the bridge that brings it its messages."""
    environment = {**os.environ, **emulators.environment(), "GOOGLE_CLOUD_PROJECT": firestore.project}
    with function_host(name, environment=environment, log=folder / f"{name}.log", source=SOURCE) as host:
        route = route_of(ROW[name], trigger(name), host.url, pauses=0.1)
        async with bridge(str(emulators.pubsub), firestore.project, [route], mischief):
            yield Delivery(name, host, firestore, publisher, str(emulators.pubsub))


@contextlib.asynccontextmanager
async def bridge(
    pubsub: str, project: str, routes: Sequence[Route], mischief: Mischief | None = None
) -> AsyncIterator[None]:
    """The bridge, for the length of the block."""
    made = EventBridge(project, pubsub, routes, mischief)
    await made.prepare()
    running = asyncio.create_task(made.run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until(condition: Any, what: str) -> Any:
    """Wait for an awaitable condition to hold, and return what it gave."""
    try:
        async with asyncio.timeout(60):
            while not (found := await condition()):
                await asyncio.sleep(0.05)
            return found
    except TimeoutError:
        raise TimeoutError(f"Not after 60 s: {what}.") from None


@pytest.fixture
def parts(emulators: Emulators, firestore: AsyncClient, tmp_path: Path) -> Mapping[str, Any]:
    """What every delivery needs. The client is Google's, which finds the emulator in the environment."""
    return {
        "emulators": emulators,
        "firestore": firestore,
        "publisher": PublisherClient(),
        "folder": tmp_path,
    }


def work(name: str) -> bytes:
    return Work(name=name).encode()


async def test_a_message_reaches_its_function_once(parts: Mapping[str, Any]) -> None:
    async with delivered("works", **parts) as delivery:
        await delivery.publish(work("a"))
        await until(delivery.effects, "the work is done")
        log = delivery.host.log
        await until(lambda: asyncio.to_thread(lambda: "outcome=ok" in log.read_text()), "it is logged")
        assert await delivery.calls() == 1
        assert await delivery.dead() == []


async def test_one_that_fails_twice_succeeds_at_the_third_attempt(parts: Mapping[str, Any]) -> None:
    async with delivered("fails_twice", **parts) as delivery:
        await delivery.publish(work("a"))
        assert await until(delivery.effects, "the work is done") == {"a"}
        assert await delivery.calls() == 3
        assert await delivery.dead() == []
        log = delivery.host.log.read_text()
        assert log.count("outcome=redelivery") == 2
        assert "attempt=2 reason=upstream_unavailable: tmdb: it does not answer" in log


async def given_up(name: str, parts: Mapping[str, Any]) -> PubsubMessage:
    """What becomes of a message that its function never handles."""
    async with delivered(name, **parts) as delivery:
        await delivery.publish(work("a"), colour="blue")
        await until(delivery.dead, f"{name} is given up")
        (letter,) = await delivery.dead()
        assert await delivery.calls() == ATTEMPTS
        assert letter.data == work("a")
        assert letter.attributes["colour"] == "blue"
        return letter


async def test_what_always_fails_is_given_up_with_the_reason_and_the_attempts(
    parts: Mapping[str, Any],
) -> None:
    names = ("always_fails", "has_a_bug", "is_slow")
    failing, broken, slow = await asyncio.gather(*(given_up(name, parts) for name in names))
    attempts = str(ATTEMPTS)
    assert failing.attributes["deadLetterReason"] == "upstream_unavailable: tmdb: it does not answer for a"
    # What an unforeseen error says may be anybody's secret.
    assert broken.attributes["deadLetterReason"] == "internal: ZeroDivisionError"
    for letter, name in ((failing, "always_fails"), (broken, "has_a_bug")):
        assert letter.attributes["deadLetterAttempts"] == attempts
        assert letter.attributes["deadLetterFunction"] == name
    # It is cut off and cannot tell a reason: Pub/Sub itself moves its message.
    assert slow.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == attempts


POISON = {
    b"{not json": "The message is not JSON.",
    b'{"type": "play"}': "The message is of an unknown type; 'work' is read here.",
    b'{"type": "work"}': "The message is not a work: name: Field required",
    b"": "The message has no data.",
}


async def test_poison_is_given_up_at_once_and_holds_nothing_up(parts: Mapping[str, Any]) -> None:
    async with delivered("works", **parts) as delivery:
        await delivery.publish(*POISON, work("a"), poison="yes")
        await until(lambda: reaches(delivery.dead, len(POISON)), "all poison is given up")
        letters = {letter.data: letter.attributes for letter in await delivery.dead()}
        assert await until(delivery.effects, "the good one is done") == {"a"}
        assert await delivery.calls() == 1
    reasons = {data: attributes["deadLetterReason"] for data, attributes in letters.items()}
    assert reasons == {data: f"invalid_request: {reason}" for data, reason in POISON.items()}
    assert {attributes["deadLetterAttempts"] for attributes in letters.values()} == {"1"}


async def reaches(listed: Any, count: int) -> bool:
    return len(await listed()) >= count


async def test_what_never_can_succeed_is_given_up_at_once(parts: Mapping[str, Any]) -> None:
    async with delivered("never_can", **parts) as delivery:
        await delivery.publish(work("a"))
        (letter,) = await until(delivery.dead, "it is given up")
        assert letter.attributes["deadLetterReason"] == "not_found: There is no a."
        assert letter.attributes["deadLetterAttempts"] == "1"
        assert await delivery.calls() == 1


async def test_a_function_killed_in_the_middle_of_a_message_has_done_it_once(
    parts: Mapping[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    said = ""

    async def is_given_back() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "attempt 1 of 5: will be delivered again" in said

    async with delivered("hangs_at_first", **parts) as delivery:
        await delivery.publish(work("a"))
        await until(delivery.effects, "the work is done, and nothing told")
        for process_id in delivery.host.process_ids():
            os.kill(process_id, signal.SIGKILL)
        await until(is_given_back, "the bridge has seen it die")
    # A new instance, as the platform would start it, at another address.
    async with delivered("hangs_at_first", **parts) as successor:
        log = successor.host.log
        await until(lambda: asyncio.to_thread(lambda: "outcome=ok" in log.read_text()), "it is done")
        assert await successor.effects() == {"a"}
        assert await successor.calls() >= 2
        assert await successor.dead() == []


async def test_twice_late_and_out_of_order_every_work_is_done_once(parts: Mapping[str, Any]) -> None:
    names = [f"work-{number:02}" for number in range(20)]
    mischief = Mischief(twice=1.0, late=0.5, is_mixed=True, seed=7)
    async with delivered("works", mischief=mischief, **parts) as delivery:
        await delivery.publish(*map(work, names))
        await until(lambda: reaches(delivery.order, 2 * len(names)), "each was handled twice")
        order = await delivery.order()
        assert await delivery.effects() == set(names)
    assert sorted(order) == sorted(names * 2)
    assert order != sorted(order)


async def test_all_dead_letters_are_shown_and_stay(
    emulators: Emulators, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.dead_letters.MOST_AT_ONCE", 3)
    async with read_topic(emulators, project, "some-dead") as topic:
        publisher = PublisherClient()
        sent = {str(number).encode() for number in range(10)}
        for data in sent:
            path = publisher.topic_path(project, topic.name)
            await asyncio.to_thread(publisher.publish(path, data).result)

        async def shown() -> set[bytes]:
            letters = await dead_letters(str(emulators.pubsub), project, topic.name)
            return {letter.data for letter in letters}

        assert await shown() == sent
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("local.dead_letters.MOST_SHOWN", 4)
            assert len(await shown()) == 4
        assert await shown() == sent


async def test_a_bridge_that_dies_loses_nothing(parts: Mapping[str, Any]) -> None:
    emulators, firestore = parts["emulators"], parts["firestore"]
    environment = {**os.environ, **emulators.environment(), "GOOGLE_CLOUD_PROJECT": firestore.project}
    host = function_host("works", environment=environment, log=parts["folder"] / "works.log", source=SOURCE)
    with host as running:
        route = route_of(ROW["works"], trigger("works"), running.url, pauses=0.1)
        delivery = Delivery("works", running, firestore, parts["publisher"], str(emulators.pubsub))
        async with bridge(str(emulators.pubsub), firestore.project, [route]):
            pass
        await delivery.publish(work("while nobody listens"))
        async with bridge(str(emulators.pubsub), firestore.project, [route]):
            assert await until(delivery.effects, "it is delivered") == {"while nobody listens"}
