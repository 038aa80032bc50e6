"""Fixtures for tests against Google's emulators and the TMDB stand-in."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from local.stand_ins.running import RunningTmdbStandIn, running_tmdb_stand_in
from local.stand_ins.running_fcm import RunningFcmStandIn, running_fcm_stand_in
from tests.emulator.alerting import Alerting, reading
from tests.emulator.harness import Instance, User, instance_settings, new_project
from tests.emulator.leftovers import MARK, Leftovers
from tests.emulator.published import ReadTopic, read_topic


@pytest.fixture(scope="session", autouse=True)
async def one_loop(anyio_backend: str) -> None:
    """Keeps one event loop for all tests, as an instance has one all its life: gRPC does not outlive it.

    It names the backend so that tests that are not async can be run alone.
    """


@pytest.fixture(scope="session")
def tmdb_process() -> Iterator[RunningTmdbStandIn]:
    """The TMDB stand-in, one for all tests."""
    with running_tmdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def tmdb(tmdb_process: RunningTmdbStandIn) -> Iterator[RunningTmdbStandIn]:
    """The TMDB stand-in as it starts: nothing counted, nothing failing."""
    tmdb_process.reset()
    yield tmdb_process
    tmdb_process.reset()


@pytest.fixture
def project(emulators: Emulators, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project of the test's own, so that it finds no documents but its own."""
    for name, value in emulators.environment().items():
        monkeypatch.setenv(name, value)
    return new_project()


@pytest.fixture
async def firestore(project: str) -> AsyncIterator[AsyncClient]:
    """A client of the test's own, beside those of the instances under test."""
    client = AsyncClient(project=project)
    yield client
    await client._firestore_api.transport.close()


@pytest.fixture
def user(firestore: AsyncClient) -> User:
    """A user with no documents yet."""
    return User(firestore, "ada")


@pytest.fixture
async def instance(project: str, tmdb: RunningTmdbStandIn) -> AsyncIterator[Instance]:
    """One instance of the functions in this process."""
    running = Instance(instance_settings(project, tmdb.base_url))
    yield running
    await running.close()


@pytest.fixture
async def publishing(emulators: Emulators, project: str, tmdb: RunningTmdbStandIn) -> AsyncIterator[Instance]:
    """One instance of the functions in this process, that may publish too."""
    settings = instance_settings(project, tmdb.base_url, PUBSUB_EMULATOR_HOST=str(emulators.pubsub))
    running = Instance(settings)
    yield running
    await running.close()


@pytest.fixture
async def show_syncs(emulators: Emulators, project: str) -> AsyncIterator[ReadTopic]:
    """The topic that shows to be synced are published to."""
    async with read_topic(emulators, project, "show-sync") as topic:
        yield topic


@pytest.fixture(scope="session")
def fcm_process() -> Iterator[RunningFcmStandIn]:
    """The FCM stand-in, one for all tests."""
    with running_fcm_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def fcm(fcm_process: RunningFcmStandIn) -> Iterator[RunningFcmStandIn]:
    """The FCM stand-in as it starts: no devices, nothing sent, nothing failing."""
    fcm_process.reset()
    yield fcm_process
    fcm_process.reset()


@pytest.fixture
async def alerting(
    emulators: Emulators,
    project: str,
    tmdb: RunningTmdbStandIn,
    fcm: RunningFcmStandIn,
    firestore: AsyncClient,
) -> AsyncIterator[Alerting]:
    """The functions that alert, in this process, by a clock of the test's own."""
    settings = instance_settings(
        project, tmdb.base_url, PUBSUB_EMULATOR_HOST=str(emulators.pubsub), FCM_BASE_URL=fcm.base_url
    )
    running = Instance(settings)
    async with reading(emulators, project) as topics:
        yield Alerting(running, firestore, fcm, topics)
    await running.close()


@pytest.fixture
def leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leftovers]:
    """Knows the processes that the test starts from here on."""
    monkeypatch.setenv(MARK, str(tmp_path))
    started = Leftovers(str(tmp_path))
    yield started
    started.kill()
