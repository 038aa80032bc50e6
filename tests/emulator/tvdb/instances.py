"""Instances that ask the TheTVDB stand-in, and what it and Firestore know of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.running import RunningTvdbStandIn
from shared.adapters.firestore.service_token import ServiceTokenDocument
from shared.adapters.http import Patience, ServiceClient, Share
from shared.adapters.tvdb.client import TvdbEpisodes, tvdb_client
from shared.adapters.tvdb.sign_in import TvdbSignIn
from shared.domain.air_dates import DatedEpisode

SERIES = 900_001
KEY = "s3cr3t-key"
QUICK = Patience(
    attempt_seconds=0.5, attempts=3, backoff_start=0.001, backoff_most=0.01, breaker_failures=100
)


class Instance:
    """What one instance has for TheTVDB."""

    def __init__(
        self,
        firestore: AsyncClient,
        base_url: str,
        *,
        key: str = KEY,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.client: ServiceClient = tvdb_client(base_url=base_url, share=Share(1000, 0.01), patience=QUICK)
        document = ServiceTokenDocument(firestore, "tvdb")
        sign_in = TvdbSignIn(self.client, api_key=key, document=document, now=now)
        self.tvdb = TvdbEpisodes(self.client, sign_in)

    async def episodes(self, series_id: int = SERIES) -> list[DatedEpisode]:
        return await self.tvdb.episodes(series_id)


Instances = Callable[..., Instance]


def episodes_of(count: int, *, first: int = 1) -> list[dict[str, Any]]:
    return [
        {"id": 7_000_000 + n, "seasonNumber": 1, "number": n, "name": f"Part of {n}", "aired": "2020-01-05"}
        for n in range(first, first + count)
    ]


def calls(tvdb: RunningTvdbStandIn) -> dict[str, int]:
    """How often was signed in, and how often asked."""
    by_path = tvdb.calls()["by_path"]
    logins = sum(n for path, n in by_path.items() if path.endswith("/login"))
    return {"logins": logins, "asked": sum(by_path.values()) - logins}


async def stored(firestore: AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] | None = (await firestore.document("sync_state/tvdb_token").get()).to_dict()
    assert document is not None
    return document
