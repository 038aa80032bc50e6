"""The Trakt stand-in answers as Trakt was recorded to answer."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.collect_trakt_facts import (
    FACTS_FOLDER,
    LAST_ACTIVITIES,
    RECORDED_WATCHED,
    SHORTENED_WATCHED,
    SUPPLIED,
    collect,
)
from local.stand_ins.trakt import make_application
from tests.recordings import json_files

pytestmark = pytest.mark.anyio


@pytest.fixture
async def trakt() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_application()),
        base_url="http://trakt.test",
        headers={"trakt-api-version": "2", "trakt-api-key": "app"},
    ) as client:
        tokens = (await client.post("/_control/users/ada/tokens", json={"client_id": "app"})).json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield client


async def older_watched(trakt: httpx.AsyncClient) -> dict[int, dict[str, Any]]:
    await trakt.put("/_control/shape", json={"shape": "older"})
    watched = (await trakt.get("/sync/watched/shows")).json()
    return {entry["show"]["ids"]["trakt"]: entry for entry in watched}


def test_collecting_again_gives_the_same_bytes(recordings: Path, tmp_path: Path) -> None:
    collect(recordings, tmp_path)

    assert json_files(tmp_path) == json_files(FACTS_FOLDER)


async def test_watched_shows_are_as_recorded(recordings: Path, trakt: httpx.AsyncClient) -> None:
    recorded = json.loads((recordings / RECORDED_WATCHED).read_text())

    watched = await older_watched(trakt)

    assert [watched[entry["show"]["ids"]["trakt"]] for entry in recorded] == recorded
    times = [entry["last_watched_at"] for entry in watched.values()]
    assert times == sorted(times, reverse=True)  # as in the recording


async def test_shortened_watched_shows_are_as_kept_but_for_what_was_added_since(
    recordings: Path, trakt: httpx.AsyncClient
) -> None:
    recorded = {
        e["show"]["ids"]["trakt"]: e for e in json.loads((recordings / SHORTENED_WATCHED).read_text())
    }
    whole = {e["show"]["ids"]["trakt"] for e in json.loads((recordings / RECORDED_WATCHED).read_text())}

    watched = await older_watched(trakt)

    assert watched.keys() == recorded.keys() | whole | SUPPLIED.keys()
    for trakt_id in recorded.keys() - whole:
        assert recorded[trakt_id].items() <= watched[trakt_id].items()
        assert watched[trakt_id].keys() - recorded[trakt_id].keys() == {"last_updated_at", "reset_at"}


async def test_last_activities_are_as_recorded(recordings: Path, trakt: httpx.AsyncClient) -> None:
    recorded = json.loads((recordings / LAST_ACTIVITIES).read_text())

    assert (await trakt.get("/sync/last_activities")).json() == recorded


async def test_history_has_the_shape_of_a_recorded_watchlist_and_of_the_documented_history(
    recordings: Path, trakt: httpx.AsyncClient
) -> None:
    listed = recordings / "trakt" / "flexget" / "sync-watchlist-episodes-limit=1000-page=1.json"
    documented = recordings / "synthetic" / "trakt" / "trakt.py-sync-history-shows.json"

    (item,) = (await trakt.get("/sync/history/shows?limit=1")).json()

    assert shape(item) == shape(json.loads(documented.read_text())[0])
    for part in ("episode", "show"):
        assert shape(item[part]) == shape(json.loads(listed.read_text())[0][part])


async def test_an_episode_is_named_as_recorded(recordings: Path, trakt: httpx.AsyncClient) -> None:
    path = recordings / "trakt" / "flexget" / "users-flexgettest-ratings-episodes.json"
    (recorded,) = json.loads(path.read_text())

    items = (await trakt.get("/sync/history/shows?limit=250")).json()

    assert recorded["episode"] in [item["episode"] for item in items]


async def test_a_newer_show_has_the_shape_of_one_recorded_in_2026(
    recordings: Path, trakt: httpx.AsyncClient
) -> None:
    recorded = json.loads((recordings / "trakt" / "tRakt" / "shows-breaking-bad.json").read_text())

    watched = (await trakt.get("/sync/watched/shows")).json()

    assert recorded in [entry["show"] for entry in watched]


async def test_settings_have_the_fields_of_the_blueprint(recordings: Path, trakt: httpx.AsyncClient) -> None:
    blueprint = (recordings / "specs" / "trakt.apib").read_text(encoding="utf-8")
    body = blueprint.split("## Settings [/users/settings]", 1)[1].split("+ Body", 1)[1]
    documented, _ = json.JSONDecoder().raw_decode(body.lstrip())

    settings = (await trakt.get("/users/settings")).json()

    assert settings.keys() == documented.keys()
    for part in ("user", "account", "limits", "permissions"):
        assert settings[part].keys() == documented[part].keys()


@pytest.mark.parametrize("shape_answered", ["older", "newer"])
async def test_headers_are_as_recorded(
    recordings: Path, trakt: httpx.AsyncClient, shape_answered: str
) -> None:
    lines = (recordings / "MANIFEST.jsonl").read_text().splitlines()
    (told,) = [entry for entry in map(json.loads, lines) if entry["file"] == RECORDED_WATCHED]
    recorded = httpx.Headers(told["headers"])
    await trakt.put("/_control/shape", json={"shape": shape_answered})

    answer = await trakt.get("/sync/watched/shows")

    assert [answer.headers[name] for name in ("content-type", "cache-control")] == [
        recorded[name] for name in ("content-type", "cache-control")
    ]
    assert answer.headers["etag"].startswith('W/"')


def shape(value: Mapping[str, Any]) -> dict[str, Any]:
    """The names in an object, those of objects within it too."""
    return {name: shape(item) if isinstance(item, dict) else None for name, item in value.items()}
