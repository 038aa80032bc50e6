"""What the user follows, and wants to hear of it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import Field, ValidationInfo, field_validator

from functions.api.access import Caller, Wired
from functions.api.limits import Limited
from functions.api.models import (
    BASE,
    SWITCHES,
    Asked,
    AtHour,
    Cursor,
    HoursBefore,
    Limit,
    NextCursor,
    ShowPath,
    Told,
    WishesAsked,
    examples,
    left,
    timing_fields,
)
from functions.api.problems import documented
from shared.domain.following import Following
from shared.domain.rate_limit import SYNC
from shared.domain.show import ShowKey
from shared.errors import (
    Contention,
    InvalidRequest,
    NotFound,
    StoreUnavailable,
    TooManyRequests,
    Unavailable,
)
from shared.usecases.follow_show import change_following, follow_show, unfollow_show
from shared.usecases.read_follows import PAGE, FollowsPage, read_favorites, read_follows

MOST_EPISODES = 999_999

router = APIRouter(prefix=f"{BASE}/tracking", tags=["tracking"])

ShowId = Annotated[
    str,
    Field(
        description="A TMDB id with its kind.",
        pattern=r"^(tv|movie)_[1-9][0-9]{0,15}$",
        max_length=30,
        examples=["tv_1396"],
    ),
]


class TrackingSettings(WishesAsked):
    """What is wanted otherwise of one show. Null is as in the user's preferences; what is left out stays."""

    is_favorite: bool = Field(default_factory=bool, description="Whether it is a favourite.")
    is_silenced: bool = Field(default_factory=bool, description="Whether nothing is told of it for now.")
    last_watched_season: int | None = left(
        "How far the user is, together with `lastWatchedEpisode`.", ge=0, le=MOST_EPISODES
    )
    last_watched_episode: int | None = left(
        "How far the user is, together with `lastWatchedSeason`.",
        ge=0,
        le=MOST_EPISODES,
        validate_default=True,
    )

    model_config = examples(
        {"isSilenced": True}, {"notifyHoursBefore": 2}, {"lastWatchedSeason": 2, "lastWatchedEpisode": 9}
    )

    @field_validator("last_watched_episode")
    @classmethod
    def _is_of_a_season(cls, episode: int | None, info: ValidationInfo) -> int | None:
        season = info.data.get("last_watched_season", episode)  # not there where it is wrong itself
        if (season is None) != (episode is None):
            raise ValueError("is said together with lastWatchedSeason")
        return episode

    def edited(self, following: Following) -> Following:
        """What is followed, with what is asked."""
        said = self.model_fields_set
        own = {name: getattr(self, name) for name in (*SWITCHES, "is_silenced", "only_within_episodes")}
        wishes = replace(
            following.wishes,
            **{name: value for name, value in own.items() if name in said},
            timing=self.timing_after(following.wishes.timing),
        )
        return replace(
            following,
            wishes=wishes,
            is_favorite=self.is_favorite if "is_favorite" in said else following.is_favorite,
            last_watched=self._last_watched(following),
        )

    def _last_watched(self, following: Following) -> tuple[int, int] | None:
        if not {"last_watched_season", "last_watched_episode"} & self.model_fields_set:
            return following.last_watched
        if self.last_watched_season is None or self.last_watched_episode is None:
            return None
        return self.last_watched_season, self.last_watched_episode


class TrackingRequest(TrackingSettings):
    """A show to follow, and what is wanted otherwise of it."""

    show_id: ShowId

    model_config = examples(
        {"showId": "tv_1396"}, {"showId": "tv_125988", "isFavorite": True, "notifyAtHour": 20}
    )


class FavoriteRequest(Asked):
    """Whether a show is a favourite."""

    is_favorite: bool

    model_config = examples({"isFavorite": True})


class TrackingAnswer(Told):
    """What is followed. A wish that is null is as in the user's preferences."""

    show_id: ShowId
    tmdb_id: int
    media_type: str = Field(examples=["tv"])
    is_favorite: bool
    is_silenced: bool
    notify_new_episode: bool | None
    notify_new_season: bool | None
    notify_finale: bool | None
    notify_status_change: bool | None
    notify_specials: bool | None
    only_within_episodes: int | None
    notify_hours_before: HoursBefore
    notify_at_hour: AtHour
    last_watched_season: int | None
    last_watched_episode: int | None
    followed_at: datetime | None

    @classmethod
    def of(cls, following: Following) -> Self:
        """The answer that shows it."""
        season, episode = following.last_watched or (None, None)
        wishes = following.wishes
        return cls(
            show_id=str(following.show_key),
            tmdb_id=following.show_key.tmdb_id,
            media_type=following.show_key.media_type,
            is_favorite=following.is_favorite,
            is_silenced=wishes.is_silenced,
            **{name: getattr(wishes, name) for name in SWITCHES},
            only_within_episodes=wishes.only_within_episodes,
            **timing_fields(wishes.timing),
            last_watched_season=season,
            last_watched_episode=episode,
            followed_at=following.followed_at,
        )


class TrackingPage(Told):
    """Some of what the user follows, in the order of the ids as texts."""

    tracking: list[TrackingAnswer]
    cursor: NextCursor

    @classmethod
    def of(cls, page: FollowsPage) -> Self:
        """The answer that shows the page."""
        return cls(tracking=[TrackingAnswer.of(one) for one in page.follows], cursor=page.cursor)


@router.get("", responses=documented(InvalidRequest, StoreUnavailable))
async def read_tracking(
    user_id: Caller, wiring: Wired, cursor: Cursor = None, limit: Limit = PAGE
) -> TrackingPage:
    """What the user follows."""
    page = await read_follows(user_id, cursor=cursor, limit=limit, follows=wiring.follows)
    return TrackingPage.of(page)


@router.get("/favorites", responses=documented(InvalidRequest, StoreUnavailable))
async def read_favorite_tracking(
    user_id: Caller, wiring: Wired, cursor: Cursor = None, limit: Limit = PAGE
) -> TrackingPage:
    """What the user follows and has marked as a favourite."""
    page = await read_favorites(user_id, cursor=cursor, limit=limit, follows=wiring.follows)
    return TrackingPage.of(page)


@router.post(
    "",
    status_code=201,
    response_description="It is followed from now on.",
    responses={
        200: {"description": "It was followed already, and is now as asked.", "model": TrackingAnswer},
        **documented(InvalidRequest, NotFound, Contention, StoreUnavailable, Unavailable, TooManyRequests),
    },
)
async def begin_tracking(
    request: TrackingRequest, user_id: Caller, wiring: Wired, response: Response, limits: Limited
) -> TrackingAnswer:
    """Follow a show or a movie. Its alerts are planned at once where we know it, else when it is synced.

    How many we do not know may be asked for in a minute is limited; after a 429 the same request goes on.
    """

    async def admit() -> None:
        await limits.spend(SYNC, user_id)

    followed = await follow_show(
        user_id,
        ShowKey.parse(request.show_id),
        edit=request.edited,
        follows=wiring.follows,
        notifications=wiring.notifications,
        topics=wiring.topics,
        now=wiring.now,
        admit=admit,
    )
    if not followed.is_new:
        response.status_code = 200
    return TrackingAnswer.of(followed.following)


@router.patch("/{id}", responses=documented(InvalidRequest, NotFound, Contention, StoreUnavailable))
async def change_tracking(
    show_id: ShowPath, request: TrackingSettings, user_id: Caller, wiring: Wired
) -> TrackingAnswer:
    """Change what is wanted of what is followed, and plan its alerts accordingly."""
    followed = await change_following(
        user_id,
        _followed_key(show_id),
        edit=request.edited,
        follows=wiring.follows,
        notifications=wiring.notifications,
        now=wiring.now,
    )
    return TrackingAnswer.of(followed.following)


@router.delete("/{id}", status_code=204, responses=documented(NotFound, Contention, StoreUnavailable))
async def end_tracking(show_id: ShowPath, user_id: Caller, wiring: Wired) -> None:
    """Stop following, and withdraw what is still to be told."""
    was_followed = await unfollow_show(
        user_id,
        _followed_key(show_id),
        follows=wiring.follows,
        notifications=wiring.notifications,
        now=wiring.now,
    )
    if not was_followed:
        raise _not_followed()


@router.post("/{id}/favorite", responses=documented(InvalidRequest, NotFound, Contention, StoreUnavailable))
async def mark_favorite(
    show_id: ShowPath, request: FavoriteRequest, user_id: Caller, wiring: Wired
) -> TrackingAnswer:
    """Mark what is followed as a favourite, or no longer."""

    def edited(following: Following) -> Following:
        return replace(following, is_favorite=request.is_favorite)

    followed = await change_following(
        user_id,
        _followed_key(show_id),
        edit=edited,
        follows=wiring.follows,
        notifications=wiring.notifications,
        now=wiring.now,
    )
    return TrackingAnswer.of(followed.following)


def _followed_key(text: str) -> ShowKey:
    """The key in a path. What is none is not followed either."""
    try:
        return ShowKey.parse(text)
    except ValueError as error:
        raise _not_followed() from error


def _not_followed() -> NotFound:
    return NotFound("You do not follow such a show.")
