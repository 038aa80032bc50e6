"""Where the recorded answers of the outside services are. They are not part of the project."""

import os
from pathlib import Path

WHERE = "Set RECORDINGS_DIR to the folder of recorded answers (the one with tmdb/ in it) to run this test."


def recordings_folder() -> Path | None:
    """RECORDINGS_DIR, else `../shared/data` beside the project, else None where there is no such folder."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RECORDINGS_DIR") or beside)
    return folder if (folder / "tmdb").is_dir() else None


def json_files(folder: Path) -> dict[Path, bytes]:
    """Every JSON file below a folder, by its place there."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.json")}
