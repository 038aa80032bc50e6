"""The API: of the apps below `/api/v1`, of who runs it below `/api/internal`."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from functions._entry import LONGEST_BODY
from functions.api import (
    auth,
    calendar,
    devices,
    erase,
    export,
    internal,
    live,
    me,
    notifications,
    problems,
    shows,
    timeline,
    tracking,
    watched,
)
from functions.api.access import wire_up
from functions.api.bounded_body import BoundedBody
from functions.api.models import BASE
from functions.api.uncached import Uncached
from shared.config import Settings
from shared.wiring import Wiring

LOCAL_ORIGIN = r"http://(localhost|127\.0\.0\.1)(:[0-9]+)?"

DESCRIPTION = """
What a TV tracker's app needs: what the user follows, what is on when, and what they were told.

**Sign in** with the Firebase SDK, or with `/auth/login` here, and send the ID token as
`Authorization: Bearer <token>`.

**Ids** of shows and movies are TMDB's with their kind: `tv_1396`, `movie_27205`.

**Lists** come in pages: send the `cursor` of one page to get the next; where it is null, there is no other.

**Days** are `YYYY-MM-DD`, without a zone; **times** are UTC (RFC 3339).

**Errors** are `application/problem+json` (RFC 9457) with a `code`; 429 and 503 carry `Retry-After`.
"""


def make_app(wiring: Wiring) -> FastAPI:
    """The application, served by these adapters."""
    app = FastAPI(
        title="TV tracker",
        version="1",
        description=DESCRIPTION,
        docs_url=f"{BASE}/docs",
        redoc_url=None,
        openapi_url=f"{BASE}/openapi.json",
        # Names for the methods of clients that are made of the document.
        generate_unique_id_function=lambda route: route.name,
        # A path with a slash too many is none, and no reason to send a token elsewhere.
        redirect_slashes=False,
    )
    for router in (
        auth.router,
        me.router,
        devices.router,
        shows.router,
        tracking.router,
        timeline.router,
        notifications.router,
        watched.router,
        calendar.router,
        export.router,
        erase.router,
        internal.router,
        live.router,
    ):
        app.include_router(router)
    app.add_middleware(BoundedBody, longest=LONGEST_BODY)
    app.add_middleware(Uncached)
    _let_pages_call(app, wiring.settings)
    problems.answer_problems(app)
    wire_up(app, wiring)
    _document_problems(app)
    return app


def _let_pages_call(app: FastAPI, settings: Settings) -> None:
    """Let the pages of the configured origins call it, with the refresh token's cookie, and no others."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        # On one machine a page under development comes from whatever port its server has.
        allow_origin_regex=LOCAL_ORIGIN if settings.auth_emulator_host else None,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-None-Match"],
        expose_headers=["ETag", "Retry-After"],
        max_age=3_600,
    )


def _document_problems(app: FastAPI) -> None:
    """Let the OpenAPI document say of errors what they really are."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        problems.put_into(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI says to extend it
