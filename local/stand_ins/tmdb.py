"""A stand-in for TMDB: its v3 paths, answered from the facts kept in the project.

    python -m local.stand_ins.tmdb --port 8081

Its TMDB_BASE_URL is `http://127.0.0.1:8081/3`. Any bearer token is good but an empty one and "wrong".
Tests and the demo start it with `local.stand_ins.running.running_tmdb_stand_in`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.stand_ins.control import ControlledService
from local.stand_ins.server import serve_command_line
from local.stand_ins.tmdb_changes import MEDIA_TYPES, ChangesFeed
from local.stand_ins.tmdb_facts import TmdbFacts, moved
from local.stand_ins.tmdb_lists import KINDS, MOST_PAGES, TmdbLists

BASE_PATH = "/3"
MOST_APPENDED = 20

# Bodies and headers as recorded. Recorded max-ages lie between 723 and 27,921 seconds.
_CONTENT_TYPE = "application/json;charset=utf-8"
_CACHE_CONTROL = "public, max-age=21600"
_UNAUTHORIZED = {
    "status_code": 7,
    "status_message": "Invalid API key: You must be granted a valid key.",
    "success": False,
}
_NOT_FOUND = {
    "success": False,
    "status_code": 34,
    "status_message": "The resource you requested could not be found.",
}
# Not recorded: code, status and sentence are those of TMDB's published list of errors.
_TOO_MANY_APPENDED = {
    "success": False,
    "status_code": 27,
    "status_message": "Too many append to response objects: The maximum number of remote calls is 20.",
}

_INVALID_PAGE = {
    "success": False,
    "status_code": 22,
    "status_message": "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.",
}

_SEASON_PATH = re.compile(r"^/3/tv/(?P<show>\d+)/season/(?P<season>\d+)(?:\?|$)")
_APPENDED = re.compile(r"^/3/tv/(?P<show>\d+)\?(?:.*&)?append_to_response=(?P<appended>[^&]*)")
_APPENDED_SEASON = re.compile(r"season/(\d+)")


def make_application(facts: TmdbFacts | None = None) -> ControlledService:
    """The stand-in as an ASGI application, with the control API before it."""
    known = TmdbFacts() if facts is None else facts
    feed = ChangesFeed()
    answers = _Answers(known, feed)
    changes = _Changes(known, feed)
    lists = _Lists(TmdbLists(known))
    service = Starlette(
        routes=[
            Route("/3/{media_type:str}/changes", answers.changes),
            Route("/3/search/{kind:str}", lists.search),
            Route("/3/trending/{kind:str}/week", lists.trending),
            Route("/3/{kind:str}/popular", lists.popular),
            Route("/3/tv/{show_id:int}", answers.show),
            Route("/3/tv/{show_id:int}/season/{number:int}", answers.season),
            Route("/3/movie/{movie_id:int}", answers.movie),
        ],
        exception_handlers={404: _no_such_path},
    )
    return ControlledService(
        service,
        control_routes=[
            Route("/tv/{show_id:int}", changes.put_show, methods=["PUT"]),
            Route("/tv/{show_id:int}/season/{number:int}", changes.put_season, methods=["PUT"]),
            Route("/movie/{movie_id:int}", changes.put_movie, methods=["PUT"]),
            Route("/changes/{media_type:str}", changes.put_feed, methods=["PUT"]),
        ],
        things_asked=seasons_asked,
        forget=changes.forget,
    )


def seasons_asked(path: str) -> Mapping[str, Iterable[str]]:
    """The seasons that a call asks for, singly or appended, as `{show}_{season}`."""
    if single := _SEASON_PATH.match(path):
        return {"seasons": [f"{single['show']}_{single['season']}"]}
    if several := _APPENDED.match(path):
        numbers = _APPENDED_SEASON.findall(several["appended"])
        return {"seasons": [f"{several['show']}_{number}" for number in numbers]}
    return {"seasons": []}


class _Answers:
    """TMDB's paths."""

    def __init__(self, facts: TmdbFacts, feed: ChangesFeed) -> None:
        self._facts = facts
        self._feed = feed

    async def changes(self, request: Request) -> Response:
        media_type = request.path_params["media_type"]
        if not _is_signed_in(request):
            return _error(401, _UNAUTHORIZED)
        if media_type not in MEDIA_TYPES:
            return _error(404, _NOT_FOUND)
        status, body = self._feed.answer(media_type, request.query_params)
        return _answer(body) if status == 200 else _error(status, body)

    async def show(self, request: Request) -> Response:
        if not _is_signed_in(request):
            return _error(401, _UNAUTHORIZED)
        appended = [part for part in request.query_params.get("append_to_response", "").split(",") if part]
        if len(appended) > MOST_APPENDED:
            return _error(400, _TOO_MANY_APPENDED)
        show_id = request.path_params["show_id"]
        details = self._facts.details(show_id)
        if details is None:
            return _error(404, _NOT_FOUND)
        for part in appended:
            if part == "external_ids":
                details[part] = self._facts.external_ids(show_id)
            elif asked := _APPENDED_SEASON.fullmatch(part):
                season = self._facts.season(show_id, int(asked[1]))
                if season is not None:  # a season that does not exist is absent, and no error
                    details[part] = season
        return _answer(details)

    async def season(self, request: Request) -> Response:
        show_id, number = request.path_params["show_id"], request.path_params["number"]
        return _found(request, self._facts.season(show_id, number))

    async def movie(self, request: Request) -> Response:
        return _found(request, self._facts.movie(request.path_params["movie_id"]))


class _Lists:
    """TMDB's searches and lists."""

    def __init__(self, lists: TmdbLists) -> None:
        self._lists = lists

    async def search(self, request: Request) -> Response:
        query = request.query_params.get("query", "")
        return _of_kind(request, (*KINDS, "multi"), lambda kind, page: self._lists.search(kind, query, page))

    async def trending(self, request: Request) -> Response:
        return _of_kind(request, KINDS, self._lists.trending)

    async def popular(self, request: Request) -> Response:
        return _of_kind(request, KINDS, self._lists.popular)


class _Changes:
    """The control paths by which a test or demo changes what TMDB knows.

    Each change is told of in the feed of changes too, dated today, or `?date=2026-08-01`.
    """

    def __init__(self, facts: TmdbFacts, feed: ChangesFeed) -> None:
        self._facts = facts
        self._feed = feed

    def forget(self) -> None:
        self._facts.forget_changes()
        self._feed.forget_changes()

    async def put_feed(self, request: Request) -> Response:
        """Takes a list of `{"id": 1396, "date": "2026-08-01"}`; an id may be null."""
        self._feed.put(request.path_params["media_type"], await request.json())
        return JSONResponse({})

    async def put_show(self, request: Request) -> Response:
        show_id = request.path_params["show_id"]
        self._facts.put_show(show_id, await request.json())
        self._feed.note("tv", show_id, request.query_params.get("date"))
        return JSONResponse({})

    async def put_movie(self, request: Request) -> Response:
        movie_id = request.path_params["movie_id"]
        self._facts.put_movie(movie_id, await request.json())
        self._feed.note("movie", movie_id, request.query_params.get("date"))
        return JSONResponse({})

    async def put_season(self, request: Request) -> Response:
        """Takes a list of episodes, or null, or `{"recorded": time}` for a state kept from earlier.

        With `days` beside `recorded` it is as if that had been so many days later.
        """
        show_id, number = request.path_params["show_id"], request.path_params["number"]
        wanted = await request.json()
        if isinstance(wanted, dict):
            time, days = wanted["recorded"], wanted.get("days", 0)
            wanted = self._facts.earlier_episodes(show_id, number, time)
            if wanted is None:
                raise ValueError(f"Season {number} of show {show_id} has no state of {time}.")
            wanted = moved(wanted, days)
        self._facts.put_season(show_id, number, wanted)
        self._feed.note("tv", show_id, request.query_params.get("date"))
        return JSONResponse({})


def _is_signed_in(request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and token.strip() not in {"", "wrong"}


def _found(request: Request, answer: dict[str, Any] | None) -> Response:
    if not _is_signed_in(request):
        return _error(401, _UNAUTHORIZED)
    return _error(404, _NOT_FOUND) if answer is None else _answer(answer)


def _of_kind(
    request: Request, kinds: Iterable[str], answer: Callable[[Any, int], dict[str, Any]]
) -> Response:
    """A page of a list of shows or movies."""
    kind, page = request.path_params["kind"], request.query_params.get("page", "1")
    if not _is_signed_in(request):
        return _error(401, _UNAUTHORIZED)
    if kind not in kinds:
        return _error(404, _NOT_FOUND)
    if not page.isdecimal() or not 1 <= int(page) <= MOST_PAGES:
        return _error(400, _INVALID_PAGE)
    return _answer(answer(kind, int(page)))


def _answer(content: dict[str, Any]) -> Response:
    response = JSONResponse(content, media_type=_CONTENT_TYPE)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    digest = hashlib.md5(response.body, usedforsecurity=False).hexdigest()
    response.headers["ETag"] = f'W/"{digest}"'
    return response


def _error(status: int, body: dict[str, Any]) -> Response:
    return JSONResponse(body, status, media_type=_CONTENT_TYPE)


async def _no_such_path(request: Request, error: Exception) -> Response:
    del request, error
    return _error(404, _NOT_FOUND)


if __name__ == "__main__":
    serve_command_line("TMDB", make_application, BASE_PATH)
