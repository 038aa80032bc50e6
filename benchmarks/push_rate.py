"""Messages a second of one FcmSender, against the SDK's `send_each` on the same local FCM.

The local FCM is `benchmarks.quick_fcm`, in a process of its own. What limits a row that is not slow is the
one core that the client has: a row with aiohttp alone, which sends a body that is ready, shows how much of it
is the client's own.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import aiohttp
import firebase_admin
import google.oauth2.credentials
from firebase_admin import credentials, messaging

from benchmarks.report import print_row
from local.stand_ins.running import running_module
from shared.adapters.fcm.client import CONNECTIONS, FcmSender
from shared.adapters.fcm.messages import request_of
from shared.domain.push import Alert, Platform, Sent, Target

MESSAGES = 10_000
BATCHES, BATCH = 4, 500
REPEATS = 3
NOW = datetime.now(UTC)
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
APP_URL = "https://app.example.com"


def targets(count: int) -> list[Target]:
    """Devices of all platforms in turn, with tokens as long as FCM's."""
    return [
        Target(platform, token=f"{number:08}:{'APA91b' * 22}")
        for number, platform in zip(range(count), itertools.cycle(PLATFORMS))
    ]


def alert(number: int) -> Alert:
    """An alert as people get them, another one for each device."""
    return Alert(
        collapse_id=f"tv_125988_s3e5_{number}",
        title="Silo",
        body="Tonight: season 3, episode 5, The Engineer",
        path="/shows/tv_125988",
        expires_at=NOW + timedelta(hours=12),
        image_url="https://image.tmdb.org/t/p/w500/2asxdpNtVQhbuUJlNSQec1eprP.jpg",
        data={"kind": "new_episode"},
    )


async def rate_of(send: Callable[[int], Awaitable[None]], at_once: int) -> float:
    """Messages a second, with so many at once."""
    numbers = iter(range(MESSAGES))

    async def work() -> None:
        for number in numbers:
            await send(number)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return MESSAGES / (time.perf_counter() - begun)


async def ours(base_url: str, project: str, at_once: int) -> float:
    """Our client: encoding, breaker, limits and all. Its connections are made before."""
    sender = FcmSender(project=project, base_url=base_url, app_url=APP_URL)
    to = targets(MESSAGES)

    async def send(number: int) -> None:
        sending = await sender.send(to[number], alert(number), now=NOW)
        if sending.sent is not Sent.DELIVERED:
            raise RuntimeError(f"{sending}")

    await asyncio.gather(*(send(number) for number in range(at_once)))
    try:
        return await rate_of(send, at_once)
    finally:
        await sender.close()


async def bare(base_url: str, project: str, at_once: int) -> float:
    """aiohttp alone, with one body for all."""
    url = f"{base_url}/v1/projects/{project}/messages:send"
    body = request_of(targets(1)[0], alert(1), app_url=APP_URL, now=NOW)
    headers = {"Authorization": "Bearer play", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

        async def send(number: int) -> None:
            del number
            async with session.post(url, data=body, headers=headers) as response:
                await response.read()

        await asyncio.gather(*(send(number) for number in range(at_once)))
        return await rate_of(send, at_once)


class PlayCredential(credentials.Base):  # type: ignore[misc]  # the SDK publishes no types
    """A token that is no secret, and that nobody renews."""

    def get_credential(self) -> google.oauth2.credentials.Credentials:
        """As google-auth has it."""
        return google.oauth2.credentials.Credentials(token="play")  # type: ignore[no-untyped-call]  # noqa: S106


def sdk_app(base_url: str, project: str) -> firebase_admin.App:
    """The SDK, led to the local FCM, which it has no setting for, with the pool it has for the real one."""
    service = messaging._MessagingService  # noqa: SLF001
    service.FCM_URL = f"{base_url}/v1/projects/{{0}}/messages:send"
    app = firebase_admin.initialize_app(PlayCredential(), {"projectId": project}, name=project)
    session = messaging._get_messaging_service(app)._client.session  # noqa: SLF001
    session.mount(base_url, session.get_adapter("https://fcm.googleapis.com"))
    return app


def sdk_messages(count: int) -> list[Any]:
    """The same alerts, made before the time is taken."""
    messages = []
    for number, target in enumerate(targets(count)):
        told = alert(number)
        notification = messaging.Notification(told.title, told.body, told.image_url)
        message = messaging.Message(data=dict(told.data), notification=notification)
        message.token = target.token  # its constructor would warn
        messages.append(message)
    return messages


def sdk(app: firebase_admin.App) -> float:
    """Messages a second of `send_each`, which takes 500 at a time."""
    messages = sdk_messages(BATCH)
    begun = time.perf_counter()
    for _ in range(BATCHES):
        if (failed := messaging.send_each(messages, app=app).failure_count) > 0:
            raise RuntimeError(f"{failed} failed")
    return BATCHES * BATCH / (time.perf_counter() - begun)


def run() -> None:
    """Print two rows for answers at once, and two for answers after 80 ms."""
    with running_module("benchmarks.quick_fcm") as (base_url, _):
        for project, what, at_once in (
            ("quick", "answers at once", 100),
            ("slow", "answers after 80 ms", CONNECTIONS),
        ):
            app = sdk_app(base_url, project)
            sdk(app)  # its connections are made
            our_rates, sdk_rates, bare_rates = [], [], []
            for _ in range(REPEATS):
                our_rates.append(asyncio.run(ours(base_url, project, at_once)))
                sdk_rates.append(sdk(app))
                bare_rates.append(asyncio.run(bare(base_url, project, at_once)))
            print_row(f"push, {what}", our_rates, sdk_rates, "send_each", unit="/s")
            print_row(f"push, {what}", our_rates, bare_rates, "aiohttp alone, body ready", unit="/s")


if __name__ == "__main__":
    run()
