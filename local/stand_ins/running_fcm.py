"""The FCM stand-in running in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from local.stand_ins.running import RunningStandIn, running_module

_SEND = "/messages:send$"

# What Google's front says of a whole service: without FCM's own code, which is for single messages.
_FRONT_ERRORS = {
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "Permission 'cloudmessaging.messages.create' denied on resource."),
    404: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Send requests' of 'fcm.googleapis.com'."),
    500: ("INTERNAL", "Internal error encountered."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
}


class RunningFcmStandIn(RunningStandIn):
    """The FCM stand-in, whose devices can be set up and looked at. A device goes by its token or its fid."""

    def put_device(self, token: str, platform: str = "android", *, online: bool = True) -> None:
        """Say what a device runs on ("android", "ios", "web"), and whether it can be reached just now."""
        self._send("PUT", f"devices/{token}", {"platform": platform, "online": online})

    def refuse(
        self, token: str, state: str, *, times: int | None = None, retry_after: int | None = None
    ) -> None:
        """Let sending to a device fail as a state of `local.stand_ins.fcm_devices` has it; "ok" ends that."""
        wanted = {"state": state, "times": times, "retry_after": retry_after}
        self._send("PUT", f"devices/{token}", wanted)

    def deliver_without_answer(self, token: str, times: int = 1, answer: str = "disconnect") -> None:
        """Let messages arrive, while the caller gets a lost connection, or "internal" for a 500.

        Any other state that refuses is good too, such as "unavailable" for a 503.
        """
        wanted = {"state": "delivered_without_answer", "times": times, "answer": answer}
        self._send("PUT", f"devices/{token}", wanted)

    def refuse_all(self, status: int, *, times: int | None = None, retry_after: int | None = None) -> None:
        """Answer every message, to whichever device, with an error of Google's front; nothing arrives.

        So it goes for so many messages, or until `work_again`.
        """
        error = {"code": status, "message": _FRONT_ERRORS[status][1], "status": _FRONT_ERRORS[status][0]}
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        answer = {"kind": "status", "status": status, "headers": headers, "body": {"error": error}}
        self.fail({"path": _SEND, "times": times, **answer})

    def cut_all(self, *, times: int | None = None) -> None:
        """Close the connection of every message before it has arrived, in place of an answer."""
        self.fail({"path": _SEND, "times": times, "kind": "disconnect"})

    def work_again(self) -> None:
        """End what `refuse_all`, `cut_all` and `slow_down` have begun."""
        self.fail()
        self.slow_down(0.0)

    def messages(self) -> list[dict[str, Any]]:
        """All accepted messages: `name`, `message`, and whether the caller was `answered`."""
        return cast("list[dict[str, Any]]", self._send("GET", "messages"))

    def screen(self, token: str) -> list[dict[str, Any]]:
        """What a device shows: `name`, `message`, `collapse_id`, and `times` for how many were seen there."""
        return cast("list[dict[str, Any]]", self._send("GET", f"screen/{token}"))


@contextmanager
def running_fcm_stand_in(port: int = 0) -> Iterator[RunningFcmStandIn]:
    """Run the FCM stand-in in a process of its own, which ends with this block or this process."""
    with running_module("local.stand_ins.fcm", port) as (base_url, process_id):
        stand_in = RunningFcmStandIn(base_url, process_id)
        try:
            yield stand_in
        finally:
            stand_in.close()
