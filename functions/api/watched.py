"""What the user has watched, and what they watch next."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from functions.api.access import Caller, Wired
from functions.api.limits import Limited
from functions.api.models import BASE, Asked, Cursor, Day, NextCursor, Picture, ShowPath, Told, examples, left
from functions.api.problems import documented
from functions.api.tracking import MOST_EPISODES, ShowId
from shared.domain.rate_limit import SEARCH_MISS
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.watched_marks import Marks
from shared.errors import (
    Contention,
    InvalidRequest,
    NotFound,
    StoreUnavailable,
    TooManyRequests,
    Unavailable,
)
from shared.usecases.mark_watched import Marked, mark_watched, unmark_watched
from shared.usecases.read_next import MOST_ON_A_PAGE, PAGE, NextOfShow, NextPage, read_next

router = APIRouter(prefix=f"{BASE}/tracking", tags=["tracking"])

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

Season = Annotated[int, Field(description="Its number; 0 has the specials.", ge=0, le=MOST_EPISODES)]
# It is None where it was left out, and null is refused: else that would come to mean the whole season.
Episode = Annotated[int, Field(ge=0, le=MOST_EPISODES)]

_EPISODE = "Its number. Left out, the whole season is meant."
_UP_TO = "With all before it, of earlier seasons too; of the specials only where season 0 is named."


def _is_of_an_episode(is_up_to: bool, info: ValidationInfo) -> bool:
    if is_up_to and info.data.get("episode", 0) is None:
        raise ValueError("is said together with episode")
    return is_up_to


class WatchedRequest(Asked):
    """What was watched: one episode, a season, or all up to an episode."""

    season: Season
    episode: Episode = left(_EPISODE)
    up_to: bool = Field(default_factory=bool, description=_UP_TO)
    watched_at: Annotated[AwareDatetime, Field(strict=False)] = left(
        "When; left out: now. What is marked already keeps its time, unless one episode is named.",
        examples=["2026-03-10T20:15:00Z"],
    )

    model_config = examples(
        {"season": 1, "episode": 2}, {"season": 1}, {"season": 2, "episode": 5, "upTo": True}
    )

    _has_episode = field_validator("up_to")(_is_of_an_episode)

    @field_validator("watched_at", mode="before")
    @classmethod
    def _is_text(cls, value: object) -> object:
        # Else a number would be taken for seconds since 1970, or for milliseconds if it is large.
        if not isinstance(value, str) or not value[:4].isdigit() or "T" not in value.upper():
            raise ValueError("must be a time as 2026-03-10T20:15:00Z")
        return value

    @field_validator("watched_at")
    @classmethod
    def _is_of_our_time(cls, watched_at: datetime) -> datetime:
        if watched_at < EARLIEST:
            raise ValueError(f"must not be before {EARLIEST.year}")
        return watched_at


class UnwatchedQuery(BaseModel):
    """What was not watched after all. A name that is not known is refused: without it, more is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    season: Season
    episode: Episode = left(_EPISODE)
    up_to: bool = Field(False, description=_UP_TO)

    _has_episode = field_validator("up_to")(_is_of_an_episode)


class WatchedAnswer(Told):
    """What came of it."""

    show_id: ShowId
    changed: int = Field(description="How many episodes are marked otherwise than before.")
    last_watched_season: int | None = Field(
        description="How far the user is. Null where the show is not followed, or nothing of it was watched."
    )
    last_watched_episode: int | None

    @classmethod
    def of(cls, key: ShowKey, marked: Marked) -> Self:
        """The answer that shows it."""
        season, episode = marked.last_watched or (None, None)
        return cls(
            show_id=str(key),
            changed=marked.changed,
            last_watched_season=season,
            last_watched_episode=episode,
        )


class NextEpisodeAnswer(Told):
    """An episode that has aired and is not watched."""

    season: int
    episode: int
    episode_id: int = Field(description="TMDB's.")
    name: str | None = Field(examples=["Pilot"])
    air_date: Day
    still_path: Picture


class NextAnswer(Told):
    """What to watch next of a show."""

    show_id: ShowId
    title: str | None = Field(examples=["Breaking Bad"])
    poster_path: Picture
    next_episode: NextEpisodeAnswer
    left: int = Field(description="How many are left to watch, that one among them.")
    is_reopened: bool = Field(
        description="Whether all that there was had been watched, and a new season has begun since."
    )
    last_watched_at: datetime | None

    @classmethod
    def of(cls, one: NextOfShow) -> Self:
        """The answer that shows it."""
        episode = one.next.episode
        return cls(
            show_id=str(one.show_key),
            title=one.title,
            poster_path=one.poster_path,
            next_episode=NextEpisodeAnswer(
                season=one.next.season,
                episode=episode.number,
                episode_id=episode.episode_id,
                name=episode.name,
                air_date=episode.air_date or "",
                still_path=episode.still_path,
            ),
            left=one.next.left,
            is_reopened=one.next.is_reopened,
            last_watched_at=one.watched_at,
        )


class NextPageAnswer(Told):
    """Some shows. A page with a cursor can have fewer than were asked for, and none at all."""

    next: list[NextAnswer]
    cursor: NextCursor

    @classmethod
    def of(cls, page: NextPage) -> Self:
        """The answer that shows the page."""
        return cls(next=[NextAnswer.of(one) for one in page.shows], cursor=page.cursor)


@router.get("/next", responses=documented(InvalidRequest, StoreUnavailable))
async def read_next_episodes(
    user_id: Caller,
    wiring: Wired,
    specials: Annotated[
        bool, Query(description="Whether specials count, by the days they aired on.")
    ] = False,
    cursor: Cursor = None,
    limit: Annotated[int, Query(description="How many a page has at most.", ge=1, le=MOST_ON_A_PAGE)] = PAGE,
) -> NextPageAnswer:
    """What to watch next of each show that is followed: what has aired first after the furthest one watched.

    The most recently watched or aired come first. Shows of which nothing is left are not among them.
    """
    page = await read_next(
        user_id,
        with_specials=specials,
        cursor=cursor,
        limit=limit,
        timeline=wiring.timeline,
        follows=wiring.follows,
        watched=wiring.watched_marks,
        episodes=wiring.show_episodes,
        now=wiring.now,
    )
    return NextPageAnswer.of(page)


@router.put(
    "/{id}/watched",
    responses=documented(
        InvalidRequest, NotFound, Contention, StoreUnavailable, Unavailable, TooManyRequests
    ),
)
async def mark_episodes_watched(
    show_id: ShowPath, request: WatchedRequest, user_id: Caller, wiring: Wired, limits: Limited
) -> WatchedAnswer:
    """Mark an episode, what has aired of a season, or all up to an episode as watched.

    The show need not be followed; where it is, `lastWatched…` moves on, and never back.
    """
    key = _show_key(show_id)

    async def admit() -> None:
        await limits.spend(SEARCH_MISS, user_id)

    marked = await mark_watched(
        user_id,
        key,
        Marks(SeasonNumber(request.season), request.episode, is_up_to=request.up_to),
        watched_at=request.watched_at,
        watched=wiring.watched_marks,
        episodes=wiring.show_episodes,
        seasons=wiring.seasons,
        queue=wiring.enrich_queue,
        now=wiring.now,
        admit=admit,
    )
    return WatchedAnswer.of(key, marked)


@router.delete("/{id}/watched", responses=documented(InvalidRequest, NotFound, Contention, StoreUnavailable))
async def mark_episodes_unwatched(
    show_id: ShowPath, asked: Annotated[UnwatchedQuery, Query()], user_id: Caller, wiring: Wired
) -> WatchedAnswer:
    """Take the marks away again, of an episode, a season, or all up to an episode.

    What is meant stands in the query, since the body of a DELETE may be dropped on the way (RFC 9110, 9.3.5).
    If the user was at one of them, `lastWatched…` goes back to the furthest one that is still marked.
    """
    key = _show_key(show_id)
    marks = Marks(SeasonNumber(asked.season), asked.episode, is_up_to=asked.up_to)
    return WatchedAnswer.of(key, await unmark_watched(user_id, key, marks, watched=wiring.watched_marks))


def _show_key(text: str) -> ShowKey:
    try:
        return ShowKey.parse(text)
    except ValueError as error:
        raise NotFound("There is no such show.") from error
