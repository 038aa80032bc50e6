"""The outside services, and what a function's environment says where their stand-ins play them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One outside service. `credentials` are settings that a stand-in takes with any value.

    Where the environment has the first of them already, it is the real service that is meant.
    """

    name: str
    module: str
    base_url_setting: str
    base_path: str
    credentials: tuple[str, ...]

    def is_real(self, environment: Mapping[str, str]) -> bool:
        """Whether this environment is set up for the service itself."""
        return any(environment.get(name) for name in self.credentials)

    def settings(self, port: int) -> dict[str, str]:
        """What leads a function to the stand-in at that port."""
        url = f"http://127.0.0.1:{port}{self.base_path}"
        return {self.base_url_setting: url, **dict.fromkeys(self.credentials, "stand-in")}


SERVICES = (
    Service("TMDB", "local.stand_ins.tmdb", "TMDB_BASE_URL", "/3", ("TMDB_ACCESS_TOKEN",)),
    Service("TheTVDB", "local.stand_ins.tvdb", "TVDB_BASE_URL", "/v4", ("TVDB_API_KEY",)),
    Service("OMDb", "local.stand_ins.omdb", "OMDB_BASE_URL", "/", ("OMDB_API_KEY",)),
    Service(
        "Trakt",
        "local.stand_ins.trakt",
        "TRAKT_BASE_URL",
        "",
        ("TRAKT_CLIENT_ID", "TRAKT_CLIENT_SECRET"),
    ),
    # Push has no key of its own: Google's credentials are used, which no local environment should have.
    Service("FCM", "local.stand_ins.fcm", "FCM_BASE_URL", "", ()),
)
