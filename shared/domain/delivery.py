"""A message on its way: as it is published, as it is delivered, and as it ends when it cannot be handled."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from shared.errors import InvalidRequest

LONGEST_ATTRIBUTE_BYTES = 1024
MOST_ATTRIBUTES = 100
"""https://cloud.google.com/pubsub/quotas#resource_limits"""

RESERVED_PREFIX = "goog"
"""Of attributes that Google may add itself, and lets nobody publish."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish: its data, and attributes that a reader needs no parsing for."""

    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a message. `attempt` is the how-manieth it is, counted from 1 by Pub/Sub."""

    message_id: str
    attempt: int
    data: bytes
    attributes: Mapping[str, str]

    @classmethod
    def parse(cls, event_data: object) -> Self:
        """The delivery that the data of Eventarc's event describes.

        It is the body of a push: https://cloud.google.com/pubsub/docs/push#receive_push. `deliveryAttempt` is
        in it where the subscription has a dead-letter topic.

        Raises:
            InvalidRequest: it is something else.
        """
        body = event_data if isinstance(event_data, dict) else {}
        message = body.get("message")
        if not isinstance(message, dict):
            raise InvalidRequest("The event holds no Pub/Sub message.")
        attempt, attributes = body.get("deliveryAttempt"), message.get("attributes")
        try:
            data = base64.b64decode(message.get("data") or "", validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise InvalidRequest("The message's data is not base64.") from error
        return cls(
            message_id=str(message.get("messageId", "")),
            attempt=attempt if isinstance(attempt, int) and attempt > 0 else 1,
            data=data,
            attributes=_texts(attributes if isinstance(attributes, dict) else {}),
        )

    def as_dead_letter(self, *, function: str, reason: str) -> Outgoing:
        """The message as it is put on a dead-letter topic: with the reason, and how often it was tried."""
        told = {
            "deadLetterFunction": function,
            "deadLetterMessageId": self.message_id,
            "deadLetterAttempts": str(self.attempt),
            "deadLetterReason": reason,
        }
        shortened = {
            name: value.encode()[:LONGEST_ATTRIBUTE_BYTES].decode(errors="ignore")
            for name, value in told.items()
        }
        # More than Pub/Sub takes would leave the message without its reason, and with no end to its attempts.
        kept = [
            (name, value)
            for name, value in self.attributes.items()
            if name not in shortened and not name.startswith(RESERVED_PREFIX)
        ]
        return Outgoing(self.data, {**dict(kept[: MOST_ATTRIBUTES - len(shortened)]), **shortened})


def _texts(attributes: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in attributes.items()}
