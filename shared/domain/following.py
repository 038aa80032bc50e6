"""What one user follows: `users/{uid}/tracked_shows/{showKey}`."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.alert_preferences import ASKED_BY, SWITCHES, AlertKind, ShowWishes, Timing, UserAlerts
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.version import Version


@dataclass(frozen=True, slots=True)
class Following:
    """One show that one user follows, with all that decides on its alerts.

    `user` is a copy of what the user wants of all shows, so that whoever alerts followers reads one document
    for each. `last_watched` is season and episode, where an app keeps no more than that.
    """

    user_id: UserId
    show_key: ShowKey
    is_favorite: bool = False
    wishes: ShowWishes = field(default_factory=ShowWishes)
    user: UserAlerts = field(default_factory=UserAlerts)
    last_watched: tuple[int, int] | None = None
    followed_at: datetime | None = None
    version: Version | None = None

    def asked_by(self, kind: AlertKind) -> tuple[str, str] | None:
        """Which switch asks for alerts of that kind, and whether the "show" or the "preferences" say so."""
        for name in ASKED_BY[kind]:
            own: bool | None = getattr(self.wishes, name)
            if own if own is not None else getattr(self.user.preferences, name):
                return SWITCHES[name], "preferences" if own is None else "show"
        return None

    @property
    def only_within_episodes(self) -> int | None:
        """How many unwatched episodes before the one that is told are not too many; None: any number."""
        own = self.wishes.only_within_episodes
        return self.user.preferences.only_within_episodes if own is None else own

    @property
    def timing(self) -> Timing:
        """When alerts of this show are wanted."""
        return self.wishes.timing or self.user.preferences.timing
