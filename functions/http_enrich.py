"""`POST /enrich`: names, ids and air dates for one show that the caller tracks (DESIGN.md, section 5)."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from functions import _entry
from shared.domain.enrichment import Renumbered
from shared.domain.season import SeasonNumber, ShowId
from shared.errors import InvalidRequest
from shared.usecases.enrich_show import EnrichRequest, EnrichResult, enrich_show
from shared.wiring import Wiring

PENDING_RETRY_SECONDS = 3
LONGEST_WAIT_SECONDS = 20

SeasonInBody = Annotated[int, Field(ge=0, le=999_999)]


class EnrichBody(BaseModel):
    """The request's body."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    showId: Annotated[int, Field(gt=0, lt=2**53)]  # noqa: N815 - the wire's name
    seasons: Annotated[list[SeasonInBody], Field(max_length=500)] | None = None
    refresh: bool = False
    waitSeconds: Annotated[float, Field(ge=0, le=LONGEST_WAIT_SECONDS)] | None = None  # noqa: N815 - same


@_entry.http
async def enrich(request: Request, wiring: Wiring) -> Response:
    """Enrich one show of the signed-in user."""
    user_id = await _entry.signed_in_user(request, wiring)
    body = _parse(await _entry.json_body(request))
    result = await enrich_show(
        EnrichRequest(
            user_id=user_id,
            show_id=ShowId(body.showId),
            seasons=None if body.seasons is None else frozenset(map(SeasonNumber, body.seasons)),
            refresh=body.refresh,
            wait=body.waitSeconds,
        ),
        tracking=wiring.tracking,
        seasons=wiring.seasons,
        queue=wiring.enrich_queue,
        now=wiring.now,
    )
    if result.plan.pending:
        headers = {"Retry-After": str(PENDING_RETRY_SECONDS)}
        return JSONResponse(_answer(body.showId, result), 202, headers=headers)
    return JSONResponse(_answer(body.showId, result))


def _parse(body: object) -> EnrichBody:
    try:
        return EnrichBody.model_validate(body)
    except ValidationError as error:
        problems = tuple(
            (".".join(map(str, problem["loc"])) or "body", problem["msg"])
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise InvalidRequest("The body is not an enrich request.", problems) from error


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
