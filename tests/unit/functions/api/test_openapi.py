"""The OpenAPI document, which clients are written against."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

JSON = "application/json"
PROBLEM = "application/problem+json"


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_these_are_the_routes(document: dict[str, Any]) -> None:
    assert {f"{method} {path}" for method, path, _ in operations(document)} == {
        *("GET /api/v1/me", "PATCH /api/v1/me"),
        *("POST /api/v1/me/devices", "DELETE /api/v1/me/devices/{id}"),
        *("GET /api/v1/tracking", "POST /api/v1/tracking", "GET /api/v1/tracking/favorites"),
        *("PATCH /api/v1/tracking/{id}", "DELETE /api/v1/tracking/{id}"),
        *("POST /api/v1/tracking/{id}/favorite", "GET /api/v1/timeline", "GET /api/v1/timeline/today"),
        *("GET /api/v1/timeline/week", "GET /api/v1/timeline/upcoming"),
        *("GET /api/v1/notifications", "PATCH /api/v1/notifications/{id}/read"),
        *("POST /api/v1/notifications/read-all", "GET /api/v1/notifications/unread-count"),
        "GET /api/v1/notifications/{id}/why",
    }


def test_every_route_says_who_may_call_it_and_what_goes_wrong(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["security"] == [{"idToken": []}], path
        assert operation["description"], path
        answers = operation["responses"]
        assert {"401", "500", "503"} <= answers.keys(), path
        for status, answer in answers.items():
            assert answer["description"], (path, status)
            if int(status) < 400:
                assert status == "204" or JSON in answer["content"], (path, status)
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
