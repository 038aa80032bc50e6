"""The command line of `make serve`, its screen, and an interruption before anything has begun."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import pytest

from local.places import FOLDER, Running, free_places
from local.processes import ROOT
from local.serving import parse, screen

SLOW = "import time; print('loading', flush=True); time.sleep(60)"


@pytest.mark.parametrize("events", ["--mixed", "--twice 0.3 --late 2"])
def test_options_of_the_events_may_be_one_word_or_several(events: str) -> None:
    assert parse([f"--events={events}"]).events == events


def test_the_help_shows_how_they_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    assert "--events='--twice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        (FOLDER, ["make logs,", "make run-job JOB=enrich_sweep\n", "make dead-letters\n"]),
        (
            ROOT / "build" / "a second",
            [
                "make logs FOLDER='build/a second',",
                "make run-job FOLDER='build/a second' JOB=enrich_sweep\n",
                "make dead-letters FOLDER='build/a second'\n",
            ],
        ),
    ],
)
def test_the_screens_commands_are_those_of_its_folder(
    folder: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    places = free_places({})
    shown = screen(Running(1, "demo", places.function_urls(), {}, {}), folder, 1.0)
    assert [word for word in words if word not in shown] == []


def test_the_screen_says_where_the_api_begins_and_where_its_page_is() -> None:
    places = free_places({})
    shown = screen(Running(1, "demo", places.function_urls(), {}, {}), FOLDER, 1.0)
    base = f"{places.function_urls()['api'].rstrip('/')}/api/v1"
    assert f" {base}  (/api/v1/** when hosted); its page: {base}/docs\n" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_while_it_still_loads_is_one_sentence(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "httpx.py").write_text(SLOW)  # loaded instead of the real one
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "local.serve", "--folder", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As a shell starts what is to run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    ) as serving:
        output = cast("IO[str]", serving.stdout)
        assert output.readline() == "loading\n"
        serving.send_signal(number)
        assert output.read() == "\nStopped; nothing is left running.\n"
    assert serving.returncode == 0
