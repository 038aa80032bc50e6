"""What following and alerting ask of their adapters. Every method of a store may raise `StoreUnavailable`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.alert_preferences import UserAlerts
from shared.domain.follow_state import FollowChange, FollowedShow, FollowState, StoredEvent
from shared.domain.following import Following
from shared.domain.notification import Notification
from shared.domain.profile import Profile
from shared.domain.push import Alert, Clearance, Sending, Target
from shared.domain.show import ShowKey
from shared.domain.tracking import TrackingKey, UserId
from shared.domain.version import Version
from shared.domain.watched import Watched


class FollowStore(Protocol):
    """Who follows what."""

    async def state(self, user_id: UserId, key: ShowKey) -> FollowState:
        """The user, what they follow of this show, and the show."""
        ...

    async def write(self, change: FollowChange, now: datetime) -> bool:
        """Write all of it, or nothing: False if any of it has changed since it was read.

        The user's list of what they follow and the show's counts change with it. A show that is not held
        gets a document, which its first sync fills.
        """
        ...

    async def followers(self, key: ShowKey, after: UserId | None, limit: int) -> Sequence[Following]:
        """Up to `limit` followers in the order of their ids, from the one after that on."""
        ...

    async def follows_of(
        self, keys: Collection[tuple[UserId, ShowKey]]
    ) -> Mapping[tuple[UserId, ShowKey], Following]:
        """Those of these users that follow those shows."""
        ...

    async def followed_by(self, user_id: UserId, after: ShowKey | None, limit: int) -> Sequence[Following]:
        """Up to `limit` of what a user follows, in the order of the keys, from the one after that on."""
        ...

    async def favorites_of(self, user_id: UserId, after: ShowKey | None, limit: int) -> Sequence[Following]:
        """The same of what is a favourite."""
        ...


class WatchedStore(Protocol):
    """What users have watched, as their apps keep it."""

    async def watched(self, keys: Collection[TrackingKey]) -> Mapping[TrackingKey, Watched]:
        """What is watched by those of these documents that exist."""
        ...


class UserStore(Protocol):
    """The users' own documents."""

    async def alerts(self, user_id: UserId) -> UserAlerts:
        """What the user wants, and where their day begins; defaults where there is no document."""
        ...

    async def profile(self, user_id: UserId) -> Profile:
        """The user as they see themselves; defaults where there is no document."""
        ...

    async def put_username(self, user_id: UserId, username: str | None, now: datetime) -> None:
        """Store what the user is called."""
        ...

    async def put_alerts(
        self, user_id: UserId, alerts: UserAlerts, now: datetime, *, before: UserAlerts | None = None
    ) -> None:
        """Store it, and with it that what the user follows is to be planned anew.

        With what was there `before` only what differs is written, so what another device changes meanwhile
        stays.
        """
        ...

    async def planned(self, user_id: UserId, requested_before: datetime) -> None:
        """It has been planned anew, as it was wanted at that time; a later wish stays."""
        ...

    async def unplanned(self, before: datetime, limit: int) -> Sequence[UserId]:
        """Users whose wishes of before then have not been planned yet, the longest waiting first."""
        ...

    async def asked_again(self, user_ids: Collection[UserId], now: datetime) -> None:
        """Their planning is asked for again just now."""
        ...


class EventStore(Protocol):
    """The timeline's events."""

    async def read(self, event_id: str) -> StoredEvent | None:
        """An event, or None. Raises `InvalidRequest` where there is one that cannot be read."""
        ...

    async def told(self, event_id: str, kind: str, version: Version | None = None) -> None:
        """All followers have been told of the event as one of that kind, if it still has that version."""
        ...

    async def show(self, key: ShowKey) -> FollowedShow | None:
        """The show that the event is of, or None."""
        ...


class NotificationStore(Protocol):
    """The notifications."""

    async def read(self, user_id: UserId, ids: Collection[str]) -> Mapping[str, Notification]:
        """Those of these that the user has, by their ids."""
        ...

    async def read_each(
        self, keys: Collection[tuple[UserId, str]]
    ) -> Mapping[tuple[UserId, str], Notification]:
        """Those of these that exist."""
        ...

    async def pending_of_show(self, user_id: UserId, key: ShowKey) -> Sequence[Notification]:
        """Those of a show that are still to be given."""
        ...

    async def of_digest(self, user_id: UserId, digest_id: str) -> Sequence[Notification]:
        """Those that one digest gathers, whatever has become of them."""
        ...

    async def of_event(self, event_id: str, after: UserId | None, limit: int) -> Sequence[Notification]:
        """Up to `limit` of an event in the order of their users' ids, from the one after that on."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """About `limit` of those that are due, the longest due first."""
        ...

    async def put(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        """Write each by itself: its version from now on, or None if it was no longer as it was read.

        One without a version is made, and is refused if it exists.
        """
        ...

    async def mark(self, notifications: Sequence[Notification]) -> Sequence[Version | None]:
        """The same, but of each its state alone: status, reason, instants, tries and where it has arrived."""
        ...

    async def mark_together(self, notifications: Sequence[Notification]) -> Sequence[Version] | None:
        """The same of all or none: None if one of them was no longer as it was read."""
        ...

    def token_of(self, version: Version) -> str:
        """A version as text."""
        ...

    def version_of(self, token: str) -> Version:
        """The version that `token_of` gave the text of. Raises `InvalidRequest` for any other."""
        ...


class Pusher(Protocol):
    """Where pushes are sent."""

    async def send(self, target: Target, what: Alert | Clearance, *, now: datetime) -> Sending:
        """Send it to one device. It never raises for what the service or the network does."""
        ...
