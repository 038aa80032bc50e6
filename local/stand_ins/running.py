"""Stand-ins running in processes of their own, and how to control them from a test or the demo."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import httpx

from local.stand_ins.omdb_facts import INVALID_JSON

PROJECT_ROOT = Path(__file__).parents[2]

Fact = Mapping[str, Any]


class RunningStandIn:
    """A stand-in at an address. Its methods are the control API, the same for every service."""

    def __init__(self, base_url: str, process_id: int) -> None:
        self.base_url = base_url
        self.process_id = process_id
        self._control = httpx.Client(base_url=httpx.URL(base_url).join("/_control/"), timeout=None)  # noqa: S113

    def close(self) -> None:
        """Give up the connection to the stand-in, which goes on running."""
        self._control.close()

    def calls(self) -> dict[str, Any]:
        """The calls since the last reset: `total`, `by_path`, `busiest_10_seconds`, of TMDB `seasons` too."""
        return self._send("GET", "calls")

    def reset(self) -> None:
        """Forget calls, faults, latency, holds and changed facts."""
        self._send("POST", "reset")

    def fail(self, *faults: Fact) -> None:
        """Fail as described in `local.stand_ins.faults`; these faults take the place of those before."""
        self._send("PUT", "faults", list(faults))

    def slow_down(self, seconds: float) -> None:
        """Let every answer wait."""
        self._send("PUT", "latency", {"seconds": seconds})

    def hold(self, path: str) -> None:
        """Hold the answers of every path that the regular expression is found in, until they are released."""
        self._send("PUT", "hold", {"path": path})

    def release(self) -> int:
        """Let all held answers go and hold no more. Returns how many there were."""
        return int(self._send("POST", "release")["released"])

    def held(self) -> int:
        """How many answers are being held right now."""
        return int(self._send("GET", "held")["held"])

    def wait_until_held(self, at_least: int = 1, within_seconds: float = 20.0) -> None:
        """Return as soon as so many answers are held. Raises TimeoutError if that does not happen."""
        held = self._send("GET", f"held?at_least={at_least}&within={within_seconds}")["held"]
        if held < at_least:
            raise TimeoutError(f"{held} answers were held after {within_seconds} s, not {at_least}.")

    def wait_until_none_is_held(self, within_seconds: float = 20.0) -> None:
        """Return as soon as all who were held have left or been answered. Raises TimeoutError as above."""
        held = self._send("GET", f"held?at_most=0&within={within_seconds}")["held"]
        if held:
            raise TimeoutError(f"{held} answers were still held after {within_seconds} s.")

    def _send(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        # httpx would send no body for None, but null is meant: it makes a season vanish.
        response = self._control.request(method, path, content=json.dumps(body))
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise ValueError(response.text)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


class RunningTmdbStandIn(RunningStandIn):
    """The TMDB stand-in, whose facts can be changed too.

    Its feed of changes tells of each change, as of today unless `day` says another: `2026-08-01`.
    """

    def put_season(
        self, show_id: int, number: int, episodes: Sequence[Fact], *, day: str | None = None
    ) -> None:
        """Give a season these episodes: `id`, `episode_number`, `name`, and what else is known of each."""
        self._send("PUT", f"tv/{show_id}/season/{number}{_dated(day)}", list(episodes))

    def remove_season(self, show_id: int, number: int, *, day: str | None = None) -> None:
        """Make a season vanish, as some do."""
        self._send("PUT", f"tv/{show_id}/season/{number}{_dated(day)}", None)

    def put_season_as_recorded(
        self, show_id: int, number: int, time: str, *, days: int = 0, day: str | None = None
    ) -> None:
        """Put a season back to an earlier state that its facts keep (`earlier_states`), `days` later."""
        state = {"recorded": time, "days": days}
        self._send("PUT", f"tv/{show_id}/season/{number}{_dated(day)}", state)

    def put_show(self, show_id: int, show: Fact, *, day: str | None = None) -> None:
        """Add a made show, shaped like the files in `facts/tmdb/tv`; only `name` must be there."""
        self._send("PUT", f"tv/{show_id}{_dated(day)}", show)

    def put_movie(self, movie_id: int, movie: Fact, *, day: str | None = None) -> None:
        """Add a made movie; only `title` must be there."""
        self._send("PUT", f"movie/{movie_id}{_dated(day)}", movie)

    def put_changes(self, media_type: str, changes: Iterable[tuple[int | None, str]]) -> None:
        """Let the feed of `tv` or `movie` tell of these ids and days, and not of what was changed before."""
        told = [{"id": id_, "date": day} for id_, day in changes]
        self._send("PUT", f"changes/{media_type}", told)


def _dated(day: str | None) -> str:
    return "" if day is None else f"?date={day}"


class RunningTvdbStandIn(RunningStandIn):
    """The TheTVDB stand-in, whose facts can be changed and whose tokens can be ended."""

    def put_series(self, series_id: int, series: Fact) -> None:
        """Add a made series, shaped like the files in `facts/tvdb/series`; only `name` must be there."""
        self._send("PUT", f"series/{series_id}", series)

    def remove_series(self, series_id: int) -> None:
        """Make a series vanish, as some do."""
        self._send("PUT", f"series/{series_id}", None)

    def put_episodes(self, series_id: int, episodes: Sequence[Fact]) -> None:
        """Give a series these episodes: `id`, `seasonNumber`, `number`, and what else is known of each."""
        self._send("PUT", f"series/{series_id}/episodes", list(episodes))

    def put_updates(self, updates: Sequence[Fact]) -> None:
        """Let the updates tell this, and not what was put here before."""
        self._send("PUT", "updates", list(updates))

    def expire_tokens(self) -> int:
        """End all tokens before their time. Returns how many there were."""
        return int(self._send("POST", "expire-tokens")["expired"])

    def limit_token_life(self, seconds: float) -> None:
        """Let the tokens given out from now on be good for so long."""
        self._send("PUT", "token-life", {"seconds": seconds})


class RunningOmdbStandIn(RunningStandIn):
    """The OMDb stand-in, whose facts and daily limit can be changed too."""

    def put_title(self, title_id: str, title: Fact) -> None:
        """Add a made title, shaped like the files in `facts/omdb/title`; only `Title` must be there."""
        self._send("PUT", f"title/{title_id}", title)

    def remove_title(self, title_id: str) -> None:
        """Make a title vanish."""
        self._send("PUT", f"title/{title_id}", None)

    def put_season(self, title_id: str, number: int, episodes: Sequence[Fact]) -> None:
        """Give a series these episodes: `Title`, `Episode`, `imdbID`, and what else is known of each."""
        self._send("PUT", f"title/{title_id}/season/{number}", list(episodes))

    def limit_calls(self, calls: int) -> None:
        """Let every key make so many calls a day from now on, instead of 1,000."""
        self._send("PUT", "daily-limit", {"calls": calls})

    def answer_with_invalid_json(self, path: str = "", times: int | None = None) -> None:
        """Fail as OMDb has been seen to: with an error sentence whose quotation marks are not escaped."""
        self.fail({"path": path, "times": times, "kind": "status", "status": 200, "body": INVALID_JSON})


@contextmanager
def running_tmdb_stand_in(port: int = 0) -> Iterator[RunningTmdbStandIn]:
    """Run the TMDB stand-in in a process of its own, which ends with this block or this process."""
    with running_module("local.stand_ins.tmdb", port) as (base_url, process_id):
        stand_in = RunningTmdbStandIn(base_url, process_id)
        try:
            yield stand_in
        finally:
            stand_in.close()


@contextmanager
def running_tvdb_stand_in(port: int = 0) -> Iterator[RunningTvdbStandIn]:
    """Run the TheTVDB stand-in in a process of its own, which ends with this block or this process."""
    with running_module("local.stand_ins.tvdb", port) as (base_url, process_id):
        stand_in = RunningTvdbStandIn(base_url, process_id)
        try:
            yield stand_in
        finally:
            stand_in.close()


@contextmanager
def running_omdb_stand_in(port: int = 0) -> Iterator[RunningOmdbStandIn]:
    """Run the OMDb stand-in in a process of its own, which ends with this block or this process."""
    with running_module("local.stand_ins.omdb", port) as (base_url, process_id):
        stand_in = RunningOmdbStandIn(base_url, process_id)
        try:
            yield stand_in
        finally:
            stand_in.close()


@contextmanager
def running_module(module: str, port: int = 0) -> Iterator[tuple[str, int]]:
    """Run a stand-in's module, and give its base address and process id."""
    command = [sys.executable, "-m", module, "--port", str(port), "--end-with-stdin"]
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C at the terminal reaches this process alone, which decides
    ) as process:
        held_open, said = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        try:
            line = said.readline()
            if not line:
                raise RuntimeError(f"{module} ended before it said where it listens; see its error above.")
            yield line.split()[-1], process.pid
        finally:
            held_open.close()  # this ends it
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
