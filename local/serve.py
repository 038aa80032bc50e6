"""`make serve`: everything that will run in the cloud, on this machine, until Ctrl-C."""

import contextlib
import os
import signal
import sys
from types import FrameType

# A terminal that is closed, and whoever ends this as a service, mean the same as Ctrl-C. That is named too,
# because a shell has what it starts in the background ignore it.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Serve as the command line asks."""
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)
    with contextlib.suppress(KeyboardInterrupt):  # one while it starts; the others end it in good order
        _serve()
    print("\nStopped; nothing is left running.")


def _serve() -> None:
    # Only now, because these take their time, and Ctrl-C is heard already.
    from local.processes import SetupError
    from local.serving import parse, run

    try:
        run(parse(sys.argv[1:]), os.environ, STOP_SIGNALS)
    except SetupError as error:
        sys.exit(f"\n{error}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
