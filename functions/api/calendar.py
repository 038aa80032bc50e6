"""The user's calendar feed, which calendar apps subscribe to by a secret address."""

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field

from functions.api.access import Caller, Wired
from functions.api.models import BASE, Told
from functions.api.problems import documented
from shared.domain.timeline import EventType
from shared.errors import Contention, InvalidRequest, NotFound, StoreUnavailable
from shared.usecases.calendar_feed import make_calendar_key, read_calendar, revoke_calendar

router = APIRouter(prefix=BASE)

MEDIA_TYPE = "text/calendar; charset=utf-8"
PATH = "/timeline/calendar.ics"
CACHED = "private, max-age=300"

MOST_SHOWS = 100

EXAMPLE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//TV tracker//EN
BEGIN:VEVENT
UID:episode_62085
DTSTAMP:20260724T120000Z
SEQUENCE:1
SUMMARY:Breaking Bad
DESCRIPTION:Season 1\\, episode 1: Pilot
DTSTART;VALUE=DATE:20260724
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
"""

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)


class CalendarAnswer(Told):
    """The address of the user's calendar."""

    url: str = Field(
        description="To subscribe to. Who has it sees what the user follows; it is not shown again.",
        examples=["https://tv.example.com/api/v1/timeline/calendar.ics?key=Yx…"],
    )


@router.post("/me/calendar", status_code=201, tags=["me"], responses=documented(Contention, StoreUnavailable))
async def make_calendar_address(
    user_id: Caller, wiring: Wired, request: Request, response: Response
) -> CalendarAnswer:
    """Make the secret address of the user's calendar, instead of one from before, which then is none."""
    key = await make_calendar_key(user_id, calendars=wiring.calendars)
    response.headers["Cache-Control"] = "no-store"
    return CalendarAnswer(url=f"{_origin(request)}{BASE}{PATH}?key={key}")


@router.delete(
    "/me/calendar", status_code=204, tags=["me"], responses=documented(Contention, StoreUnavailable)
)
async def revoke_calendar_address(user_id: Caller, wiring: Wired) -> None:
    """Let no address open the user's calendar any more. There need not be one."""
    await revoke_calendar(user_id, calendars=wiring.calendars)


@router.get(
    PATH,
    tags=["timeline"],
    response_class=Response,
    responses={
        200: {
            "description": "iCalendar (RFC 5545). What was withdrawn is in it as CANCELLED.",
            "content": {"text/calendar": {"schema": {"type": "string"}, "example": EXAMPLE}},
            "headers": {"ETag": {"schema": {"type": "string"}}},
        },
        304: {"description": "It is as it was with that ETag."},
        **documented(InvalidRequest, NotFound, StoreUnavailable, is_public=True),
    },
)
async def read_calendar_feed(
    wiring: Wired,
    key: Annotated[str, Query(description="The secret of the address.", examples=["Yx…"])] = "",
    types: Annotated[
        list[EventType],
        Query(alias="type", description="Only events of these types; none: of all."),
    ] = [],  # noqa: B006 - FastAPI copies it
    shows: Annotated[
        list[str],
        Query(
            alias="show",
            description="Only of these shows; none: of all.",
            examples=[["tv_1396"]],
            max_length=MOST_SHOWS,
        ),
    ] = [],  # noqa: B006 - as above
    if_none_match: Annotated[
        str | None, Header(description="The `ETag` of the answer that the app has.", examples=['W/"5f3a9c"'])
    ] = None,
) -> Response:
    """What the user follows, 30 days back and 365 ahead, for whoever has the address."""
    feed = await read_calendar(
        key,
        types=types,
        shows=shows,
        calendars=wiring.calendars,
        timeline=wiring.timeline,
        now=wiring.now,
    )
    # Weak: it stands for what is told, and not for each byte of how.
    tag = f'W/"{feed.tag}"'
    headers = {"ETag": tag, "Cache-Control": CACHED}
    if _is_held(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    # Half a second for two thousand events, and others wait to be answered too.
    written = await asyncio.to_thread(lambda: wiring.write_calendar(feed.events))
    return Response(written, media_type=MEDIA_TYPE, headers=headers)


def _is_held(tag: str, if_none_match: str | None) -> bool:
    """Whether the caller has it already, by the weak comparison (RFC 9110, 13.1.2)."""
    held = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    return tag.removeprefix("W/") in held or "*" in held


def _origin(request: Request) -> str:
    """Where the caller has reached us: through hosting that is another host than our own.

    Whoever forges it is given an address that is of no use to them.
    """
    forwarded = request.headers.get("X-Forwarded-Host", "").partition(",")[0].strip()
    host = next((name for name in (forwarded, request.url.netloc) if _HOST.fullmatch(name)), "localhost")
    is_plain = (
        request.headers.get("X-Forwarded-Proto", request.url.scheme).partition(",")[0].strip() == "http"
    )
    return f"{'http' if is_plain else 'https'}://{host}"
