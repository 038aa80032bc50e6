"""The messages by which alerts go from one function to the next; `message.py` says how each is read."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from shared.domain.message import Message
from shared.domain.notification import Notification
from shared.domain.notification_fields import notification_fields, notification_of
from shared.errors import InvalidRequest

_ANYTHING = TypeAdapter[Any](Any)

UserIdField = Annotated[str, Field(min_length=1, max_length=128)]
"""https://firebase.google.com/docs/auth/admin/manage-users: a uid has 1 to 128 characters."""


class PlanAlerts(Message):
    """A user's preferences have changed: what they follow is to be planned anew.

    What is too much for one run goes on by such a message: from after that show on, as begun at that time.
    """

    type: Literal["plan_alerts"] = "plan_alerts"
    user_id: Annotated[UserIdField, Field(alias="uid")]
    after: str | None = None
    begun_at: Annotated[AwareDatetime | None, Field(alias="begunAt")] = None


class HandedOver(BaseModel):
    """A notification as the dispatcher has stored it. `version` names that state of its document."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    fields: Mapping[str, Any]
    version: Annotated[str, Field(min_length=1)]

    @classmethod
    def of(cls, notification: Notification, version: str) -> "HandedOver":
        """The notification to be handed over."""
        return cls(
            fields=_ANYTHING.dump_python(notification_fields(notification), mode="json"), version=version
        )

    def notification(self) -> Notification:
        """The notification, without its version.

        Raises:
            InvalidRequest: the fields are of none.
        """
        try:
            return notification_of(self.fields, None)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidRequest("The message hands over what is no notification.") from error


class PushNotifications(Message):
    """Notifications whose time has come, to be pushed to their users' devices."""

    type: Literal["push_notifications"] = "push_notifications"
    handed_over: Annotated[tuple[HandedOver, ...], Field(alias="notifications", min_length=1, max_length=500)]


class ClearNotifications(Message):
    """What a user has read on one device, to be taken off the others."""

    type: Literal["clear_notifications"] = "clear_notifications"
    user_id: Annotated[UserIdField, Field(alias="uid")]
    collapse_ids: Annotated[tuple[str, ...], Field(alias="collapseIds", min_length=1, max_length=500)]
