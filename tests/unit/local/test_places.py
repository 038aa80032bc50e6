"""Whether a platform runs in a folder, and which."""

import os
from pathlib import Path

import pytest

from local.lock import held_lock, is_held
from local.places import Running, find_running, running_platform
from local.processes import SetupError

RUNNING = Running(os.getpid(), "demo", {"enrich": "http://127.0.0.1:1/"}, {}, {})


def test_a_folder_is_one_platforms_at_a_time(tmp_path: Path) -> None:
    with held_lock(tmp_path / "new", 17):
        assert is_held(tmp_path / "new")
        with (
            pytest.raises(SetupError, match="runs here already \\(process 17\\)"),
            held_lock(tmp_path / "new", 18),
        ):
            pytest.fail("it was let through")
    assert not is_held(tmp_path / "new")
    with held_lock(tmp_path / "new", 18):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(SetupError, match=f"{tmp_path}/file/x cannot be written"),
        held_lock(tmp_path / "file/x", 1),
    ):
        pytest.fail("it was let through")


def test_a_platform_is_found_for_as_long_as_it_runs(tmp_path: Path) -> None:
    with held_lock(tmp_path, os.getpid()):
        RUNNING.write(tmp_path)
        assert find_running(tmp_path) == RUNNING
    # It was killed, and somebody else has its number.
    assert find_running(tmp_path) is None
    with pytest.raises(SetupError, match="The platform does not run"):
        running_platform(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"process_id": 1, "of": "another version"}', "\udcff"]
)
def test_what_tells_of_no_platform_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "platform.json").write_bytes(text.encode(errors="surrogateescape"))

    assert find_running(tmp_path) is None
    with held_lock(tmp_path, os.getpid()):
        assert find_running(tmp_path) is None
        with pytest.raises(SetupError, match="not ready"):
            running_platform(tmp_path)
