"""Every command of the printed scripts, against the parser of the program that is installed.

Without anybody signed in, a command that the parser accepts fails for lack of an account, before any request.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from functions import deploy, stage
from functions.catalog import FUNCTIONS
from functions.deployment.place import Place

PLACE = Place("demo-project", "europe-west1")
NOBODY = "You do not currently have an active account selected"
CALL = r"(?:^ *|\$\(|\bif is_there \S+ )(?:gcloud|npx) "
PARSER = Path(__file__).with_name("parse_gcloud.py")

RECORDER = r"""#!/bin/bash
# Writes down how it was called. What is looked for is there if THERE is 1: the answer to a role is the role.
printf '%s\x1f' "${0##*/}" "$@" >>"$CALLS"
printf '\x1e' >>"$CALLS"
for word in "$@"; do
  case "$word" in
    --filter=bindings.role=*) role=${word#--filter=bindings.role=}; [ "$THERE" = 1 ] && echo "${role%% *}" ;;
    '--format=value(projectNumber)') echo 123456789012 ;;
    '--format=value(name.basename())') echo 3 ;;
    '--format=value(serviceConfig.uri)') echo https://enrich-sweep-abc-ew.a.run.app ;;
    '--format=value(eventTrigger.trigger)') echo projects/demo-project/locations/europe-west1/triggers/a-1 ;;
    '--format=value(transport.pubsub.subscription)') echo projects/demo-project/subscriptions/eventarc-a-1 ;;
  esac
done
[ "$THERE" = 1 ]
"""


class Cli(NamedTuple):
    """The installed CLI: the Python that runs it, and its library."""

    python: str
    library: str


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    program = shutil.which("gcloud")
    if program is None:
        pytest.skip("The Google Cloud CLI is not installed, so its parser cannot check the commands.")
    ran = subprocess.run(  # noqa: S603 - the CLI that was found
        [program, "info", '--format=value[separator="|"](basic.python_location,installation.sdk_root)'],
        env=nobody(tmp_path_factory.mktemp("info")),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    python, _, root = ran.stdout.strip().partition("|")
    return Cli(python, f"{root}/lib")


def nobody(folder: Path) -> Mapping[str, str]:
    """An environment in which nobody is signed in, and nothing is asked of the network or of a person."""
    kept = {"PATH", "HOME", "LANG", "CLOUDSDK_PYTHON"}
    named = {name: value for name, value in os.environ.items() if name in kept}
    return {
        **named,
        "CLOUDSDK_CONFIG": str(folder),
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",  # nothing listens there
    }


def called_by(script: str, folder: Path, *, is_there: bool) -> list[list[str]]:
    """Every command line that bash makes of the script, with all its conditions open."""
    (folder / "bin").mkdir(parents=True)
    for name in ("gcloud", "npx"):
        (folder / "bin" / name).write_text(RECORDER)
        (folder / "bin" / name).chmod(0o755)
    (folder / "calls").touch()
    ran = subprocess.run(
        ["bash"],  # noqa: S607 - the one on the PATH, as for whoever runs the script
        input=script.replace("set -euo pipefail", "set -u"),
        env={
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(folder / "calls"),
            "THERE": "1" if is_there else "0",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == ""
    calls = (folder / "calls").read_text().split("\x1e")[:-1]
    return [call.split("\x1f")[:-1] for call in calls]


def parsed(cli: Cli, commands: list[list[str]], folder: Path) -> list[dict[str, Any]]:
    ran = subprocess.run(  # noqa: S603 - the CLI's own Python
        [cli.python, str(PARSER), cli.library],
        input=json.dumps(commands),
        env=nobody(folder),
        cwd=stage.ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


@pytest.fixture(scope="module")
def commands(staged: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """Those of both scripts."""
    folder = tmp_path_factory.mktemp("calls")
    found: list[list[str]] = []
    for is_there, script in enumerate([deploy.deploy_script(PLACE, staged), deploy.undeploy_script(PLACE)]):
        calls = called_by(script, folder / str(is_there), is_there=bool(is_there))
        written = "\n".join(line for line in script.splitlines() if not line.startswith("#"))
        assert len(calls) == len(re.findall(CALL, written, re.MULTILINE))
        found += calls
    assert len(found) > 100
    return found


def test_the_cli_accepts_every_command(cli: Cli, commands: list[list[str]], tmp_path: Path) -> None:
    ours = [words for program, *words in commands if program == "gcloud"]

    for words, result in zip(ours, parsed(cli, ours, tmp_path), strict=True):
        assert (result["code"], NOBODY in result["said"]) == (1, True), (words, result)


def test_firebase_accepts_every_command(commands: list[list[str]], tmp_path: Path) -> None:
    firebase = stage.ROOT / "node_modules" / ".bin" / "firebase"
    if not firebase.exists():
        pytest.skip("firebase-tools is not installed, so its parser cannot check the commands: make setup")

    def attempt(words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the one of package-lock.json
            [firebase, *words],
            env={**nobody(tmp_path), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
            cwd=stage.ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    ours = [words for program, _, _, *words in commands if program == "npx"]
    with ThreadPoolExecutor(2) as pool:
        *results, wrong = pool.map(attempt, [*ours, ["deploy", "--no-such-option"]])

    for words, result in zip(ours, results, strict=True):
        assert "have you run firebase login" in result.stdout + result.stderr, (words, result)
    assert "unknown option" in wrong.stderr


def test_the_commands_that_add_a_secrets_value_are_accepted(cli: Cli, staged: Path, tmp_path: Path) -> None:
    told = re.findall(r"gcloud (secrets versions add [^)]*)\)", deploy.deploy_script(PLACE, staged))

    assert len(told) == len({name for row in FUNCTIONS for name in row.secrets})
    for result in parsed(cli, [words.split() for words in told], tmp_path):
        assert (result["code"], NOBODY in result["said"]) == (1, True), result


WRONG = {
    "pubsub topics describe x --no-such-flag": "unrecognized arguments",
    "pubsub topic describe x": "Invalid choice",
    "functions deploy x --ingress-settings=none": "Invalid choice",
    "functions deploy x --min-instances=few": "--min-instances",
    "scheduler jobs create http x --location=europe-west1 --schedule=*": "--uri: Must be specified",
    "pubsub subscriptions update x --max-delivery-attempts=200": "--max-delivery-attempts",
}


def test_a_command_that_is_wrong_is_found(cli: Cli, tmp_path: Path) -> None:
    commands = [[*words.split(), "--project=demo-project"] for words in WRONG]

    for words, result in zip(WRONG, parsed(cli, commands, tmp_path), strict=True):
        assert result["code"] == 2, (words, result)
        assert WRONG[words] in result["said"]
        assert NOBODY not in result["said"]
