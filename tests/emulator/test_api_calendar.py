"""The calendar feed as a calendar app gets it: by its address alone, for as long as nobody revokes it."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient
from icalendar import Calendar

from functions.api.app import make_app
from local.auth_emulator import sign_up, unsigned_token
from local.emulators import Emulators
from local.functions_host import function_host
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.calendar import key_hash
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import Outcome, ShowRecord
from shared.domain.sync_log import SyncLog
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.tracking import UserId
from tests.emulator.harness import Instance
from tests.emulator.shows_api import ok
from tests.emulator.watching import ADA, DAY, NOW, TODAY

pytestmark = pytest.mark.anyio

SILO, FILM, OTHER = ShowKey("tv", 125988), ShowKey("movie", 27205), ShowKey("tv", 1396)


@pytest.fixture
async def anyone(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    """A calendar app: it has no token."""
    transport = httpx.ASGITransport(make_app(instance))
    async with httpx.AsyncClient(transport=transport, base_url="http://api/api/v1", timeout=60) as client:
        yield client


@pytest.fixture
def as_ada(project: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {unsigned_token(project, ADA)}"}


async def address(client: httpx.AsyncClient, headers: Any) -> str:
    """A new address of the user's calendar."""
    answer = await client.post("/me/calendar", headers=headers)
    url: str = ok(answer, 201)["url"]
    assert answer.headers["Cache-Control"] == "no-store"
    return url


def key_of(url: str) -> str:
    (key,) = parse_qs(urlsplit(url).query)["key"]
    return key


async def events(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The events of a calendar by their ids, as they are read back."""
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    read = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["UID"]).removesuffix("@tv-tracker"): event for event in read}


def episode(number: int, day: date, key: ShowKey = SILO, **fields: Any) -> TimelineEvent:
    event = TimelineEvent(
        event_id=f"episode_{key.tmdb_id}{number:03}",
        event_type=EventType.NEW_EPISODE,
        show_key=key,
        title="Silo",
        description=f"Season 3, episode {number}",
        event_date=day.isoformat(),
        season=3,
        episode=number,
        episode_id=key.tmdb_id * 1_000 + number,
    )
    return replace(event, **fields)


def release(day: date) -> TimelineEvent:
    return TimelineEvent(
        f"release_{FILM}", EventType.MOVIE_RELEASE, FILM, "Film", "Released", day.isoformat()
    )


async def sync(instance: Instance, key: ShowKey, *changed: TimelineEvent) -> None:
    """Write these events as a sync of the show does."""
    before = await instance.show_documents.read(key)
    told = {event.event_id: event for event in changed}
    record = ShowRecord(
        ShowFacts(key, "Show", "Show", ShowStatus.RETURNING),
        ShowStatus.RETURNING,
        events=told,
        version=None if before is None else before.version,
    )
    log = SyncLog(str(key), "tmdb", "success", len(told), NOW, NOW)
    assert await instance.show_documents.write(Outcome(record, {}, told), log) is not None


async def follow(firestore: AsyncClient, *keys: ShowKey, user_id: UserId = ADA, zone: str = "UTC") -> None:
    document = {"followedShows": [str(key) for key in keys], "timezone": zone}
    await firestore.document(paths.user(user_id)).set(document, merge=True)


async def test_a_calendar_has_what_its_user_follows(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], instance: Instance, firestore: AsyncClient
) -> None:
    days = [TODAY - 31 * DAY, TODAY - 30 * DAY, TODAY, TODAY + 365 * DAY, TODAY + 366 * DAY]
    await sync(instance, SILO, *(episode(number, day) for number, day in enumerate(days, start=1)))
    await sync(instance, FILM, release(TODAY + DAY))
    await sync(instance, OTHER, episode(1, TODAY, OTHER))
    await follow(firestore, SILO, FILM)
    url = await address(anyone, as_ada)
    assert url.startswith("http://api/api/v1/timeline/calendar.ics?key=")
    shown = await events(anyone, url)
    assert list(shown) == [
        "episode_125988002",
        "episode_125988003",
        "release_movie_27205",
        "episode_125988004",
    ]
    today = shown["episode_125988003"]
    assert str(today["SUMMARY"]) == "Silo: Season 3, episode 3"
    assert (today.decoded("DTSTART"), today.decoded("DTEND")) == (TODAY, TODAY + DAY)
    assert (today["SEQUENCE"], today["STATUS"]) == (0, "CONFIRMED")
    assert NOW - DAY < today.decoded("DTSTAMP") < NOW + DAY
    assert list(await events(anyone, f"{url}&type=movie_release")) == ["release_movie_27205"]
    assert list(await events(anyone, f"{url}&show={FILM}")) == ["release_movie_27205"]
    assert list(await events(anyone, f"{url}&show={OTHER}&show=odd")) == []  # it is not followed
    assert len(await events(anyone, f"{url}&type=movie_release&type=new_episode&show={SILO}")) == 3
    assert ok(await anyone.get(f"{url}&type=news"), 422)["errors"][0]["field"] == "type.0"


async def test_what_moves_or_is_withdrawn_is_told_under_the_same_uid(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], instance: Instance, firestore: AsyncClient
) -> None:
    await sync(instance, SILO, episode(1, TODAY + DAY), episode(2, TODAY + 2 * DAY))
    await follow(firestore, SILO)
    url = await address(anyone, as_ada)
    before = await events(anyone, url)
    moved = episode(1, TODAY + 8 * DAY, version=2)
    gone = episode(2, TODAY + 2 * DAY, version=2, is_withdrawn=True)
    await sync(instance, SILO, moved, gone)
    after = await events(anyone, url)
    assert after.keys() == before.keys()
    first, second = after[moved.event_id], after[gone.event_id]
    assert (first["SEQUENCE"], first["STATUS"], first.decoded("DTSTART")) == (1, "CONFIRMED", TODAY + 8 * DAY)
    assert (second["SEQUENCE"], second["STATUS"]) == (1, "CANCELLED")
    assert second.decoded("DTSTART") == TODAY + 2 * DAY


async def test_a_calendar_that_has_not_changed_is_not_sent_again(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], instance: Instance, firestore: AsyncClient
) -> None:
    await sync(instance, SILO, episode(1, TODAY + DAY))
    await follow(firestore, SILO)
    url = await address(anyone, as_ada)
    first = await anyone.get(url)
    tag = first.headers["ETag"]
    # What is noted at the event by who tells followers of it is no change of it.
    await instance.events.told("episode_125988001", "episode")
    again = await anyone.get(url)
    assert (again.content, again.headers["ETag"]) == (first.content, tag)
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        held = await anyone.get(url, headers={"If-None-Match": known})
        assert (held.status_code, held.content, held.headers["ETag"]) == (304, b"", tag)
        assert held.headers["Cache-Control"].startswith("private")
    assert (await anyone.get(url, headers={"If-None-Match": '"other"'})).status_code == 200
    assert (await anyone.get(f"{url}&type=movie_release")).headers["ETag"] != tag
    await sync(instance, SILO, episode(1, TODAY + 2 * DAY, version=2))
    changed = await anyone.get(url, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


async def test_a_new_address_closes_the_old_one_and_a_revoked_one_opens_nothing(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], firestore: AsyncClient
) -> None:
    await follow(firestore, SILO)
    first = await address(anyone, as_ada)
    assert await events(anyone, first) == {}
    second = await address(anyone, as_ada)
    assert key_of(first) != key_of(second)
    nothing = ok(await anyone.get("/timeline/calendar.ics?key=" + "x" * 43), 404)
    assert ok(await anyone.get(first), 404) == nothing
    assert await events(anyone, second) == {}
    for _ in range(2):
        assert ok(await anyone.delete("/me/calendar", headers=as_ada), 204) is None
    assert ok(await anyone.get(second), 404) == nothing
    for wrong in (
        "",
        "?key=",
        "?key=x",
        "?key=" + "x" * 3_000,
        "?key=..%2F..%2Fusers%2Fada",
        "?key=%00",
        "?key=%F0",
    ):
        assert ok(await anyone.get(f"/timeline/calendar.ics{wrong}"), 404) == nothing
    assert [one async for one in firestore.collection("calendar_keys").stream()] == []
    for method in ("POST", "DELETE"):
        assert ok(await anyone.request(method, "/me/calendar"), 401)["code"] == "not_signed_in"


async def test_of_many_addresses_made_at_once_one_opens_the_calendar(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], firestore: AsyncClient
) -> None:
    await follow(firestore, SILO)
    made = await asyncio.gather(*(anyone.post("/me/calendar", headers=as_ada) for _ in range(6)))
    urls = [answer.json()["url"] for answer in made if answer.status_code == 201]
    assert {answer.status_code for answer in made} <= {201, 503}
    opened = [url for url in urls if (await anyone.get(url)).status_code == 200]
    assert len(opened) == 1
    assert len([one async for one in firestore.collection("calendar_keys").stream()]) == 1


async def test_the_key_is_stored_nowhere(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], firestore: AsyncClient
) -> None:
    key = key_of(await address(anyone, as_ada))
    assert re.fullmatch("[A-Za-z0-9_-]{43}", key)  # 256 bits
    hashed = key_hash(key)
    assert hashed is not None
    private = (await firestore.document(paths.private_calendar(ADA)).get()).to_dict() or {}
    opens = (await firestore.document(paths.calendar_key(hashed)).get()).to_dict() or {}
    assert (private["keyHash"], opens) == (hashed, {"uid": ADA})
    assert key not in f"{private}{opens}"


async def test_a_calendar_ends_with_its_users_documents(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], firestore: AsyncClient
) -> None:
    url = await address(anyone, as_ada)
    assert (await anyone.get(url)).status_code == 200
    await firestore.document(paths.private_calendar(ADA)).delete()
    assert ok(await anyone.get(url), 404)["code"] == "not_found"
    # And a new one can be made though the old one was left lying.
    assert await events(anyone, await address(anyone, as_ada)) == {}


async def test_what_it_costs(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], instance: Instance, firestore: AsyncClient
) -> None:
    await sync(instance, SILO, *(episode(number, TODAY + number * DAY) for number in range(1, 11)))
    await follow(firestore, SILO)

    async def spent(asking: Any) -> tuple[int, int]:
        counted = usage.begin()
        await asking
        return counted.firestore_reads, counted.firestore_writes

    # Who was erased is looked up once in a while.
    assert await spent(anyone.post("/me/calendar", headers=as_ada)) == (2, 2)
    assert await spent(anyone.post("/me/calendar", headers=as_ada)) == (1, 3)
    url = await address(anyone, as_ada)
    assert await spent(anyone.get(url)) == (3 + 10, 0)
    assert await spent(anyone.get("/timeline/calendar.ics?key=" + "x" * 43)) == (1, 0)
    assert await spent(anyone.get("/timeline/calendar.ics?key=x")) == (0, 0)
    assert await spent(anyone.delete("/me/calendar", headers=as_ada)) == (1, 2)


async def test_events_that_cannot_be_read_are_passed_over(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], instance: Instance, firestore: AsyncClient
) -> None:
    odd = '😀, "x"; \\ two\nlines \x07 مرحبا ' + "進" * 80
    await sync(instance, SILO, episode(1, TODAY, title=odd), *(episode(n, TODAY) for n in (2, 3, 4)))
    await firestore.document(paths.timeline_event("episode_125988002")).update({"type": "news"})
    await firestore.document(paths.timeline_event("episode_125988003")).update({"updatedAt": "then"})
    await firestore.document(paths.timeline_event("episode_125988004")).update({"date": f"{TODAY}x"})
    await follow(firestore, SILO)
    shown = await events(anyone, await address(anyone, as_ada))
    assert list(shown) == ["episode_125988001"]
    assert str(shown["episode_125988001"]["SUMMARY"]) == odd.replace("\x07", "") + ": Season 3, episode 1"


async def test_the_days_are_those_of_the_users_calendar(
    anyone: httpx.AsyncClient, as_ada: dict[str, str], instance: Instance, firestore: AsyncClient
) -> None:
    far = [("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)]
    for zone, hours in far:
        today = (datetime.now(UTC) + timedelta(hours=hours)).date()
        await sync(instance, SILO, episode(1, today - 30 * DAY), episode(2, today - 31 * DAY))
        await follow(firestore, SILO, zone=zone)
        assert list(await events(anyone, await address(anyone, as_ada))) == ["episode_125988001"]


async def test_behind_hosting_the_address_is_the_hosts(
    anyone: httpx.AsyncClient, as_ada: dict[str, str]
) -> None:
    headers = {**as_ada, "X-Forwarded-Host": "tv.example.com", "X-Forwarded-Proto": "https"}
    url = await address(anyone, headers)
    assert url.startswith("https://tv.example.com/api/v1/timeline/calendar.ics?key=")
    for forged in ("[", "evil.example.com/x?", "a b", "\u00e9"):
        headers["X-Forwarded-Host"] = forged
        url = await address(anyone, {name: text.encode() for name, text in headers.items()})
        assert url.startswith("https://api/api/v1/timeline/calendar.ics?key=")


async def test_the_key_stands_in_no_log(emulators: Emulators, project: str, tmp_path: Path) -> None:
    user_id, token = sign_up(str(emulators.auth), f"{project}-ada@example.com")
    environment = {**os.environ, **emulators.environment(), "LOG_FORMAT": "json"}
    with function_host("api", environment=environment, log=tmp_path / "api.log") as host:
        async with httpx.AsyncClient(base_url=f"{host.url}api/v1", timeout=60) as client:
            url = await address(client, {"Authorization": f"Bearer {token}"})
            assert await events(client, url) == {}
            assert ok(await client.get(f"{url}&type=odd"), 422)
            assert ok(await client.get(f"{url}x"), 404)
        log = host.log.read_text()
    assert "/api/v1/timeline/calendar.ics" in log
    for secret in (key_of(url), user_id, token, "key="):
        assert secret not in log
