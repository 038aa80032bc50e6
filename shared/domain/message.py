"""What is sent over Pub/Sub: JSON with a `type`, which says how to read the rest.

Fields that are not known are passed over, so that a message of a newer version can be read by an older one
while both are deployed.
"""

import json
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    ValidationError,
)

from shared.domain.show import ShowKey
from shared.errors import InvalidRequest


def _show_key(value: object) -> object:
    return ShowKey.parse(value) if isinstance(value, str) else value


ShowKeyField = Annotated[
    InstanceOf[ShowKey], BeforeValidator(_show_key), PlainSerializer(str), Field(alias="showKey")
]


class Message(BaseModel):
    """What all messages have in common. Field names are camelCase on the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    def encode(self) -> bytes:
        """The message's data."""
        return self.model_dump_json(by_alias=True).encode()


class ShowSync(Message):
    """One show or movie is to be synced."""

    type: Literal["show_sync"] = "show_sync"
    show_key: ShowKeyField


class TimelineEventChanged(Message):
    """An event is new, says something else, or is withdrawn; `version` is the one that it has now."""

    type: Literal["timeline_event_changed"] = "timeline_event_changed"
    event_id: Annotated[str, Field(alias="eventId", min_length=1, max_length=200)]
    show_key: ShowKeyField
    version: Annotated[int, Field(ge=1)]


M = TypeVar("M", bound=Message)


def decode(message_type: type[M], data: bytes) -> M:
    """The message of that type that `data` holds.

    Raises:
        InvalidRequest: with what is wrong, and without the data, which may be a person's.
    """
    if not data:
        raise InvalidRequest("The message has no data.")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The message is not JSON.") from error
    if not isinstance(content, dict):
        raise InvalidRequest("The message is not a JSON object.")
    expected = message_type.model_fields["type"].default
    if content.get("type") != expected:
        raise InvalidRequest(f"The message is of an unknown type; {expected!r} is read here.")
    try:
        return message_type.model_validate(content)
    except ValidationError as error:
        problems = tuple(
            (".".join(map(str, problem["loc"])), problem["msg"])
            for problem in error.errors(include_input=False, include_url=False)
        )
        named = "; ".join(f"{name}: {problem}" for name, problem in problems)
        raise InvalidRequest(f"The message is not a {expected}: {named}", problems) from error
