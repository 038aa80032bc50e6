"""`POST /enrich`: names, ids and air dates for one show that the caller tracks (DESIGN.md, section 5)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from functions import _entry
from shared.domain.enrichment import Renumbered
from shared.domain.season import SeasonNumber, ShowId
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest
from shared.usecases.enrich_show import EnrichRequest, EnrichResult, enrich_show
from shared.wiring import Wiring

PENDING_RETRY_SECONDS = 3
LONGEST_WAIT_SECONDS = 20
MOST_SEASONS = 500
LARGEST_SHOW_ID = 2**53 - 1
LARGEST_SEASON = 999_999
FIELDS = frozenset({"showId", "seasons", "refresh", "waitSeconds"})


@_entry.http
async def enrich(request: Request, wiring: Wiring) -> Response:
    """Enrich one show of the signed-in user."""
    began_at = wiring.now()
    user_id = await _entry.signed_in_user(request, wiring)
    enrich_request = parse(user_id, await _entry.json_body(request))
    if enrich_request.refresh:
        from functions._limits import spend
        from shared.domain.rate_limit import ENRICH_REFRESH

        # It asks TMDB for every season; without it only what is missing is asked for.
        await spend(ENRICH_REFRESH, request, wiring, user=user_id)
    result = await enrich_show(
        enrich_request,
        tracking=wiring.tracking,
        seasons=wiring.seasons,
        queue=wiring.enrich_queue,
        now=wiring.now,
    )
    if result.plan.pending:
        from shared.usecases.erase_crossed import erase_crossed

        # It waits in the queue now, where nothing may be left of a user who was erased meanwhile.
        await erase_crossed(began_at, erasures=wiring.erasures, held=wiring.held)
        headers = {"Retry-After": str(PENDING_RETRY_SECONDS)}
        return JSONResponse(_answer(enrich_request.show_id, result), 202, headers=headers)
    return JSONResponse(_answer(enrich_request.show_id, result))


def parse(user_id: UserId, body: object) -> EnrichRequest:
    """The request in a body. By hand: pydantic would make a cold start a seventh longer, for four fields.

    Raises:
        InvalidRequest: with every field that is wrong.
    """
    if not isinstance(body, dict):
        raise InvalidRequest("The body is not an enrich request.", (("body", "must be an object"),))
    problems = [(_shown(name), "is not a field of this request") for name in body.keys() - FIELDS]
    show_id, seasons = body.get("showId"), body.get("seasons")
    refresh, wait = body.get("refresh", False), body.get("waitSeconds")
    if not _is_integer(show_id, 1, LARGEST_SHOW_ID):
        problems.append(("showId", "must be a TMDB show id, a whole number above 0"))
    if seasons is not None and not (isinstance(seasons, list) and len(seasons) <= MOST_SEASONS):
        problems.append(("seasons", f"must be a list of at most {MOST_SEASONS} season numbers"))
    else:
        problems += [
            (f"seasons.{place}", "must be a season number, a whole number from 0")
            for place, season in enumerate(seasons or ())
            if not _is_integer(season, 0, LARGEST_SEASON)
        ]
    if not isinstance(refresh, bool):
        problems.append(("refresh", "must be true or false"))
    if wait is not None and not (
        isinstance(wait, int | float) and not isinstance(wait, bool) and 0 <= wait <= LONGEST_WAIT_SECONDS
    ):
        problems.append(("waitSeconds", f"must be a number from 0 to {LONGEST_WAIT_SECONDS}"))
    if problems:
        raise InvalidRequest("The body is not an enrich request.", tuple(sorted(problems)))
    return EnrichRequest(
        user_id=user_id,
        show_id=ShowId(body["showId"]),
        seasons=None if seasons is None else frozenset(map(SeasonNumber, seasons)),
        refresh=bool(refresh),
        wait=wait,
    )


def _shown(name: str) -> str:
    """A field's name as it can be shown; it is the caller's, and can hold anything."""
    return name if name.isidentifier() and len(name) <= 40 else "body"


def _is_integer(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _answer(show_id: int, result: EnrichResult) -> dict[str, Any]:
    plan = result.plan
    return {
        "showId": show_id,
        "episodes": {
            "enriched": plan.enriched,
            "corrected": plan.corrected,
            "complete": plan.complete,
            "unmatched": list(plan.unmatched),
            "renumbered": [_renumbered(found) for found in plan.renumbered],
            "invalid": list(plan.invalid),
        },
        "seasons": [
            {"season": season, "source": source.value} for season, source in sorted(result.sources.items())
        ],
        "pending": list(plan.pending),
    }


def _renumbered(found: Renumbered) -> dict[str, Any]:
    key_now = None if found.season is None else f"{found.season}_{found.number}"
    return {"key": found.key, "episodeId": found.episode_id, "keyNow": key_now}
