"""The OpenAPI document, which clients are written against."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

JSON = "application/json"
PROBLEM = "application/problem+json"

CALENDAR = "/api/v1/timeline/calendar.ics"

LIVE = "/api/live"

PUBLIC = {"/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/refresh", CALENDAR, LIVE}
"""What is called to get a token, and what has a secret of its own."""


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_these_are_the_routes(document: dict[str, Any]) -> None:
    assert {f"{method} {path}" for method, path, _ in operations(document)} == {
        *("POST /api/v1/auth/register", "POST /api/v1/auth/login"),
        *("POST /api/v1/auth/refresh", "POST /api/v1/auth/logout"),
        *("GET /api/v1/me", "PATCH /api/v1/me"),
        *("POST /api/v1/me/devices", "DELETE /api/v1/me/devices/{id}"),
        *("GET /api/v1/tracking", "POST /api/v1/tracking", "GET /api/v1/tracking/favorites"),
        *("PATCH /api/v1/tracking/{id}", "DELETE /api/v1/tracking/{id}"),
        *("POST /api/v1/tracking/{id}/favorite", "GET /api/v1/timeline", "GET /api/v1/timeline/today"),
        *("GET /api/v1/timeline/week", "GET /api/v1/timeline/upcoming"),
        *("GET /api/v1/notifications", "PATCH /api/v1/notifications/{id}/read"),
        *("POST /api/v1/notifications/read-all", "GET /api/v1/notifications/unread-count"),
        "GET /api/v1/notifications/{id}/why",
        *("GET /api/v1/shows/search", "GET /api/v1/shows/trending", "GET /api/v1/shows/popular"),
        *("GET /api/v1/shows/{id}", "GET /api/v1/shows/{id}/episodes"),
        "GET /api/v1/shows/{id}/seasons/{number}",
        *("GET /api/v1/tracking/next", f"GET {CALENDAR}"),
        *("GET /api/v1/me/export", "DELETE /api/v1/me", f"GET {LIVE}"),
        *("POST /api/internal/sync/trigger", "GET /api/internal/sync/status", "GET /api/internal/health"),
        *("PUT /api/v1/tracking/{id}/watched", "DELETE /api/v1/tracking/{id}/watched"),
        *("POST /api/v1/me/calendar", "DELETE /api/v1/me/calendar"),
    }


def test_every_route_says_who_may_call_it_and_what_goes_wrong(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation.get("security") == (None if path in PUBLIC else [{"idToken": []}]), path
        assert operation["description"], path
        answers = operation["responses"]
        # What looks at nothing has nothing to wait for.
        assert {"500", *(() if path == LIVE else ("503",))} <= answers.keys(), path
        unsigned = answers.get("401", {"description": ""})["description"]
        assert ("not_signed_in" in unsigned) == (path not in PUBLIC), path
        for status, answer in answers.items():
            assert answer["description"], (path, status)
            if int(status) < 400:
                kind = "text/calendar" if path == CALENDAR else JSON
                assert status in {"204", "304"} or kind in answer["content"], (path, status)
            else:
                content = answer["content"]
                assert content.keys() == {PROBLEM}, (method, path, status)
                assert content[PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert all(code in answer["description"] for code in content[PROBLEM]["examples"])


def test_every_reference_is_to_something(document: dict[str, Any]) -> None:
    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            yield from itertools.chain.from_iterable(map(references, value.values()))
        elif isinstance(value, list):
            yield from itertools.chain.from_iterable(map(references, value))

    schemas = document["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(document)} == schemas.keys()
    assert "HTTPValidationError" not in schemas


def test_methods_of_clients_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert "begin_tracking" in names


@pytest.mark.parametrize(
    "schema", ["TrackingSettings", "TrackingRequest", "ProfileRequest", "PreferencesRequest"]
)
def test_what_may_be_left_out_has_no_default_that_a_client_would_send(
    document: dict[str, Any], schema: str
) -> None:
    described = document["components"]["schemas"][schema]
    assert described["additionalProperties"] is False
    assert [name for name, field in described["properties"].items() if "default" in field] == []
    assert described.get("required", []) == (["showId"] if schema == "TrackingRequest" else [])


@pytest.mark.anyio
async def test_its_page_is_there_without_a_token(anyone: httpx.AsyncClient, document: dict[str, Any]) -> None:
    page = await anyone.get("/docs")
    assert page.status_code == 200
    assert "/api/v1/openapi.json" in page.text
    assert (await anyone.get("/openapi.json")).json() == document
