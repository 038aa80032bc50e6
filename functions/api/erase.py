"""The end of an account, and of all that is held of its user."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field
from starlette.requests import Request

from functions._entry import token_of
from functions.api.access import RecentBearer, Wired
from functions.api.models import BASE, Told
from functions.api.problems import documented
from shared.domain.bearer import Bearer
from shared.domain.erasure import Erasure
from shared.errors import (
    Contention,
    Misconfigured,
    NotSignedIn,
    SignInTooOld,
    StoreUnavailable,
    UpstreamError,
)
from shared.usecases.erase_user import erase_user
from shared.wiring import Wiring

router = APIRouter(prefix=f"{BASE}/me", tags=["me"])

AGAIN_SECONDS = 1


class ErasedAnswer(Told):
    """What was erased so far."""

    collections: dict[str, int] = Field(
        description="How many documents of each collection, over all calls.",
        examples=[{"devices": 2, "tracked_shows": 12, "episode_tracking": 12, "users": 1}],
    )
    is_complete: bool = Field(description="False: call again to go on.")
    erased_at: datetime | None = Field(description="When the account was gone too; null: not yet.")

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasedAnswer":
        """The receipt of an erasure."""
        return cls(
            collections=dict(sorted(erasure.erased.items())),
            is_complete=erasure.ended_at is not None,
            erased_at=erasure.ended_at,
        )


@router.delete(
    "",
    responses={
        202: {"model": ErasedAnswer, "description": "There is more than one call can erase: call again."},
        **documented(SignInTooOld, Contention, StoreUnavailable, Misconfigured, UpstreamError),
    },
)
async def erase_me(request: Request, bearer: RecentBearer, response: Response, wiring: Wired) -> ErasedAnswer:
    """Erase everything that is held of the user, and their account.

    It needs an ID token of somebody who signed in within the last ten minutes. The account goes last, so a
    call that fails is simply made again; one that has succeeded answers the same receipt for as long.
    """
    response.headers["Cache-Control"] = "private, no-store"
    erasure = await _erased_before(bearer, token_of(request), wiring)
    if erasure is None:
        erasure = await erase_user(bearer.user_id, wiring.eraser)
        wiring.erased_users.forget()
    if erasure.ended_at is None:
        response.status_code = 202
        response.headers["Retry-After"] = str(AGAIN_SECONDS)
    return ErasedAnswer.of(erasure)


async def _erased_before(bearer: Bearer, token: str, wiring: Wiring) -> Erasure | None:
    """The erasure that has ended already. None: it is to be made, or gone on with.

    Raises:
        NotSignedIn: the user has signed out since, or is disabled, or was never there.
    """
    try:
        await wiring.identity.present_bearer_of(token)
    except NotSignedIn:
        erasure = await wiring.erasures.read(bearer.user_id)
        is_gone = erasure is not None and await wiring.identity.account_of(bearer.user_id) is None
        if erasure is None or not is_gone:
            raise
        # The account goes last, and this may be the call after the one that died right behind it.
        return erasure if erasure.ended_at is not None else None
    return None
