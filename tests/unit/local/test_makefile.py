"""What the Makefile does by itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.processes import ROOT

PYTHON = """#!/bin/sh
# Makes an environment whose pip says what it likes.
if [ "$1" = -m ]; then
  mkdir -p .venv/bin && printf '#!/bin/sh\\necho installing\\n' >.venv/bin/pip && chmod +x .venv/bin/pip
fi
"""


def make(folder: Path, *words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    before = f"{path}{os.pathsep}" if path else ""
    # These tests may themselves be run by make, which tells what it runs that it is not the first.
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["make", "-f", str(ROOT / "Makefile"), *words],  # noqa: S607 - the one on the PATH
        cwd=folder,
        env={**outside, "PATH": f"{before}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def programs(folder: Path, **texts: str) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def test_what_setting_up_says_is_in_nobodys_way(tmp_path: Path) -> None:
    """A plan that is printed to a file or a shell is nothing but the plan, also the first time."""
    (tmp_path / "local").mkdir()
    (tmp_path / "node_modules").mkdir()
    for name in ("local/requirements.lock", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    path = programs(tmp_path / "bin", python3=PYTHON, npm="#!/bin/sh\necho installing\n", node="#!/bin/sh\n")

    ran = make(tmp_path, "setup", path=path)

    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert ran.stderr.count("Setting up") == 2
    assert ran.stderr.count("installing") == 2


def test_what_is_missing_is_told_where_errors_are(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "requirements.lock").touch()

    ran = make(tmp_path, "setup", "PYTHON=no-such-python")

    assert ran.returncode != 0
    assert ran.stdout == ""
    assert "Python is not here" in ran.stderr


def test_plans_are_only_printed_where_what_they_call_is_installed() -> None:
    for target in ("deploy-plan", "undeploy-plan"):
        planned = make(ROOT, "--dry-run", "--always-make", target, "PROJECT=p", "REGION=r").stdout
        assert "npm ci" in planned


@pytest.mark.parametrize("target", ["serve", "run-job", "dead-letters"])
def test_another_platform_than_the_usual_can_be_meant(target: str) -> None:
    usual, other = (
        make(ROOT, "--dry-run", target, "JOB=enrich_sweep", *more).stdout
        for more in ([], ["FOLDER=a folder"])
    )
    assert '--folder "build/serve"' in usual
    assert '--folder "a folder"' in other


@pytest.mark.parametrize("name", ["typo", "enrich_sweeps"])
def test_a_log_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path, name: str) -> None:
    logs = tmp_path / "a folder" / "logs"
    logs.mkdir(parents=True)
    for one in ("enrich", "enrich_sweep"):
        (logs / f"{one}.log").touch()

    ran = make(tmp_path, "logs", f"OF={name}", "FOLDER=a folder")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"There is no log of {name}; there are: enrich enrich_sweep\n")


@pytest.mark.parametrize("of", [[], ["OF=enrich"]])
def test_without_logs_it_says_so(tmp_path: Path, of: list[str]) -> None:
    ran = make(tmp_path, "logs", f"FOLDER={tmp_path}", *of)

    assert ran.returncode != 0
    assert ran.stderr.startswith("There are no logs yet.")


def test_a_functions_deployed_name_finds_its_log(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "enrich_sweep.log").write_text("a line\n")
    path = programs(tmp_path / "bin", tail='#!/bin/sh\nfor last; do :; done\ncat "$last"\n')

    ran = make(tmp_path, "logs", "OF=enrich-sweep", f"FOLDER={tmp_path}", path=path)

    assert (ran.returncode, ran.stdout) == (0, "a line\n")
