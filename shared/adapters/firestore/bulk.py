"""Many writes of which each stands for itself.

They go as commits first, which are atomic and twice as fast on Google's emulator as `BatchWrite`. Where
one document of a commit is no longer as it was read, all of that commit is refused; those writes go again by
`BatchWrite`, which tells of each by itself:
https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#google.firestore.v1.Firestore.BatchWrite
"""

import asyncio
from collections.abc import Sequence

from google.api_core import exceptions
from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.types import Write, WriteResult
from google.rpc.code_pb2 import (  # type: ignore[import-untyped]
    ABORTED,
    ALREADY_EXISTS,
    FAILED_PRECONDITION,
    NOT_FOUND,
    OK,
)

from shared import usage
from shared.adapters.firestore.calls import BOUNDED, commit, translated
from shared.errors import StoreUnavailable

MOST_WRITES = 500
"""Of one `BatchWrite`, as its description says; a commit is bounded by its bytes alone."""

AT_ONCE = 4

PAUSES = (0.1, 0.3, 1.0)
"""Seconds before what could not be written for now is written again."""

_REFUSED = {ALREADY_EXISTS, FAILED_PRECONDITION, NOT_FOUND}


async def write_each(client: AsyncClient, writes: Sequence[Write]) -> Sequence[WriteResult | None]:
    """Write each under its own precondition: its result, or None where that does not hold, in the same order.

    No document may be named twice. A write whose answer was lost is refused when it is sent again, and is
    None too: who reads again finds what it wrote.

    Raises:
        StoreUnavailable: no answer in time; some may have been written.
    """
    parts = [writes[start : start + MOST_WRITES] for start in range(0, len(writes), MOST_WRITES)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def written(part: Sequence[Write]) -> Sequence[WriteResult | None]:
        async with gate:
            return await _written(client, part)

    # All are waited for also where one fails, so that nothing is written after this has returned.
    answers = await asyncio.gather(*map(written, parts), return_exceptions=True)
    results: list[WriteResult | None] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        results.extend(answer)
    return results


async def _written(client: AsyncClient, writes: Sequence[Write]) -> Sequence[WriteResult | None]:
    batch = client.batch()
    batch._add_write_pbs(list(writes))  # noqa: SLF001
    together = await commit(batch)
    if together is not None:
        return together
    return [None] if len(writes) == 1 else await _one_by_one(client, writes)


async def _one_by_one(client: AsyncClient, writes: Sequence[Write]) -> Sequence[WriteResult | None]:
    results: list[WriteResult | None] = [None] * len(writes)
    left = list(range(len(writes)))
    for pause in (*PAUSES, None):
        with translated():
            answer = await client._firestore_api.batch_write(  # noqa: SLF001
                request={"database": client._database_string, "writes": [writes[index] for index in left]},  # noqa: SLF001
                metadata=client._rpc_metadata,  # noqa: SLF001
                **BOUNDED,
            )
            again: list[int] = []
            for index, status, result in zip(left, answer.status, answer.write_results, strict=True):
                if status.code == OK:
                    results[index] = result
                    usage.count(writes=1)
                elif _may_pass(status.code, status.message):
                    again.append(index)
        if not again:
            return results
        left = again
        if pause is not None:
            await asyncio.sleep(pause)
    raise StoreUnavailable("The database is too busy. Try again in a moment.")


def _may_pass(code: int, message: str) -> bool:
    """Whether what kept it from being written may pass; not so where its precondition did.

    Raises:
        GoogleAPICallError: no other time would help: a bug, as it is where `commit` raises it.
    """
    if code in _REFUSED:
        return False
    error = exceptions.from_grpc_status(code, message)  # type: ignore[no-untyped-call]
    is_busy = isinstance(error, exceptions.ServerError | exceptions.TooManyRequests)
    if code != ABORTED and not is_busy:
        raise error
    return True
