"""Hand command lines to the installed CLI's own parser, all in one process, since starting it takes a second.

Run by the CLI's Python, with the folder of its library as the argument and a JSON list of command lines on
the standard input. Prints a JSON list of each one's exit code and what it said.
"""

import importlib
import json
import os
import sys
import tempfile
from typing import Any


def attempt(cli: Any, words: list[str]) -> dict[str, Any]:
    """Run one command line. What it says goes to the streams that were there when the CLI was loaded."""
    with tempfile.TemporaryFile() as said:
        kept = os.dup(1), os.dup(2)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        try:
            cli.Execute(words)
            code: object = 0
        except SystemExit as end:
            code = end.code
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, copy in enumerate(kept, start=1):
                os.dup2(copy, stream)
                os.close(copy)
        said.seek(0)
        return {"code": code, "said": said.read().decode()}


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    importlib.import_module("gcloud")  # puts the libraries that come with it on the path
    tree = importlib.import_module("googlecloudsdk.gcloud_main").CreateCLI([])
    json.dump([attempt(tree, words) for words in json.load(sys.stdin)], sys.stdout)
