"""How every call to Firestore is made: bounded in time, its errors translated in one place."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from google.api_core import exceptions
from google.api_core.retry_async import AsyncRetry
from google.cloud.firestore_v1 import AsyncDocumentReference, DocumentSnapshot
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch
from google.cloud.firestore_v1.types import WriteResult

from shared import usage
from shared.errors import Contention, InvalidRequest, StoreUnavailable

RPC_SECONDS = 10.0
RETRY_SECONDS = 5.0

# All may be sent again: a claim whose answer was lost is then answered ALREADY_EXISTS, and ends with its
# lease; an update under a precondition is refused the second time, and whoever made it reads again.
_RETRY = AsyncRetry(
    predicate=lambda error: isinstance(error, exceptions.ServiceUnavailable),
    initial=0.1,
    maximum=1.0,
    multiplier=2.0,
    timeout=RETRY_SECONDS,
)

BOUNDED: dict[str, Any] = {"retry": _RETRY, "timeout": RPC_SECONDS}
"""Keyword arguments for every method of the client that makes a call."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's failures into `StoreError`s. Bugs (a bad argument, no permission) pass through.

    Raises:
        Contention: Firestore gave up because of other writers.
        StoreUnavailable: no answer in time.
    """
    try:
        yield
    except exceptions.Aborted as error:
        raise Contention("Too many writers at the same document.") from error
    except (
        exceptions.RetryError,
        exceptions.ServerError,
        exceptions.TooManyRequests,
        exceptions.Cancelled,
    ) as error:
        raise StoreUnavailable("The database does not answer. Try again in a moment.") from error


def fields_of(snapshot: DocumentSnapshot[AsyncDocumentReference]) -> Mapping[str, Any] | None:
    """What a document holds, to be read and not changed, or None if there is no document.

    `to_dict` would copy it deeply, which costs as much as all else that is done with a long document.
    """
    fields: Mapping[str, Any] | None = snapshot._data  # noqa: SLF001
    return fields


async def commit(batch: AsyncWriteBatch) -> Sequence[WriteResult] | None:
    """Commit all writes of the batch, or none of them.

    None where a document is no longer as it was read, or is being written by others right now: the
    preconditions of the batch decide that, and it is an answer, not a failure.

    Raises:
        StoreUnavailable: no answer in time; the batch may have been written.
        InvalidRequest: a document would become larger than Firestore takes.
    """
    try:
        with translated():
            results = await batch.commit(**BOUNDED)
    except exceptions.InvalidArgument as error:
        if "maximum" not in str(error):
            raise
        # https://firebase.google.com/docs/firestore/quotas: 1 MiB a document, of which apps fill their own.
        raise InvalidRequest("The document has no room for more.") from error
    except (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound, Contention):
        return None
    usage.count(writes=len(results))
    return results
