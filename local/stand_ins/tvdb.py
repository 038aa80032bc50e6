"""A stand-in for TheTVDB: its v4 paths, answered from the facts kept in the project.

    python -m local.stand_ins.tvdb --port 8082

Its TVDB_BASE_URL is `http://127.0.0.1:8082/v4`. Any API key is good but an empty one and "wrong".
Tests and the demo start it with `local.stand_ins.running.running_tvdb_stand_in`.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.stand_ins.control import ControlledService
from local.stand_ins.server import serve_command_line
from local.stand_ins.tvdb_facts import TvdbFacts
from local.stand_ins.tvdb_tokens import Tokens

BASE_PATH = "/v4"
PAGE_SIZE = 500
SEARCH_PAGE_SIZE = 50
OLDEST_UPDATES = timedelta(days=92)

_CONTENT_TYPE = "application/json; charset=UTF-8"
# Messages as recorded, and those of the errors as quoted in issues of thetvdb/v4-api and its clients.
_WRONG_KEY = "InvalidAPIKey: apikey invalid"
_UNAUTHORIZED = "Unauthorized"
_NOT_FOUND = "NotFoundException: not found"
_NO_EPISODES = "NotFoundException: error fetching "
_INVALID_PATH = "InvalidValueType: invalid path"
_BAD_REQUEST = "Bad Request"
_NO_QUERY = "query is required"
_TOO_LONG_AGO = "InvalidValueType: since greater than 3 months ago"

_SERIES_PATH = re.compile(r"^/v4/series/(\d+)(?:[/?]|$)")

Handler = Callable[[Request], Awaitable[Response]]


def make_application(facts: TvdbFacts | None = None) -> ControlledService:
    """The stand-in as an ASGI application, with the control API before it."""
    known = TvdbFacts() if facts is None else facts
    tokens = Tokens()
    answers = _Answers(known)
    changes = _Changes(known, tokens)
    paths: Mapping[str, Handler] = {
        "/series/{id}": answers.series,
        "/series/{id}/extended": answers.extended_series,
        "/series/{id}/episodes/{order}": answers.episodes,
        "/series/{id}/episodes/{order}/{language}": answers.translated_episodes,
        "/episodes/{id}": answers.episode,
        "/search": answers.search,
        "/search/remoteid/{remote_id}": answers.search_by_remote_id,
        "/updates": answers.updates,
    }
    service = Starlette(
        routes=[
            Route(f"{BASE_PATH}/login", _login(tokens), methods=["POST"]),
            *(Route(BASE_PATH + path, _signed_in(tokens, handler)) for path, handler in paths.items()),
        ],
        exception_handlers={404: _no_such_path, ValueError: _not_a_number},
    )
    return ControlledService(
        service,
        control_routes=[
            Route("/series/{id:int}", changes.put_series, methods=["PUT"]),
            Route("/series/{id:int}/episodes", changes.put_episodes, methods=["PUT"]),
            Route("/updates", changes.put_updates, methods=["PUT"]),
            Route("/expire-tokens", changes.expire_tokens, methods=["POST"]),
            Route("/token-life", changes.put_token_life, methods=["PUT"]),
        ],
        things_asked=series_asked,
        forget=changes.forget,
    )


def series_asked(path: str) -> Mapping[str, Iterable[str]]:
    """The series that a call asks for by its id."""
    asked = _SERIES_PATH.match(path)
    return {"series": [asked[1]] if asked else []}


class _Answers:
    """TheTVDB's paths."""

    def __init__(self, facts: TvdbFacts) -> None:
        self._facts = facts

    async def series(self, request: Request) -> Response:
        return _found(self._facts.series(int(request.path_params["id"])))

    async def extended_series(self, request: Request) -> Response:
        query = request.query_params
        is_short = query.get("short") == "true"
        series_id = int(request.path_params["id"])
        return _found(self._facts.extended_series(series_id, query.get("meta", ""), is_short=is_short))

    async def episodes(self, request: Request) -> Response:
        series_id = int(request.path_params["id"])
        series = self._facts.series(series_id)
        if series is None:
            return _failure(404, _NO_EPISODES)
        query = request.query_params
        if "episodeNumber" in query and "season" not in query:
            return _failure(400, _BAD_REQUEST)
        episodes = self._facts.episodes(series_id, request.path_params["order"], None)
        for asked, field in (("season", "seasonNumber"), ("episodeNumber", "number")):
            if asked in query:
                episodes = [episode for episode in episodes if episode[field] == int(query[asked])]
        page, links = _page(request, episodes, PAGE_SIZE)
        if "airDate" in query:  # as recorded, this leaves the total what it is without
            page = [episode for episode in episodes if episode["aired"] == query["airDate"]]
        return _success({"series": series, "episodes": page}, links)

    async def translated_episodes(self, request: Request) -> Response:
        series_id = int(request.path_params["id"])
        series = self._facts.series(series_id)
        if series is None:
            return _failure(404, _NO_EPISODES)
        language = request.path_params["language"]
        episodes = self._facts.episodes(series_id, request.path_params["order"], language)
        page, links = _page(request, episodes, PAGE_SIZE)
        return _success({**series, "episodes": page}, links)  # as recorded: not beside each other, as above

    async def episode(self, request: Request) -> Response:
        return _found(self._facts.episode(int(request.path_params["id"])))

    async def search(self, request: Request) -> Response:
        query = request.query_params
        words = query.get("query") or query.get("q")
        if not words:
            return _failure(400, _NO_QUERY)
        type_, year, remote_id = (query.get(name, "") for name in ("type", "year", "remote_id"))
        results = self._facts.search(words, type_, year, remote_id)
        limit = int(query.get("limit", SEARCH_PAGE_SIZE))
        return _success(*_page(request, results, limit, {"limit": str(limit)}))

    async def search_by_remote_id(self, request: Request) -> Response:
        results = self._facts.with_remote_id(request.path_params["remote_id"])
        return _success(results or None)  # null was never recorded here, but is what most empty lists are

    async def updates(self, request: Request) -> Response:
        query = request.query_params
        since = int(query.get("since", 0))
        if since < (datetime.now(UTC) - OLDEST_UPDATES).timestamp():
            return _failure(400, _TOO_LONG_AGO)
        updates = self._facts.updates(since, query.get("type", ""), query.get("action", ""))
        return _success(*_page(request, updates, PAGE_SIZE))


class _Changes:
    """The control paths by which a test or demo changes what TheTVDB knows."""

    def __init__(self, facts: TvdbFacts, tokens: Tokens) -> None:
        self._facts = facts
        self._tokens = tokens

    def forget(self) -> None:
        self._facts.forget_changes()
        self._tokens.forget_life()

    async def put_series(self, request: Request) -> Response:
        """Takes a series, or null for it to vanish."""
        self._facts.put_series(request.path_params["id"], await request.json(), datetime.now(UTC))
        return JSONResponse({})

    async def put_episodes(self, request: Request) -> Response:
        self._facts.put_episodes(request.path_params["id"], await request.json(), datetime.now(UTC))
        return JSONResponse({})

    async def put_updates(self, request: Request) -> Response:
        self._facts.put_updates(await request.json())
        return JSONResponse({})

    async def expire_tokens(self, request: Request) -> Response:
        del request
        return JSONResponse({"expired": self._tokens.expire_all()})

    async def put_token_life(self, request: Request) -> Response:
        """Takes `{"seconds": n}`, for the tokens that are given out from now on."""
        self._tokens.life = timedelta(seconds=(await request.json())["seconds"])
        return JSONResponse({})


def _login(tokens: Tokens) -> Handler:
    async def login(request: Request) -> Response:
        try:
            key = (await request.json())["apikey"]
        except (json.JSONDecodeError, KeyError, TypeError):
            key = ""
        if key in {"", "wrong"}:
            return _failure(401, _WRONG_KEY)
        return _success({"token": tokens.issue(key, datetime.now(UTC))})

    return login


def _signed_in(tokens: Tokens, handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not tokens.is_good(token.strip(), datetime.now(UTC)):
            return _failure(401, _UNAUTHORIZED)
        return await handler(request)

    return answer


def _page(
    request: Request,
    items: Sequence[dict[str, Any]],
    size: int,
    told: Mapping[str, str] | None = None,
) -> tuple[Sequence[dict[str, Any]], dict[str, Any]]:
    """A page of the items, and the links to it, which repeat the query and what else is `told`, undecoded."""
    number = int(request.query_params.get("page", 0))
    if number < 0 or size < 1:
        raise ValueError("There is no such page.")
    query = {**request.query_params, **(told or {})}
    query.pop("page", None)

    def link(page: int) -> str:
        asked = "&".join(f"{name}={value}" for name, value in {**query, "page": page}.items())
        return f"{request.url.replace(query='')}?{asked}"

    has_next = (number + 1) * size < len(items)
    links = {
        "prev": link(number - 1) if number else None,
        "self": link(number),
        "next": link(number + 1) if has_next else None,
        "total_items": len(items),
        "page_size": size,
    }
    return items[number * size : (number + 1) * size], links


def _found(record: dict[str, Any] | None) -> Response:
    return _failure(404, _NOT_FOUND) if record is None else _success(record)


def _success(data: object, links: Mapping[str, Any] | None = None) -> Response:
    body = {"status": "success", "data": data}
    return _json(200, body if links is None else {**body, "links": links})


def _failure(status: int, message: str) -> Response:
    return _json(status, {"status": "failure", "message": message, "data": None})


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return JSONResponse(body, status, {"Vary": "Origin"}, media_type=_CONTENT_TYPE)


async def _no_such_path(request: Request, error: Exception) -> Response:
    del request, error
    return _failure(404, _NOT_FOUND)


async def _not_a_number(request: Request, error: Exception) -> Response:
    del error
    is_in_path = not str(request.path_params.get("id", "0")).isdecimal()
    return _failure(400, _INVALID_PATH if is_in_path else _BAD_REQUEST)


if __name__ == "__main__":
    serve_command_line("TheTVDB", make_application, BASE_PATH)
