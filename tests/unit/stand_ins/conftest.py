"""Fixtures for the tests of stand-ins."""

from pathlib import Path

import pytest

from tests.recordings import WHERE, recordings_folder


@pytest.fixture(scope="module")
def recordings() -> Path:
    """The recorded answers; what needs them is skipped where there are none."""
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    return folder
