"""What a deployment is made of: commands, each under a condition that is looked up first.

Every kind of step can be written as a shell script and can be run. Both come from the same words, so what
somebody reads is what is run. A word may hold `${NAME}`: the output of an earlier command.
"""

import re
import shlex
import subprocess
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

LINE_LENGTH = 108

Command = tuple[str, ...]
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_NOT_THERE = "not[ _]found|does not exist|service_disabled"
"""What Google's programs say, in whatever case, of what is not there; an API that is off has made nothing."""

_IS_THERE = rf"""
# Whether COMMAND succeeds and prints WANTED. Where it fails for another reason than that what it looks for
# is not there, nobody knows, and the script ends.
is_there() {{  # WANTED COMMAND...
  local wanted=$1 said
  shift
  if said=$("$@" 2>&1); then
    [[ "$said" == *"$wanted"* ]]
  elif grep -qiE {shlex.quote(_NOT_THERE)} <<<"$said"; then
    return 1
  else
    echo "$said" >&2
    exit 1
  fi
}}"""


class StepFailed(Exception):
    """A step did not succeed; the message says which command, what it printed, and what to do."""


@dataclass(frozen=True, slots=True)
class Check:
    """A command that only looks, and when it says yes.

    It does if it succeeds; where `wanted` is given, if it prints just that; with `is_part`, if what it prints
    has that in it.
    """

    command: Command
    wanted: str | None = None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """Keep what `command` prints as `variable`. Where it prints nothing, stop and say `if_empty`."""

    what: str
    variable: str
    command: Command
    if_empty: str


@dataclass(frozen=True, slots=True)
class Ensure:
    """Run `command` unless `check` holds already."""

    what: str
    check: Check
    command: Command
    done: str = "created"
    kept: str = "already there"


@dataclass(frozen=True, slots=True)
class Remove:
    """Run `command` only if `check` holds. A check that could not look does not say that nothing is there."""

    what: str
    check: Check
    command: Command


@dataclass(frozen=True, slots=True)
class Always:
    """Run `command` each time: it compares for itself, or there is nothing to compare with."""

    what: str
    command: Command
    done: str


Step = Capture | Ensure | Remove | Always


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that belong together; `why` says what for, a line a paragraph, to whoever reads the script."""

    title: str
    why: str
    steps: tuple[Step, ...]


def commands_of(groups: Sequence[Group]) -> list[Command]:
    """Every command, those that only look among them, in order."""
    found: list[Command] = []
    for group in groups:
        for step in group.steps:
            if isinstance(step, Ensure | Remove):
                found.append(step.check.command)
            found.append(step.command)
    return found


# As a script


def as_script(groups: Sequence[Group], introduction: str) -> str:
    """The steps as one bash script."""
    lines = ["#!/usr/bin/env bash", *_comment(introduction), "set -euo pipefail"]
    if any(isinstance(step, Remove) for group in groups for step in group.steps):
        lines += _IS_THERE.splitlines()
    for group in groups:
        lines += ["", "", f"# == {group.title} ==", *_comment(group.why)]
        for step in group.steps:
            lines += ["", *_comment(step.what), *_step_lines(step)]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    wrapper = textwrap.TextWrapper(LINE_LENGTH, initial_indent="# ", subsequent_indent="# ")
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    return [line for paragraph in text.splitlines() for line in wrapper.wrap(paragraph)]


def _step_lines(step: Step) -> list[str]:
    match step:
        case Capture():
            beginning = f"{step.variable}=$("
            call = _laid_out(step.command, indent="  ", already=len(beginning))
            return [
                f"{beginning}{call})",
                f'if [[ -z "${step.variable}" ]]; then',
                f"  echo {shlex.quote(step.if_empty)} >&2",
                "  exit 1",
                "fi",
            ]
        case Ensure():
            return [f"{_condition(step.check)} ||", f"  {_laid_out(step.command, indent='    ')}"]
        case Remove():
            look = ("is_there", step.check.wanted or "", *step.check.command)
            command = _laid_out(step.command, indent="    ")
            return [f"if {_laid_out(look, indent='    ', already=3)}; then", f"  {command}", "fi"]
        case Always():
            return [_laid_out(step.command, indent="  ")]


def _condition(check: Check) -> str:
    if check.wanted is None:
        return f"{_laid_out(check.command, indent='    ')} >/dev/null 2>&1"
    call = _laid_out(check.command, indent="    ", already=len('[[ "$('))
    wanted = f"*{_quoted(check.wanted)}*" if check.is_part else _quoted(check.wanted)
    test = f'[[ "$({call} 2>/dev/null)" =='
    is_long = len(test.splitlines()[-1]) + len(wanted) > LINE_LENGTH - len("  ]] ||")
    return f"{test} \\\n    {wanted} ]]" if is_long else f"{test} {wanted} ]]"


def _laid_out(command: Command, indent: str, already: int = 2) -> str:
    """The command in lines; `already` is what stands before the first of them."""
    lines = [_quoted(command[0])]
    for word in map(_quoted, command[1:]):
        if already + len(f"{lines[-1]} {word}") > LINE_LENGTH - 2:
            lines.append(f"{indent}{word}")
            already = 0
        else:
            lines[-1] += f" {word}"
    return " \\\n".join(lines)


def _quoted(word: str) -> str:
    flag, equals, value = word.partition("=")
    if equals and re.fullmatch(r"--[a-z-]+", flag):
        return f"{flag}={_quoted_value(value)}"
    return _quoted_value(word)


def _quoted_value(value: str) -> str:
    if not _VARIABLE.search(value):
        return shlex.quote(value)
    # Everything that has a meaning between double quotes, but for our own variables.
    escaped = re.sub(r'[\\"`]|\$(?!\{[A-Z0-9_]+\})', r"\\\g<0>", value)
    return f'"{escaped}"'


# As it is run


def run(groups: Sequence[Group], *, folder: Path, say: Callable[[str], None]) -> None:
    """Run the steps in `folder`, and say of each what came of it.

    Raises:
        StepFailed: a command failed, or something is missing that only a person can give.
    """
    known: dict[str, str] = {}
    for group in groups:
        say(f"\n{group.title}\n")
        for step in group.steps:
            say(f"  {step.what} … ")
            say(f"{_run_step(step, known, folder)}\n")


def _run_step(step: Step, known: dict[str, str], folder: Path) -> str:
    match step:
        case Capture():
            known[step.variable] = _run_or_fail(step.command, known, folder)
            if not known[step.variable]:
                raise StepFailed(step.if_empty)
            return known[step.variable]
        case Ensure():
            if _holds(step.check, known, folder):
                return step.kept
            _run_or_fail(step.command, known, folder)
            return step.done
        case Remove():
            if not _is_there(step.check, known, folder):
                return "not there"
            _run_or_fail(step.command, known, folder)
            return "deleted"
        case Always():
            _run_or_fail(step.command, known, folder)
            return step.done


def _holds(check: Check, known: Mapping[str, str], folder: Path) -> bool:
    ran = _run(check.command, known, folder)
    if check.wanted is None:
        return ran.returncode == 0
    wanted = _filled_in(check.wanted, known)
    printed = ran.stdout.rstrip("\n")
    return wanted in printed if check.is_part else printed == wanted


def _is_there(check: Check, known: Mapping[str, str], folder: Path) -> bool:
    ran = _run(check.command, known, folder)
    if ran.returncode != 0:
        if re.search(_NOT_THERE, ran.stdout + ran.stderr, re.IGNORECASE):
            return False
        _fail(check.command, ran, known)
    return _filled_in(check.wanted or "", known) in ran.stdout


def _run_or_fail(command: Command, known: Mapping[str, str], folder: Path) -> str:
    ran = _run(command, known, folder)
    if ran.returncode != 0:
        _fail(command, ran, known)
    return ran.stdout.rstrip("\n")


def _fail(command: Command, ran: subprocess.CompletedProcess[str], known: Mapping[str, str]) -> NoReturn:
    said = (ran.stderr.strip() or ran.stdout.strip() or "nothing").replace("\n", "\n    ")
    words = shlex.join(_filled_in(word, known) for word in command)
    raise StepFailed(
        f"This command failed with exit code {ran.returncode}:\n\n    {words}\n\nIt said:\n\n    {said}"
    )


def _run(command: Command, known: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [_filled_in(word, known) for word in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise StepFailed(f"{command[0]} is not installed, or not on the PATH.") from error


def _filled_in(word: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known[found[1]], word)
