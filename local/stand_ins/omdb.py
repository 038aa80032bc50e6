"""A stand-in for OMDb, answered from the facts kept in the project.

    python -m local.stand_ins.omdb --port 8083

Its OMDB_BASE_URL is `http://127.0.0.1:8083/`. Any API key is good but an empty one and "wrong", and each is
good for 1,000 calls a day. Tests and the demo start it with `local.stand_ins.running.running_omdb_stand_in`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.stand_ins.control import ControlledService
from local.stand_ins.omdb_facts import OmdbFacts
from local.stand_ins.server import serve_command_line

BASE_PATH = "/"
CALLS_A_DAY = 1000
PAGE_SIZE = 10
LAST_PAGE = 100

_CONTENT_TYPE = "application/json; charset=utf-8"
_HEADERS = {"Cache-Control": "public, max-age=3600", "Vary": "*"}
# Sentences as recorded, and those without a recording as quoted in issues of omdbapi/OMDb-API.
_NO_KEY = "No API key provided."
_WRONG_KEY = "Invalid API key!"
_NO_CALLS_LEFT = "Request limit reached!"
_MALFORMED_ID = "Incorrect IMDb ID."
_UNKNOWN_ID = "Error getting data."
_NOTHING_FOUND = "Movie not found!"
_NO_SERIES_FOUND = "Series not found!"
_NO_SEASON = "Series or season not found!"
_NO_EPISODE = "Series or episode not found!"
_TOO_MANY_FOUND = "Too many results."

_WELL_FORMED_ID = re.compile(r"tt\d{7,8}")
_ID_ASKED = re.compile(r"[?&]i=([^&]*)")


def make_application(facts: OmdbFacts | None = None) -> ControlledService:
    """The stand-in as an ASGI application, with the control API before it."""
    known = OmdbFacts() if facts is None else facts
    budget = _DailyBudget()
    changes = _Changes(known, budget)
    return ControlledService(
        Starlette(routes=[Route(BASE_PATH, _Answers(known, budget).anything)]),
        control_routes=[
            Route("/title/{title_id}", changes.put_title, methods=["PUT"]),
            Route("/title/{title_id}/season/{number:int}", changes.put_season, methods=["PUT"]),
            Route("/daily-limit", changes.put_daily_limit, methods=["PUT"]),
        ],
        things_asked=titles_asked,
        forget=changes.forget,
    )


def titles_asked(path: str) -> Mapping[str, Iterable[str]]:
    """The title that a call asks for by its id."""
    return {"titles": _ID_ASKED.findall(path)}


class _DailyBudget:
    """How many calls each key has made today, and how many it may."""

    def __init__(self) -> None:
        self.start_anew(CALLS_A_DAY)

    def start_anew(self, calls: int) -> None:
        """Let every key make so many calls a day, and count from nought."""
        self._calls = calls
        self._today: date | None = None
        self._made: Counter[str] = Counter()

    def takes(self, key: str, today: date) -> bool:
        """Whether this call is still within the limit; if so it counts."""
        if today != self._today:
            self._today = today
            self._made.clear()
        if self._made[key] >= self._calls:
            return False
        self._made[key] += 1
        return True


class _Answers:
    """OMDb's one path, where the query says what is asked."""

    def __init__(self, facts: OmdbFacts, budget: _DailyBudget) -> None:
        self._facts = facts
        self._budget = budget

    async def anything(self, request: Request) -> Response:
        asked = {name.lower(): value for name, value in request.query_params.items()}
        key = asked.get("apikey", "")
        if not key:
            return _failure(_NO_KEY, 401)
        if key == "wrong":
            return _failure(_WRONG_KEY, 401)
        if not self._budget.takes(key, datetime.now(UTC).date()):
            return _failure(_NO_CALLS_LEFT, 401)
        return self._search(asked) if "s" in asked else self._one(asked)

    def _search(self, asked: Mapping[str, str]) -> Response:
        words, type_ = asked["s"].strip(), asked.get("type", "")
        if len(words) < 3:
            return _failure(_TOO_MANY_FOUND)
        found = self._facts.search(words, type_, asked.get("y", ""))
        page = int(asked["page"]) if asked.get("page", "").isdecimal() else 1
        on_page = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE] if 1 <= page <= LAST_PAGE else []
        if not on_page:
            return _failure(_nothing_found(type_))
        return _answer({"Search": on_page, "totalResults": str(len(found)), "Response": "True"})

    def _one(self, asked: Mapping[str, str]) -> Response:
        if "t" in asked and "i" not in asked:
            type_ = asked.get("type", "")
            title_id = self._facts.id_of(asked["t"], type_, asked.get("y", ""))
            unknown = _nothing_found(type_)
        else:
            title_id, unknown = asked.get("i", ""), _UNKNOWN_ID
            if not _WELL_FORMED_ID.fullmatch(title_id):
                return _failure(_MALFORMED_ID)
        if "episode" in asked:
            episode = self._facts.episode(title_id or "", asked.get("season", ""), asked["episode"])
            return _failure(_NO_EPISODE) if episode is None else _answer(episode)
        if "season" in asked:
            season = self._facts.season(title_id or "", asked["season"])
            return _failure(_NO_SEASON) if season is None else _answer(season)
        title = self._facts.title(title_id or "")
        return _failure(unknown) if title is None else _answer(title)


class _Changes:
    """The control paths by which a test or demo changes what OMDb knows, and how often it may be asked."""

    def __init__(self, facts: OmdbFacts, budget: _DailyBudget) -> None:
        self._facts = facts
        self._budget = budget

    def forget(self) -> None:
        self._facts.forget_changes()
        self._budget.start_anew(CALLS_A_DAY)

    async def put_title(self, request: Request) -> Response:
        """Takes a title, or null for it to vanish."""
        self._facts.put_title(request.path_params["title_id"], await request.json())
        return JSONResponse({})

    async def put_season(self, request: Request) -> Response:
        title_id, number = request.path_params["title_id"], request.path_params["number"]
        self._facts.put_season(title_id, number, await request.json())
        return JSONResponse({})

    async def put_daily_limit(self, request: Request) -> Response:
        """Takes `{"calls": n}`; the calls made before no longer count."""
        calls = int((await request.json())["calls"])
        self._budget.start_anew(calls)
        return JSONResponse({"calls": calls})


def _nothing_found(type_: str) -> str:
    return _NO_SERIES_FOUND if type_ == "series" else _NOTHING_FOUND


def _answer(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=_HEADERS, media_type=_CONTENT_TYPE)


def _failure(sentence: str, status: int = 200) -> Response:
    """What there is no answer to is a 200 too."""
    return JSONResponse({"Response": "False", "Error": sentence}, status, _HEADERS, media_type=_CONTENT_TYPE)


if __name__ == "__main__":
    serve_command_line("OMDb", make_application, BASE_PATH)
