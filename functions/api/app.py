"""The API of the apps, below `/api/v1`: routers by subject, made into one application."""

from typing import Any

from fastapi import FastAPI

from functions._entry import LONGEST_BODY
from functions.api import devices, me, notifications, problems, timeline, tracking
from functions.api.access import wire_up
from functions.api.bounded_body import BoundedBody
from functions.api.models import BASE
from shared.wiring import Wiring

DESCRIPTION = """
What a TV tracker's app needs: what the user follows, what is on when, and what they were told.

**Sign in** with Firebase Authentication, and send the ID token as `Authorization: Bearer <token>`.

**Ids** of shows and movies are TMDB's with their kind: `tv_1396`, `movie_27205`.

**Lists** come in pages: send the `cursor` of one page to get the next; where it is null, there is no other.

**Days** are `YYYY-MM-DD`, without a zone; **times** are UTC (RFC 3339).

**Errors** are `application/problem+json` (RFC 9457) with a `code`; 503 carries `Retry-After`.
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
    for router in (me.router, devices.router, tracking.router, timeline.router, notifications.router):
        app.include_router(router)
    app.add_middleware(BoundedBody, longest=LONGEST_BODY)
    problems.answer_problems(app)
    wire_up(app, wiring)
    _document_problems(app)
    return app


def _document_problems(app: FastAPI) -> None:
    """Let the OpenAPI document say of errors what they really are."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        problems.put_into(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI says to extend it
