"""The settings: defaults, nonsense, and emulators on Cloud Run."""

from datetime import timedelta

import pytest

from shared.config import EMULATORS, Settings, read_settings, refuse_emulators_in_cloud
from shared.domain.cache import Lifetimes
from shared.errors import Misconfigured

PROJECT = {"GOOGLE_CLOUD_PROJECT": "demo-tv"}
NUMBERS = ["SEASON_TTL_DAYS", "ONGOING_SEASON_TTL_DAYS", "CLAIM_LEASE_SECONDS", "ENRICH_WAIT_SECONDS"]


def test_the_defaults() -> None:
    assert read_settings(PROJECT) == Settings(
        project="demo-tv",
        tmdb_base_url="https://api.themoviedb.org/3",
        tmdb_access_token="",
        lifetimes=Lifetimes(
            settled=timedelta(days=30), ongoing=timedelta(days=7), lease=timedelta(seconds=30)
        ),
        enrich_wait_seconds=2,
        tvdb_base_url="https://api4.thetvdb.com/v4",
        tvdb_api_key="",
        omdb_base_url="https://www.omdbapi.com/",
        omdb_api_key="",
        fcm_base_url="https://fcm.googleapis.com",
        app_url="",
    )


def test_every_setting_is_read() -> None:
    settings = read_settings(
        {
            **PROJECT,
            "TMDB_BASE_URL": "http://127.0.0.1:8080/3",
            "TMDB_ACCESS_TOKEN": "s3cr3t-token",
            "TVDB_BASE_URL": "http://127.0.0.1:8082/v4",
            "TVDB_API_KEY": "s3cr3t-tvdb",
            "OMDB_BASE_URL": "http://127.0.0.1:8083/",
            "OMDB_API_KEY": "s3cr3t-omdb",
            "FCM_BASE_URL": "http://127.0.0.1:8084",
            "APP_URL": "https://app.example.com",
            "FIREBASE_WEB_API_KEY": "s3cr3t-key\n",
            "ALLOWED_ORIGINS": "https://other.example, https://app.example.com,http://10.0.0.1:8080",
            "SEASON_TTL_DAYS": "10",
            "ONGOING_SEASON_TTL_DAYS": "0.5",
            "CLAIM_LEASE_SECONDS": "1.5",
            "ENRICH_WAIT_SECONDS": "4",
            "K_SERVICE": "enrich",
        }
    )

    assert settings == Settings(
        project="demo-tv",
        tmdb_base_url="http://127.0.0.1:8080/3",
        tmdb_access_token="s3cr3t-token",
        lifetimes=Lifetimes(
            settled=timedelta(days=10), ongoing=timedelta(hours=12), lease=timedelta(seconds=1.5)
        ),
        enrich_wait_seconds=4,
        tvdb_base_url="http://127.0.0.1:8082/v4",
        tvdb_api_key="s3cr3t-tvdb",
        omdb_base_url="http://127.0.0.1:8083/",
        omdb_api_key="s3cr3t-omdb",
        fcm_base_url="http://127.0.0.1:8084",
        app_url="https://app.example.com",
        firebase_web_api_key="s3cr3t-key",
        allowed_origins=("https://app.example.com", "https://other.example", "http://10.0.0.1:8080"),
    )
    assert "s3cr3t" not in repr(settings)


@pytest.mark.parametrize("name", ["TMDB_ACCESS_TOKEN", "TVDB_API_KEY", "OMDB_API_KEY"])
def test_a_secret_that_came_with_a_line_end_is_the_same_without(name: str) -> None:
    assert read_settings({**PROJECT, name: " s3cr3t\r\n"}) == read_settings({**PROJECT, name: "s3cr3t"})


def test_the_processs_environment_is_read_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("K_SERVICE", *NUMBERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "from-the-process")

    assert read_settings().project == "from-the-process"


@pytest.mark.parametrize("environment", [{}, {"GOOGLE_CLOUD_PROJECT": ""}], ids=["unset", "empty"])
def test_a_project_must_be_named(environment: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="GOOGLE_CLOUD_PROJECT"):
        read_settings(environment)


@pytest.mark.parametrize(
    "name",
    [
        *[*NUMBERS, "TMDB_BASE_URL", "TMDB_ACCESS_TOKEN"],
        *["TVDB_BASE_URL", "TVDB_API_KEY", "OMDB_BASE_URL", "OMDB_API_KEY", "FCM_BASE_URL", "APP_URL"],
    ],
)
def test_an_empty_setting_is_the_default(name: str) -> None:
    assert read_settings({**PROJECT, name: ""}) == read_settings(PROJECT)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["0", "-1", "seven", "7 days", "nan", "inf", "-inf", "1e999", "0x10", " "])
def test_what_is_no_positive_number_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        read_settings({**PROJECT, name: text})


@pytest.mark.parametrize(
    "url",
    [
        *["http://app.example.com", "app.example.com", "https://", "https://app.example.com/"],
        *["https://app.example.com/tv/", "https://app.example.com?a=b", "https://app.example.com/#top"],
        *["https:///shows", "https://app .example.com", "javascript:alert(1)"],
    ],
)
def test_an_app_that_no_link_can_lead_to_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="APP_URL"):
        read_settings({**PROJECT, "APP_URL": url})


@pytest.mark.parametrize(
    "url", ["https://app.example.com", "https://app.example.com/tv", "https://localhost:8443"]
)
def test_an_app_may_be_at_a_path(url: str) -> None:
    assert read_settings({**PROJECT, "APP_URL": f" {url}\n"}).app_url == url


@pytest.mark.parametrize("emulator", EMULATORS)
def test_an_emulator_is_refused_on_cloud_run(emulator: str) -> None:
    environment = {**PROJECT, "K_SERVICE": "enrich", emulator: "127.0.0.1:8080"}

    with pytest.raises(Misconfigured, match=emulator):
        refuse_emulators_in_cloud(environment)
    with pytest.raises(Misconfigured, match=emulator):
        read_settings(environment)


@pytest.mark.parametrize("emulator", EMULATORS)
def test_an_emulator_is_fine_elsewhere_and_an_empty_name_is_none(emulator: str) -> None:
    refuse_emulators_in_cloud({emulator: "127.0.0.1:8080"})
    refuse_emulators_in_cloud({emulator: "", "K_SERVICE": "enrich"})
    refuse_emulators_in_cloud({"K_SERVICE": "enrich"})


@pytest.mark.parametrize(
    ("origins", "allowed"),
    [
        ("", ()),
        (" , ", ()),
        ("https://a.example https://b.example\n", ("https://a.example", "https://b.example")),
        ("https://a.example,https://a.example", ("https://a.example",)),
        ("http://localhost:5173", ("http://localhost:5173",)),
    ],
)
def test_origins_are_origins(origins: str, allowed: tuple[str, ...]) -> None:
    assert read_settings({**PROJECT, "ALLOWED_ORIGINS": origins}).allowed_origins == allowed


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "a.example",
        "https://a.example/",
        "https://a.example/app",
        "https://*.a.example",
        "file://",
    ],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(Misconfigured, match="ALLOWED_ORIGINS"):
        read_settings({**PROJECT, "ALLOWED_ORIGINS": f"https://ok.example,{origin}"})


def test_the_web_apps_own_pages_may_call() -> None:
    settings = read_settings({**PROJECT, "APP_URL": "https://tracker.example/app"})
    assert settings.allowed_origins == ("https://tracker.example",)
