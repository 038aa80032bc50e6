"""What all requests and answers of the API have in common."""

from types import NoneType
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from shared.domain.alert_preferences import ANY_NUMBER_BEHIND, MOST_HOURS_BEFORE, Timing

BASE = "/api/v1"

SWITCHES = (
    "notify_new_episode",
    "notify_new_season",
    "notify_finale",
    "notify_status_change",
    "notify_specials",
)


class Asked(BaseModel):
    """A request. A field that is not known is refused, so that a typo loses nothing."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


def left(description: str, **more: Any) -> Any:  # noqa: ANN401 - as pydantic's Field, which it is
    """A field that may be left out, and then stays as it is. Null, where that is allowed, means something."""
    # Not a default: clients made of the OpenAPI document would send it.
    return Field(default_factory=NoneType, description=description, **more)


def examples(*bodies: dict[str, Any]) -> ConfigDict:
    """Examples of a request, for its schema."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


class WishesAsked(Asked):
    """What a user wants to hear, of all shows or of one. Null takes back what was said."""

    notify_new_episode: bool | None = left("Tell of every episode.")
    notify_new_season: bool | None = left("Tell of premieres, whole seasons, and releases of movies.")
    notify_finale: bool | None = left("Tell of finales.")
    notify_status_change: bool | None = left("Tell that a show was renewed, has ended, or was cancelled.")
    notify_specials: bool | None = left("Tell of specials.")
    only_within_episodes: int | None = left(
        "Tell of an episode only if at most so many aired ones before it are unwatched: 0 for who has caught"
        f" up, {ANY_NUMBER_BEHIND} for any number.",
        ge=0,
        le=ANY_NUMBER_BEHIND,
    )
    notify_hours_before: int | None = left(
        "Tell so many hours before the air date begins in the user's zone; negative: after. Instead of"
        " `notifyAtHour`.",
        ge=-MOST_HOURS_BEFORE,
        le=MOST_HOURS_BEFORE,
    )
    notify_at_hour: int | None = left(
        "Tell at this hour of the air date, by the user's clock. Instead of `notifyHoursBefore`.", ge=0, le=23
    )

    @field_validator("notify_at_hour")
    @classmethod
    def _is_the_only_time(cls, hour: int | None, info: ValidationInfo) -> int | None:
        if hour is not None and info.data.get("notify_hours_before") is not None:
            raise ValueError("excludes notifyHoursBefore")
        return hour

    def timing_after(self, timing: Timing | None) -> Timing | None:
        """The timing of before with what is asked; None where nothing is said any more."""
        hours, at_hour = self.notify_hours_before, self.notify_at_hour
        if hours is not None:
            return Timing(hours)
        if at_hour is not None:
            return Timing(at_hour=at_hour)
        if timing is None:
            return None
        said_by = "notify_at_hour" if timing.hours_before is None else "notify_hours_before"
        return None if said_by in self.model_fields_set else timing


def timing_fields(timing: Timing | None) -> dict[str, int | None]:
    """A timing as an answer has it: one of the two is null."""
    if timing is None:
        return {"notify_hours_before": None, "notify_at_hour": None}
    hours = timing.hours_before
    return {"notify_hours_before": hours, "notify_at_hour": timing.at_hour if hours is None else None}


A_CURSOR = "WyJ0dl8xMzk2Il0"

Cursor = Annotated[
    str | None,
    Query(
        description="The `cursor` of the page before; none for the first page.",
        max_length=1_000,
        examples=[A_CURSOR],
    ),
]
Limit = Annotated[int, Query(description="How many a page has at most.", ge=1, le=200)]
HoursBefore = Annotated[int | None, Field(description="Null where it is `notifyAtHour` that counts.")]
AtHour = Annotated[int | None, Field(description="Null where it is `notifyHoursBefore` that counts.")]
ShowPath = Annotated[
    str, Path(alias="id", description="A TMDB id with its kind.", examples=["tv_1396", "movie_27205"])
]
EventPath = Annotated[
    str, Path(alias="id", description="An event's, which a notification has too.", examples=["episode_62085"])
]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-07-24"])]
Picture = Annotated[
    str | None, Field(description="TMDB's path.", examples=["/ggFHVNu6YYI5L9pCfOacjizRGt.jpg"])
]
NextCursor = Annotated[
    str | None,
    Field(description="What to get the next page with; null: there is none.", examples=[A_CURSOR]),
]
