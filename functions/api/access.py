"""What every route is handed: who calls, and the adapters."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from functions import _entry
from shared.domain.tracking import UserId
from shared.wiring import Wiring

# It says in the OpenAPI document how to sign in, and nothing else: `signed_in_user` reads the header.
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="idToken",
    bearerFormat="JWT",
    description="A Firebase ID token. The Firebase SDK has it: `user.getIdToken()`.",
)


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
    return await _entry.signed_in_user(request, wiring)


Caller = Annotated[UserId, Depends(_caller)]
"""The signed-in user. Without a valid token the route is not run, and the answer is a 401."""


def wire_up(application: FastAPI, wiring: Wiring) -> None:
    """Let an application's routes be served by these adapters."""
    application.state.wiring = wiring
