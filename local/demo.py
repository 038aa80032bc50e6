"""`make demo`: two users track three real shows on this machine, and `enrich` fills in their episodes."""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient

from local.auth_emulator import sign_up
from local.emulators import Emulators, start_emulators
from local.functions_host import FunctionHost, function_host
from local.processes import SetupError
from local.stand_ins.running import running_tmdb_stand_in
from local.stand_ins.tmdb_facts import TmdbFacts

SHOWS = (1396, 70523, 15871)
USERS = ("ada", "grace")
COUNTED = ("tmdbCalls", "firestoreReads", "firestoreWrites")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer of `enrich`."""

    user: str
    show_id: int
    seconds: float
    answer: dict[str, Any]


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f"  {what} …", end=" ", flush=True)
    begun = time.perf_counter()
    yield
    print(f"{time.perf_counter() - begun:.1f} s", flush=True)


def show_name(facts: TmdbFacts, show_id: int) -> str:
    """The name of one of the shows kept in the project."""
    return str((facts.details(show_id) or {})["name"])


def tracked_episodes(facts: TmdbFacts, show_id: int) -> dict[str, Any]:
    """What an app stores of a user who has watched the whole show: numbers, and nothing else."""
    listed = (facts.details(show_id) or {})["seasons"]
    seasons = {season["season_number"]: facts.season(show_id, season["season_number"]) for season in listed}
    return {
        f"{number}_{episode['episode_number']}": {"watched": True, "watchedAt": SERVER_TIMESTAMP}
        for number, season in seasons.items()
        for episode in (season or {}).get("episodes", [])
    }


async def enrich_all(
    emulators: Emulators, host: FunctionHost, facts: TmdbFacts
) -> tuple[list[Outcome], dict[int, int]]:
    """Write every user's documents, then call `enrich` for all of them at once."""
    firestore = AsyncClient(project=emulators.project)
    tokens: dict[str, str] = {}
    with step(f"signing up {' and '.join(USERS)}, and writing their episodes to Firestore"):
        for name in USERS:
            user_id, tokens[name] = sign_up(str(emulators.auth), f"{name}@example.com")
            for show_id in SHOWS:
                document = firestore.document(f"users/{user_id}/episode_tracking/{show_id}")
                await document.set({"episodes": tracked_episodes(facts, show_id)})
    counts = {show_id: len(tracked_episodes(facts, show_id)) for show_id in SHOWS}
    async with httpx.AsyncClient(timeout=60) as client:

        async def enrich(name: str, show_id: int) -> Outcome:
            begun = time.perf_counter()
            while True:
                response = await client.post(
                    host.url,
                    headers={"Authorization": f"Bearer {tokens[name]}"},
                    json={"showId": show_id, "waitSeconds": 20},
                )
                if response.status_code not in (200, 202):
                    raise SetupError(f"enrich answered {response.status_code}: {response.text}")
                if response.status_code == httpx.codes.OK:
                    return Outcome(name, show_id, time.perf_counter() - begun, response.json())
                await asyncio.sleep(float(response.headers["Retry-After"]))

        with step(f"POST enrich, {len(USERS)} users × {len(SHOWS)} shows at once"):
            outcomes = await asyncio.gather(*(enrich(name, show) for show in SHOWS for name in USERS))
    return list(outcomes), counts


def counted(log: Path) -> Counter[str]:
    """Sums of what the function counted in its log lines."""
    total: Counter[str] = Counter()
    for line in log.read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            fields = json.loads(line)
            total.update({name: fields.get(name, 0) for name in COUNTED})
    return total


def print_table(outcomes: list[Outcome], names: dict[int, str]) -> None:
    """A row an answer."""
    print(
        f"\n  {'show':<14} {'user':<6} {'seasons':>7} {'episodes enriched':>18}   where the seasons came from"
    )
    for outcome in outcomes:
        sources = Counter(season["source"] for season in outcome.answer["seasons"])
        came_from = ", ".join(f"{count} {source}" for source, count in sources.most_common())
        enriched = outcome.answer["episodes"]["enriched"]
        print(
            f"  {names[outcome.show_id]:<14} {outcome.user:<6} {len(outcome.answer['seasons']):>7}"
            f" {enriched:>18}   {came_from}"
        )


def run() -> None:
    """The whole demo.

    Raises:
        SetupError: something is missing on this machine, or does not start.
    """
    facts = TmdbFacts()
    names = {show_id: show_name(facts, show_id) for show_id in SHOWS}
    is_real = bool(os.environ.get("TMDB_ACCESS_TOKEN"))
    source = "TMDB" if is_real else "a TMDB stand-in"
    print(f"Enriching {', '.join(names.values())} for {len(USERS)} users, with {source}.")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-")))
        with step("starting Google's Firestore and Auth emulators"):
            emulators = stack.enter_context(start_emulators())
        os.environ.update(emulators.environment())
        environment = {**os.environ, "LOG_FORMAT": "json"}
        if not is_real:
            with step("starting the TMDB stand-in"):
                stand_in = stack.enter_context(running_tmdb_stand_in())
            environment |= {"TMDB_BASE_URL": stand_in.base_url, "TMDB_ACCESS_TOKEN": "stand-in"}
        with step("starting the function enrich"):
            log = folder / "enrich.log"
            host = stack.enter_context(function_host("enrich", environment=environment, log=log))
        outcomes, counts = asyncio.run(enrich_all(emulators, host, facts))
        total = counted(log)
    print_table(outcomes, names)
    episodes = sum(counts.values()) * len(USERS)
    print(
        f"\n  TMDB calls: {total['tmdbCalls']}; one call per episode would have been {episodes}."
        f"\n  Firestore:  {total['firestoreReads']} documents read, {total['firestoreWrites']} written."
        "\n\nNothing is left running. `make test` runs the tests; README.md tells the rest."
    )


if __name__ == "__main__":
    try:
        run()
    except SetupError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped; nothing is left running.")
