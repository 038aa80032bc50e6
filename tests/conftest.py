"""Fixtures for all tests."""

from collections.abc import Iterator

import pytest

from local.emulators import Emulators, start_emulators


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the functions do."""
    return "asyncio"


@pytest.fixture(scope="session")
def emulators() -> Iterator[Emulators]:
    """Google's Firestore, Auth and Pub/Sub emulators, started once for all tests."""
    with start_emulators(("firestore", "auth", "pubsub")) as running:
        yield running
