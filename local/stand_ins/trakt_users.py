"""The users of the Trakt stand-in: who is signed in, and what each has watched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.stand_ins.trakt_facts import Shape, TraktFacts
from local.stand_ins.trakt_library import Library, as_trakt_time, trakt_time
from local.stand_ins.trakt_sign_in import SignIn

Facts = dict[str, Any]


@dataclass
class User:
    """One user."""

    name: str
    library: Library
    last_activities: Facts
    settings: Facts = field(default_factory=dict)

    def bump(self, group: str, field_name: str, at: str | None = None) -> None:
        """Let the last activity of a kind be at a time, now if none is given; `all` is never before it."""
        time = trakt_time(datetime.now(UTC)) if at is None else as_trakt_time(at)
        times = self.last_activities.setdefault(group, {})
        self.last_activities[group] = {**times, field_name: time}
        self.last_activities["all"] = max(self.last_activities["all"], time)


class TraktUsers:
    """All users, and the shape in which they are answered."""

    def __init__(self, facts: TraktFacts) -> None:
        self._facts = facts
        self.sign_in = SignIn()
        self.forget_changes()

    def forget_changes(self) -> None:
        """Know the users again as the facts have them, and nobody signed in."""
        self._users: dict[str, User] = {}
        self.shape = Shape.NEWER
        self.sign_in.forget()

    def user(self, name: str) -> User:
        """A user; one who was not told of before has watched what the facts say."""
        if name not in self._users:
            library = Library()
            library.replace(self._facts.watched())
            self._users[name] = User(name, library, dict(self._facts.last_activities()))
        return self._users[name]

    def put_watched(self, name: str, watched: Iterable[Mapping[str, Any]]) -> None:
        """Let a user have watched these shows and nothing else."""
        user = self.user(name)
        user.library.replace(watched)
        user.bump("episodes", "watched_at")

    def add_history(self, name: str, plays: Iterable[Mapping[str, Any]]) -> None:
        """Let a user have watched more."""
        user = self.user(name)
        user.library.add(plays, datetime.now(UTC))
        user.bump("episodes", "watched_at")
