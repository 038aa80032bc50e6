"""What following a show reads and writes: the user, what they follow, the show, and the notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.alert_preferences import UserAlerts
from shared.domain.following import Following
from shared.domain.notification import AboutShow, Notification
from shared.domain.show import ShowKey
from shared.domain.timeline import TimelineEvent
from shared.domain.tracking import UserId
from shared.domain.version import Version


@dataclass(frozen=True, slots=True)
class FollowedShow:
    """What of a show's document matters to who follows it. `events` are those that it keeps, by their ids."""

    about: AboutShow
    events: Mapping[str, TimelineEvent]
    followers: int
    sync_priority: int
    is_synced: bool
    version: Version


@dataclass(frozen=True, slots=True)
class FollowState:
    """A user, whether they follow a show, and the show, as they were read at one time.

    `show` is None where we do not hold it; `user_version` where there is no document of the user yet.
    """

    user_id: UserId
    show_key: ShowKey
    user: UserAlerts
    user_version: Version | None
    following: Following | None
    show: FollowedShow | None


@dataclass(frozen=True, slots=True)
class FollowChange:
    """What is to be stored together, if all is still as `state` says.

    `following` is what the user follows from now on, None for no longer; `notifications` are those that this
    plans or withdraws.
    """

    state: FollowState
    following: Following | None
    notifications: Sequence[Notification]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event, and the kind of alert that all who followed its show have been told it as, if they have.

    `version` is that of its document, which changes also where the event does not.
    """

    event: TimelineEvent
    told_kind: str | None
    version: Version | None = None
