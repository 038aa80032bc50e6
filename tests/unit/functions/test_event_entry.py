"""What a function that is called with messages answers, as far as it comes without a database."""

import base64
import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import functions_framework
import httpx
import pytest

from functions import _entry
from local.processes import free_ports
from shared.adapters import topics

NOWHERE = f"127.0.0.1:{free_ports(1)[0]}"
"""Where nobody listens."""

HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "17",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-source": "//pubsub.googleapis.com/projects/demo/topics/show-sync",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "content-type": "application/json",
}

STRUCTURED = {"content-type": "application/cloudevents+json"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-events")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", NOWHERE)
    monkeypatch.setattr(topics, "PUBLISH_SECONDS", 0.3)
    _entry._wiring.cache_clear()
    yield
    _entry._wiring.cache_clear()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = functions_framework.create_app("show_sync", "functions/main.py")  # type: ignore[no-untyped-call]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://events.test") as client:
        yield client


def event(data: bytes, attempt: int = 1) -> dict[str, Any]:
    message = {"data": base64.b64encode(data).decode(), "messageId": "17"}
    return {"message": message, "subscription": "s", "deliveryAttempt": attempt}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(event(b"poison"), "invalid_request: The message is not JSON.", id="poison"),
        pytest.param(
            event(b'{"type": "show_sync", "showKey": "tv_1"}', attempt=20),
            "misconfigured: TMDB_ACCESS_TOKEN is not set: create one at themoviedb.org under Settings, API.",
            id="the last attempt",
        ),
    ],
)
async def test_where_even_giving_up_fails_the_message_comes_again(
    client: httpx.AsyncClient, lines: io.StringIO, body: dict[str, Any], reason: str
) -> None:
    answer = await client.post("/", headers=HEADERS, json=body)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "unavailable")
    assert reason.endswith(problem["detail"])
    error, line = map(json.loads, lines.getvalue().splitlines())
    assert error["message"] == "pubsub: nothing could be published to show-sync-dead"
    assert (line["outcome"], line["reason"], line["pubsubCalls"]) == ("redelivery", reason, 1)
    assert line["severity"] == "WARNING"
    assert line["logging.googleapis.com/trace"].endswith("/0af7651916cd43dd8448eb211c80319c")


@pytest.mark.anyio
async def test_what_is_given_up_is_one_line_and_an_error(
    client: httpx.AsyncClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def publish(*_: object) -> None:
        """Pub/Sub takes everything."""

    monkeypatch.setattr(topics.PubsubTopics, "publish", publish)

    answer = await client.post("/", headers=HEADERS, json=event(b"poison"))

    assert answer.status_code == 204
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["severity"], line["outcome"]) == ("ERROR", "dead_letter")
    assert line["reason"] == "invalid_request: The message is not JSON."


@pytest.mark.anyio
async def test_what_may_pass_is_not_given_up_before_the_last_attempt(
    client: httpx.AsyncClient, lines: io.StringIO
) -> None:
    body = event(b'{"type": "show_sync", "showKey": "tv_1"}', attempt=19)

    answer = await client.post("/", headers=HEADERS, json=body)

    assert (answer.status_code, answer.json()["code"]) == (500, "misconfigured")
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["outcome"], line["attempt"], line["messageId"]) == ("redelivery", 19, "17")
    assert line["severity"] == "WARNING"
    assert "pubsubCalls" not in line


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param({}, b"{}", id="no event"),
        pytest.param(HEADERS, b"{}", id="an event without a message"),
        pytest.param(HEADERS, b"{", id="an event that is not JSON"),
        pytest.param(HEADERS | {"ce-specversion": "9"}, b"{}", id="an event of another version"),
        pytest.param(STRUCTURED, b"[]", id="a structured event that is a list"),
        pytest.param(STRUCTURED, b"7", id="a structured event that is a number"),
        pytest.param(STRUCTURED, b'{"specversion": []}', id="a structured event of no version"),
        pytest.param(HEADERS | STRUCTURED, b"[]", id="a list with an event's headers"),
        pytest.param(STRUCTURED, b"\xff", id="a structured event that is no text"),
    ],
)
async def test_what_pubsub_never_sends_is_refused(
    client: httpx.AsyncClient, lines: io.StringIO, headers: dict[str, str], body: bytes
) -> None:
    answer = await client.post("/", headers=headers, content=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["outcome"], line["severity"]) == ("refused", "INFO")


@pytest.mark.anyio
async def test_a_scheduled_function_is_called_by_post_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", NOWHERE)
    app = functions_framework.create_app("enrich_sweep", "functions/main.py")  # type: ignore[no-untyped-call]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sweep.test") as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"
