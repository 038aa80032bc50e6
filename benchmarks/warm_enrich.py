"""A warm `enrich` over HTTP, against the bare client doing the same reads and the same write."""

import asyncio
import time
from typing import Any

import httpx
from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.field_path import FieldPath

from benchmarks.platform import enrich_processes, on_emulators
from benchmarks.report import print_row
from local.auth_emulator import unsigned_token
from local.functions_host import FunctionHost
from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn

SEASONS, EPISODES, SHOWS = 5, 12, 150
WARM_UP = 10


def episodes_of(season: int) -> list[dict[str, Any]]:
    """The made episodes of a season."""
    return made_episodes(EPISODES, first_id=season * 1000)


async def track(client: AsyncClient, user: str, show_id: int) -> None:
    """The user has watched everything, and knows nothing of it."""
    keys = [f"{s}_{e}" for s in range(1, SEASONS + 1) for e in range(1, EPISODES + 1)]
    await client.document(f"users/{user}/episode_tracking/{show_id}").set(
        {"episodes": {key: {"watched": True} for key in keys}}
    )


async def bare(client: AsyncClient, user: str, show_id: int, *, seasons: int = SEASONS) -> float:
    """The floor: read the document and the seasons, write every field under the precondition."""
    reference = client.document(f"users/{user}/episode_tracking/{show_id}")
    begun = time.perf_counter()
    snapshot = await reference.get()
    references = [client.document(f"tmdb_cache/tv/seasons/{show_id}_{n}") for n in range(1, seasons + 1)]
    documents = [document.to_dict() async for document in client.get_all(references)] if references else []
    await reference.update(
        {
            FieldPath("episodes", f"{season}_{number}", name).to_api_repr(): value
            for season in range(1, SEASONS + 1)
            for number, episode in enumerate(FACTS[season], 1)
            for name, value in episode.items()
        },
        option=client.write_option(last_update_time=snapshot.update_time),
    )
    assert len(documents) == seasons  # noqa: S101 - a floor that read nothing would flatter us
    return (time.perf_counter() - begun) * 1000


FACTS = {
    season: [
        {"episodeId": fact["id"], "episodeName": fact["name"], "episodeAirDate": fact["air_date"]}
        for fact in episodes_of(season)
    ]
    for season in range(1, SEASONS + 1)
}


async def ours(
    client: httpx.AsyncClient, host: FunctionHost, bearer: str, show_id: int, source: str
) -> float:
    """One request over HTTP, whose seasons must have come from `source`."""
    begun = time.perf_counter()
    answer = await client.post(
        host.url, json={"showId": show_id}, headers={"Authorization": f"Bearer {bearer}"}
    )
    milliseconds = (time.perf_counter() - begun) * 1000
    sources = {season["source"] for season in answer.json()["seasons"]}
    if answer.status_code != httpx.codes.OK or sources != {source}:
        raise RuntimeError(f"status {answer.status_code}, seasons from {sources} and not {source}")
    return milliseconds


async def fill_cache(
    firestore: AsyncClient,
    client: httpx.AsyncClient,
    host: FunctionHost,
    bearer: str,
    stand_in: RunningTmdbStandIn,
) -> list[int]:
    """Shows whose seasons are in the cache, put there by a process that is not measured."""
    shows = list(range(9_000_000, 9_000_000 + SHOWS))
    seasons = {str(season): {"episodes": episodes_of(season)} for season in range(1, SEASONS + 1)}
    stand_in.put_show(shows[0], {"name": "Made", "recorded_seasons": seasons})
    await track(firestore, "ada", shows[0])
    await ours(client, host, bearer, shows[0], "tmdb")
    for season in range(1, SEASONS + 1):
        cached = (await firestore.document(f"tmdb_cache/tv/seasons/{shows[0]}_{season}").get()).to_dict()
        await asyncio.gather(
            *(
                firestore.document(f"tmdb_cache/tv/seasons/{show}_{season}").set(cached or {})
                for show in shows[1:]
            )
        )
    return shows


async def run() -> None:
    """Print a row for seasons read from the cache, and one for seasons in memory."""
    with on_emulators() as project, enrich_processes(2) as ((filler, host), stand_in):
        firestore = AsyncClient(project=project)
        bearer = unsigned_token(project, "ada")
        async with httpx.AsyncClient(timeout=60) as client:
            shows = await fill_cache(firestore, client, filler, bearer, stand_in)
            for source, what in (("cache", "seasons in the cache"), ("memory", "seasons in memory")):
                floor_times, our_times = [], []
                for show_id in shows:
                    await track(firestore, "ada", show_id)
                    our_times.append(await ours(client, host, bearer, show_id, source))
                    await track(firestore, "ada", show_id)
                    floor_times.append(await bare(firestore, "ada", show_id))
                print_row(
                    f"warm enrich over HTTP, {what}",
                    our_times[WARM_UP:],
                    floor_times[WARM_UP:],
                    "bare client, same reads and write",
                )


if __name__ == "__main__":
    asyncio.run(run())
