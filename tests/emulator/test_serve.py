"""The whole platform, started as a person starts it: all of it reachable, and nothing left behind."""

import asyncio
import contextlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import psutil
import pytest
from google.cloud.pubsub_v1 import PublisherClient

from functions import main
from functions.catalog import FUNCTIONS
from local.auth_emulator import sign_up
from local.processes import ROOT
from local.stand_ins.running import RunningTmdbStandIn
from local.stand_ins.services import SERVICES
from shared.adapters.firestore import paths
from shared.domain.message import ShowSync
from shared.domain.season import SeasonKey, SeasonNumber, ShowId
from shared.domain.show import ShowKey
from tests.emulator.leftovers import Leftovers, wait_until
from tests.emulator.served import SERVE, Served, command

SHOW = 1396
SILO = 125988


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


def test_it_ends_when_interrupted_and_leaves_nothing_running(first_run: FirstRun) -> None:
    assert first_run.left == []
    assert first_run.status == 0
    assert first_run.said.endswith("Stopped; nothing is left running.\n")
    assert first_run.said.count("Keeping Firestore's documents and Auth's users in") == 1


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
    assert f"make dead-letters FOLDER={served.folder}\n" in served.screen


def test_every_function_of_the_catalogue_answers(served: Served) -> None:
    assert served.running.functions.keys() == set(main.__all__)
    for row in FUNCTIONS:
        # The application of the API has no route at its root.
        path = "api/v1/tracking" if row.name == "api" else ""
        answer = httpx.post(served.running.functions[row.name] + path, timeout=30, json={})
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
    assert tmdb.calls()["total"] == 1


def test_a_change_at_tmdb_is_polled_and_becomes_an_event(
    served: Served, tmdb: RunningTmdbStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was recorded of July 2026 happens today.
    days = (datetime.now(UTC).date() - date(2026, 7, 21)).days
    tmdb.put_season_as_recorded(SILO, 3, "20260721T1100", days=days)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", served.running.emulators["pubsub"])
    publisher = PublisherClient()
    topic = publisher.topic_path(served.running.project, "show-sync")
    publisher.publish(topic, ShowSync(show_key=ShowKey("tv", SILO)).encode()).result()
    event = served.firestore().document(paths.timeline_event("episode_7173964"))
    wait_until(lambda: event.get().exists, "the show is synced")
    assert event.get().get("description") == "Season 3, episode 8: Episode 8"
    tmdb.put_season_as_recorded(SILO, 3, "20260725T1300", days=days)
    assert json.loads(command(served, "local.run_job", "poll-changes").stdout)["published"] == 1
    wait_until(lambda: event.get().get("version") == 2, "the change is an event")
    assert event.get().get("description") == "Season 3, episode 8: Gray Goo"
    assert "season 3 of tv_125988: 6 renamed" in served.log("show_sync")


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


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ("enrich-sweep", {"isRunningElsewhere": False}),
        ("poll-changes", {"isComplete": True, "daysLost": 0}),
        ("full-sync", {"published": 0}),
        ("cleanup", {"isComplete": True}),
    ],
)
def test_a_job_runs_when_it_is_asked_for(served: Served, job: str, told: dict[str, Any]) -> None:
    ran = command(served, "local.run_job", job)
    report = json.loads(ran.stdout)
    assert {name: report[name] for name in told} == told
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_job_that_does_not_exist_is_named_with_those_that_do(served: Served) -> None:
    ran = command(served, "local.run_job", "nothing")
    assert (ran.returncode, ran.stdout) == (1, "")
    jobs = ", ".join(sorted(row.name for row in FUNCTIONS if row.kind == "scheduled"))
    assert ran.stderr == f"There is no job 'nothing'; there are {jobs}.\n"


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
    topic = publisher.topic_path(served.running.project, "show-sync")
    number = publisher.publish(topic, b"poison").result()
    shown = ""

    def is_shown() -> bool:
        nonlocal shown
        shown = command(served, "local.dead_letters").stdout
        return "poison" in shown

    wait_until(is_shown, "it is shown")
    assert f"  function: show_sync\n  message:  {number}\n  attempts: 1\n" in shown
    assert "  reason:   invalid_request: The message is not JSON." in shown


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


def test_of_two_that_start_at_once_one_is_refused(tmp_path: Path, leftovers: Leftovers) -> None:
    both = [
        subprocess.Popen(  # noqa: S603 - our own program
            [*SERVE, "--folder", tmp_path],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    wait_until(lambda: any(one.poll() is not None for one in both), "one has ended")
    (refused,) = [one for one in both if one.poll() is not None]
    (other,) = [one for one in both if one is not refused]
    assert refused.returncode == 1
    assert f"A platform runs here already (process {other.pid})" in refused.communicate()[1]
    other.send_signal(signal.SIGTERM)
    said, error = other.communicate(timeout=60)
    assert (said.splitlines()[-1], error) == ("Stopped; nothing is left running.", "")
    assert leftovers.running() == []


@pytest.mark.parametrize("said", ["Firestore Emulator logging to", "Firestore Emulator was started"])
def test_what_was_kept_is_not_lost_if_it_is_interrupted_on_its_way_up(
    first_run: FirstRun, data: Path, tmp_path: Path, leftovers: Leftovers, said: str
) -> None:
    del first_run
    kept = shutil.copytree(data, tmp_path / "data")
    before = {file: file.read_bytes() for file in kept.rglob("*") if file.is_file()}
    log = tmp_path / "folder" / "logs" / "emulators.log"
    with subprocess.Popen(  # noqa: S603 - our own program
        [*SERVE, "--folder", tmp_path / "folder", "--data", kept], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as serving:
        wait_until(lambda: log.exists() and said in log.read_text(), "the emulators are starting")
        serving.send_signal(signal.SIGTERM)
        assert serving.communicate(timeout=30)[0].endswith("Stopped; nothing is left running.\n")
    assert {file: file.read_bytes() for file in kept.rglob("*") if file.is_file()} == before
    assert leftovers.running() == []


def test_an_emulator_that_dies_ends_it_and_is_named(environment: None, tmp_path: Path) -> None:
    del environment
    served = Served(tmp_path / "folder", tmp_path / "data")
    try:
        for process in served.leftovers.running():
            if process.name() == "java" and "firestore" in " ".join(process.cmdline()):
                process.kill()
        said, _ = served.process.communicate(timeout=120)
        assert served.process.returncode == 1
        assert "The emulator of firestore ended by itself" in said
        assert "Firestore Emulator has exited upon receiving signal: SIGKILL" in said
        assert "Keeping" not in said
        assert served.leftovers.running() == []
    finally:
        served.process.kill()
        served.leftovers.kill()


def test_what_could_not_be_kept_is_told(environment: None, tmp_path: Path) -> None:
    del environment
    data = tmp_path / "data"
    served = Served(tmp_path / "folder", data)
    try:
        data.write_text("in the way")
        said = served.interrupted()
        assert served.process.returncode == 1
        assert f"Firestore's documents and Auth's users were not kept in {data}" in said
        assert f'Automatic export to "{data}" failed' in said
        assert data.read_text() == "in the way"
        assert served.leftovers.running() == []
    finally:
        served.process.kill()
        served.leftovers.kill()


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
