"""Made-up requests to every route, thousands of them: what is answered is what the OpenAPI document says.

Whatever the application has is in the document that it serves, so no route can be forgotten here. The same
requests are made in every run.
"""

import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, cast

import anyio.from_thread
import anyio.to_thread
import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI, Request, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions import catalog
from functions.api.app import make_app
from local.auth_emulator import make_admin, sign_in, sign_up
from local.emulators import Emulators
from local.processes import ROOT
from local.stand_ins.running import RunningTmdbStandIn
from tests.emulator.harness import Instance, instance_settings, new_project
from tests.emulator.populated import Theirs, hold_shows, populate
from tests.emulator.published import read_topic

pytestmark = pytest.mark.anyio

CASES = 60
"""Of each kind, for each route."""

CHECKS: list[schemathesis.CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

ROUTES = {
    f"{method.upper()} {path}": operation
    for path, methods in json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))["paths"].items()
    for method, operation in methods.items()
}


def can_be_wrong(operation: dict[str, Any]) -> bool:
    """Whether there is a request that is not as documented: not where all that is asked for is some text."""
    parameters = operation.get("parameters", [])
    return "requestBody" in operation or any(
        one["in"] == "query" or one["schema"].get("type", "string") != "string" for one in parameters
    )


KINDS = [
    pytest.param(route, mode, id=f"{mode.value} {route}")
    for route, operation in ROUTES.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or can_be_wrong(operation)
]

LIMITED_TO = 30
"""What the strictest limit of a user lets through."""

WITH_TOKEN = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
"""The token is no part of what is made up."""

_addresses = itertools.count(1)

Operation = APIOperation[Any, Any, Any, Any]


class Asking:
    """Requests of some users in turn, each from a network address of its own: so no limit is used up."""

    def __init__(self, app: FastAPI, users: Sequence[tuple[str, Theirs]]) -> None:
        self._app = app
        self._users = itertools.cycle(users)

    def ask(self, case: Case[Any], *, of_theirs: bool) -> httpx.Response:
        """Send the request; `of_theirs`: for what the user has, where it names something."""
        token, theirs = next(self._users)
        if of_theirs and "id" in case.path_parameters:
            case.path_parameters["id"] = theirs_at(case.operation.path, theirs)
        if of_theirs and "key" in case.query:
            case.query["key"] = theirs.calendar_key
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://api")).prepare()
        return anyio.from_thread.run(self._send, prepared, token)

    async def _send(self, prepared: requests.PreparedRequest, token: str) -> httpx.Response:
        body = prepared.body
        assert body is None or isinstance(body, str | bytes)
        number = next(_addresses)
        address = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
        sent = cast("Mapping[str, str]", prepared.headers)
        headers = {**sent, "Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(self._app, client=(address, 1), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, timeout=60) as client:
            return await client.request(
                str(prepared.method), str(prepared.url), headers=headers, content=body
            )


def theirs_at(path: str, theirs: Theirs) -> str:
    """The id of theirs that a path is asking for."""
    if "/devices/" in path:
        return theirs.device
    return theirs.event if "/notifications/" in path else theirs.show


@contextlib.asynccontextmanager
async def topics(emulators: Emulators) -> AsyncIterator[None]:
    """What the API publishes to."""
    async with contextlib.AsyncExitStack() as stack:
        for name in catalog.function("api").publishes:
            await stack.enter_async_context(read_topic(emulators, emulators.project, name))
        yield


@pytest.fixture(scope="module")
async def instance(
    emulators: Emulators, tmdb_process: RunningTmdbStandIn, one_loop: None
) -> AsyncIterator[Instance]:
    """An instance on the project whose users the Auth emulator keeps."""
    del one_loop  # it has to be there
    tmdb_process.reset()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in emulators.environment().items():
            environment.setenv(name, value)
        running = Instance(
            instance_settings(
                emulators.project,
                tmdb_process.base_url,
                PUBSUB_EMULATOR_HOST=str(emulators.pubsub),
                FIREBASE_AUTH_EMULATOR_HOST=str(emulators.auth),
            ),
            calls_per_10_seconds=100_000,
        )
        async with topics(emulators):
            await hold_shows(running)
            yield running
        await running.close()
    tmdb_process.reset()


@pytest.fixture(scope="module")
def app(instance: Instance) -> FastAPI:
    return make_app(instance)


@pytest.fixture(scope="module")
async def schema(app: FastAPI) -> BaseSchema:
    """The document that is served."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        return from_dict((await client.get("/api/v1/openapi.json")).json(), config=WITH_TOKEN)


async def user_of(emulators: Emulators, instance: Instance, app: FastAPI) -> tuple[str, Theirs]:
    """The ID token of a new user, who may do everything, and what they have."""
    email = f"{new_project()}-cases@example.com"
    user_id, _ = await anyio.to_thread.run_sync(sign_up, str(emulators.auth), email)
    await anyio.to_thread.run_sync(make_admin, str(emulators.auth), emulators.project, user_id)
    token = await anyio.to_thread.run_sync(sign_in, str(emulators.auth), email)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers=headers, timeout=60
    ) as client:
        return token, await populate(instance, client, user_id)


async def test_the_document_in_the_tree_names_all_that_is_served(schema: BaseSchema) -> None:
    served = [found.ok().label for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert sorted(served) == sorted(ROUTES)


def tried(operation: Operation, mode: GenerationMode, asking: Asking) -> None:
    """Make requests of that kind, and compare each answer with what is documented.

    Raises:
        AssertionError: one of them is otherwise.
    """

    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), of_theirs=st.booleans())
    def ask(case: Case[Any], of_theirs: bool) -> None:
        is_right = mode is GenerationMode.POSITIVE
        case.validate_response(asking.ask(case, of_theirs=of_theirs and is_right), checks=CHECKS)

    try:
        ask()
    except FailureGroup as failures:
        # As it is, with several errors in one, anyio would end its loop for it.
        told = str(failures)
    else:
        return
    raise AssertionError(told)


@pytest.mark.parametrize(("route", "mode"), KINDS)
async def test_every_answer_is_as_documented(
    emulators: Emulators,
    instance: Instance,
    app: FastAPI,
    schema: BaseSchema,
    route: str,
    mode: GenerationMode,
) -> None:
    operation = schema.find_operation_by_label(route)
    assert operation is not None
    is_limited = "429" in operation.definition.raw["responses"]
    users = [
        await user_of(emulators, instance, app) for _ in range(1 + CASES // LIMITED_TO if is_limited else 1)
    ]
    await anyio.to_thread.run_sync(tried, operation, mode, Asking(app, users))


class Told(BaseModel):
    number: int


async def fails() -> Response:
    raise RuntimeError("on purpose")


async def says_otherwise() -> Response:
    return Response('{"number": "one"}', media_type="application/json")


async def says_it_in_text() -> Response:
    return Response("1", media_type="text/plain")


async def has_another_status() -> Response:
    return Response('{"number": 1}', status_code=201, media_type="application/json")


async def refuses_nothing(request: Request) -> Response:
    del request  # and what it says
    return Response('{"number": 1}', media_type="application/json")


@pytest.mark.parametrize(
    "route", [fails, says_otherwise, says_it_in_text, has_another_status, refuses_nothing]
)
async def test_what_is_not_as_documented_is_found(route: Callable[..., Any]) -> None:
    number = {"name": "number", "in": "query", "required": True, "schema": {"type": "integer"}}
    broken = FastAPI()
    broken.get("/broken", response_model=Told, openapi_extra={"parameters": [number]})(route)
    operation = from_dict(broken.openapi(), config=WITH_TOKEN).find_operation_by_label("GET /broken")
    assert operation is not None
    nobody = Theirs("", "", "", "")
    mode = GenerationMode.NEGATIVE if route is refuses_nothing else GenerationMode.POSITIVE
    with pytest.raises(AssertionError, match="Reproduce with"):
        await anyio.to_thread.run_sync(tried, operation, mode, Asking(broken, [("token", nobody)]))
