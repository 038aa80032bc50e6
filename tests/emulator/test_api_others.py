"""What is another user's is for the caller as if it did not exist, on every route that names something."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from google.cloud.firestore_v1 import AsyncClient

from functions.api.app import make_app
from local.emulators import Emulators
from shared.adapters.firestore import paths
from shared.domain.tracking import UserId
from tests.emulator.harness import Instance
from tests.emulator.populated import EVENTS, FOUNDATION, Theirs, example_body, hold_shows, populate
from tests.emulator.published import read_topic
from tests.emulator.shows_api import client_of

pytestmark = pytest.mark.anyio

ADA, EVE = UserId("ada"), UserId("eve")

EVERYBODYS = {
    "GET /api/v1/shows/{id}",
    "GET /api/v1/shows/{id}/seasons/{number}",
    "GET /api/v1/shows/{id}/episodes",
}
"""These name nobody's: what is known of a show is told to all."""

BY_SECRET = {"GET /api/v1/timeline/calendar.ics"}
"""Whoever has the address may read what is there: it is given to calendar apps."""

OF_THE_CALLER = {
    "PUT /api/v1/tracking/{id}/watched",
    "DELETE /api/v1/tracking/{id}/watched",
    "GET /api/v1/notifications/{id}/why",
}
"""These answer of any show or event how the caller is with it, be it followed or not."""


@pytest.fixture
async def app(emulators: Emulators, project: str, publishing: Instance) -> AsyncIterator[FastAPI]:
    async with (
        read_topic(emulators, project, "show-sync"),
        read_topic(emulators, project, "alert-plans"),
        read_topic(emulators, project, "push"),
    ):
        await hold_shows(publishing)
        yield make_app(publishing)


def routes(app: FastAPI) -> Mapping[str, dict[str, Any]]:
    """Those that name something: by an id in the path, or by a secret."""
    found = {}
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            asked = {one["name"] for one in operation.get("parameters", [])}
            if "{" in path or "key" in asked:
                found[f"{method.upper()} {path}"] = operation
    return found


async def documents(firestore: AsyncClient, user_id: UserId) -> dict[str, Any]:
    """All that a user has."""
    user = firestore.document(paths.user(user_id))
    found = {}
    async for collection in user.collections():
        async for snapshot in collection.stream():
            found[snapshot.reference.path] = (snapshot.to_dict(), snapshot.update_time)
    return found


async def test_what_is_anothers_is_as_what_does_not_exist(
    app: FastAPI, project: str, publishing: Instance, firestore: AsyncClient
) -> None:
    async with client_of(app, project, ADA) as ada, client_of(app, project, EVE) as eve:
        ada.base_url = eve.base_url = httpx.URL("http://api")
        theirs = await populate(publishing, ada, ADA)
        await populate_nothing(eve)
        before = await documents(firestore, ADA)
        assert {path.split("/")[2] for path in before} >= {
            "tracked_shows",
            "devices",
            "notifications",
            "private",
        }
        schemas = app.openapi()["components"]["schemas"]
        compared = set()
        for route, operation in routes(app).items():
            if route in EVERYBODYS | BY_SECRET:
                continue
            method, _, path = route.partition(" ")
            body = example_body(operation, schemas)
            answers = []
            for named in (theirs, NOBODYS):
                url, query = address(path, operation, named)
                answer = await eve.request(method, url, params=query, json=body)
                told = {name: value for name, value in answer.headers.items() if name != "content-length"}
                answers.append((answer.status_code, told, as_nobodys(answer.text, theirs)))
            assert answers[0] == answers[1], route
            assert answers[0][0] == (200 if route in OF_THE_CALLER else 404), route
            compared.add(route)
            assert await documents(firestore, ADA) == before, route
        assert compared | EVERYBODYS | BY_SECRET == routes(app).keys()
        assert compared > OF_THE_CALLER


async def test_a_calendar_that_is_anothers_stays_theirs_and_a_revoked_one_is_as_none(
    app: FastAPI, project: str, publishing: Instance
) -> None:
    async with client_of(app, project, ADA) as ada, client_of(app, project, EVE) as eve:
        ada.base_url = eve.base_url = httpx.URL("http://api")
        theirs = await populate(publishing, ada, ADA)

        async def read(key: str) -> tuple[int, str]:
            answer = await eve.get("/api/v1/timeline/calendar.ics", params={"key": key})
            return answer.status_code, answer.text

        assert (await eve.delete("/api/v1/me/calendar")).status_code == 204
        assert (await read(theirs.calendar_key))[0] == 200
        assert (await ada.delete("/api/v1/me/calendar")).status_code == 204
        revoked = await read(theirs.calendar_key)
        assert revoked[0] == 404
        for key in (NOBODYS.calendar_key, theirs.calendar_key[:-1], "", "x" * 500, "../users/ada"):
            assert await read(key) == revoked


NOBODYS = Theirs(str(FOUNDATION), EVENTS[FOUNDATION], "phone-of-nobody", "a" * 43)
"""A show that is held and an event of it, of which nobody has anything, and what was never there."""


async def populate_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/me")).status_code == 200


def address(path: str, operation: dict[str, Any], named: Theirs) -> tuple[str, dict[str, str]]:
    """Where to ask for what is named, with whatever else has to be said."""
    query: dict[str, str] = {}
    for parameter in operation["parameters"]:
        name = parameter["name"]
        if parameter["in"] == "path":
            assert name == "id", f"{path}: say here what {name} of another user is"
            path = path.replace("{id}", the_id(path, named))
        elif parameter.get("required"):
            query[name] = "1"
    return path, query


def the_id(path: str, named: Theirs) -> str:
    for part, one in (
        ("/devices/", named.device),
        ("/notifications/", named.event),
        ("/tracking/", named.show),
    ):
        if part in path:
            return one
    raise AssertionError(f"{path}: say here what is named by it")


def as_nobodys(text: str, theirs: Theirs) -> str:
    """An answer with the names in it that the caller has sent made the same."""
    for name in ("show", "event", "device"):
        text = text.replace(getattr(theirs, name), getattr(NOBODYS, name))
    return text
