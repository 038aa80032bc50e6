"""Copy what is deployed to folders of their own: `python functions/stage.py build/deploy`.

The platform wants `main.py` and `requirements.txt` at the root of what is uploaded, and uploads whatever is
there. The packages keep their names, so imports are the same everywhere.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE_ONLY = ("stage.py", "deploy.py", "deployment")
"""What stages and deploys, and has nothing to do where the functions run."""

LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", *HERE_ONLY, "main.py", "requirements.*")

NOT_FOUND = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Not found</title>
<p>There is nothing here.</p>
</html>
"""


def stage(target: Path) -> None:
    """Empty `target` and fill it. The requirements are the locked ones, so every deploy installs the same.

    Raises:
        ValueError: emptying `target` would take the project itself.
    """
    resolved = target.resolve()
    sources = (ROOT / "functions", ROOT / "shared")
    if ROOT.is_relative_to(resolved) or any(resolved.is_relative_to(source) for source in sources):
        raise ValueError(f"{target} holds the project itself: name a folder of its own to stage to.")
    if target.exists():
        shutil.rmtree(target)
    for package in ("functions", "shared"):
        shutil.copytree(ROOT / package, target / package, ignore=LEFT_OUT)
    shutil.copy(ROOT / "functions" / "main.py", target / "main.py")
    shutil.copy(ROOT / "functions" / "requirements.lock", target / "requirements.txt")


def hosting_beside(target: Path) -> Path:
    """The folder that Firebase Hosting serves where no function answers (firebase.json, "public")."""
    return target.parent / "hosting"


def stage_hosting(folder: Path) -> None:
    """Fill the folder that is served: with the one page that it takes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "404.html").write_text(NOT_FOUND)


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
    stage_hosting(hosting_beside(Path(sys.argv[1])))
