"""Counting what costs us money, for whoever sends a request and from wherever."""

from starlette.requests import Request

from shared.domain.caller_address import caller_address
from shared.domain.rate_limit import Action
from shared.wiring import Wiring


async def spend(action: Action, request: Request, wiring: Wiring, *, user: str | None) -> None:
    """Count that the request does this, before it is done.

    Raises:
        TooManyRequests: it is once too often for the user, or for where the request comes from.
    """
    await wiring.rate_limiter.spend(action, user=user, address=address_of(request))


def address_of(request: Request) -> str | None:
    """Where the request comes from, as far as that cannot be made up."""
    return caller_address(
        connected=request.client.host if request.client else None,
        # What came in several headers is one list.
        forwarded_for=",".join(request.headers.getlist("X-Forwarded-For")),
        edge_says=request.headers.get("Fastly-Client-IP"),
    )
