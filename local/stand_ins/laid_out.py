"""Facts as text: JSON laid out so that a change is read easily."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def line(value: object) -> str:
    """A value on one line."""
    text = json.dumps(value, ensure_ascii=False)
    # U+FEFF and its like would not survive an editor: what cannot be seen is written as an escape.
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)


def opened(value: Mapping[str, Any], key: str, depth: int) -> str:
    """An object on one line, but for the list under `key`, which has a line per item."""
    head = line({name: item for name, item in value.items() if name != key})[:-1]
    return f'{head}, "{key}": {block("[", map(line, value[key]), "]", depth)}}}'


def block(opening: str, items: Iterable[str], closing: str, depth: int) -> str:
    """Items on a line each, between brackets."""
    indent = " " * depth
    inside = f",\n{indent}".join(items)
    return f"{opening}\n{indent}{inside}\n{indent[1:]}{closing}" if inside else opening + closing


def fields(facts: Mapping[str, Any], lists: Iterable[str]) -> str:
    """A file: a line per field, and a line per item of the lists that are named."""
    named = set(lists)
    lines = [
        f"{line(key)}: {block('[', map(line, value), ']', 2) if key in named else line(value)}"
        for key, value in facts.items()
    ]
    return block("{", lines, "}", 1) + "\n"
