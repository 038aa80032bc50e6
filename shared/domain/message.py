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
    """An event is new, says something else, or is withdrawn; `version` is the one that it has now.

    A fan-out that is too long for one run goes on by such a message: `after` is the last follower that it
    reached, and `isPartial` says that one of them at least was too late for the event.
    """

    type: Literal["timeline_event_changed"] = "timeline_event_changed"
    event_id: Annotated[str, Field(alias="eventId", min_length=1, max_length=200)]
    show_key: ShowKeyField
    version: Annotated[int, Field(ge=1)]
    after: Annotated[str | None, Field(max_length=128)] = None
    is_partial: Annotated[bool, Field(alias="isPartial")] = False


M = TypeVar("M", bound=Message)


def decode(data: bytes, *message_types: type[M]) -> M:
    """The message that `data` holds, which is of one of those types.

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
    read_here = {each.model_fields["type"].default: each for each in message_types}
    said = content.get("type")
    message_type = read_here.get(said) if isinstance(said, str) else None
    if message_type is None:
        named = " or ".join(map(repr, read_here))
        raise InvalidRequest(f"The message is of an unknown type; {named} is read here.")
    try:
        return message_type.model_validate(content)
    except ValidationError as error:
        problems = tuple(
            (".".join(map(str, problem["loc"])), problem["msg"])
            for problem in error.errors(include_input=False, include_url=False)
        )
        named = "; ".join(f"{name}: {problem}" for name, problem in problems)
        raise InvalidRequest(f"The message is not a {said}: {named}", problems) from error
