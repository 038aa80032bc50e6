"""What a cold `enrich` imports, against the framework and the Firestore client alone.

Processor time of a fresh interpreter from start to end, with compiled modules, as a deployed image has them.
The fastest of many runs counts: the work is the same each time, and all that is added comes from the machine.
"""

import os
import subprocess
import sys

from benchmarks.report import print_row
from local.processes import ROOT

FLOOR = "import functions_framework, functions_framework.aio, google.cloud.firestore"
OURS = "import functions_framework, functions_framework.aio\nfrom functions import main\nmain.enrich"
RUNS = 40


def milliseconds(program: str) -> float:
    """Processor time of one interpreter that runs `program`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)  # noqa: S603 - our own program
    _, status, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, program)
    return (spent.ru_utime + spent.ru_stime) * 1000


def run() -> None:
    """Print the row. The two take turns, so that both see the same machine."""
    for program in (FLOOR, OURS):
        milliseconds(program)
    floor, ours = zip(*((milliseconds(FLOOR), milliseconds(OURS)) for _ in range(RUNS)), strict=True)
    print_row("cold import of enrich", [min(ours)], [min(floor)], "framework and Firestore client")


if __name__ == "__main__":
    run()
