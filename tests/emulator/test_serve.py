"""The whole platform, started as a person starts it: all of it reachable, and nothing left behind."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import httpx
import psutil
import pytest
from google.cloud.firestore_v1 import Client
from google.cloud.pubsub_v1 import PublisherClient

from functions import main
from functions.catalog import FUNCTIONS
from local.auth_emulator import sign_up
from local.places import Running, running_platform
from local.processes import ROOT
from local.stand_ins.running import RunningTmdbStandIn
from local.stand_ins.services import SERVICES
from shared.adapters.firestore import paths
from shared.domain.message import ShowSync
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.show import ShowKey
from tests.emulator.leftovers import MARK, Leftovers, wait_until

SHOW = 1396
SERVE = (sys.executable, "-m", "local.serve", "--free-ports")


class Served:
    """A platform in a process of its own, as `make serve` starts it."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.leftovers = Leftovers(str(folder))
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*SERVE, "--folder", str(folder), "--data", str(data), "--events", "--pauses 0.1"],
            cwd=ROOT,
            env={**os.environ, MARK: str(folder), "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Where the tests run in a shell's background, Ctrl-C is ignored, and that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.screen = ""
        output = cast("IO[str]", self.process.stdout)
        for line in output:
            self.screen += line
            if "Ctrl-C" in line:
                break
        assert "Ready" in self.screen, self.screen
        self.running: Running = running_platform(folder)

    def firestore(self) -> Client:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FIRESTORE_EMULATOR_HOST", self.running.emulators["firestore"])
            return Client(project=self.running.project)

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text()

    def interrupted(self) -> str:
        """End it as Ctrl-C does. Returns what it said."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=120)
        return str(said)


@dataclass(frozen=True)
class FirstRun:
    """How a first run ended."""

    status: int
    said: str
    left: list[psutil.Process]


@pytest.fixture(scope="module")
def environment() -> Iterator[None]:
    """What other tests have set for the functions is not this platform's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "data"


@pytest.fixture(scope="module")
def first_run(environment: None, data: Path, tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    """A run that keeps one document and one user, and is interrupted."""
    del environment
    served = Served(tmp_path_factory.mktemp("first"), data)
    try:
        served.firestore().document("kept/document").set({"from": "the first run"})
        sign_up(served.running.emulators["auth"], "kept@example.com")
        said = served.interrupted()
        return FirstRun(cast("int", served.process.returncode), said, served.leftovers.running())
    finally:
        served.process.kill()
        served.leftovers.kill()


@pytest.fixture(scope="module")
def served(first_run: FirstRun, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A second run, on what the first one kept."""
    del first_run
    running = Served(tmp_path_factory.mktemp("second"), data)
    try:
        yield running
        running.interrupted()
    finally:
        running.process.kill()
        running.leftovers.kill()


@pytest.fixture
def tmdb(served: Served) -> Iterator[RunningTmdbStandIn]:
    stand_in = RunningTmdbStandIn(served.running.stand_ins["TMDB"], 0)
    stand_in.reset()
    yield stand_in
    stand_in.reset()
    stand_in.close()


def command(served: Served, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the Makefile runs."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", module, *arguments, "--folder", served.folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_it_ends_when_interrupted_and_leaves_nothing_running(first_run: FirstRun) -> None:
    assert first_run.left == []
    assert first_run.status == 0
    assert first_run.said.endswith("Stopped; nothing is left running.\n")


def test_what_was_kept_is_there_again(served: Served) -> None:
    assert served.firestore().document("kept/document").get().to_dict() == {"from": "the first run"}
    with pytest.raises(httpx.HTTPStatusError) as raised:
        sign_up(served.running.emulators["auth"], "kept@example.com")
    assert "EMAIL_EXISTS" in raised.value.response.text


def test_the_screen_says_where_everything_is(served: Served) -> None:
    places = [*served.running.stand_ins.values(), *served.running.emulators.values()]
    assert [place for place in places if place not in served.screen] == []
    assert [row.name for row in FUNCTIONS if row.name not in served.screen] == []
    assert served.running.functions["enrich"] in served.screen


def test_every_function_of_the_catalogue_answers(served: Served) -> None:
    assert served.running.functions.keys() == set(main.__all__)
    for row in FUNCTIONS:
        answer = httpx.post(served.running.functions[row.name], timeout=30, json={})
        # Without a token; by schedule; and what is no event.
        assert answer.status_code == {"http": 401, "scheduled": 200, "pubsub": 422}[row.kind]


def test_every_stand_in_answers(served: Served) -> None:
    assert set(served.running.stand_ins) == {service.name for service in SERVICES}
    for url in served.running.stand_ins.values():
        assert httpx.get(httpx.URL(url).join("/_control/calls"), timeout=10).json()["total"] == 0


def test_a_published_message_reaches_its_function(
    served: Served, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", served.running.emulators["pubsub"])
    publisher = PublisherClient()
    topic = publisher.topic_path(served.running.project, "show-sync")
    publisher.publish(topic, ShowSync(show_key=ShowKey("tv", SHOW)).encode()).result()
    season = served.firestore().document(paths.season_cache(SeasonKey(ShowId(SHOW), SeasonNumber(1))))
    wait_until(lambda: (season.get().to_dict() or {}).get("status") == "complete", "the season is there")
    wait_until(lambda: "outcome=ok" in served.log("show_sync"), "it is logged")
    assert "isKnown=True" in served.log("show_sync")
    assert tmdb.calls()["total"] == 2


def test_a_signed_in_user_is_served(served: Served) -> None:
    user_id, token = sign_up(served.running.emulators["auth"], "ada@example.com")
    document = served.firestore().document(f"users/{user_id}/episode_tracking/{SHOW}")
    document.set({"episodes": {"1_1": {"watched": True}}})
    answer = httpx.post(
        served.running.functions["enrich"],
        json={"showId": SHOW, "waitSeconds": 10},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.json()["episodes"]["enriched"] == 1
    assert document.get().get("episodes")["1_1"]["episodeId"] == 62085
    assert "enrich  outcome=ok status=200" in served.log("enrich")
    assert token not in served.log("enrich")
    assert user_id not in served.log("enrich")


def test_a_job_runs_when_it_is_asked_for(served: Served) -> None:
    ran = command(served, "local.run_job", "enrich-sweep")
    assert json.loads(ran.stdout)["isRunningElsewhere"] is False
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_job_that_does_not_exist_is_named_with_those_that_do(served: Served) -> None:
    ran = command(served, "local.run_job", "nothing")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "There is no job 'nothing'; there are enrich_sweep.\n"


@pytest.mark.anyio
async def test_of_a_job_called_twice_at_once_the_second_finds_nothing_to_do(
    served: Served, tmdb: RunningTmdbStandIn
) -> None:
    tmdb.put_show(99, {"name": "Made", "recorded_seasons": {}})
    document = served.firestore().document("users/grace/episode_tracking/99")
    document.set({"episodes": {"1_1": {"watched": True}}})
    tmdb.hold("/tv/99")
    url = served.running.functions["enrich_sweep"]
    async with httpx.AsyncClient(timeout=60) as client:
        first = asyncio.create_task(client.post(url))
        await asyncio.to_thread(tmdb.wait_until_held)
        second = (await client.post(url)).json()
        assert second == {**dict.fromkeys(second, 0), "isRunningElsewhere": True}
        tmdb.release()
        assert (await first).json()["documentsSeen"] >= 1
    document.delete()


def test_what_cannot_be_handled_is_shown_with_the_reason(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", served.running.emulators["pubsub"])
    publisher = PublisherClient()
    publisher.publish(publisher.topic_path(served.running.project, "show-sync"), b"poison").result()
    shown = ""

    def is_shown() -> bool:
        nonlocal shown
        shown = command(served, "local.dead_letters").stdout
        return "poison" in shown

    wait_until(is_shown, "it is shown")
    assert "attempts: 1\n  reason:   invalid_request: The message is not JSON." in shown


def test_a_function_that_is_killed_is_started_again(served: Served) -> None:
    url = served.running.functions["show_sync"]
    port = httpx.URL(url).port
    for process in served.leftovers.running():
        with contextlib.suppress(psutil.Error):
            if str(port) in process.cmdline() and "functions-framework" in " ".join(process.cmdline()):
                process.kill()

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.post(url, json={}, timeout=5).status_code == httpx.codes.UNPROCESSABLE_ENTITY
        return False

    wait_until(answers, "it answers again")
    assert "show_sync had ended, and was started again" in served.process.stdout.readline()  # type: ignore[union-attr]


def test_a_second_one_beside_it_is_refused(served: Served) -> None:
    ran = command(served, "local.serve", "--free-ports")
    assert ran.returncode == 1
    assert f"A platform runs here already (process {served.process.pid})" in ran.stderr


def test_a_folder_that_holds_something_else_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = subprocess.run(  # noqa: S603 - our own program
        [*SERVE, "--folder", tmp_path / "x", "--data", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert f"{tmp_path} holds something else than data of the emulators" in ran.stderr
    assert sorted(tmp_path.iterdir()) == [tmp_path / "thesis.txt"]


@pytest.mark.parametrize("module", ["local.run_job", "local.dead_letters"])
def test_without_a_platform_the_commands_say_so(tmp_path: Path, module: str) -> None:
    arguments: list[Any] = ["enrich_sweep"] if module == "local.run_job" else []
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", module, *arguments, "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "The platform does not run. Start it in another terminal: make serve\n"
