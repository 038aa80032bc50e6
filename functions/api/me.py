"""The user: their name, their zone, and what they want to hear of all shows."""

from dataclasses import replace
from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import Field, ValidationInfo, field_validator

from functions.api.access import Caller, Wired
from functions.api.models import (
    BASE,
    SWITCHES,
    Asked,
    AtHour,
    HoursBefore,
    Told,
    WishesAsked,
    examples,
    left,
    timing_fields,
)
from functions.api.problems import documented
from shared.domain.alert_preferences import AlertPreferences, Timing, UserAlerts
from shared.domain.local_time import QuietHours, Zone
from shared.domain.profile import LONGEST_USERNAME, Profile, is_username
from shared.errors import Contention, InvalidRequest, StoreUnavailable, Unavailable
from shared.usecases.change_profile import change_profile

router = APIRouter(prefix=f"{BASE}/me", tags=["me"])

_DEFAULTS = AlertPreferences()


class QuietHoursBody(Asked):
    """Times of the user's clock between which no device makes a sound; over midnight too."""

    start: str = Field(alias="from", pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])
    end: str = Field(alias="to", pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])

    @field_validator("end")
    @classmethod
    def _is_another_time(cls, end: str, info: ValidationInfo) -> str:
        if end == info.data.get("start"):
            raise ValueError("must be another time than from; null is no quiet hours")
        return end


class PreferencesRequest(WishesAsked):
    """What is wanted of all shows. Null is the default again; what is left out stays."""

    quiet_hours: QuietHoursBody | None = left("When no device makes a sound: alerts wait for the end of it.")
    digest_hour: int | None = left("Gather the alerts of a day in one, at this hour.", ge=0, le=23)

    def edited(self, before: AlertPreferences) -> AlertPreferences:
        """The preferences, with what is asked."""
        told = {}
        for name in {*SWITCHES, "only_within_episodes", "digest_hour"} & self.model_fields_set:
            value = getattr(self, name)
            told[name] = getattr(_DEFAULTS, name) if value is None else value
        if "quiet_hours" in self.model_fields_set:
            quiet = self.quiet_hours
            told["quiet_hours"] = None if quiet is None else QuietHours.of(quiet.model_dump(by_alias=True))
        return replace(before, **told, timing=self.timing_after(before.timing) or Timing())


class ProfileRequest(Asked):
    """What to change; what is left out stays."""

    username: str | None = left(
        "What others may see; null for none.", min_length=1, max_length=LONGEST_USERNAME
    )
    timezone: str | None = left(
        "An IANA name; null is UTC, until the user has one.", max_length=64, examples=["Europe/Vienna"]
    )
    preferences: PreferencesRequest = Field(default_factory=PreferencesRequest)

    model_config = examples(
        {"timezone": "Europe/Vienna", "preferences": {"quietHours": {"from": "22:00", "to": "08:00"}}},
        {"username": "Ada"},
    )

    @field_validator("username")
    @classmethod
    def _is_username(cls, name: str | None) -> str | None:
        if name is not None and not is_username(name):
            raise ValueError("must have a letter or sign that shows, and none for control")
        return name

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None and Zone.of(name).is_assumed:
            raise ValueError("must be the IANA name of a time zone, as Europe/Vienna")
        return name

    def edited(self, before: Profile) -> Profile:
        """The profile, with what is asked."""
        said = self.model_fields_set
        return replace(
            before,
            username=self.username if "username" in said else before.username,
            alerts=UserAlerts(
                Zone.of(self.timezone) if "timezone" in said else before.alerts.zone,
                self.preferences.edited(before.alerts.preferences),
            ),
        )


class PreferencesAnswer(Told):
    """What the user wants of all shows."""

    notify_new_episode: bool
    notify_new_season: bool
    notify_finale: bool
    notify_status_change: bool
    notify_specials: bool
    only_within_episodes: int | None
    notify_hours_before: HoursBefore
    notify_at_hour: AtHour
    quiet_hours: QuietHoursBody | None
    digest_hour: int | None

    @classmethod
    def of(cls, preferences: AlertPreferences) -> Self:
        """The answer that shows them."""
        quiet = preferences.quiet_hours
        return cls(
            **{name: getattr(preferences, name) for name in SWITCHES},
            only_within_episodes=preferences.only_within_episodes,
            **timing_fields(preferences.timing),
            quiet_hours=None if quiet is None else QuietHoursBody.model_validate(quiet.as_fields()),
            digest_hour=preferences.digest_hour,
        )


class ProfileAnswer(Told):
    """The user."""

    id: str = Field(examples=["QmDBsjW8Y2ZQxDbrHJ4wcGLEPGz1"])
    email: str | None = Field(examples=["ada@example.com"])
    username: str | None = Field(examples=["Ada"])
    timezone: str | None = Field(
        description="Null: none is known, and UTC counts.", examples=["Europe/Vienna"]
    )
    preferences: PreferencesAnswer
    created_at: datetime | None

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """The answer that shows it."""
        zone = profile.alerts.zone
        return cls(
            id=profile.user_id,
            email=profile.email,
            username=profile.username,
            timezone=None if zone.is_assumed else zone.name,
            preferences=PreferencesAnswer.of(profile.alerts.preferences),
            created_at=profile.created_at,
        )


@router.get("", responses=documented(StoreUnavailable))
async def read_me(user_id: Caller, wiring: Wired) -> ProfileAnswer:
    """The user."""
    return ProfileAnswer.of(await wiring.users.profile(user_id))


@router.patch("", responses=documented(InvalidRequest, Contention, StoreUnavailable, Unavailable))
async def change_me(request: ProfileRequest, user_id: Caller, wiring: Wired) -> ProfileAnswer:
    """Change the user's name, zone or preferences. Alerts that are planned already move shortly after."""
    changed = await change_profile(
        user_id, request.edited, users=wiring.users, topics=wiring.topics, now=wiring.now
    )
    return ProfileAnswer.of(changed)
