"""What the tests of the shows' routes share: shows that are held, and clients to ask with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from local.auth_emulator import unsigned_token
from shared.adapters.firestore import paths
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.show_changes import absorb, absorb_movie
from shared.domain.sync_log import SyncLog
from tests.emulator.harness import Instance

NOW = datetime.now(UTC)


def client_of(app: FastAPI, project: str, user_id: str = "ada") -> httpx.AsyncClient:
    """A client of that user, inside this process."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://api/api/v1",
        headers={"Authorization": f"Bearer {unsigned_token(project, user_id)}"},
        timeout=60,
    )


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """What was answered, if it was with that status."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def hold(instance: Instance, *keys: ShowKey) -> None:
    """Hold these as their first sync leaves them, with what TMDB says of them."""
    for key in keys:
        if key.media_type == "movie":
            movie = await instance.shows.movie(key)
            assert movie is not None
            outcome = absorb_movie(None, movie, NOW)
        else:
            fetched = await instance.shows.show(key, [SeasonNumber(number) for number in range(19)])
            assert fetched is not None
            outcome = absorb(None, fetched, NOW)
        log = SyncLog(str(key), "tmdb", "success", 1, NOW, NOW)
        assert await instance.show_documents.write(outcome, log) is not None


async def hold_titles(
    firestore: AsyncClient, titles: Mapping[ShowKey, Mapping[str, Any]], *, at_once: int = 400
) -> None:
    """Hold shows of which only what a search reads is of interest."""
    items = list(titles.items())
    for start in range(0, len(items), at_once):
        batch = firestore.batch()
        for key, fields in items[start : start + at_once]:
            whole = {"mediaType": key.media_type, "followerCount": 0, "ratings": {}, **fields}
            batch.set(firestore.document(paths.show(key)), whole)
        await batch.commit()


async def documents(firestore: AsyncClient, collection: str) -> dict[str, dict[str, Any]]:
    """All documents of a collection, by id."""
    return {one.id: one.to_dict() or {} async for one in firestore.collection(collection).stream()}
