"""What `make serve OPTIONS="--data DIR"` keeps: firebase-tools exports it when it ends, for the next run."""

import tempfile
from pathlib import Path

from local.processes import SetupError

EXPORT_MARK = "firebase-export-metadata.json"
EXPORTED = "Export complete"
"""What firebase-tools prints last of an export. If one fails, it says so in the log, and ends with 0."""

TAIL_LINES = 25


def ensure_export_folder(data: Path | None) -> None:
    """Nothing is written over that is not an export of the emulators, and an export can be written there.

    Raises:
        SetupError: the folder holds something else, or cannot be written.
    """
    if data is None:
        return
    if data.exists():
        if not data.is_dir() or (any(data.iterdir()) and not (data / EXPORT_MARK).exists()):
            raise SetupError(
                f"{data} holds something else than data of the emulators, and would be overwritten. Name a"
                " folder that does not exist yet."
            )
        if not any(data.iterdir()):
            data.rmdir()  # firebase-tools takes an empty one for a broken export
    _ensure_writable(data)


def _ensure_writable(data: Path) -> None:
    """The folder itself is removed and made anew by an export, so what counts is what it stands in."""
    parent = next(folder for folder in data.parents if folder.exists())
    try:
        with tempfile.TemporaryDirectory(prefix="probe-", dir=parent):
            pass
    except OSError as error:
        raise SetupError(
            f"{data} cannot be written, because nothing can be made in {parent}: {error.strerror}."
        ) from error


def ensure_exported(data: Path, log: Path) -> None:
    """Do nothing if firebase-tools, whose log this is, has written the export.

    Raises:
        SetupError: it has not; with the end of its log.
    """
    said = log.read_text(errors="replace")
    if EXPORTED in said and (data / EXPORT_MARK).exists():
        return
    tail = "\n".join(said.splitlines()[-TAIL_LINES:])
    raise SetupError(f"Firestore's documents and Auth's users were not kept in {data}. The log ends:\n{tail}")
