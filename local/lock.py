"""One platform a folder: a lock on a file, which the system lets go of however its holder ends."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.processes import SetupError

TAKE_SECONDS = 0.5
POLL_SECONDS = 0.02


@contextmanager
def held_lock(folder: Path, process_id: int) -> Iterator[None]:
    """Hold the folder's lock for the length of the block. The folder is made if it is not there.

    Raises:
        SetupError: somebody else holds it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("a+")
    except OSError as error:
        raise SetupError(f"The folder {folder} cannot be written: {error.strerror}.") from error
    with file:
        deadline = time.monotonic() + TAKE_SECONDS
        # Who looks whether it is held holds it for that moment, so one refusal says nothing yet.
        while not _is_taken(file.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                file.seek(0)
                raise SetupError(
                    f"A platform runs here already (process {file.read() or 'not known'}). End it, or give"
                    " this one a folder of its own: make serve FOLDER=build/second OPTIONS=--free-ports"
                )
            time.sleep(POLL_SECONDS)
        file.truncate(0)
        file.write(str(process_id))
        file.flush()
        yield


def is_held(folder: Path) -> bool:
    """Whether somebody holds the folder's lock: then a platform runs there, or is on its way up or down."""
    try:
        with (folder / "lock").open() as file:
            return not _is_taken(file.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def _is_taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
