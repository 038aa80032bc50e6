"""Which Java is taken: versions read from what JDKs say of themselves, and the newest of those there are."""

import os
from pathlib import Path

import pytest

from local import java
from local.java import Java, installed, major_version, newest
from local.processes import SetupError

RELEASE_FILES = [
    ('JAVA_VERSION="1.8.0_402"\nOS_NAME="Linux"\n', 8),
    ('IMPLEMENTOR="Debian"\nJAVA_VERSION="11.0.23"\nJAVA_VERSION_DATE="2024-04-16"\n', 11),
    ('JAVA_RUNTIME_VERSION="17.0.11+9-Debian-1"\nJAVA_VERSION="17.0.11"\n', 17),
    ('IMPLEMENTOR="Eclipse Adoptium"\nIMPLEMENTOR_VERSION="Temurin-21.0.3+9"\nJAVA_VERSION="21.0.3"\n', 21),
    ('JAVA_VERSION="25"\nJAVA_VERSION_DATE="2025-09-16"\n', 25),
    ('JAVA_RUNTIME_VERSION="26-ea+5-411"\nJAVA_VERSION="26-ea"\n', 26),
    ('OS_NAME="Linux"\n', None),
    ("", None),
]

JAVA_SAYS = [
    ('java version "1.8.0_202"\nJava(TM) SE Runtime Environment (build 1.8.0_202-b08)\n', 8),
    ('openjdk version "11.0.23" 2024-04-16\nOpenJDK Runtime Environment (build 11.0.23+9)\n', 11),
    ('Picked up JAVA_TOOL_OPTIONS: -Xmx2g\nopenjdk version "17.0.11" 2024-04-16\n', 17),
    ('openjdk version "21.0.3" 2024-04-16 LTS\n', 21),
    ('openjdk version "25" 2025-09-16 LTS\n', 25),
    ('openjdk version "26-ea" 2026-03-17\n', 26),
    ("The operation couldn't be completed. Unable to locate a Java Runtime.\n", None),
]


@pytest.mark.parametrize(("text", "major"), [*RELEASE_FILES, *JAVA_SAYS])
def test_the_major_version_is_read(text: str, major: int | None) -> None:
    assert major_version(text) == major


def test_the_newest_is_taken_whatever_the_order() -> None:
    found = [Java(21, Path("/jdk-21")), Java(25, Path("/jdk-25")), Java(8, Path("/jdk-8"))]
    assert newest(found) == newest(reversed(found)) == Java(25, Path("/jdk-25"))


def test_the_oldest_that_is_accepted_is_enough() -> None:
    assert newest([Java(java.OLDEST, Path("/jdk"))]).home == Path("/jdk")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "found: none."),
        ([Java(17, Path("/jdk-17"))], "found: 17 in /jdk-17."),
        ([Java(17, Path("/b")), Java(8, Path("/a"))], "found: 8 in /a, 17 in /b."),
        ([Java(java.OLDEST - 1, Path("/jdk"))], f"found: {java.OLDEST - 1} in /jdk."),
    ],
)
def test_without_one_that_is_new_enough_the_error_says_what_there_is(found: list[Java], said: str) -> None:
    with pytest.raises(SetupError, match="need Java 21 or newer") as raised:
        newest(found)
    assert said in str(raised.value)
    assert "Install a JDK" in str(raised.value)


def make_jdk(
    home: Path, *, release: str | None = None, says: str | None = None, is_program: bool = True
) -> Path:
    """A folder shaped like a JDK's, whose `java` prints `says`."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755 if is_program else 0o644)
    if release is not None:
        (home / "release").write_text(release)
    return home


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of this machine where Java may be."""
    monkeypatch.setattr(java, "FOLDERS", (f"{tmp_path}/jvm/*",))
    return tmp_path


def test_java_is_found_by_java_home_on_the_path_and_in_the_usual_folders(folder: Path) -> None:
    named = make_jdk(folder / "named", release='JAVA_VERSION="21.0.3"')
    usual = make_jdk(folder / "jvm" / "temurin-25", release='JAVA_VERSION="25"')
    other = make_jdk(folder / "jvm" / "openjdk-17", says='openjdk version "17.0.11" 2024-04-16')
    on_path = make_jdk(folder / "opt" / "jdk-22", release='JAVA_VERSION="22.0.1"')
    links = folder / "bin"
    links.mkdir()
    (links / "java").symlink_to(on_path / "bin" / "java")
    found = list(installed({"JAVA_HOME": str(named), "PATH": f"/nowhere{os.pathsep}{links}"}))
    assert found == [Java(21, named), Java(22, on_path), Java(17, other), Java(25, usual)]


def test_one_installation_that_is_found_twice_is_listed_once(folder: Path) -> None:
    home = make_jdk(folder / "jvm" / "jdk", release='JAVA_VERSION="21"')
    assert list(installed({"JAVA_HOME": str(home), "PATH": str(home / "bin")})) == [Java(21, home)]


def test_a_release_file_without_a_version_is_not_the_last_word(folder: Path) -> None:
    home = make_jdk(folder / "jvm" / "jdk", release="OS_NAME=Linux", says='openjdk version "21" 2023-09-19')
    assert list(installed({})) == [Java(21, home)]


def test_what_is_not_java_is_passed_over(folder: Path) -> None:
    make_jdk(folder / "jvm" / "broken", is_program=False)
    make_jdk(folder / "jvm" / "silent", says="")
    (folder / "jvm" / "empty").mkdir()
    environment = {"JAVA_HOME": str(folder / "gone"), "PATH": ""}
    assert list(installed(environment)) == []


def test_an_empty_java_home_is_none(folder: Path) -> None:
    make_jdk(folder, release='JAVA_VERSION="21"')
    assert list(installed({"JAVA_HOME": ""})) == []
