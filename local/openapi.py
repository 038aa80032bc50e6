"""Write the API's OpenAPI document for whoever writes a client: `python -m local.openapi openapi.json`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.api.app import make_app
from shared.config import read_settings
from shared.wiring import Wiring


def as_text(document: Mapping[str, Any]) -> str:
    """The document as it is written, the same each time."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write it to the file that is named."""
    (target,) = sys.argv[1:]
    # Nothing is asked of any service: an application makes its clients when they are first needed.
    settings = read_settings({"GOOGLE_CLOUD_PROJECT": "demo-openapi"})
    document = make_app(Wiring(settings, tmdb_calls_per_10_seconds=1)).openapi()
    Path(target).write_text(as_text(document), encoding="utf-8")


if __name__ == "__main__":
    main()
