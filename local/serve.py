"""`make serve`: everything that will run in the cloud, on this machine, until Ctrl-C."""

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from functions.catalog import FUNCTIONS, Function, Http, Schedule, Topic
from local.members import Platform, running_members
from local.places import FOLDER, Running, find_running, forget_running, free_places, usual_places
from local.processes import SetupError

EXPORT_MARK = "firebase-export-metadata.json"
LOOK_SECONDS = 0.5


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    """Run the platform until it is interrupted.

    Raises:
        SetupError: something is missing on this machine, is in use, or does not start.
    """
    ensure_export_folder(options.data)
    places = free_places(environment) if options.free_ports else usual_places(environment)
    ensure_none_runs(options.folder)
    places.ensure_free()
    logs = options.folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.glob("*.log"):
        old.unlink()
    print("Starting Google's emulators, the functions and the stand-ins …", flush=True)
    begun = time.monotonic()
    with running_members(
        places,
        environment=environment,
        logs=logs,
        data=options.data,
        bridge_options=shlex.split(options.events),
    ) as platform:
        running = Running.at(places, platform.emulators, os.getpid())
        running.write(options.folder)
        try:
            print(screen(running, logs, time.monotonic() - begun), flush=True)
            wait(platform)
        finally:
            forget_running(options.folder)
            if options.data is not None:
                print(f"\nKeeping Firestore's documents and Auth's users in {options.data} …", flush=True)


def ensure_none_runs(folder: Path) -> None:
    """Do nothing if no platform runs in that folder, whose logs would be mixed.

    Raises:
        SetupError: one does.
    """
    other = find_running(folder)
    if other is not None:
        raise SetupError(
            f"A platform runs here already (process {other.process_id}). End it, or give this one a folder of"
            " its own: make serve OPTIONS='--free-ports --folder build/second'"
        )


def wait(platform: Platform) -> None:
    """Look after the platform until it is interrupted."""
    while True:
        for name in platform.look_after():
            print(f"{time.strftime('%H:%M:%S')} {name} had ended, and was started again", flush=True)
        time.sleep(LOOK_SECONDS)


def ensure_export_folder(data: Path | None) -> None:
    """Nothing is written over that is not an export of the emulators.

    Raises:
        SetupError: the folder holds something else.
    """
    if data is None or not data.exists():
        return
    if not data.is_dir() or (any(data.iterdir()) and not (data / EXPORT_MARK).exists()):
        raise SetupError(
            f"{data} holds something else than data of the emulators, and would be overwritten. Name a folder"
            " that does not exist yet."
        )
    if not any(data.iterdir()):
        data.rmdir()  # firebase-tools takes an empty one for a broken export


def screen(running: Running, logs: Path, seconds: float) -> str:
    """Where everything is."""
    shown = logs.relative_to(Path.cwd()) if logs.is_relative_to(Path.cwd()) else logs
    lines = [f"Ready after {seconds:.0f} s.", "", "  functions"]
    lines += [f"    {row.name:<16} {_way_to(row, running)}" for row in FUNCTIONS]
    lines += ["", "  emulators, project " + running.project]
    lines += [f"    {name:<16} {host}" for name, host in running.emulators.items()]
    if running.stand_ins:
        lines += ["", "  stand-ins; calls, faults and delays under /_control/"]
        lines += [f"    {name:<16} {url}" for name, url in running.stand_ins.items()]
    job = next(row.name for row in FUNCTIONS if isinstance(row.trigger, Schedule))
    lines += [
        "",
        f"  logs             make logs, make logs OF={FUNCTIONS[0].name}; files in {shown}",
        f"  a job now        make run-job JOB={job}",
        "  dead letters     make dead-letters",
        "  the end          Ctrl-C",
    ]
    return "\n".join(lines)


def _way_to(row: Function, running: Running) -> str:
    match row.trigger:
        case Http(path):
            return f"POST {running.functions[row.name]}  ({path} when hosted)"
        case Schedule(cron, _, time_zone):
            return f"by schedule {cron} ({time_zone})"
        case Topic(name):
            return f"by messages of the topic {name}"


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Serve as the command line asks."""
    parser = argparse.ArgumentParser(
        prog="make serve OPTIONS='…'", description="The whole platform on this machine."
    )
    parser.add_argument(
        "--data",
        type=lambda text: Path(text).resolve(),
        metavar="DIR",
        help="keep Firestore's documents and Auth's users there between runs",
    )
    parser.add_argument("--free-ports", action="store_true", help="take any ports that are free")
    parser.add_argument(
        "--folder",
        type=lambda text: Path(text).resolve(),
        default=FOLDER,
        metavar="DIR",
        help="where the logs fall (build/serve)",
    )
    parser.add_argument(
        "--events",
        default="",
        metavar="OPTIONS",
        help="how messages are delivered: '--twice 0.3 --late 2 --mixed --seed 7 --pauses 0.1'",
    )
    options = parser.parse_args()
    # A terminal that is closed, and whoever ends this as a service, mean the same as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        run(options, os.environ)
    except SetupError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")


if __name__ == "__main__":
    main()
