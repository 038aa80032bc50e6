"""The platform in the foreground: begun, shown, looked after, and ended in good order."""

import argparse
import os
import shlex
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from functions.catalog import FUNCTIONS, Function, Http, Schedule, Topic
from local.kept import ensure_export_folder, ensure_exported
from local.lock import held_lock
from local.members import Platform, running_members
from local.places import FOLDER, Running, forget_running, free_places, usual_places

LOOK_SECONDS = 0.5

EVERYTHING = "/**"
"""How the path of a function ends that answers all that is below it."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for."""
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
        help="where the logs fall (build/serve); make serve FOLDER=DIR says the same",
    )
    parser.add_argument(
        "--events",
        default="",
        metavar="OPTIONS",
        help="how messages are delivered: --events='--twice 0.3 --late 2 --mixed --seed 7 --pauses 0.1'",
    )
    return parser.parse_args(arguments)


def run(
    options: argparse.Namespace, environment: Mapping[str, str], stop_signals: Sequence[signal.Signals]
) -> None:
    """Run the platform, and return when one of the signals has ended it in good order.

    Each of them raises a KeyboardInterrupt until the platform ends, and nothing from then on.

    Raises:
        SetupError: something is missing on this machine, is in use, does not start, or could not be kept.
    """
    ensure_export_folder(options.data)
    places = free_places(environment) if options.free_ports else usual_places(environment)
    with held_lock(options.folder, os.getpid()):
        # One that was killed could not say that it is no more.
        forget_running(options.folder)
        places.ensure_free()
        logs = options.folder / "logs"
        logs.mkdir(exist_ok=True)
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
                print(screen(running, options.folder, time.monotonic() - begun), flush=True)
                wait(platform)
            except KeyboardInterrupt:
                # Another one would break off the export.
                for number in stop_signals:
                    signal.signal(number, signal.SIG_IGN)
                if options.data is not None:
                    print(f"\nKeeping Firestore's documents and Auth's users in {options.data} …", flush=True)
            finally:
                forget_running(options.folder)
        if options.data is not None:
            ensure_exported(options.data, logs / "emulators.log")


def wait(platform: Platform) -> None:
    """Look after the platform until it is interrupted."""
    while True:
        for name in platform.look_after():
            print(f"{time.strftime('%H:%M:%S')} {name} had ended, and was started again", flush=True)
        time.sleep(LOOK_SECONDS)


def screen(running: Running, folder: Path, seconds: float) -> str:
    """Where everything is."""
    lines = [f"Ready after {seconds:.0f} s.", "", "  functions"]
    width = max(len(row.name) for row in FUNCTIONS)
    lines += [f"    {row.name:<{width}} {_way_to(row, running)}" for row in FUNCTIONS]
    lines += ["", "  emulators, project " + running.project]
    lines += [f"    {name:<16} {host}" for name, host in running.emulators.items()]
    if running.stand_ins:
        lines += ["", "  stand-ins; calls, faults and delays under /_control/"]
        lines += [f"    {name:<16} {url}" for name, url in running.stand_ins.items()]
    job = next(row.name for row in FUNCTIONS if isinstance(row.trigger, Schedule))
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    here = "" if folder == FOLDER else f" FOLDER={shlex.quote(str(shown))}"
    lines += [
        "",
        f"  logs             make logs{here}, with OF={FUNCTIONS[0].name} of one; files in {shown / 'logs'}",
        f"  a job now        make run-job{here} JOB={job}",
        f"  dead letters     make dead-letters{here}",
        "  the end          Ctrl-C",
    ]
    return "\n".join(lines)


def _way_to(row: Function, running: Running) -> str:
    match row.trigger:
        case Http(paths):
            path, address = paths[0], running.functions[row.name]
            if not path.endswith(EVERYTHING):
                return f"POST {address}  ({path} when hosted)"
            base = address.rstrip("/") + path.removesuffix(EVERYTHING)
            return f"{base}  ({path} when hosted); its page: {base}/docs"
        case Schedule(cron, _, time_zone):
            return f"by schedule {cron} ({time_zone})"
        case Topic(name):
            return f"by messages of the topic {name}"
