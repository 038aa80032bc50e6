"""Every route of the OpenAPI document says all that somebody needs who has nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from functions._problems import INTERNAL
from local.openapi import as_text
from local.processes import ROOT

PROBLEM = "application/problem+json"
SHOWN = {"example", "examples", "enum", "const", "format", "default"}
"""What makes an example of a text, which can be anything otherwise."""

KINDS = {"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"}
"""What says of a value what it can be."""


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent and what is answered, but errors."""
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        for media_type, content in body.get("content", {}).items():
            if media_type != PROBLEM:
                yield media_type, content


class Walk:
    """What is missing in a schema and all below it, each named once."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self._seen: set[str] = set()

    def untyped(self, schema: Any, where: str) -> Iterator[str]:
        """Where anything could be."""
        if not isinstance(schema, dict) or not KINDS & schema.keys():
            yield where
            return
        is_open = "properties" not in schema and not isinstance(schema.get("additionalProperties"), dict)
        if schema.get("type") == "object" and (is_open or schema.get("additionalProperties") is True):
            yield where
        if schema.get("type") == "array" and "items" not in schema:
            yield where
        for name, below in self._below(schema, where):
            yield from self.untyped(below, name)

    def unshown(self, schema: dict[str, Any], where: str) -> Iterator[str]:
        """Texts of which no example is given, nor what they can be."""
        if SHOWN & schema.keys():
            return
        if schema.get("type") == "string":
            yield where
        for name, below in self._below(schema, where):
            yield from self.unshown(below, name)

    def _below(self, schema: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in self._seen:
                self._seen.add(name)
                yield name, self._schemas[name]
        for name, below in schema.get("properties", {}).items():
            yield f"{where}.{name}", below
        for together in ("anyOf", "oneOf", "allOf"):
            for below in schema.get(together, []):
                yield where, below
        for one in ("items", "additionalProperties"):
            if isinstance(schema.get(one), dict):
                yield f"{where}[]", schema[one]


def test_the_document_in_the_tree_is_the_applications(document: dict[str, Any]) -> None:
    kept = (ROOT / "openapi.json").read_text(encoding="utf-8")
    is_same = kept == as_text(document)
    assert is_same, "The API is no longer as openapi.json says. Run `make openapi`, and look at what differs."


def test_every_route_can_be_found_named_and_read_about(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        assert operation["operationId"].isidentifier(), route
        assert len(operation["tags"]) == 1, route
        assert operation["summary"], route
        assert operation["description"].endswith("."), route
        assert "security" in operation or "not_signed_in" not in str(operation["responses"]), route
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (route, parameter["name"])


def test_every_error_is_a_problem_with_its_codes(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        assert INTERNAL.code in operation["responses"]["500"]["content"][PROBLEM]["examples"], route
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                continue
            ((media_type, content),) = answer["content"].items()
            assert media_type == PROBLEM, (route, status)
            assert content["examples"], (route, status)
            for code, example in content["examples"].items():
                told = example["value"]
                assert (told["code"], told["status"]) == (code, int(status)), route


@pytest.mark.anyio
async def test_who_sends_no_token_is_told_nothing_else(
    anyone: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    for route, operation in operations(document):
        if "security" in operation:
            method, _, path = route.partition(" ")
            answer = await anyone.request(method, f"http://api{path}", json={"wrong": "in any case"})
            assert answer.status_code == 401, route
            assert answer.json()["code"] == "not_signed_in", route
            assert answer.headers["WWW-Authenticate"] == "Bearer", route


def test_nothing_is_sent_or_answered_that_could_be_anything(document: dict[str, Any]) -> None:
    walk = Walk(document["components"]["schemas"])
    untyped = []
    for route, operation in operations(document):
        for _, content in contents(operation):
            untyped += list(walk.untyped(content["schema"], route))
        for parameter in operation.get("parameters", []):
            untyped += list(walk.untyped(parameter["schema"], f"{route} {parameter['name']}"))
    assert untyped == []


def test_everything_that_is_sent_or_answered_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    walk = Walk(schemas)
    unshown = []
    for route, operation in operations(document):
        for _, content in contents(operation):
            if not SHOWN & content.keys():
                unshown += list(walk.unshown(content["schema"], route))
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None and not schemas[body["schema"]["$ref"].rpartition("/")[2]].get("examples"):
            unshown.append(f"{route}: the whole request")
        for parameter in operation.get("parameters", []):
            if not SHOWN & parameter.keys():
                unshown += list(walk.unshown(parameter["schema"], f"{route} {parameter['name']}"))
    assert unshown == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, True),
        (True, True),
        ({"type": "object"}, True),
        ({"type": "array"}, True),
        ({"type": "array", "items": {}}, True),
        ({"type": "object", "properties": {"a": {}}}, True),
        ({"$ref": "#/components/schemas/Loose"}, True),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, False),
        ({"type": "string"}, False),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, False),
    ],
)
def test_the_walk_sees_what_could_be_anything(schema: Any, expected: bool) -> None:
    schemas = {"Loose": {"type": "object", "properties": {"any": {}}}}
    assert bool(list(Walk(schemas).untyped(schema, "here"))) == expected
