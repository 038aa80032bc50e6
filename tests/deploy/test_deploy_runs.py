"""A deployment as it runs, against a stand-in for Google's and Firebase's programs."""

import copy
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions import deploy, stage
from functions.catalog import FUNCTIONS
from functions.deployment.place import FIREBASE, Place
from tests.deploy import stand_in_cloud

PLACE = Place("demo-project", "europe-west1")
LOOKING = {
    "describe",
    "list",
    "get-iam-policy",
    "projects:list",
    "hosting:sites:list",
    "hosting:channel:list",
}
State = dict[str, Any]

RULES = [*FIREBASE, "deploy", "--only=firestore", "--project=demo-project", "--non-interactive"]
SECRETS = sorted({name for row in FUNCTIONS for name in row.secrets})


class Cloud:
    """One project of the stand-in, the programs that reach it, and a staged tree."""

    def __init__(self, folder: Path, state: State) -> None:
        self.folder = folder
        self.staged = folder / "deploy"
        (folder / "bin").mkdir(parents=True)
        (folder / "calls").touch()
        for name in ("gcloud", "npx"):
            source = (
                f"import sys; sys.path.insert(0, {str(stage.ROOT)!r})\n"
                f"from tests.deploy.stand_in_cloud import main; sys.exit(main({name!r}, sys.argv[1:]))"
            )
            program = folder / "bin" / name
            program.write_text(
                f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", "-S", "-c", source])} "$@"\n'
            )
            program.chmod(0o755)
        self.write(state)
        # A few files are enough: what is staged has its own tests.
        self.staged.mkdir()
        (self.staged / "main.py").write_text("# the functions\n")
        stage.stage_hosting(folder / "hosting")

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "STAND_IN_CLOUD": str(self.folder)}

    @property
    def arguments(self) -> list[str]:
        return [f"--project={PLACE.project}", f"--region={PLACE.region}", f"--staged={self.staged}"]

    def read(self) -> State:
        found: State = json.loads((self.folder / "state").read_text())
        return found

    def write(self, state: State) -> None:
        (self.folder / "state").write_text(json.dumps(state))

    def change(self, **changes: Any) -> None:
        self.write({**self.read(), **changes})

    def add_version(self) -> None:
        """Give each secret a value, as a person would."""
        state = self.read()
        for name in SECRETS:
            versions = state["secrets"].setdefault(name, {"versions": []})["versions"]
            number = len(versions) + 1
            versions.append({"name": f"secrets/{name}/versions/{number}", "state": "ENABLED"})
        self.write(state)

    def calls(self) -> list[list[str]]:
        """What was called since the last time that this was asked."""
        found = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        (self.folder / "calls").write_text("")
        return found

    def changes(self) -> list[list[str]]:
        """The calls that do more than look."""
        return [call for call in self.calls() if LOOKING.isdisjoint(call)]

    def run(self) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", self.environment["PATH"])
            patch.setenv("STAND_IN_CLOUD", str(self.folder))
            return deploy.main(["run", *self.arguments])

    def run_script(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash"],  # noqa: S607 - the one on the PATH, as for whoever runs the script
            input=script,
            env=self.environment,
            cwd=stage.ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def new(tmp_path: Path) -> Cloud:
    """A project with nothing in it but the secret's value."""
    cloud = Cloud(tmp_path / "new", copy.deepcopy(stand_in_cloud.EMPTY))
    cloud.add_version()
    return cloud


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cloud, list[list[str]]]:
    """A project that has been deployed to once, and what was called for it."""
    cloud = Cloud(tmp_path_factory.mktemp("first") / "run", copy.deepcopy(stand_in_cloud.EMPTY))
    cloud.add_version()
    assert cloud.run() == 0
    return cloud, cloud.calls()


@pytest.fixture
def deployed(first_run: tuple[Cloud, list[list[str]]], tmp_path: Path) -> Cloud:
    """The same, for one test alone."""
    folder = tmp_path / "run"
    shutil.copytree(first_run[0].folder, folder)
    cloud = Cloud.__new__(Cloud)
    cloud.folder, cloud.staged = folder, first_run[0].staged
    return cloud


def is_deploy(call: list[str]) -> bool:
    return call[1:3] == ["functions", "deploy"]


def test_the_first_run_makes_everything(first_run: tuple[Cloud, list[list[str]]]) -> None:
    state = first_run[0].read()

    assert sorted(state["functions"]) == sorted(row.deployed_name for row in FUNCTIONS)
    assert sorted(state["jobs"]) == [
        *("cleanup", "dispatch-notifications", "enrich-sweep", "full-sync", "poll-changes")
    ]
    assert sorted(state["topics"]) == [
        *("alert-plans", "alert-plans-dead", "push", "push-dead", "show-sync", "show-sync-dead"),
        *("timeline-events", "timeline-events-dead"),
    ]
    assert state["subscriptions"]["show-sync-dead"]["topic"] == "show-sync-dead"
    assert state["subscriptions"]["eventarc-show-sync"]["deadLetterPolicy"] == {
        "deadLetterTopic": "projects/demo-project/topics/show-sync-dead",
        "maxDeliveryAttempts": 20,
    }
    assert state["database"]["location"] == PLACE.region
    assert (state["rules"], state["is_firebase"], len(state["sites"])) == (1, True, 1)
    assert state["release"].startswith("release ")


def test_the_second_run_changes_nothing(deployed: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    before = deployed.read()

    assert deployed.run() == 0

    # Firebase's command compares rules and indexes by itself.
    assert deployed.changes() == [RULES]
    assert deployed.read() == before
    outcomes = {line.rpartition("… ")[2] for line in capsys.readouterr().out.splitlines() if "… " in line}
    assert outcomes.isdisjoint({"created", "granted", "deployed", "updated", "enabled", "added", "released"})


def test_the_script_does_what_running_does(new: Cloud, first_run: tuple[Cloud, list[list[str]]]) -> None:
    script = deploy.deploy_script(PLACE, new.staged)

    ran = new.run_script(script)

    assert ran.returncode == 0, ran.stderr
    there = str(first_run[0].staged)
    expected = [[word.replace(there, str(new.staged)) for word in call] for call in first_run[1]]
    assert without_releases(new.calls()) == without_releases(expected)
    assert new.run_script(script).returncode == 0
    assert new.changes() == [RULES]


def without_releases(calls: list[list[str]]) -> list[list[str]]:
    """Where a staged tree is, is part of the command that its release stands for."""
    return [[word for word in call if not word.startswith("--update-labels=")] for call in calls]


@pytest.mark.parametrize(
    "failing", ["iam service-accounts create function-builds", "pubsub subscriptions update"]
)
def test_after_a_failure_the_next_run_goes_on(
    new: Cloud, failing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new.change(fails=failing)
    assert new.run() == 1
    done = new.changes()
    said = capsys.readouterr().err
    new.change(fails="")

    assert new.run() == 0

    assert f"gcloud {failing}" in said
    assert "Google is not well today" in said
    assert "make deploy PROJECT=demo-project REGION=europe-west1" in said
    assert failing in " ".join(done[-1])
    # What was done before is not done again.
    again = new.changes()
    assert not [call for call in done[:-1] if call in again and call != RULES]
    assert sorted(new.read()["functions"]) == sorted(row.deployed_name for row in FUNCTIONS)


def test_a_script_that_fails_stops_there_and_goes_on_the_next_time(new: Cloud) -> None:
    script = deploy.deploy_script(PLACE, new.staged)
    new.change(fails="functions deploy show-sync")
    assert new.run_script(script).returncode != 0
    assert is_deploy(new.changes()[-1])
    new.change(fails="")

    assert new.run_script(script).returncode == 0

    names = [row.deployed_name for row in FUNCTIONS]
    assert [call[3] for call in new.changes() if is_deploy(call)] == names[names.index("show-sync") :]


def test_a_secret_without_a_value_stops_before_functions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = Cloud(tmp_path / "cloud", copy.deepcopy(stand_in_cloud.EMPTY))

    assert cloud.run() == 1

    said = capsys.readouterr().err
    assert f"gcloud secrets versions add {SECRETS[0]} --project=demo-project --data-file=-" in said
    assert "make deploy PROJECT=demo-project" in said
    assert cloud.read()["functions"] == {}
    ran = cloud.run_script(deploy.deploy_script(PLACE, cloud.staged))
    assert ran.returncode == 1
    assert f"gcloud secrets versions add {SECRETS[0]}" in ran.stderr
    assert cloud.read()["functions"] == {}
    state = cloud.read()
    state["secrets"][SECRETS[0]]["versions"] = [
        {"name": f"secrets/{SECRETS[0]}/versions/1", "state": "DISABLED"}
    ]
    cloud.write(state)
    assert cloud.run() == 1


def test_the_command_that_adds_a_value_hides_it_and_adds_no_line_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = Cloud(tmp_path / "cloud", copy.deepcopy(stand_in_cloud.EMPTY))
    cloud.run()
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "read -rs" in line]
    (cloud.folder / "bin" / "gcloud").write_text(
        f'#!/bin/sh\necho "$@" >{cloud.folder}/seen\ncat >{cloud.folder}/in\n'
    )

    ran = subprocess.run(  # noqa: S603 - the command that a person is told to run
        ["bash", "-c", line],  # noqa: S607
        input="a value\n",
        env=cloud.environment,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )

    assert (cloud.folder / "in").read_text() == "a value"
    assert "a value" not in (cloud.folder / "seen").read_text() + ran.stdout + ran.stderr + line


def test_changed_code_deploys_the_functions_and_nothing_else(deployed: Cloud) -> None:
    shutil.copytree(deployed.staged, deployed.folder / "deploy", dirs_exist_ok=True)
    deployed.staged = deployed.folder / "deploy"
    (deployed.staged / "main.py").write_text("# the functions, changed\n")

    assert deployed.run() == 0

    changes = deployed.changes()
    assert [call[3] for call in changes if is_deploy(call)] == [row.deployed_name for row in FUNCTIONS]
    assert [call for call in changes if not is_deploy(call)] == [RULES]


def test_a_new_version_of_a_secret_is_deployed(deployed: Cloud) -> None:
    deployed.add_version()

    assert deployed.run() == 0

    deploys = {call[3]: call for call in deployed.changes() if is_deploy(call)}
    with_secrets = [row for row in FUNCTIONS if row.secrets]
    assert deploys.keys() == {row.deployed_name for row in with_secrets}
    for row in with_secrets:
        versions = ",".join(f"{name}={name}:2" for name in row.secrets)
        assert f"--set-secrets={versions}" in deploys[row.deployed_name]


def test_what_was_changed_by_hand_is_set_right(deployed: Cloud) -> None:
    state = deployed.read()
    state["jobs"]["enrich-sweep"]["schedule"] = "0 0 1 1 *"
    state["subscriptions"]["eventarc-show-sync"]["ackDeadlineSeconds"] = 10
    state["roles"] = [role for role in state["roles"] if role[3] != "allUsers"]
    deployed.write(state)

    assert deployed.run() == 0

    public = sum(row.invoker == "everyone" for row in FUNCTIONS)
    assert [" ".join(call[1:4]) for call in deployed.changes() if call != RULES] == [
        *["run services add-iam-policy-binding"] * public,
        "scheduler jobs update",
        "pubsub subscriptions update",
    ]
    assert deployed.read()["jobs"]["enrich-sweep"]["schedule"] == "*/10 * * * *"


def test_a_function_whose_deployment_failed_is_deployed_again(deployed: Cloud) -> None:
    state = deployed.read()
    state["functions"]["enrich"]["state"] = "FAILED"
    state["functions"]["enrich-sweep"]["stateMessages"] = [{"severity": "WARNING"}]
    state["functions"]["show-sync"]["stateMessages"] = [{"severity": "WARNING"}, {"severity": "ERROR"}]
    deployed.write(state)

    assert deployed.run() == 0

    assert [call[3] for call in deployed.changes() if is_deploy(call)] == ["enrich", "show-sync"]


def test_taking_it_away_leaves_the_data(deployed: Cloud) -> None:
    before = deployed.read()

    ran = deployed.run_script(deploy.undeploy_script(PLACE))

    assert ran.returncode == 0, ran.stderr
    state = deployed.read()
    for gone in ("functions", "jobs", "topics", "subscriptions", "accounts"):
        assert not state[gone], gone
    for left in ("database", "secrets", "apis", "sites"):
        assert state[left] == before[left]
    on_what_stays = [role for role in state["roles"] if role[0] in {"projects", "secrets"}]
    assert all(member in state["agents"] for *_, member in on_what_stays)
    deployed.calls()
    assert deployed.run_script(deploy.undeploy_script(PLACE)).returncode == 0
    assert [call[3] for call in deployed.changes()] == ["hosting:disable"]


@pytest.mark.parametrize("failing", ["gcloud", "gcloud functions describe", "gcloud projects get-iam-policy"])
def test_taking_away_ends_where_nothing_can_be_seen(deployed: Cloud, failing: str) -> None:
    deployed.change(fails=failing)

    ran = deployed.run_script(deploy.undeploy_script(PLACE))

    assert ran.returncode != 0
    assert ran.stderr == "ERROR: Google is not well today.\n"
    # With nobody signed in nothing at all, and otherwise what comes before.
    assert bool(deployed.changes()) == (failing != "gcloud")
    deployed.change(fails="")
    assert deployed.run_script(deploy.undeploy_script(PLACE)).returncode == 0
    assert not deployed.read()["functions"]


def test_it_runs_as_a_program_from_the_project(deployed: Cloud) -> None:
    ran = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "functions/deploy.py", "run", *deployed.arguments],
        env=deployed.environment,
        cwd=stage.ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "  account fn-enrich … already there\n" in ran.stdout
    assert deployed.changes() == [RULES]


def test_a_missing_program_is_named(
    new: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(new.folder))

    assert deploy.main(["run", *new.arguments]) == 1

    assert "gcloud is not installed" in capsys.readouterr().err
