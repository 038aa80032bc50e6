"""Fixtures for the tests of what is asked of TheTVDB."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.running import RunningTvdbStandIn, running_tvdb_stand_in
from tests.emulator.tvdb.instances import Instance, Instances


@pytest.fixture(scope="module")
def running() -> Iterator[RunningTvdbStandIn]:
    with running_tvdb_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def tvdb(running: RunningTvdbStandIn) -> Iterator[RunningTvdbStandIn]:
    running.reset()
    running.expire_tokens()
    yield running
    running.reset()


@pytest.fixture
async def instances(firestore: AsyncClient, tvdb: RunningTvdbStandIn) -> AsyncIterator[Instances]:
    made: list[Instance] = []

    def make(**details: Any) -> Instance:
        made.append(Instance(firestore, tvdb.base_url, **details))
        return made[-1]

    yield make
    for instance in made:
        await instance.client.close()
