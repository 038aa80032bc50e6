"""The FCM stand-in running in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from local.stand_ins.running import RunningStandIn, running_module


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
        """Let messages arrive, while the caller gets a lost connection, or "internal" for a 500."""
        wanted = {"state": "delivered_without_answer", "times": times, "answer": answer}
        self._send("PUT", f"devices/{token}", wanted)

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
