"""What Firebase Cloud Messaging takes for a message, and how it says that something is none.

Google's REST reference and its guide to error codes are followed; a field that they do not know is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

Message = dict[str, Any]

TARGETS = ("token", "fid", "topic", "condition")
MOST_PAYLOAD_BYTES = 4096
MOST_TOPIC_PAYLOAD_BYTES = 2048
MOST_COLLAPSE_ID_BYTES = 64
MOST_TTL_SECONDS = 2_419_200

_REQUEST_FIELDS = frozenset({"message", "validate_only"})
_MESSAGE_FIELDS = frozenset(
    {"name", "data", "notification", "android", "webpush", "apns", "fcm_options", *TARGETS}
)
_OBJECTS = ("data", "notification", "android", "webpush", "apns", "fcm_options")
_DATA_FIELDS = ("data", "android.data", "webpush.data")
_STRING_MAPS = (*_DATA_FIELDS, "apns.headers", "webpush.headers")
_STRINGS = (*TARGETS, "android.collapse_key", "android.notification.tag", "notification.title")
_RESERVED_DATA_KEY = re.compile(r"from|message_type|gcm|google.*|gcm\.notification\..*")
_TOPIC = re.compile(r"(/topics/)?[a-zA-Z0-9\-_.~%]+")
_TTL = re.compile(r"(\d+)(\.\d{1,9})?s")


class Platform(StrEnum):
    """What a device runs on. Its value is the part of a message that is for it alone."""

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"

    @property
    def part(self) -> str:
        """The part of a message that is for this platform alone."""
        return {"android": "android", "ios": "apns", "web": "webpush"}[self.value]


class InvalidArgument(Exception):
    """A message that FCM does not take.

    What cannot be read as a message at all is told without FCM's own code, by Google's front.
    """

    def __init__(self, field: str, description: str, *, is_fcm_code_told: bool = True) -> None:
        super().__init__(description)
        self.field = field
        self.description = description
        self.is_fcm_code_told = is_fcm_code_told


def message_of(request_body: bytes) -> tuple[Message, bool]:
    """The message in a request, and whether it is only to be validated. Raises InvalidArgument."""
    try:
        wanted = json.loads(request_body)
    except ValueError as error:
        raise _unreadable("", "Invalid JSON payload received. Unexpected token.") from error
    if not isinstance(wanted, dict):
        raise _unreadable(
            "", 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        )
    _check_names(wanted, _REQUEST_FIELDS, "")
    message = _without_nulls(wanted.get("message"))
    if not isinstance(message, dict):
        raise InvalidArgument("message", "Message is not set.")
    _check_readable(message)
    _check_meaning(message)
    return message, wanted.get("validate_only") is True


def target_of(message: Message) -> tuple[str, str]:
    """The kind of target and its value, such as `("token", "…")`."""
    return next((kind, message[kind]) for kind in TARGETS if kind in message)


def part_at(message: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401  # any JSON value
    """What lies in a message under a dotted path, or None."""
    found: Any = message
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _check_readable(message: Message) -> None:
    _check_names(message, _MESSAGE_FIELDS, "message")
    targets = [kind for kind in TARGETS if kind in message]
    if len(targets) > 1:
        already = f"oneof field 'target' is already set. Cannot set '{targets[1]}'"
        raise _unreadable("message", f"Invalid value at 'message' (oneof), {already}")
    for name in _OBJECTS:
        if name in message and not isinstance(message[name], dict):
            raise _unreadable(
                f"message.{name}", f"Invalid value at 'message.{name}' (type), {message[name]!r}"
            )
    for name in _STRINGS:
        value = part_at(message, name)
        if value is not None and not isinstance(value, str):
            raise _not_a_string(name, value)
    for name, index, _, value in _entries(message, _STRING_MAPS):
        if not isinstance(value, str):
            raise _not_a_string(f"{name}[{index}].value", value)


def _check_meaning(message: Message) -> None:
    if not any(kind in message for kind in TARGETS):
        raise InvalidArgument("message", "Recipient of the message is not set.")
    kind, target = target_of(message)
    if not target:
        raise InvalidArgument(
            f"message.{kind}", "The registration token is not a valid FCM registration token"
        )
    if kind == "topic" and not _TOPIC.fullmatch(target):
        raise InvalidArgument("message.topic", "Invalid topic name provided.")
    for name, _, key, _ in _entries(message, _DATA_FIELDS):
        if _RESERVED_DATA_KEY.fullmatch(key):
            raise InvalidArgument(f"message.{name}", f"Invalid data payload key: {key}")
    _check_ttl(part_at(message, "android.ttl"))
    collapse_id = apns_collapse_id(message)
    if collapse_id is not None and len(collapse_id.encode()) > MOST_COLLAPSE_ID_BYTES:
        told = f"apns-collapse-id must not be longer than {MOST_COLLAPSE_ID_BYTES} bytes."
        raise InvalidArgument("message.apns.headers", told)
    most = MOST_TOPIC_PAYLOAD_BYTES if kind in {"topic", "condition"} else MOST_PAYLOAD_BYTES
    for platform in Platform:
        if _payload_bytes(message, platform) > most:
            raise InvalidArgument("message", f"{platform.name.capitalize()} message is too big")


def apns_collapse_id(message: Message) -> str | None:
    """The collapse id for Apple's devices: a header, whose name may be written in any case."""
    headers = part_at(message, "apns.headers") or {}
    return next((value for name, value in headers.items() if name.lower() == "apns-collapse-id"), None)


def _check_ttl(ttl: object) -> None:
    if ttl is None:
        return
    told = _TTL.fullmatch(ttl) if isinstance(ttl, str) else None
    if told is None or int(told[1]) > MOST_TTL_SECONDS:
        raise InvalidArgument("message.android.ttl", f"Invalid TTL: {ttl}")


def _payload_bytes(message: Message, platform: Platform) -> int:
    """The size of what reaches one platform: keys and values, with what that platform has of its own."""
    own = message.get(platform.part, {})
    payload = {name: own.get(name, message.get(name)) for name in ("data", "notification")}
    payload["payload"] = own.get("payload")
    text = json.dumps(_without_nulls(payload), ensure_ascii=False, separators=(",", ":"))
    return len(text.encode())


def _entries(message: Message, names: tuple[str, ...]) -> Iterator[tuple[str, int, str, object]]:
    for name in names:
        entries = part_at(message, name) or {}
        if not isinstance(entries, dict):
            raise _unreadable(f"message.{name}", f"Invalid value at 'message.{name}' (type_map), {entries!r}")
        for index, (key, value) in enumerate(entries.items()):
            yield name, index, key, value


def _check_names(value: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for name in value:
        if name not in known:
            at = f" at '{where}'" if where else ""
            told = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
            raise _unreadable(where, told)


def _without_nulls(value: object) -> object:
    """A null stands for a field that is not there, as everywhere in Google's JSON."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


def _not_a_string(name: str, value: object) -> InvalidArgument:
    field = f"message.{name}"
    return _unreadable(field, f"Invalid value at '{field}' (TYPE_STRING), {json.dumps(value)}")


def _unreadable(field: str, description: str) -> InvalidArgument:
    return InvalidArgument(field, description, is_fcm_code_told=False)
