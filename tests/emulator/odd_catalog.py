"""The rows of `odd_functions.py`, and the messages that are sent to them."""

from typing import Literal

from functions.catalog import Function, Retry, Topic
from shared.domain.message import Message

ATTEMPTS = 5


class Work(Message):
    """A piece of work by its name."""

    type: Literal["work"] = "work"
    name: str


def row(name: str, *, timeout_seconds: int = 30, concurrency: int = 4) -> Function:
    """A row as the catalogue has them."""
    topic = f"{name.replace('_', '-')}-topic"
    return Function(
        name=name,
        module="",
        trigger=Topic(topic, Retry(ATTEMPTS, least_seconds=1, most_seconds=1), f"{topic}-dead"),
        memory="512Mi",
        cpu="1",
        timeout_seconds=timeout_seconds,
        concurrency=concurrency,
        max_instances=1,
    )


ROWS = (
    row("works"),
    row("fails_twice"),
    row("always_fails"),
    row("has_a_bug"),
    row("never_can"),
    row("is_slow", timeout_seconds=1),
    row("hangs_at_first", timeout_seconds=5),
)
