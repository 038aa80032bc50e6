"""The ten busiest routes of the API over HTTP, against one Firestore read by the bare client.

Each request is alternated with a read. Answers that can come from an instance's memory are asked for once
beforehand, and so are as most callers meet them.
"""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from google.cloud.firestore_v1 import AsyncClient

from benchmarks.report import print_row
from local.auth_emulator import unsigned_token
from local.emulators import start_emulators
from local.functions_host import function_host
from local.stand_ins.running import running_tmdb_stand_in
from shared.adapters.topics import PubsubTopics
from shared.config import read_settings
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.notification import Notification, sent
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.usecases.sync_show import sync_show
from shared.wiring import Wiring

USER, SILO = UserId("ada"), ShowKey("tv", 125988)
SHOWS = (SILO, ShowKey("tv", 1396), ShowKey("tv", 1399), ShowKey("tv", 37854))
WARM_UP, TIMES = 5, 60

ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "me", None),
    ("GET", "tracking", None),
    ("GET", "tracking/next", None),
    ("PATCH", f"tracking/{SILO}", {"isFavorite": True}),
    ("GET", "timeline/week", None),
    ("GET", "timeline/upcoming", None),
    ("GET", "notifications", None),
    ("GET", "notifications/unread-count", None),
    ("GET", f"shows/{SILO}", None),
    ("GET", "shows/search?q=silo", None),
)


async def fill(wiring: Wiring, api: httpx.AsyncClient) -> None:
    """A user who follows four real shows, which are held, and has an inbox of a hundred."""
    for key in SHOWS:
        await sync_show(
            key,
            source=wiring.shows,
            store=wiring.show_documents,
            topics=wiring.topics,
            supplements=wiring.supplements,
            now=wiring.now,
        )
        (await api.post("tracking", json={"showId": str(key)})).raise_for_status()
    now = datetime.now(UTC)
    inbox = [
        sent(
            Notification(
                user_id=USER,
                notification_id=f"episode_{number}",
                event_version=1,
                show_key=SILO,
                kind=AlertKind.EPISODE,
                title="Silo",
                body=f"Season 3, episode {number}",
                event_date="2026-07-24",
                scheduled_for=now,
                due_at=None,
                lapses_at=now + MOST_AGE,
            ),
            now - timedelta(minutes=number),
        )
        for number in range(100)
    ]
    await wiring.notifications.put(inbox)


async def asked(api: httpx.AsyncClient, method: str, path: str, body: Any) -> float:  # noqa: ANN401  # JSON
    """One request."""
    begun = time.perf_counter()
    answer = await api.request(method, path, json=body)
    milliseconds = (time.perf_counter() - begun) * 1000
    answer.raise_for_status()
    return milliseconds


async def read(firestore: AsyncClient) -> float:
    """The floor: one document of the size of a user's."""
    begun = time.perf_counter()
    snapshot = await firestore.document(f"users/{USER}").get()
    milliseconds = (time.perf_counter() - begun) * 1000
    if not snapshot.exists:
        raise RuntimeError("a floor that reads nothing would flatter us")
    return milliseconds


async def run() -> None:
    """Print a row for each route."""
    with (
        start_emulators(("firestore", "auth", "pubsub")) as emulators,
        running_tmdb_stand_in() as tmdb,
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
    ):
        os.environ.update(
            {**emulators.environment(), "TMDB_BASE_URL": tmdb.base_url, "TMDB_ACCESS_TOKEN": "stand-in"}
        )
        settings = read_settings()
        wiring = Wiring(settings, tmdb_calls_per_10_seconds=1_000)
        for topic in ("show-sync", "timeline-events", "alert-plans", "push"):
            await make_topic(wiring.topics, settings.project, topic)
        with function_host("api", environment=os.environ, log=Path(folder) / "api.log") as host:
            headers = {"Authorization": f"Bearer {unsigned_token(settings.project, USER)}"}
            base = httpx.URL(host.url).join("/api/v1/")
            async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as api:
                await fill(wiring, api)
                for method, path, body in ROUTES:
                    ours, floor = [], []
                    for _ in range(WARM_UP + TIMES):
                        ours.append(await asked(api, method, path, body))
                        floor.append(await read(wiring.firestore))
                    name = f"{method} /{path.partition('?')[0].replace(str(SILO), '{id}')}"
                    print_row(name, ours[WARM_UP:], floor[WARM_UP:], "one read by the bare client")


async def make_topic(topics: PubsubTopics, project: str, name: str) -> None:
    """Make a topic that the functions publish to."""
    await topics._client.create_topic(name=f"projects/{project}/topics/{name}")  # noqa: SLF001


if __name__ == "__main__":
    asyncio.run(run())
