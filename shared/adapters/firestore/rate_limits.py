"""How often somebody has done something within a window of time, at `rate_limits/{key}`.

count       how often
expireAt    when the window is over

The key says nothing of who or what. Counting is one write that is under no condition and reads nothing: what
the count has become is in the answer to it.
"""

from collections.abc import Sequence
from typing import Any

from google.api_core import exceptions
from google.cloud.firestore_v1 import AsyncClient, Increment

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import translated
from shared.domain.rate_limit import Window
from shared.errors import StoreUnavailable

SECONDS = 1.0
"""What counting may hold up a request. Later than that it goes on uncounted."""

_SOON: dict[str, Any] = {"retry": None, "timeout": SECONDS}


class WindowCountDocuments:
    """The `WindowCounts` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def count(self, windows: Sequence[Window]) -> Sequence[int]:
        """See `WindowCounts.count`."""
        batch = self._client.batch()
        for window in windows:
            reference = self._client.document(paths.rate_limit(window.key))
            batch.set(reference, {"count": Increment(1), "expireAt": window.ends_at}, merge=True)
        try:
            with translated():
                results = await batch.commit(**_SOON)
        except exceptions.GoogleAPICallError as error:
            # Whatever it is: what it protects is to go on.
            raise StoreUnavailable("The database does not count.") from error
        usage.count(writes=len(results))
        return [result.transform_results[0].integer_value for result in results]
