"""What is deployed: it holds all that it imports, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions import main, stage


def fresh(program: str, folder: Path) -> Any:
    """Run `program` as the platform would: in the folder, with nothing of this project beside it."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    # -I leaves out the current folder and PYTHONPATH, so the stage is the one place to import from.
    program = f"import sys; sys.path.insert(0, {str(folder)!r})\n{program}"
    ran = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-I", "-B", "-c", program],
        cwd=folder,
        env={**environment, "GOOGLE_CLOUD_PROJECT": "demo-stage"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", main.__all__)
def test_every_function_loads_from_the_stage_alone(staged: Path, name: str) -> None:
    found = fresh(
        f"""
import json, main
entry = getattr(main, {name!r})
ours = [m.__file__ for n, m in sys.modules.items() if n.split(".")[0] in ("main", "functions", "shared")]
print(json.dumps({{"name": entry.__name__, "files": ours}}))
""",
        staged,
    )

    assert found["name"] == name
    assert len(found["files"]) > 10
    assert all(Path(file).is_relative_to(staged) for file in found["files"])


def test_a_name_that_is_not_deployed_is_not_found(staged: Path) -> None:
    assert fresh("import json, main; print(json.dumps(hasattr(main, 'stage')))", staged) is False


def test_enrich_starts_without_what_it_does_not_need(staged: Path) -> None:
    loaded = fresh("import json, main; main.enrich; print(json.dumps(sorted(sys.modules)))", staged)

    # httpx is not among them: firebase_admin imports it for itself.
    packages = {"fastapi", "pydantic", "tenacity", "purgatory", "aiolimiter"}
    packages |= {"google.cloud.pubsub", "google.pubsub_v1"}
    modules = {"functions.scheduled.enrich_sweep", "shared.adapters.http", "shared.adapters.tmdb.client"}
    assert sorted((packages | modules).intersection(loaded)) == []


def test_an_instance_beside_an_emulator_does_not_start(staged: Path) -> None:
    message = fresh(
        """
import json, os
os.environ.update(K_SERVICE="enrich", FIRESTORE_EMULATOR_HOST="127.0.0.1:8080")
import main
try:
    main.enrich
except Exception as error:
    print(json.dumps(str(error)))
""",
        staged,
    )

    assert "FIRESTORE_EMULATOR_HOST" in message


def test_the_root_has_what_the_platform_asks_for_and_no_more(staged: Path) -> None:
    assert {path.name for path in staged.iterdir()} == {"functions", "shared", "main.py", "requirements.txt"}
    assert (staged / "main.py").read_bytes() == (stage.ROOT / "functions" / "main.py").read_bytes()


def test_nothing_is_staged_that_does_not_run_there(staged: Path) -> None:
    files = [path.relative_to(staged) for path in staged.rglob("*") if path.is_file()]

    assert [path for path in files if path.suffix != ".py"] == [Path("requirements.txt")]
    assert not [path for path in files if "stage.py" in path.parts or "deploy" in path.as_posix()]
    assert not [path for path in files if any(part.startswith((".", "__pycache__")) for part in path.parts)]
    assert not [path for path in staged.rglob("*") if path.is_symlink()]


def test_every_module_is_staged(staged: Path) -> None:
    # main.py is at the root; the others stage and deploy
    left_out = ("functions/main.py", "functions/stage.py", "functions/deploy.py", "functions/deployment/")
    ours = {
        path.relative_to(stage.ROOT).as_posix()
        for package in ("functions", "shared")
        for path in (stage.ROOT / package).rglob("*.py")
    }

    there = {path.relative_to(staged).as_posix() for path in staged.rglob("*/*.py")}
    assert there == {path for path in ours if not path.startswith(left_out)}


def test_the_requirements_are_locked_with_hashes(staged: Path) -> None:
    lines = (staged / "requirements.txt").read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert len(packages) > 20
    for line in packages:
        assert "==" in line.split()[0], line
        assert "--hash=sha256:" in line, line


def test_staging_again_leaves_nothing_of_the_last_time(tmp_path: Path) -> None:
    target = tmp_path / "stage"
    stage.stage(target)
    (target / "functions" / "gone.py").touch()

    stage.stage(target)

    assert not (target / "functions" / "gone.py").exists()


def test_what_hosting_serves_is_staged_where_firebase_looks_for_it() -> None:
    settings = json.loads((stage.ROOT / "firebase.json").read_text())

    assert Path(settings["hosting"]["public"]) == stage.hosting_beside(Path("build/deploy"))


def test_hosting_has_one_small_page(tmp_path: Path) -> None:
    stage.stage_hosting(tmp_path / "hosting")
    stage.stage_hosting(tmp_path / "hosting")

    assert [path.name for path in (tmp_path / "hosting").iterdir()] == ["404.html"]


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(stage.ROOT, id="the project"),
        pytest.param(stage.ROOT / "functions", id="its functions"),
        pytest.param(stage.ROOT / "shared" / "domain", id="a folder of its code"),
        pytest.param(stage.ROOT.parent, id="a folder above it"),
    ],
)
def test_what_is_not_a_stage_is_not_emptied(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    def emptied(path: Path) -> None:
        raise AssertionError(f"{path} would have been emptied")

    monkeypatch.setattr("shutil.rmtree", emptied)

    with pytest.raises(ValueError, match="stage"):
        stage.stage(target)
