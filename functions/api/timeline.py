"""What happened, and what will, to what the user follows."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from functions.api.access import Caller, Wired
from functions.api.cached import NOT_MODIFIED, Cached, Revalidation
from functions.api.models import A_CURSOR, BASE, Day, NextCursor, Told
from functions.api.problems import documented
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.timeline_page import DayRange, TimelinePage, Window
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest, StoreUnavailable
from shared.usecases.kept_timeline import kept_timeline
from shared.usecases.read_timeline import PAGE
from shared.wiring import Wiring

router = APIRouter(
    prefix=f"{BASE}/timeline",
    tags=["timeline"],
    responses={**NOT_MODIFIED, **documented(InvalidRequest, StoreUnavailable)},
)


class EventAnswer(Told):
    """An event. One that stands for several episodes of a day has the numbers of the first."""

    id: str = Field(examples=["episode_62085"])
    type: EventType
    show_id: str = Field(examples=["tv_1396"])
    title: str = Field(description="The show's or the movie's.", examples=["Breaking Bad"])
    description: str = Field(examples=["Season 1, episode 1: Pilot"])
    date: Day
    season: int | None
    episode: int | None
    episode_id: int | None = Field(description="TMDB's.")
    episode_count: int
    seasons: list[int] = Field(description="All that it is about.")
    is_whole_season: bool
    status_before: str | None = Field(
        description="What a change of status began with.", examples=["returning"]
    )
    status_after: str | None = Field(description="What a change of status ended with.", examples=["ended"])

    @classmethod
    def of(cls, event: TimelineEvent) -> Self:
        """The answer that shows it."""
        is_change = event.event_type is EventType.STATUS_CHANGE
        return cls(
            id=event.event_id,
            type=event.event_type,
            show_id=str(event.show_key),
            title=event.title,
            description=event.description,
            date=event.event_date,
            season=event.season,
            episode=event.episode,
            episode_id=event.episode_id,
            episode_count=event.episode_count,
            seasons=sorted(event.seasons),
            is_whole_season=event.is_whole_season,
            status_before=event.details.get("from") if is_change else None,
            status_after=event.details.get("to") if is_change else None,
        )


class TimelineAnswer(Told):
    """Some events, by day. A page with a cursor can have fewer than were asked for, and none at all."""

    first_day: Day = Field(alias="from")
    last_day: Day = Field(alias="to")
    timezone: str = Field(
        description="The zone that today is of: the user's, or UTC.", examples=["Europe/Vienna"]
    )
    events: list[EventAnswer]
    cursor: NextCursor

    @classmethod
    def of(cls, page: TimelinePage) -> Self:
        """The answer that shows the page."""
        return cls(
            first_day=page.days.first.isoformat(),
            last_day=page.days.last.isoformat(),
            timezone=page.zone.name,
            events=[EventAnswer.of(event) for event in page.events],
            cursor=page.cursor,
        )


class TimelineQuery(BaseModel):
    """Which events, and which page of them."""

    types: list[EventType] = Field([], alias="type", description="Only events of these types; none: of all.")
    cursor: str | None = Field(
        None,
        description="The `cursor` of the page before; none for the first page.",
        max_length=1_000,
        examples=[A_CURSOR],
    )
    limit: int = Field(PAGE, description="How many a page has at most.", ge=1, le=200)


class DaysQuery(TimelineQuery):
    """Which events of which days, and which page of them."""

    first_day: Day = Field(alias="from", description="The first day.", max_length=10)
    last_day: Day = Field(alias="to", description="The last day: 366 days in all at most.", max_length=10)


Asked = Annotated[TimelineQuery, Query()]


@router.get("", response_model=TimelineAnswer)
async def read_timeline_of_days(
    asked: Annotated[DaysQuery, Query()], user_id: Caller, wiring: Wired, cached: Cached
) -> Response:
    """The events of some days, the first and the last among them."""
    return await _read(user_id, DayRange.parse(asked.first_day, asked.last_day), asked, wiring, cached)


@router.get("/today", response_model=TimelineAnswer)
async def read_timeline_of_today(asked: Asked, user_id: Caller, wiring: Wired, cached: Cached) -> Response:
    """The events of today, by the user's own calendar."""
    return await _read(user_id, Window.TODAY, asked, wiring, cached)


@router.get("/week", response_model=TimelineAnswer)
async def read_timeline_of_week(asked: Asked, user_id: Caller, wiring: Wired, cached: Cached) -> Response:
    """The events of seven days, today and on, by the user's own calendar."""
    return await _read(user_id, Window.WEEK, asked, wiring, cached)


@router.get("/upcoming", response_model=TimelineAnswer)
async def read_upcoming_timeline(asked: Asked, user_id: Caller, wiring: Wired, cached: Cached) -> Response:
    """The events of thirty days, today and on, by the user's own calendar."""
    return await _read(user_id, Window.UPCOMING, asked, wiring, cached)


async def _read(
    user_id: UserId, days: Window | DayRange, asked: TimelineQuery, wiring: Wiring, cached: Revalidation
) -> Response:
    answer = await kept_timeline(
        user_id,
        days,
        types=asked.types,
        cursor=asked.cursor,
        limit=asked.limit,
        timeline=wiring.timeline,
        tell=lambda page: TimelineAnswer.of(page).model_dump_json(by_alias=True),
        check=TimelineAnswer.model_validate_json,
        cache=wiring.hot_cache,
        changed=wiring.changed_shows,
        now=wiring.now,
    )
    # The next follow makes it wrong, so the app asks each time, and mostly hears that it has it already.
    return cached.answer(answer.body, max_age=0)
