"""The deployed names. Only the one that is asked for is imported, so that each starts as fast as it can."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path

if importlib.util.find_spec("functions") is None:
    # functions-framework adds this file's folder to the path, which is the root of a deployed tree; in the
    # project the root is one above.
    sys.path.append(str(Path(__file__).resolve().parent.parent))

__all__ = [  # noqa: F822 - they are found by __getattr__
    "api",
    "cleanup",
    "dispatch_notifications",
    "enrich",
    "enrich_sweep",
    "fan_out_alerts",
    "full_sync",
    "plan_alerts",
    "poll_changes",
    "push",
    "show_sync",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"There is no function {name!r}; there are {', '.join(__all__)}.")
    from functions import catalog
    from shared.config import refuse_emulators_in_cloud

    refuse_emulators_in_cloud(os.environ)
    return getattr(importlib.import_module(catalog.function(name).module), name)
