"""Counts what goes over the wire to Firestore, apart from what the code counts of itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest


@dataclass
class WireCount:
    """Documents read (also those that were not found) and written, since the last `reset`."""

    reads: int = 0
    writes: int = 0
    refused: int = 0

    def reset(self) -> None:
        self.reads = self.writes = self.refused = 0

    @property
    def both(self) -> tuple[int, int]:
        return self.reads, self.writes


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc] # grpc publishes no types
    def __init__(self, count: WireCount) -> None:
        self._count = count

    async def intercept_unary_unary(
        self, continuation: Callable[..., Awaitable[Any]], details: Any, request: Any
    ) -> Any:
        call = await continuation(details, request)
        if _method(details).endswith("/Commit"):
            if await call.code() is grpc.StatusCode.OK:
                self._count.writes += len(request.writes)
            else:
                self._count.refused += len(request.writes)
        return call


class _Stream(grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc] # grpc publishes no types
    def __init__(self, count: WireCount) -> None:
        self._count = count

    async def intercept_unary_stream(
        self, continuation: Callable[..., Awaitable[Any]], details: Any, request: Any
    ) -> AsyncIterator[Any]:
        call = await continuation(details, request)
        if _method(details).endswith("/BatchGetDocuments"):
            self._count.reads += len(request.documents)
            return call  # type: ignore[no-any-return]
        return self._documents(call)

    async def _documents(self, call: Any) -> AsyncIterator[Any]:
        found = 0
        async for response in call:
            found += bool(response.document.name)
            yield response
        self._count.reads += max(1, found)  # a query that finds nothing is billed as one read


def _method(details: Any) -> str:
    method = details.method
    return method.decode() if isinstance(method, bytes) else str(method)


def count_on_the_wire(monkeypatch: pytest.MonkeyPatch) -> WireCount:
    """Count for every Firestore client that connects to an emulator from now on."""
    count = WireCount()
    connect = grpc.aio.insecure_channel

    def counted(target: str, options: Any = None) -> Any:
        return connect(target, options=options, interceptors=[_Unary(count), _Stream(count)])

    monkeypatch.setattr(grpc.aio, "insecure_channel", counted)
    return count
