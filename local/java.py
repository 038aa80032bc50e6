"""Which Java to run the emulators with."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.processes import SetupError

OLDEST = 21
"""firebase-tools 15 refuses an older one."""

FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "~/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "~/.sdkman/candidates/java/*",
)


@dataclass(frozen=True, slots=True, order=True)
class Java:
    """A Java installation: its major version, and the folder that holds `bin/java`."""

    major: int
    home: Path


def major_version(text: str) -> int | None:
    """The major version in the text of a `release` file, or in what `java -version` prints.

    Java 8 and older call themselves 1.8 and so on.
    """
    match = re.search(r'(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)', text)
    return int(match[1]) if match else None


def newest(found: Iterable[Java]) -> Java:
    """The newest that the emulators accept.

    Raises:
        SetupError: there is none; the message lists those that are too old.
    """
    known = sorted(set(found))
    if known and known[-1].major >= OLDEST:
        return known[-1]
    seen = ", ".join(f"{java.major} in {java.home}" for java in known) or "none"
    raise SetupError(
        f"The emulators need Java {OLDEST} or newer; found: {seen}. Install a JDK, for example Temurin from"
        " https://adoptium.net, or set JAVA_HOME to one."
    )


def installed(environment: Mapping[str, str] | None = None) -> Iterator[Java]:
    """The installations on this machine: JAVA_HOME, the one on the PATH, and the usual folders."""
    env = os.environ if environment is None else environment
    homes = [Path(env["JAVA_HOME"])] if env.get("JAVA_HOME") else []
    on_path = shutil.which("java", path=env.get("PATH", ""))
    if on_path:
        homes.append(Path(on_path).resolve().parent.parent)
    for pattern in FOLDERS:
        expanded = Path(pattern).expanduser()
        root = Path(expanded.anchor)
        homes.extend(sorted(root.glob(str(expanded.relative_to(root)))))
    for home in dict.fromkeys(homes):
        if (home / "bin" / "java").exists():
            major = _major(home)
            if major is not None:
                yield Java(major, home)


def _major(home: Path) -> int | None:
    release, program = home / "release", home / "bin" / "java"
    major = major_version(release.read_text(errors="replace")) if release.is_file() else None
    if major is not None:
        return major
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    except OSError:  # not a program, or one for another kind of machine
        return None
    return major_version(said.stderr)
