"""Fixtures for the tests of entry points."""

import io
import logging
from collections.abc import Iterator

import pytest

from shared.logs import JsonFormatter


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as it would stand in the log of the project `demo`."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter("demo"))
    kept = {name: logging.getLogger(name).handlers[:] for name in ("functions", "shared")}
    for name in kept:
        logging.getLogger(name).handlers = [handler]
        logging.getLogger(name).setLevel(logging.INFO)
    yield written
    for name, handlers in kept.items():
        logging.getLogger(name).handlers = handlers
