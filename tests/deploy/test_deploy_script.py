"""The deployment as a script and as a program: its form, and what it refuses."""

import dataclasses
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from functions import deploy
from functions.catalog import FUNCTIONS
from functions.deployment.place import Place, account_of
from functions.deployment.rows import digest
from functions.deployment.steps import Check, Command, Ensure, Group, Remove, StepFailed, as_script, run
from shared.errors import Misconfigured

PLACE = Place("demo-project", "europe-west1")


@pytest.fixture(scope="module")
def script(staged: Path) -> str:
    return deploy.deploy_script(PLACE, staged)


def bash_accepts(script: str) -> bool:
    ran = subprocess.run(
        ["bash", "-n"],  # noqa: S607 - the one on the PATH
        input=script,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    return ran.returncode == 0 and not ran.stderr


def test_both_scripts_are_bash(script: str) -> None:
    assert bash_accepts(script)
    assert bash_accepts(deploy.undeploy_script(PLACE))
    assert not bash_accepts("if true; then")


def test_the_scripts_say_what_they_need_first(script: str) -> None:
    undeploy = deploy.undeploy_script(PLACE)
    assert "after 'make setup' and 'make stage'" in script
    assert "Run it in the project's folder, after 'make setup'." in undeploy
    for text in (script, undeploy):
        assert re.findall(r"^(?:PROJECT_NUMBER=\$\()?(?:gcloud|npx) \S+", text, re.MULTILINE)[0] == (
            "PROJECT_NUMBER=$(gcloud projects"
        )


def test_the_scripts_tell_what_each_part_is_for(script: str) -> None:
    for text in (script, deploy.undeploy_script(PLACE)):
        titles = Counter(re.findall(r"^# == (.*) ==$", text, re.MULTILINE))
        assert titles
        assert set(titles.values()) == {1}
        assert all(re.search(rf"^# == {re.escape(title)} ==\n# \S", text, re.MULTILINE) for title in titles)
    assert '"ttl": true' in script


def test_words_reach_the_program_as_they_are() -> None:
    odd = (
        "printf",
        "%s\n",
        "a b",
        "it's",
        '"$HOME"',
        "${NAME}",
        '--flag=`x` $(y) "${NAME}" \\ $z',
        "*",
        "--a=*",
    )
    group = Group("Odd words", "Why.", (Ensure("them", Check(("false",)), odd),))

    ran = subprocess.run(
        ["bash"],  # noqa: S607 - the one on the PATH
        input="NAME='an \"odd\" $value'\n" + as_script([group], "Odd."),
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )

    assert ran.stdout.splitlines() == [word.replace("${NAME}", 'an "odd" $value') for word in odd[2:]]


def look(name: str) -> Command:
    """Look for a file as Google's programs look for things."""
    return ("sh", "-c", f"test -e '{name}' || {{ echo ERROR: NOT_FOUND >&2; exit 1; }}")


def test_what_cannot_be_looked_for_is_not_taken_for_gone(tmp_path: Path) -> None:
    steps = (Remove("a file", Check(("sh", "-c", "echo nobody is signed in >&2; exit 1")), ("rm", "a file")),)
    group = Group("Files", "Why.", steps)

    with pytest.raises(StepFailed, match="nobody is signed in"):
        run([group], folder=tmp_path, say=lambda _: None)
    ran = subprocess.run(
        ["bash"],  # noqa: S607 - the one on the PATH
        input=as_script([group], "Odd."),
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "nobody is signed in\n")


def test_what_is_there_is_deleted_and_what_is_not_is_left(tmp_path: Path) -> None:
    steps = tuple(Remove(name, Check(look(name)), ("rm", name)) for name in ("a file", "another"))
    (tmp_path / "a file").touch()
    said: list[str] = []

    run([Group("Files", "Why.", steps)], folder=tmp_path, say=said.append)

    assert "".join(said) == "\nFiles\n  a file … deleted\n  another … not there\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("project", "region", "problem"),
    [
        ("", "europe-west1", "PROJECT is missing"),
        ("my-tracker", "", "REGION is missing"),
        ("My-Tracker", "europe-west1", "PROJECT is 'My-Tracker'"),
        ("short", "europe-west1", "PROJECT is 'short'"),
        ("ends-in-a-dash-", "europe-west1", "PROJECT is"),
        ("p" * 31, "europe-west1", "PROJECT is"),
        ("my-tracker; rm -r /", "europe-west1", "PROJECT is"),
        ("my-tracker\n", "europe-west1", "PROJECT is"),
        ("123456789012", "europe-west1", "PROJECT is"),
        ("my-tracker", "europe-west1-b", "REGION is 'europe-west1-b'"),
        ("my-tracker", "europe", "REGION is"),
        ("my-tracker", "$(id)", "REGION is"),
    ],
)
def test_a_wrong_project_or_region_is_named(
    capsys: pytest.CaptureFixture[str], project: str, region: str, problem: str
) -> None:
    for what in ("plan", "run", "undeploy-plan"):
        assert deploy.main([what, f"--project={project}", f"--region={region}"]) == 2
        said = capsys.readouterr()
        assert problem in said.err
        assert "make deploy PROJECT=my-tracker REGION=europe-west1" in said.err
        assert said.out == ""


@pytest.mark.parametrize("region", ["us-central1", "northamerica-northeast1", "africa-south1", "me-west1"])
def test_regions_of_every_form_are_accepted(region: str) -> None:
    assert Place("my-tracker-1", region).region == region


@pytest.mark.parametrize(
    "address", ["http://tracker.example", "tracker.example", "https://tracker.example/", "https://a,B=c"]
)
def test_a_web_apps_address_that_is_none_is_named(capsys: pytest.CaptureFixture[str], address: str) -> None:
    here = ["--project=my-tracker", "--region=europe-west1", f"--app-url={address}"]

    assert deploy.main(["plan", *here]) == 2
    assert "APP_URL is" in capsys.readouterr().err


@pytest.mark.parametrize(
    "origins", ["*", "tracker.example", "https://tracker.example/", "https://a.example,x"]
)
def test_an_origin_that_is_none_is_named(capsys: pytest.CaptureFixture[str], origins: str) -> None:
    here = ["--project=my-tracker", "--region=europe-west1", f"--allowed-origins={origins}"]

    assert deploy.main(["plan", *here]) == 2
    assert "ALLOWED_ORIGINS has" in capsys.readouterr().err


def test_the_api_is_told_whose_pages_may_call_it() -> None:
    place = Place("my-tracker", "europe-west1", "", "https://a.example, http://localhost:5173")
    # gcloud has commas between settings.
    assert place.settings["ALLOWED_ORIGINS"] == "https://a.example http://localhost:5173"


def test_pushes_are_told_where_the_web_app_is() -> None:
    assert Place("my-tracker", "europe-west1").web_app == "https://my-tracker.web.app"
    own = Place("my-tracker", "europe-west1", "https://tracker.example/app")
    assert own.web_app == "https://tracker.example/app"


def test_what_is_not_staged_is_not_deployed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--project=my-tracker", "--region=europe-west1", f"--staged={tmp_path / 'deploy'}"]

    assert deploy.main(["plan", *arguments]) == 2
    assert deploy.main(["run", *arguments]) == 2

    assert capsys.readouterr().err.count("run 'make stage' first") == 2


def test_the_script_is_printed_without_any_cloud(
    staged: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: str
) -> None:
    monkeypatch.setenv("PATH", "")

    arguments = [f"--project={PLACE.project}", f"--region={PLACE.region}", f"--staged={staged}"]

    assert deploy.main(["plan", *arguments]) == 0
    assert capsys.readouterr().out == script


def test_a_name_that_is_too_long_for_an_account_is_told() -> None:
    row = dataclasses.replace(FUNCTIONS[0], name="a_function_with_a_very_long_name")

    with pytest.raises(
        Misconfigured, match="shorten the name of the function a_function_with_a_very_long_name"
    ):
        account_of(row)


def test_the_release_stands_for_files_names_and_words(tmp_path: Path) -> None:
    def made(files: dict[str, str], *words: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        return digest(folder, *words)

    same = [made({"a": "1", "b/c": "2"}, "x", "y"), made({"b/c": "2", "a": "1"}, "x", "y")]
    others = [
        made({"a": "1", "b/c": "3"}, "x", "y"),
        made({"a": "1", "b/d": "2"}, "x", "y"),
        made({"a": "1", "b/c": "2"}, "x", "z"),
        made({"a": "1", "b/c": "2"}, "xy"),
        made({"a": "1"}, "x", "y"),
    ]

    assert same[0] == same[1]
    assert len({same[0], *others}) == 1 + len(others)
    assert re.fullmatch(r"[0-9a-f]{20}", same[0])
