"""The settings, and the only place that knows the environment's names (DESIGN.md, section 7)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.cache import Lifetimes
from shared.errors import Misconfigured

LARGEST = 100_000

EMULATORS = ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment may set. Secrets do not show in its representation."""

    project: str
    tmdb_base_url: str
    tmdb_access_token: str = field(repr=False)
    lifetimes: Lifetimes
    enrich_wait_seconds: float
    pubsub_emulator_host: str | None = None
    tvdb_base_url: str = "https://api4.thetvdb.com/v4"
    tvdb_api_key: str = field(default="", repr=False)
    omdb_base_url: str = "https://www.omdbapi.com/"
    omdb_api_key: str = field(default="", repr=False)
    fcm_base_url: str = "https://fcm.googleapis.com"
    trakt_base_url: str = "https://api.trakt.tv"
    app_url: str = ""
    firebase_web_api_key: str = field(default="", repr=False)
    auth_emulator_host: str | None = None
    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How log lines are written: for people, or for Cloud Logging under a project's traces."""

    is_for_people: bool
    project: str


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, from the process's environment unless another is given.

    Raises:
        Misconfigured: a setting is missing, is not a number, or contradicts another.
    """
    env = os.environ if environment is None else environment
    refuse_emulators_in_cloud(env)
    project = env.get("GOOGLE_CLOUD_PROJECT", "")
    if not project:
        raise Misconfigured(
            "GOOGLE_CLOUD_PROJECT is not set: say which project's Firestore and users to use."
        )
    return Settings(
        project=project,
        tmdb_base_url=env.get("TMDB_BASE_URL") or "https://api.themoviedb.org/3",
        tmdb_access_token=_secret(env, "TMDB_ACCESS_TOKEN"),
        lifetimes=Lifetimes(
            settled=timedelta(days=_number(env, "SEASON_TTL_DAYS", 30)),
            ongoing=timedelta(days=_number(env, "ONGOING_SEASON_TTL_DAYS", 7)),
            lease=timedelta(seconds=_number(env, "CLAIM_LEASE_SECONDS", 30)),
        ),
        enrich_wait_seconds=_number(env, "ENRICH_WAIT_SECONDS", 2),
        pubsub_emulator_host=env.get("PUBSUB_EMULATOR_HOST") or None,
        tvdb_base_url=env.get("TVDB_BASE_URL") or "https://api4.thetvdb.com/v4",
        tvdb_api_key=_secret(env, "TVDB_API_KEY"),
        omdb_base_url=env.get("OMDB_BASE_URL") or "https://www.omdbapi.com/",
        omdb_api_key=_secret(env, "OMDB_API_KEY"),
        fcm_base_url=env.get("FCM_BASE_URL") or "https://fcm.googleapis.com",
        trakt_base_url=env.get("TRAKT_BASE_URL") or "https://api.trakt.tv",
        app_url=_app_url(env),
        firebase_web_api_key=_secret(env, "FIREBASE_WEB_API_KEY"),
        auth_emulator_host=env.get("FIREBASE_AUTH_EMULATOR_HOST") or None,
        allowed_origins=_allowed_origins(env),
    )


def read_log_settings(environment: Mapping[str, str] | None = None) -> LogSettings:
    """How to log: `LOG_FORMAT` is `json` or `text`; normally text, and json on Cloud Run.

    Never raises, because what raises is told in the log.
    """
    env = os.environ if environment is None else environment
    log_format = env.get("LOG_FORMAT") or ("json" if "K_SERVICE" in env else "text")
    return LogSettings(is_for_people=log_format == "text", project=env.get("GOOGLE_CLOUD_PROJECT", ""))


def refuse_emulators_in_cloud(environment: Mapping[str, str]) -> None:
    """On Cloud Run, refuse to go on with an emulator: its tokens are unsigned, and anyone can forge them.

    Raises:
        Misconfigured: the environment names both.
    """
    named = [name for name in EMULATORS if environment.get(name)]
    if named and "K_SERVICE" in environment:
        raise Misconfigured(f"{', '.join(named)} must not be set on Cloud Run: unset it and deploy again.")


def _app_url(environment: Mapping[str, str]) -> str:
    """Where the web app is, for links in what is sent to its users. Empty where there is none."""
    url = environment.get("APP_URL", "").strip()
    if url and (not re.fullmatch(r"https://[^\s/?#]+(/[^\s?#]*)?", url) or url.endswith("/")):
        raise Misconfigured(
            f"APP_URL is {url!r}, and must be as https://app.example.com, without a slash at its end."
        )
    return url


def _allowed_origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Whose pages may call the API, beside those at its own address: the web app's, and what else is said."""
    said = re.split(r"[,\s]+", environment.get("ALLOWED_ORIGINS", "").strip(", \n"))
    app = re.match(r"https://[^/]+", _app_url(environment))
    origins = [*([app[0]] if app else []), *(origin for origin in said if origin)]
    for origin in origins:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin):
            raise Misconfigured(
                f"ALLOWED_ORIGINS has {origin!r}, and must have origins as https://app.example.com, with"
                " commas between them; a * would let any page act for whoever is signed in."
            )
    return tuple(dict.fromkeys(origins))


def _secret(environment: Mapping[str, str], name: str) -> str:
    # One that came from a file has its line end, which no header may have.
    return environment.get(name, "").strip()


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name)
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= LARGEST:
        raise Misconfigured(f"{name} is {text!r}, and must be a number from above 0 to {LARGEST}.")
    return number
