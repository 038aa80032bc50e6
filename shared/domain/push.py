"""A push: where it goes, what is seen there, and what came of sending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

Platform = Literal["android", "ios", "web"]


@dataclass(frozen=True, slots=True)
class Target:
    """A device as FCM knows it: by a registration token or by an installation id (`fid`), one of the two."""

    platform: Platform
    token: str | None = None
    fid: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What a person is to see, once: whatever is shown under the same `collapse_id` is replaced by it.

    `collapse_id` is of letters, digits, `_` and `-`, at most 64 of them. `path` is what a tap opens, from
    the app's root on, as `/show/tv_1396`. `data` is for the app. After `expires_at` nobody wants to see it.
    """

    collapse_id: str
    title: str
    body: str
    path: str
    expires_at: datetime
    image_url: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clearance:
    """To the app alone, and silent: take away what is shown under these, it was read elsewhere."""

    collapse_ids: tuple[str, ...]


class Sent(StrEnum):
    """What came of sending to one device."""

    DELIVERED = "delivered"
    """FCM has taken it, and sees to the rest."""

    DEVICE_GONE = "device_gone"
    """The app was removed there, or the token is another project's: it never can be reached again."""

    REFUSED = "refused"
    """FCM will never take this message for this device, which stays."""

    FAILED = "failed"
    """It went wrong for this one message, and may go well later."""

    SERVICE_DOWN = "service_down"
    """FCM cannot be reached, or takes nothing from us just now: whose message it is does not matter."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of it, and why, in a word that FCM uses or one of ours. `retry_after` is in seconds."""

    sent: Sent
    reason: str = ""
    retry_after: float | None = None
