"""What every route is handed: who calls, and the adapters."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from functions import _entry
from shared.domain.bearer import Bearer
from shared.domain.tracking import UserId
from shared.errors import NotAllowed, SignInTooOld
from shared.wiring import Wiring

# It says in the OpenAPI document how to sign in, and nothing else: `signed_in_user` reads the header.
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="idToken",
    bearerFormat="JWT",
    description="A Firebase ID token. The Firebase SDK has it: `user.getIdToken()`.",
)

_READING = frozenset({"GET", "HEAD"})


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
"""The adapters that serve the application."""


async def _caller(
    request: Request,
    wiring: Wired,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> UserId:
    bearer = await wiring.identity.bearer_of(_entry.token_of(request))
    if request.method not in _READING:
        await wiring.erased_users.refuse(bearer)
    return bearer.user_id


Caller = Annotated[UserId, Depends(_caller)]
"""The signed-in user. Without a valid token the route is not run, and the answer is a 401."""


async def _present_caller(
    request: Request,
    wiring: Wired,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> UserId:
    return await wiring.identity.present_user_of(_entry.token_of(request))


PresentCaller = Annotated[UserId, Depends(_present_caller)]
"""The signed-in user, of whom Firebase says that they have not signed out since and are not disabled. That
is a call: for what cannot be undone, or gives away everything. The route documents `UpstreamError`."""


async def _recent_bearer(
    request: Request,
    wiring: Wired,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Bearer:
    bearer = await wiring.identity.bearer_of(_entry.token_of(request))
    if not bearer.has_signed_in_recently(wiring.now()):
        raise SignInTooOld("Sign in again, and then send this with the new ID token.")
    return bearer


RecentBearer = Annotated[Bearer, Depends(_recent_bearer)]
"""A user who signed in within the last minutes. Whether they are still there, the route asks."""


async def _admin(
    request: Request,
    wiring: Wired,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> UserId:
    token = _entry.token_of(request)
    # What only reads is to tell how things are also when Firebase cannot be asked.
    is_reading = request.method in _READING
    identity = wiring.identity
    bearer = await (identity.bearer_of(token) if is_reading else identity.present_bearer_of(token))
    if not bearer.is_admin:
        raise NotAllowed("This is for the people who run the service.")
    return bearer.user_id


Admin = Annotated[UserId, Depends(_admin)]
"""A user whose token has the claim `admin`. Anybody else gets a 403, whatever they send."""


def wire_up(application: FastAPI, wiring: Wiring) -> None:
    """Let an application's routes be served by these adapters."""
    application.state.wiring = wiring
