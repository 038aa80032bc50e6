"""What a route is handed to count what costs us money. It documents `TooManyRequests`."""

from typing import Annotated

from fastapi import Depends, Request

from functions import _limits
from functions.api.access import Wired
from shared.domain.rate_limit import Action
from shared.wiring import Wiring


class Limits:
    """The limits as they are for one request."""

    def __init__(self, request: Request, wiring: Wiring) -> None:
        self._request = request
        self._wiring = wiring

    @property
    def address(self) -> str | None:
        """Where the request comes from, as far as that cannot be made up."""
        return _limits.address_of(self._request)

    async def spend(self, action: Action, user: str | None) -> None:
        """Count that the request does this, before it is done, for the user and for where it comes from.

        Raises:
            TooManyRequests: it is once too often.
        """
        await _limits.spend(action, self._request, self._wiring, user=user)


async def _limits_of(request: Request, wiring: Wired) -> Limits:
    return Limits(request, wiring)


Limited = Annotated[Limits, Depends(_limits_of)]
"""Counts what costs us money: `await limits.spend(SEARCH_MISS, user_id)`."""
