"""A staged tree, made once."""

from pathlib import Path

import pytest

from functions import stage


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged") / "deploy"
    stage.stage(folder)
    stage.stage_hosting(stage.hosting_beside(folder))
    return folder
