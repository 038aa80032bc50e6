"""The function `push` as it is deployed: in processes of its own, called with events over HTTP."""

import asyncio
import base64
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions import catalog
from local.dead_letters import dead_letters
from local.emulators import Emulators
from local.functions_host import FunctionHost, function_host
from shared.domain.alert_message import ClearNotifications
from tests.emulator.alerting import Alerting, episode
from tests.emulator.published import read_topic
from tests.emulator.pushing import FIFTH, crowd, lone_message

pytestmark = pytest.mark.anyio

HEADERS = {
    "ce-specversion": "1.0",
    "ce-id": "17",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-source": "//pubsub.googleapis.com/projects/demo/topics/push",
    "content-type": "application/json",
}


def event(data: bytes) -> dict[str, Any]:
    """What Eventarc posts of a message at its first delivery."""
    message = {"data": base64.b64encode(data).decode(), "messageId": "17"}
    return {"message": message, "subscription": "s", "deliveryAttempt": 1}


async def post(client: httpx.AsyncClient, host: FunctionHost, data: bytes) -> int:
    """The status of the answer to a message."""
    answer = await client.post(host.url, headers=HEADERS, json=event(data), timeout=60)
    return answer.status_code


async def test_two_processes_push_each_once_clear_it_and_bury_poison(
    alerting: Alerting, emulators: Emulators, tmp_path: Path
) -> None:
    # They go by the real clock.
    alerting.clock = datetime.now(UTC)
    users = await crowd(alerting, 30)
    await alerting.follow("eve")  # and she has no device
    today = alerting.clock.date().isoformat()
    await alerting.announce(episode(5, today))
    for snapshot in [one async for one in alerting.firestore.collection_group("notifications").stream()]:
        await snapshot.reference.update({"dueAt": alerting.clock, "scheduledFor": alerting.clock})
    message = (await lone_message(alerting)).encode()

    settings = alerting.instance.settings
    environment = {
        **os.environ,
        **emulators.environment(),
        "GOOGLE_CLOUD_PROJECT": settings.project,
        "FCM_BASE_URL": settings.fcm_base_url,
    }
    topic = catalog.function("push").trigger
    assert isinstance(topic, catalog.Topic)
    logs = [tmp_path / "push-0.log", tmp_path / "push-1.log"]
    async with (
        read_topic(emulators, settings.project, topic.dead_letter_topic),
        httpx.AsyncClient() as client,
    ):
        with (
            function_host("push", environment=environment, log=logs[0]) as one,
            function_host("push", environment=environment, log=logs[1]) as other,
        ):
            hosts = [one, other] * 3
            answers = await asyncio.gather(*(post(client, host, message) for host in hosts))
            assert answers == [204] * 6
            sent = Counter(call["message"]["token"] for call in alerting.fcm.messages())
            assert sent == dict.fromkeys(users, 1)
            assert await alerting.statuses(users[0]) == {FIFTH: "sent"}
            assert await alerting.statuses("eve") == {FIFTH: "skipped: no_device"}

            read = ClearNotifications(user_id=users[0], collapse_ids=(FIFTH,)).encode()
            assert await post(client, one, read) == 204
            assert [len(alerting.screen(user)) for user in users[:2]] == [0, 1]

            poison = b'{"type": "push_notifications", "notifications": []}'
            unreadable = (
                b'{"type": "push_notifications", "notifications": [{"fields": {}, "version": "2026-01-01"}]}'
            )
            assert [await post(client, one, bad) for bad in (poison, unreadable)] == [204, 204]
        letters = await dead_letters(str(emulators.pubsub), settings.project, topic.dead_letter_topic)
    reasons = {letter.data: letter.attributes["deadLetterReason"] for letter in letters}
    assert set(reasons) == {poison, unreadable}
    assert all(reason.startswith("invalid_request: ") for reason in reasons.values())
    assert reasons[unreadable].endswith("The message hands over what is no notification.")
    said = "".join(log.read_text() for log in logs)
    assert "Traceback" not in said
    # A log line names no user and no token.
    assert not any(user in said for user in [*users, "eve"])
