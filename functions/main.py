"""The deployed names. Only the one that is asked for is imported, so that each starts as fast as it can."""

import importlib
import os

from functions import catalog
from shared.config import refuse_emulators_in_cloud

__all__ = ["enrich", "enrich_sweep"]  # noqa: F822 - they are found by __getattr__


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"There is no function {name!r}; there are {', '.join(__all__)}.")
    refuse_emulators_in_cloud(os.environ)
    return getattr(importlib.import_module(catalog.function(name).module), name)
