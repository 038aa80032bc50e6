"""What one Trakt user has watched: plays, and the shows they add up to."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Facts = dict[str, Any]

_TIME = "%Y-%m-%dT%H:%M:%S"
_FIRST_PLAY_ID = 5_000_000_001  # 64-bit, as Trakt's are: a client that keeps 32 bits shows it


def trakt_time(moment: datetime) -> str:
    """A moment as Trakt writes it: UTC, with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc.strftime(_TIME)}.{utc.microsecond // 1000:03}Z"


def as_trakt_time(text: str) -> str:
    """A time as Trakt writes it, from any ISO 8601 form. Raises ValueError where it is none."""
    if len(text) == len("2014-09-01T09:10:11.000Z") and text[19] == "." and text[-1] == "Z":
        return text
    moment = datetime.fromisoformat(text)
    return trakt_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Play:
    """One time that an episode was watched."""

    watched_at: str
    id: int
    show_id: int
    season: int
    number: int
    action: str


class Library:
    """A user's plays. Shows are known by Trakt's id."""

    def __init__(self) -> None:
        self._shows: dict[int, Facts] = {}
        self._plays: list[Play] = []
        self._times: list[str] = []
        self._watched: list[Facts] | None = None
        self._next_play_id = _FIRST_PLAY_ID

    def replace(self, watched: Iterable[Mapping[str, Any]]) -> None:
        """Know this alone, told in the shape of `/sync/watched/shows` with its seasons.

        An episode with several plays was watched once a day up to its `last_watched_at`. One may carry a
        `title` and `ids`, which the history then tells.
        """
        shows: dict[int, Facts] = {}
        plays: list[tuple[str, int, int, int, str]] = []
        for entry in watched:
            show_id = int(entry["show"]["ids"]["trakt"])
            shows[show_id] = {key: value for key, value in entry.items() if key != "seasons"}
            episodes = shows[show_id].setdefault("episodes", {})
            for season in entry["seasons"]:
                for episode in season["episodes"]:
                    if "ids" in episode:
                        episodes[f"{season['number']}_{episode['number']}"] = episode
                    plays += _plays_of(show_id, season["number"], episode)
        self._shows = shows
        self._keep(Play(play[0], self._new_play_id(), *play[1:]) for play in sorted(plays))

    def add(self, plays: Iterable[Mapping[str, Any]], now: datetime) -> None:
        """Add plays: `show` (Trakt's id, or a show that is new), `season`, `number` and perhaps `watched_at`.

        As at Trakt the time watched may lie far back, and only the show's `last_updated_at` tells of it.
        """
        added: list[Play] = []
        for play in plays:
            show_id = self._known_show(play["show"])
            self._shows[show_id] |= {"last_updated_at": trakt_time(now)}
            watched_at = as_trakt_time(play.get("watched_at") or trakt_time(now))
            action = str(play.get("action", "watch"))
            season, number = int(play["season"]), int(play["number"])
            added.append(Play(watched_at, self._new_play_id(), show_id, season, number, action))
        self._keep([*self._plays, *added])

    def show(self, show_id: int) -> Facts:
        """What is known of a show besides its plays."""
        return self._shows[show_id]

    def watched(self) -> Sequence[Facts]:
        """The shows with plays, the one watched last first, each with its seasons."""
        if self._watched is None:
            self._watched = self._added_up()
        return self._watched

    def plays(self, start_at: str | None = None, end_at: str | None = None) -> Sequence[Play]:
        """The plays between two times, both included, the newest first."""
        first = 0 if start_at is None else bisect_left(self._times, start_at)
        last = len(self._times) if end_at is None else bisect_right(self._times, end_at)
        return self._plays[first:last][::-1]

    def _keep(self, plays: Iterable[Play]) -> None:
        self._plays = sorted(plays, key=lambda play: (play.watched_at, play.id))
        self._times = [play.watched_at for play in self._plays]
        self._watched = None

    def _added_up(self) -> list[Facts]:
        by_show: dict[int, dict[int, dict[int, list[str]]]] = {}
        for play in reversed(self._plays):
            seasons = by_show.setdefault(play.show_id, {})
            seasons.setdefault(play.season, {}).setdefault(play.number, []).append(play.watched_at)
        return [self._entry(show_id, seasons) for show_id, seasons in by_show.items()]

    def _entry(self, show_id: int, seasons: Mapping[int, Mapping[int, list[str]]]) -> Facts:
        show = self._shows[show_id]
        times = [time for season in seasons.values() for played in season.values() for time in played]
        last_watched_at = max(times)
        return {
            "plays": len(times),
            "last_watched_at": last_watched_at,
            "last_updated_at": show.get("last_updated_at") or last_watched_at,
            "reset_at": show.get("reset_at"),
            "show": show["show"],
            "seasons": [
                {
                    "number": season,
                    "episodes": [
                        {"number": number, "plays": len(played), "last_watched_at": played[0]}
                        for number, played in sorted(seasons[season].items())
                    ],
                }
                for season in sorted(seasons)
            ],
        }

    def _known_show(self, told: int | Mapping[str, Any]) -> int:
        show_id = int(told["ids"]["trakt"] if isinstance(told, Mapping) else told)
        if isinstance(told, Mapping):
            self._shows.setdefault(show_id, {"show": dict(told), "episodes": {}})
        elif show_id not in self._shows:
            raise ValueError(f"This user has not watched show {show_id}: tell of it as `show` with its ids.")
        return show_id

    def _new_play_id(self) -> int:
        self._next_play_id += 1
        return self._next_play_id - 1


def _plays_of(show_id: int, season: int, episode: Mapping[str, Any]) -> list[tuple[str, int, int, int, str]]:
    last = datetime.fromisoformat(as_trakt_time(episode["last_watched_at"]))
    times = [trakt_time(last - timedelta(days=days)) for days in range(episode.get("plays", 1))]
    return [(time, show_id, season, episode["number"], "watch") for time in times]
