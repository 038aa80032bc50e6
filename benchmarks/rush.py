"""200 users of one cold show over four processes, against the same rush on a warm cache."""

import asyncio
import time
from collections import Counter
from typing import Any

import httpx
from google.cloud.firestore_v1 import AsyncClient

from benchmarks.platform import enrich_processes, on_emulators
from benchmarks.report import print_row
from local.auth_emulator import unsigned_token
from local.functions_host import FunctionHost
from local.stand_ins.made import made_episodes
from local.stand_ins.running import RunningTmdbStandIn

USERS, PROCESSES, SEASONS, EPISODES = 200, 4, 10, 10
TMDB_SECONDS = 0.15
REPEATS = 5


def add_show(stand_in: RunningTmdbStandIn, show_id: int) -> None:
    """A made show, of which TMDB's answer takes as long as the real one's."""
    seasons: dict[str, Any] = {
        str(season): {"episodes": made_episodes(EPISODES, first_id=season * 1000)}
        for season in range(1, SEASONS + 1)
    }
    stand_in.put_show(show_id, {"name": "Made", "recorded_seasons": seasons})


async def write_tracking(client: AsyncClient, show_id: int) -> None:
    """Every user has watched everything, and knows nothing of it."""
    episodes = {
        f"{season}_{number}": {"watched": True}
        for season in range(1, SEASONS + 1)
        for number in range(1, EPISODES + 1)
    }
    for start in range(0, USERS, 20):
        await asyncio.gather(
            *(
                client.document(f"users/user-{user}/episode_tracking/{show_id}").set({"episodes": episodes})
                for user in range(start, start + 20)
            )
        )


async def rush(hosts: list[FunctionHost], tokens: list[str], show_id: int) -> tuple[float, Counter[int]]:
    """Milliseconds until all have their first answer, and the statuses of those answers."""
    limits = httpx.Limits(max_connections=USERS)
    async with httpx.AsyncClient(timeout=120, limits=limits) as client:
        begun = time.perf_counter()
        answers = await asyncio.gather(
            *(
                client.post(
                    hosts[user % PROCESSES].url,
                    json={"showId": show_id},
                    headers={"Authorization": f"Bearer {tokens[user]}"},
                )
                for user in range(USERS)
            )
        )
        milliseconds = (time.perf_counter() - begun) * 1000
    return milliseconds, Counter(answer.status_code for answer in answers)


async def run() -> None:
    """Print the statuses and calls of each cold rush, and then the row."""
    with on_emulators() as project, enrich_processes(PROCESSES) as (hosts, stand_in):
        client = AsyncClient(project=project)
        tokens = [unsigned_token(project, f"user-{user}") for user in range(USERS)]
        stand_in.slow_down(TMDB_SECONDS)
        cold_times, warm_times = [], []
        for show_id in range(8_000_000, 8_000_001 + REPEATS):
            add_show(stand_in, show_id)
            await write_tracking(client, show_id)
            before = stand_in.calls()["total"]
            cold, statuses = await rush(hosts, tokens, show_id)
            asked = stand_in.calls()["total"] - before
            await write_tracking(client, show_id)
            warm, _ = await rush(hosts, tokens, show_id)
            if show_id == 8_000_000:
                continue  # the first is for processes and emulators to warm up
            cold_times.append(cold)
            warm_times.append(warm)
            print(
                f"cold rush: first answers {dict(statuses)}, TMDB calls {asked} for {SEASONS} seasons,"
                f" {cold:.0f} ms, then warm {warm:.0f} ms",
                flush=True,
            )
        most = max(stand_in.calls()["seasons"].values())
        print(f"the most that any season was asked for: {most}")
        print_row(f"rush of {USERS} users, cold", cold_times, warm_times, "the same rush, warm")


if __name__ == "__main__":
    asyncio.run(run())
