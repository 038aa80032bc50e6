"""Errors of the API as answers and in its OpenAPI document; `functions/_problems.py` has the codes.

No answer repeats what the caller has sent, but the names of fields that can be names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from functions import _entry
from functions._problems import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    Problem,
    error_response,
    kinds,
    problem_response,
)
from shared.errors import AppError, InvalidRequest, NotFound, NotSignedIn

SCHEMA = "Problem"
MEDIA_TYPE = "application/problem+json"

_SENTENCES = {
    "extra_forbidden": "is not a field of this request",
    "missing": "is missing",
    "json_invalid": "must be JSON",
    "model_attributes_type": "must be a JSON object, sent as application/json",
    "model_type": "must be a JSON object, sent as application/json",
}
"""Where pydantic's own sentence says less."""


def answer_problems(application: FastAPI) -> None:
    """Let every error of the application be answered as a problem."""
    application.add_exception_handler(AppError, _known)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _of_framework)
    # The framework raises it again when this is sent, and whoever serves the application logs it.
    application.add_exception_handler(Exception, _unforeseen)


async def _known(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)  # noqa: S101 - it is registered for these
    return _entry.known_error_response(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these
    fields = tuple(dict.fromkeys(_field(each) for each in error.errors()))
    return error_response(InvalidRequest("The request is not as it must be.", fields))


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if isinstance(error.__cause__, AppError):
        # FastAPI takes whatever is raised where a body is read for a body that cannot be read.
        return _entry.known_error_response(error.__cause__)
    match error.status_code:
        case 404:
            return error_response(NotFound("There is nothing at this address."))
        case 405:
            sentence = f"{request.method} is not for this address."
            return problem_response(METHOD_NOT_ALLOWED, sentence, Allow=_allowed(request))
        case _:
            return error_response(InvalidRequest("The body cannot be read."))


def _allowed(request: Request) -> str:
    """The methods of the path. The framework knows those of one route, and has a route for each method."""
    template = getattr(request.scope.get("route"), "path", "")
    return ", ".join(sorted(method.upper() for method in request.app.openapi()["paths"].get(template, {})))


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    return problem_response(INTERNAL, "It has been logged.")


def _field(error: Mapping[str, Any]) -> tuple[str, str]:
    where, *parts = error["loc"]
    if error["type"] == "json_invalid":
        parts = []
    if error["type"] != "extra_forbidden":
        # Of a field that was left out pydantic gives our own name for it.
        parts = [to_camel(part) if isinstance(part, str) else part for part in parts]
    name = ".".join(str(part) for part in parts if isinstance(part, int) or _may_be_shown(part))
    wrong = _SENTENCES.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return name or str(where), wrong


def _may_be_shown(name: object) -> bool:
    """Whether a field's name can be shown; it is the caller's where there is no such field."""
    return isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) <= 40


def documented(*errors: type[AppError], is_public: bool = False) -> dict[int | str, dict[str, Any]]:
    """The problem answers of routes, for their OpenAPI document: those of these errors, and every route's.

    Only a public one does without an ID token.
    """
    by_status: dict[int, list[Problem]] = {}
    for problem in [*kinds(*errors, *(() if is_public else (NotSignedIn,))), INTERNAL]:
        by_status.setdefault(problem.status, []).append(problem)
    return {status: _answer(by_status[status]) for status in sorted(by_status)}


def _answer(problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"#/components/schemas/{SCHEMA}"},
                "examples": {problem.code: {"value": _example(problem)} for problem in problems},
            }
        },
    }


def _example(problem: Problem) -> dict[str, Any]:
    example = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": "What happened, in a sentence for people.",
        "code": problem.code,
    }
    if problem.status == 422:
        example["errors"] = [{"field": "limit", "problem": "A page has 1 to 200."}]
    return example


def put_into(document: dict[str, Any]) -> None:
    """Add the schema of all problems to an OpenAPI document, and take out FastAPI's own of errors.

    FastAPI adds that to whatever has a parameter, be it one that takes any text. Doing it twice does no harm.
    """
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            if MEDIA_TYPE not in answers.get("422", {}).get("content", {MEDIA_TYPE: None}):
                del answers["422"]
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas[SCHEMA] = _SCHEMA


_TEXT = {"type": "string"}
_SCHEMA: Mapping[str, Any] = {
    "title": SCHEMA,
    "description": "An error, as RFC 9457 writes it. `code` stays the same when sentences change.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": _TEXT,
        "errors": {
            "description": "Each field that is wrong; `body`, `query` or `path` for all of it.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": _TEXT, "problem": _TEXT},
            },
        },
    },
}
