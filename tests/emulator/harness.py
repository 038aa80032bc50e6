"""What the tests against the emulators share: users with tracking documents, and instances to serve them."""

import contextlib
import itertools
import os
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from google.cloud.firestore_v1 import AsyncClient

from local.functions_host import FunctionHost, function_host
from local.stand_ins.made import made_episodes
from shared.adapters.firestore import paths
from shared.adapters.firestore.cache import CacheDocuments
from shared.adapters.firestore.seasons import season_cache
from shared.adapters.http import Patience, Share
from shared.adapters.tmdb.client import tmdb_client
from shared.config import Settings, read_settings
from shared.domain.season import Season, SeasonKey, SeasonNumber, ShowId
from shared.domain.tracking import TrackingKey, UserId
from shared.usecases.enrich_show import EnrichRequest, EnrichResult, enrich_show
from shared.wiring import Wiring

# Shows that no other test and no earlier run has in its cache.
_show_ids = itertools.count(10_000_000 + int(time.time()) % 1_000_000 * 1_000)
_projects = itertools.count(1)

IMPATIENT = Patience(
    attempt_seconds=1.5, backoff_start=0.001, backoff_most=0.01, breaker_failures=100, breaker_seconds=60
)
"""Gives up as the real one does, in less time than a person notices."""


def new_project() -> str:
    """A project id that no other test and no earlier run has used."""
    return f"demo-test-{int(time.time())}-{next(_projects)}"


def new_show_id() -> int:
    """A show id of this test's own."""
    return next(_show_ids)


def made_show(seasons: int = 1, episodes: int = 10) -> dict[str, Any]:
    """A show for the stand-in. Its episode ids are unique within it."""
    return {
        "name": "Made",
        "recorded_seasons": {
            str(number): {"episodes": made_episodes(episodes, first_id=number * 100_000)}
            for number in range(1, seasons + 1)
        },
    }


def watched(keys: Collection[str]) -> dict[str, Any]:
    """The `episodes` map of an app that has marked these keys as watched and knows nothing else."""
    return {key: {"watched": True, "watchedAt": datetime(2026, 1, 1, tzinfo=UTC)} for key in keys}


def all_keys(seasons: int, episodes: int) -> list[str]:
    """The tracking keys of a made show."""
    return [f"{season}_{number}" for season in range(1, seasons + 1) for number in range(1, episodes + 1)]


def is_whole(entry: Mapping[str, Any]) -> bool:
    """Whether a stored entry has all that enrichment gives."""
    return all(entry.get(name) for name in ("episodeId", "episodeName", "episodeAirDate"))


@dataclass
class User:
    """One user's documents, as an app sees them."""

    firestore: AsyncClient
    user_id: str

    async def track(self, show_id: int, episodes: Mapping[str, Any]) -> None:
        await self._document(show_id).set({"episodes": episodes, "title": "kept"})

    async def episodes(self, show_id: int) -> dict[str, Any]:
        document = (await self._document(show_id).get()).to_dict()
        assert document is not None
        assert document["title"] == "kept"
        episodes: dict[str, Any] = document["episodes"]
        return episodes

    async def update(self, show_id: int, fields: Mapping[str, Any]) -> None:
        await self._document(show_id).update(dict(fields))

    async def delete(self, show_id: int) -> None:
        await self._document(show_id).delete()

    async def exists(self, show_id: int) -> bool:
        return bool((await self._document(show_id).get()).exists)

    def _document(self, show_id: int) -> Any:
        return self.firestore.document(paths.tracking(TrackingKey(UserId(self.user_id), ShowId(show_id))))


class Instance(Wiring):
    """One instance of the functions inside the test's process, which does not wait for TMDB for long."""

    def __init__(
        self, settings: Settings, *, patience: Patience = IMPATIENT, calls_per_10_seconds: int = 1_000
    ) -> None:
        super().__init__(settings, tmdb_calls_per_10_seconds=calls_per_10_seconds)
        self._patience = patience
        self._calls = calls_per_10_seconds

    @cached_property
    def cache(self) -> CacheDocuments[SeasonKey, Season]:
        return season_cache(self.firestore, self.settings.lifetimes)

    @cached_property
    def _tmdb(self) -> Any:
        return tmdb_client(
            base_url=self.settings.tmdb_base_url,
            access_token=self.settings.tmdb_access_token,
            share=Share(self._calls),
            patience=self._patience,
        )

    async def close(self) -> None:
        """Close what was opened."""
        for service in ("_tmdb", "_tvdb", "_omdb", "_firebase_accounts", "_firebase_tokens"):
            if service in self.__dict__:
                await getattr(self, service).close()
        if "push_sender" in self.__dict__:
            await self.push_sender.close()
        if "firestore" in self.__dict__:
            await self.firestore._firestore_api.transport.close()
        if "topics" in self.__dict__ and "_client" in self.topics.__dict__:
            await self.topics._client.transport.close()  # type: ignore[no-untyped-call]  # so it is in Google's

    async def enrich(self, user_id: str, show_id: int, **request: Any) -> EnrichResult:
        return await enrich_show(
            EnrichRequest(user_id=UserId(user_id), show_id=ShowId(show_id), **request),
            tracking=self.tracking,
            seasons=self.seasons,
            queue=self.enrich_queue,
            now=self.now,
        )


def instance_settings(project: str, tmdb_base_url: str, **environment: str) -> Settings:
    """Settings of an instance on the emulators, as its environment would give them."""
    return read_settings(
        {
            "GOOGLE_CLOUD_PROJECT": project,
            "TMDB_BASE_URL": tmdb_base_url,
            "TMDB_ACCESS_TOKEN": "stand-in",
            **environment,
        }
    )


async def season_document(firestore: AsyncClient, show_id: int, season: int) -> Any:
    """A season cache document as it is stored, or None."""
    path = paths.season_cache(SeasonKey(ShowId(show_id), SeasonNumber(season)))
    return (await firestore.document(path).get()).to_dict()


@contextlib.contextmanager
def enrich_hosts(
    count: int, *, emulators: Mapping[str, str], tmdb_base_url: str, folder: Path, **environment: str
) -> Iterator[list[FunctionHost]]:
    """So many processes of `enrich`, as the platform would run them."""
    whole = {
        **os.environ,
        **emulators,
        "TMDB_BASE_URL": tmdb_base_url,
        "TMDB_ACCESS_TOKEN": "stand-in",
        **environment,
    }
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                function_host("enrich", environment=whole, log=folder / f"enrich-{number}.log")
            )
            for number in range(count)
        ]


async def post_enrich(
    client: httpx.AsyncClient, host: FunctionHost, token: str, show_id: int, **body: Any
) -> httpx.Response:
    """Call `enrich` as an app does."""
    return await client.post(
        host.url, json={"showId": show_id, **body}, headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
