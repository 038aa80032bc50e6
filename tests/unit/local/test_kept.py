"""Where data of the emulators may be kept, and whether they were."""

from pathlib import Path

import pytest

from local.kept import EXPORT_MARK, ensure_export_folder, ensure_exported
from local.processes import SetupError


def test_a_folder_that_is_not_there_yet_can_be_written_and_is_not_made(tmp_path: Path) -> None:
    ensure_export_folder(tmp_path / "a" / "b")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").touch()

    with pytest.raises(SetupError, match=f"{tmp_path}/a/b cannot be written, because nothing can be made in"):
        ensure_export_folder(tmp_path / "a" / "b")


def test_an_export_may_be_written_over(tmp_path: Path) -> None:
    (tmp_path / EXPORT_MARK).touch()

    ensure_export_folder(tmp_path)

    assert list(tmp_path.iterdir()) == [tmp_path / EXPORT_MARK]


@pytest.mark.parametrize(
    ("said", "is_there"),
    [
        ("⚠  Error: it failed\n⚠  Automatic export failed, going to exit now...\n", True),
        ("Export complete", False),
    ],
)
def test_an_export_that_failed_is_told_with_the_log(tmp_path: Path, said: str, is_there: bool) -> None:
    (tmp_path / "log").write_text(said)
    if is_there:
        (tmp_path / EXPORT_MARK).touch()  # one from before

    with pytest.raises(SetupError, match=f"were not kept in {tmp_path}") as raised:
        ensure_exported(tmp_path, tmp_path / "log")

    assert str(raised.value).endswith(said.strip())


def test_an_export_that_was_written_is_fine(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("✔  Export complete\ni  emulators: Shutting down emulators.\n")
    (tmp_path / EXPORT_MARK).touch()

    ensure_exported(tmp_path, tmp_path / "log")
