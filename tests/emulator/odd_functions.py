"""Functions that fail in every way a real one may, for the tests of delivery. They run as real ones do.

This is the framework's source in processes of their own, and not to be imported: it has a catalogue of
its own.

Each counts its calls in Firestore, in `calls/{name}`, and does its work in `effects/{id of the work}`: a
document that is created, so that doing it twice shows.
"""

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.api_core.exceptions import AlreadyExists
from google.cloud.firestore_v1 import SERVER_TIMESTAMP, Increment

sys.path.append(str(Path(__file__).resolve().parents[2]))

from functions import _entry, catalog
from shared.errors import NotFound, Unavailable
from shared.wiring import Wiring
from tests.emulator.odd_catalog import ROWS, Work

catalog.FUNCTIONS = ROWS  # type: ignore[assignment]  # these rows, in this process


async def called(wiring: Wiring, name: str) -> int:
    """Count a call, and return how many there were."""
    document = wiring.firestore.document(f"calls/{name}")
    await document.set({"count": Increment(1)}, merge=True)
    return int((await document.get()).get("count"))


async def effect(wiring: Wiring, work: Work) -> None:
    """Do the work; once it is done, doing it again changes nothing."""
    with contextlib.suppress(AlreadyExists):
        await wiring.firestore.document(f"effects/{work.name}").create({"done": 1})


@_entry.pubsub(Work)
async def works(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Do the work, and keep the order in which it came."""
    await called(wiring, "works")
    await effect(wiring, work)
    await wiring.firestore.collection("order").add({"name": work.name, "at": SERVER_TIMESTAMP})
    return {}


@_entry.pubsub(Work)
async def fails_twice(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Meet a service that does not answer at the first two calls."""
    if await called(wiring, "fails_twice") <= 2:
        raise Unavailable("tmdb", "it does not answer")
    await effect(wiring, work)
    return {}


@_entry.pubsub(Work)
async def always_fails(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Meet a service that never answers."""
    await called(wiring, "always_fails")
    raise Unavailable("tmdb", f"it does not answer for {work.name}")


@_entry.pubsub(Work)
async def has_a_bug(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Stumble over something unforeseen, whose message holds what nobody should see."""
    await called(wiring, "has_a_bug")
    raise ZeroDivisionError(f"secret of {work.name}")


@_entry.pubsub(Work)
async def never_can(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Be asked for what does not exist."""
    await called(wiring, "never_can")
    raise NotFound(f"There is no {work.name}.")


@_entry.pubsub(Work)
async def is_slow(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Take longer than the row allows."""
    await called(wiring, "is_slow")
    await effect(wiring, work)
    await asyncio.Event().wait()
    return {}


@_entry.pubsub(Work)
async def hangs_at_first(work: Work, wiring: Wiring) -> Mapping[str, Any]:
    """Do the work and then hang, the first time: a kill finds it with its work done and nothing told."""
    number = await called(wiring, "hangs_at_first")
    await effect(wiring, work)
    if number == 1:
        await asyncio.Event().wait()
    return {}
