"""A device that is pushed to: what an app says of it, under which id it is kept, and for how long."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import NewType, get_args

from shared.domain.push import Platform, Target
from shared.domain.tracking import UserId
from shared.domain.version import Version
from shared.errors import InvalidRequest

DeviceId = NewType("DeviceId", str)

KEPT = timedelta(days=270)
"""How long a device is kept after it was last seen: as long as FCM itself keeps one that is not in use
(https://firebase.google.com/docs/cloud-messaging/manage-tokens).

That page calls one stale that has not been connected to FCM for a month. We do not see that, but only when an
app registers, and a phone whose owner waits for the next season without opening the app is still connected.
One that is gone for good FCM names at the next push.
"""

SEEN_AGAIN_AFTER = timedelta(days=1)
"""A device that registers at every start of its app is written down as seen this often."""

LONGEST_TOKEN = 1_000
"""Tokens have some 160 characters today, and no limit that FCM tells; Firestore indexes 1,500 bytes."""

LONGEST_NAME = 100

_TOKEN = re.compile(rf"[!-~]{{1,{LONGEST_TOKEN}}}")
_FID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Firestore keeps ids that begin and end with two underscores to itself.
_DEVICE_ID = re.compile(r"(?!__.*__$)[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it was read."""

    user_id: UserId
    device_id: DeviceId
    target: Target
    is_active: bool
    version: Version


@dataclass(frozen=True, slots=True)
class Registration:
    """What an app says of the device it runs on.

    `token` is FCM's registration token, `fid` the Firebase installation id by which FCM replaces tokens; at
    least one of them. `client_device_id` is an id that the app keeps for as long as it is installed, where it
    has one. `name` is what a person calls the device.

    Raises:
        InvalidRequest: with what is wrong with which field, under the names they have in requests.
    """

    platform: Platform
    token: str | None = None
    fid: str | None = None
    name: str | None = None
    client_device_id: str | None = None

    def __post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidRequest("The device cannot be registered.", problems)

    @property
    def device_id(self) -> DeviceId:
        """The id to keep it under: the app's own, or one made from the installation id, or from the token.

        The first two stay when FCM gives the app another token, so that it takes the place of the old one.
        """
        if self.client_device_id is not None:
            return DeviceId(self.client_device_id)
        return device_id_of(token=self.token, fid=self.fid)

    def _problems(self) -> list[tuple[str, str]]:
        problems = []
        if self.platform not in get_args(Platform):
            problems.append(("platform", f"is one of {', '.join(get_args(Platform))}"))
        if self.token is None and self.fid is None:
            problems.append(("token", "is needed, or fid"))
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            problems.append(("token", f"has 1 to {LONGEST_TOKEN} characters of ASCII, and no space"))
        if self.fid is not None and not _FID.fullmatch(self.fid):
            problems.append(("fid", "has 1 to 64 letters, digits, - or _"))
        if self.name is not None and not _is_name(self.name):
            problems.append(("name", f"has 1 to {LONGEST_NAME} characters, none of them for control"))
        if self.client_device_id is not None and not is_device_id(self.client_device_id):
            problems.append(("deviceId", "has 1 to 64 letters, digits, - or _, and is not like __this__"))
        return problems


def device_id_of(*, token: str | None, fid: str | None) -> DeviceId:
    """The id made from content, so that registering twice makes one device. A `fid` goes before a token."""
    content = f"token:{token}" if fid is None else f"fid:{fid}"
    return DeviceId(hashlib.sha256(content.encode()).hexdigest()[:32])


def is_device_id(text: str) -> bool:
    """Whether a device can have that id."""
    return _DEVICE_ID.fullmatch(text) is not None


def target_of(platform: Platform, *, token: str | None, fid: str | None) -> Target | None:
    """Where to push to: the token where there is one, or None where there is neither.

    An app that has a token has asked FCM for it and is reached by it. An installation id every app has, also
    one that is not registered with FCM by it yet.
    """
    if token is not None:
        return Target(platform, token=token)
    return None if fid is None else Target(platform, fid=fid)


def _is_name(name: str) -> bool:
    is_clean = not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    return is_clean and bool(name.strip()) and len(name) <= LONGEST_NAME
