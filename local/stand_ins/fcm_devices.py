"""The devices behind the FCM stand-in: how sending to each goes, and what its screen shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.stand_ins.fcm_messages import Message, Platform, apns_collapse_id, part_at

DELIVERED_WITHOUT_ANSWER = "delivered_without_answer"

# By a device's state: HTTP status, Google's canonical status, FCM's own code, and the sentence.
REFUSALS: Mapping[str, tuple[int, str, str, str]] = {
    "unregistered": (404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found."),
    "sender_mismatch": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch"),
    "quota_exceeded": (
        *(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
        "Resource has been exhausted (e.g. check quota).",
    ),
    "unavailable": (503, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable."),
    "internal": (500, "INTERNAL", "INTERNAL", "Internal error encountered."),
    "third_party_auth": (
        *(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
        "Auth error from APNS or Web Push Service",
    ),
    "invalid_token": (
        *(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
        "The registration token is not a valid FCM registration token",
    ),
}
STATES = frozenset({"ok", DELIVERED_WITHOUT_ANSWER, *REFUSALS})

# Where a message says which shown one it takes the place of, and which one that still waits for the device.
_SHOWN_TAGS = {Platform.ANDROID: "android.notification.tag", Platform.WEB: "webpush.notification.tag"}
_WAITING_KEYS = {Platform.ANDROID: "android.collapse_key", Platform.WEB: "webpush.headers.Topic"}
_OWN_NOTIFICATIONS = {
    Platform.ANDROID: "android.notification",
    Platform.IOS: "apns.payload.aps.alert",
    Platform.WEB: "webpush.notification",
}


@dataclass
class Shown:
    """One place on a screen, and the message that is seen there."""

    name: str
    collapse_id: str | None
    message: Message
    times: int = 1

    def as_json(self) -> dict[str, Any]:
        """The place as the control API tells it; `times` says how many messages were seen there in turn."""
        return {
            "name": self.name,
            "collapse_id": self.collapse_id,
            "times": self.times,
            "message": self.message,
        }


@dataclass
class Device:
    """One device."""

    platform: Platform = Platform.ANDROID
    state: str = "ok"
    times_left: int | None = None
    retry_after: int | None = None
    answer: str = "disconnect"  # to a message that was delivered all the same; or a key of REFUSALS
    is_online: bool = True
    screen: list[Shown] = field(default_factory=list)
    _waiting: list[tuple[str, Message]] = field(default_factory=list)

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Take over what is named: `platform`, `online`, or a `state` with what belongs to it."""
        state = wanted.get("state", self.state)
        if state not in STATES:
            raise ValueError(f"There is no state {state!r}; there are {', '.join(sorted(STATES))}.")
        if "state" in wanted:
            self.state, self.times_left = state, wanted.get("times")
            self.retry_after, self.answer = wanted.get("retry_after"), wanted.get("answer", "disconnect")
        self.platform = Platform(wanted.get("platform", self.platform))
        self.is_online = bool(wanted.get("online", self.is_online))
        if self.is_online:
            waiting, self._waiting = self._waiting, []
            for name, message in waiting:
                self._show(name, message)

    def state_for_next(self) -> str:
        """How sending the next message goes; a state with limited times has then one less."""
        if self.times_left == 0:
            self.state, self.times_left = "ok", None
        if self.times_left is not None:
            self.times_left -= 1
        return self.state

    def receive(self, name: str, message: Message) -> None:
        """Show a message, or keep it until the device is online.

        Of messages that wait, those with one collapse key become one. On the screen Android goes by the tag
        of the notification alone: a `collapse_key` without a tag lets two of them be seen.
        """
        if self.is_online:
            self._show(name, message)
            return
        key = self._id_in(message, _WAITING_KEYS)
        if key is not None:
            self._waiting = [kept for kept in self._waiting if self._id_in(kept[1], _WAITING_KEYS) != key]
        self._waiting.append((name, message))

    def _show(self, name: str, message: Message) -> None:
        if part_at(message, "data.action") == "clear":
            self._clear((part_at(message, "data.collapseIds") or "").split(","))
            return
        if not (message.get("notification") or part_at(message, _OWN_NOTIFICATIONS[self.platform])):
            return  # data alone goes to the app, and the system shows nothing
        collapse_id = self._id_in(message, _SHOWN_TAGS)
        for shown in self.screen:
            if collapse_id is not None and shown.collapse_id == collapse_id:
                shown.name, shown.message, shown.times = name, message, shown.times + 1
                return
        self.screen.append(Shown(name, collapse_id, message))

    def _clear(self, collapse_ids: Collection[str]) -> None:
        """What our apps do when they are told so: take away what is shown under those ids."""
        self.screen = [shown for shown in self.screen if shown.collapse_id not in collapse_ids]

    def _id_in(self, message: Message, places: Mapping[Platform, str]) -> str | None:
        if self.platform is Platform.IOS:
            return apns_collapse_id(message) or None
        return part_at(message, places[self.platform]) or None
