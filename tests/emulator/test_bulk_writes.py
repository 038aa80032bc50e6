"""Many writes that each stand for themselves, also where the database is too busy for some of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.types import BatchWriteResponse, Write, WriteResult
from google.rpc.code_pb2 import (  # type: ignore[import-untyped]
    ABORTED,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from shared import usage
from shared.adapters.firestore import bulk
from shared.adapters.firestore.bulk import write_each
from shared.adapters.firestore.writes import change, creation
from shared.domain.version import Version
from shared.errors import StoreUnavailable

pytestmark = pytest.mark.anyio


class Busy:
    """Firestore's `BatchWrite`, which for so many calls leaves all but the first write of each undone."""

    def __init__(self, firestore: AsyncClient, code: int, times: int) -> None:
        self._real: Callable[..., Awaitable[BatchWriteResponse]] = firestore._firestore_api.batch_write
        self._code, self._times = code, times
        self.sizes: list[int] = []

    async def __call__(self, request: dict[str, Any], **settings: Any) -> BatchWriteResponse:
        self.sizes.append(len(request["writes"]))
        if len(self.sizes) > self._times:
            return await self._real(request=request, **settings)
        first, *others = request["writes"]
        answer = await self._real(request={**request, "writes": [first]}, **settings)
        return BatchWriteResponse(
            status=[*answer.status, *(Status(code=self._code) for _ in others)],
            write_results=[*answer.write_results, *(WriteResult() for _ in others)],
        )


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PAUSES", (0.0, 0.0, 0.0))


def creations(firestore: AsyncClient, count: int) -> Sequence[Write]:
    return [creation(firestore, f"made/{number}", {"number": number}) for number in range(count)]


async def stored(firestore: AsyncClient) -> set[int]:
    return {one.get("number") async for one in firestore.collection("made").stream()}


@pytest.mark.parametrize("code", [ABORTED, UNAVAILABLE, RESOURCE_EXHAUSTED])
async def test_what_could_not_be_written_for_now_is_written_again(
    firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    await firestore.document("made/1").set({"number": 1})
    busy = Busy(firestore, code, times=2)
    monkeypatch.setattr(firestore._firestore_api, "batch_write", busy)
    spent = usage.begin()
    results = await write_each(firestore, creations(firestore, 5))

    assert [result is None for result in results] == [False, True, False, False, False]
    assert busy.sizes == [5, 4, 3]
    assert spent.firestore_writes == 4
    assert await stored(firestore) == {0, 1, 2, 3, 4}


async def test_a_database_that_stays_busy_is_an_error_of_the_store(
    firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await firestore.document("made/0").set({"number": 0})
    busy = Busy(firestore, ABORTED, times=99)
    monkeypatch.setattr(firestore._firestore_api, "batch_write", busy)
    with pytest.raises(StoreUnavailable):
        await write_each(firestore, creations(firestore, 9))

    assert busy.sizes == [9, 8, 7, 6]


async def test_what_no_other_time_would_help_is_a_bug(
    firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await firestore.document("made/1").set({"number": 1})
    monkeypatch.setattr(firestore._firestore_api, "batch_write", Busy(firestore, PERMISSION_DENIED, times=1))
    with pytest.raises(exceptions.Forbidden):
        await write_each(firestore, creations(firestore, 3))


async def test_what_is_as_it_was_read_needs_no_second_call(
    firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Busy(firestore, ABORTED, times=99)
    monkeypatch.setattr(firestore._firestore_api, "batch_write", busy)
    made = await write_each(firestore, creations(firestore, 3))
    versions = [Version(result.update_time) for result in made if result is not None]
    changes = [
        change(firestore, f"made/{number}", {"number": number + 10}, version)
        for number, version in enumerate(versions)
    ]
    assert None not in await write_each(firestore, changes)
    assert await write_each(firestore, changes[:1]) == [None]

    assert busy.sizes == []
    assert await stored(firestore) == {10, 11, 12}


@pytest.mark.parametrize("value", [{1}, b"bytes", object()])
async def test_what_none_of_our_documents_holds_is_refused(firestore: AsyncClient, value: object) -> None:
    with pytest.raises(TypeError):
        creation(firestore, "made/1", {"value": value})
