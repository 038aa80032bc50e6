"""A stand-in for Trakt: its API v2, for a user's watched shows and what it takes to sign in to them.

    python -m local.stand_ins.trakt --port 8082

Its TRAKT_BASE_URL is `http://127.0.0.1:8082`. Any client id and secret is good but an empty one and "wrong";
an access token is good if the stand-in gave it. A user who was not told of before has watched what the facts
say. Tests start it with `local.stand_ins.running_trakt.running_trakt_stand_in`.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.stand_ins.control import ControlledService
from local.stand_ins.server import serve_command_line
from local.stand_ins.trakt_control import TraktChanges
from local.stand_ins.trakt_facts import Shape, TraktFacts, settings_answer, watched_answer
from local.stand_ins.trakt_library import as_trakt_time
from local.stand_ins.trakt_sign_in import Poll, Refusal
from local.stand_ins.trakt_users import TraktUsers, User

BASE_PATH = ""

Item = TypeVar("Item")

# Per page: how many where nothing is said, and how many at most. The newer numbers are of 2026.
PAGE_LIMITS = {Shape.OLDER: (10, 1_000), Shape.NEWER: (100, 250)}
MOST_WITH_PROGRESS = 100

_CONTENT_TYPE = "application/json; charset=utf-8"
_CACHE_CONTROL = "max-age=0, private, must-revalidate"
_INVALID_GRANT = {
    "error": "invalid_grant",
    "error_description": "The provided authorization grant is invalid, expired, revoked, does not match the "
    "redirection URI used in the authorization request, or was issued to another client.",
}


def make_application(facts: TraktFacts | None = None, users: TraktUsers | None = None) -> ControlledService:
    """The stand-in as an ASGI application, with the control API before it."""
    known = TraktFacts() if facts is None else facts
    everybody = TraktUsers(known) if users is None else users
    answers = _Answers(known, everybody)
    tokens = _Tokens(everybody)
    service = Starlette(
        routes=[
            Route("/oauth/device/code", tokens.device_code, methods=["POST"]),
            Route("/oauth/device/token", tokens.device_token, methods=["POST"]),
            Route("/oauth/token", tokens.refresh, methods=["POST"]),
            Route("/oauth/revoke", tokens.revoke, methods=["POST"]),
            Route("/users/settings", answers.settings),
            Route("/sync/last_activities", answers.last_activities),
            Route("/sync/watched/shows", answers.watched_shows),
            Route("/sync/history/shows", answers.history),
            Route("/sync/history/episodes", answers.history),
        ],
        exception_handlers={404: _no_such_path, 405: _no_such_path, _Refused: _refused},
    )
    return ControlledService(
        service, control_routes=TraktChanges(everybody).routes(), forget=everybody.forget_changes
    )


class _Refused(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, body: object = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = _answer(body, status) if body is not None else Response(status_code=status)
        self.response.headers.update(headers or {})


class _Answers:
    """What a user who is signed in can ask."""

    def __init__(self, facts: TraktFacts, users: TraktUsers) -> None:
        self._facts = facts
        self._users = users

    async def settings(self, request: Request) -> Response:
        user = self._signed_in(request)
        return _answer(settings_answer(user.name, user.settings))

    async def last_activities(self, request: Request) -> Response:
        return _answer(self._signed_in(request).last_activities)

    async def watched_shows(self, request: Request) -> Response:
        library = self._signed_in(request).library
        shape = self._users.shape
        extended = request.query_params.get("extended", "").split(",")
        specials = request.query_params.get("specials") == "true"
        watched = library.watched()
        headers: dict[str, str] = {}
        if shape is Shape.NEWER:
            most = MOST_WITH_PROGRESS if "progress" in extended else None
            watched, headers = _page(request, shape, watched, most)
        return _answer(
            [
                watched_answer(entry, library.show(entry["show"]["ids"]["trakt"]), shape, extended, specials)
                for entry in watched
            ],
            headers=headers,
        )

    async def history(self, request: Request) -> Response:
        library = self._signed_in(request).library
        try:
            between = [_time_asked(request, name) for name in ("start_at", "end_at")]
        except ValueError as error:
            raise _Refused(400) from error
        plays, headers = _page(request, self._users.shape, library.plays(*between))
        items = [self._facts.history_item(play, library.show(play.show_id)) for play in plays]
        return _answer(items, headers=headers)

    def _signed_in(self, request: Request) -> User:
        if request.headers.get("trakt-api-version") != "2" or not _is_good(
            request.headers.get("trakt-api-key")
        ):
            raise _Refused(403)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _Refused(401)
        name = self._users.sign_in.user_of(token)
        if isinstance(name, Refusal):
            reason = f'error="invalid_token", error_description="The access token is {name.value}"'
            raise _Refused(401, headers={"WWW-Authenticate": f'Bearer realm="Doorkeeper", {reason}'})
        return self._users.user(name)


class _Tokens:
    """The paths by which an app gets tokens, renews them and gives them back."""

    def __init__(self, users: TraktUsers) -> None:
        self._users = users

    async def device_code(self, request: Request) -> Response:
        wanted = await _body(request)
        if not _is_good(wanted.get("client_id")):
            raise _Refused(403)
        return _answer(self._users.sign_in.new_code(wanted["client_id"]))

    async def device_token(self, request: Request) -> Response:
        wanted = await _body(request)
        _check_client(wanted)
        found, tokens = self._users.sign_in.poll(str(wanted.get("code")), wanted["client_id"])
        if found is not Poll.APPROVED:
            raise _Refused(found)
        return _answer(tokens)

    async def refresh(self, request: Request) -> Response:
        wanted = await _body(request)
        _check_client(wanted)
        if wanted.get("grant_type") not in {"refresh_token", "authorization_code"}:
            raise _Refused(400, {"error": "unsupported_grant_type", "error_description": ""})
        token = str(wanted.get("refresh_token"))
        tokens = self._users.sign_in.refresh(token, wanted["client_id"])
        if tokens is None:
            raise _Refused(401 if self._users.shape is Shape.OLDER else 400, _INVALID_GRANT)
        return _answer(tokens)

    async def revoke(self, request: Request) -> Response:
        wanted = await _body(request)
        _check_client(wanted)
        self._users.sign_in.revoke(str(wanted.get("token")))
        return _answer({})


def _page(
    request: Request, shape: Shape, items: Sequence[Item], most: int | None = None
) -> tuple[Sequence[Item], dict[str, str]]:
    """The page asked for, and the headers that tell of it. Too high a limit is lowered in silence."""
    usual, highest = PAGE_LIMITS[shape]
    limit = min(_number_asked(request, "limit", usual), most or highest)
    page = _number_asked(request, "page", 1)
    headers = {
        "X-Pagination-Page": str(page),
        "X-Pagination-Limit": str(limit),
        "X-Pagination-Page-Count": str(-(-len(items) // limit)),
        "X-Pagination-Item-Count": str(len(items)),
    }
    return items[(page - 1) * limit : page * limit], headers


def _number_asked(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else otherwise


def _time_asked(request: Request, name: str) -> str | None:
    text = request.query_params.get(name)
    # A plus that was not encoded has become a space; Trakt takes the time all the same.
    return as_trakt_time(text.replace(" ", "+")) if text else None


async def _body(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise _Refused(412)
    try:
        wanted = await request.json()
    except json.JSONDecodeError as error:
        raise _Refused(400) from error
    if not isinstance(wanted, dict):
        raise _Refused(400)
    return wanted


def _check_client(wanted: dict[str, Any]) -> None:
    if not (_is_good(wanted.get("client_id")) and _is_good(wanted.get("client_secret"))):
        raise _Refused(401, {"error": "invalid_client", "error_description": "Client authentication failed."})


def _is_good(key: object) -> bool:
    return isinstance(key, str) and key not in {"", "wrong"}


def _answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    response = JSONResponse(content, status, headers, media_type=_CONTENT_TYPE)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    digest = hashlib.md5(response.body, usedforsecurity=False).hexdigest()
    response.headers["ETag"] = f'W/"{digest}"'
    return response


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, _Refused)  # noqa: S101  # this is what it is registered for
    return error.response


async def _no_such_path(request: Request, error: Exception) -> Response:
    del request
    return Response(status_code=getattr(error, "status_code", 404))


if __name__ == "__main__":
    serve_command_line("Trakt", make_application, BASE_PATH)
