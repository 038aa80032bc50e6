"""The Trakt stand-in running in a process of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from local.stand_ins.running import Fact, RunningStandIn, running_module


class RunningTraktStandIn(RunningStandIn):
    """The Trakt stand-in, whose users, codes and tokens can be changed too."""

    def answer_in_shape(self, shape: str) -> None:
        """Answer in the "older" shape, or the "newer" of July 2026, as it does from the start."""
        self._send("PUT", "shape", {"shape": shape})

    def time_codes(self, interval: float = 5, expires_in: float = 600) -> None:
        """How slowly to poll, and for how long, with the device codes given out from now on."""
        self._send("PUT", "codes", {"interval": interval, "expires_in": expires_in})

    def approve(self, user_code: str, user: str) -> None:
        """Let a user approve the code shown to them."""
        self._send("POST", f"codes/{user_code}/approve", {"user": user})

    def deny(self, user_code: str) -> None:
        """Let a user deny the code shown to them."""
        self._send("POST", f"codes/{user_code}/deny")

    def expire_code(self, user_code: str) -> None:
        """Let a code's time be over."""
        self._send("POST", f"codes/{user_code}/expire")

    def new_tokens(self, user: str, client_id: str) -> dict[str, Any]:
        """Sign a user in without a device code, and give the tokens as Trakt does."""
        return self._send("POST", f"users/{user}/tokens", {"client_id": client_id})

    def expire_tokens(self, user: str) -> None:
        """Let the time of a user's access tokens be over; their refresh tokens stay good."""
        self._send("POST", f"users/{user}/tokens/expire")

    def revoke_tokens(self, user: str) -> None:
        """Revoke all tokens of a user."""
        self._send("POST", f"users/{user}/tokens/revoke")

    def put_watched(self, user: str, shows: Sequence[Fact]) -> None:
        """Let a user have watched these shows alone, told as in `facts/trakt/watched`."""
        self._send("PUT", f"users/{user}/watched", list(shows))

    def add_history(self, user: str, plays: Sequence[Fact]) -> None:
        """Let a user have watched more: `show` (Trakt's id, or a show), `season`, `number`, `watched_at`."""
        self._send("POST", f"users/{user}/history", list(plays))

    def bump_last_activity(
        self, user: str, group: str = "episodes", name: str = "watched_at", at: str | None = None
    ) -> None:
        """Let one of a user's last activities be at a time, now if none is given."""
        self._send("PUT", f"users/{user}/last_activities", {group: {name: at}})


@contextmanager
def running_trakt_stand_in(port: int = 0) -> Iterator[RunningTraktStandIn]:
    """Run the Trakt stand-in in a process of its own, which ends with this block or this process."""
    with running_module("local.stand_ins.trakt", port) as (base_url, process_id):
        stand_in = RunningTraktStandIn(base_url, process_id)
        try:
            yield stand_in
        finally:
            stand_in.close()
