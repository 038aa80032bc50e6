"""Log lines: for Cloud Logging one JSON object a line, for a person at this machine a line to read.

The fields are those of https://cloud.google.com/logging/docs/structured-logging.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=([01]))?")


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace that a request belongs to: ids in hexadecimal."""

    trace_id: str
    span_id: str | None
    is_sampled: bool


@dataclass(frozen=True, slots=True)
class LogContext:
    """What every line of one request or event carries."""

    labels: Mapping[str, str] = field(default_factory=dict)
    trace: Trace | None = None


_context: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


def begin(context: LogContext) -> None:
    """Let this and every task that is created from here on write its lines with `context`."""
    _context.set(context)


def trace_of(traceparent: str | None, cloud_trace_context: str | None = None) -> Trace | None:
    """The trace that headers name. They are the caller's, so what is malformed is no trace.

    `traceparent` is https://www.w3.org/TR/trace-context/#traceparent-header, the other is Google's older
    `X-Cloud-Trace-Context`, whose span is a decimal number.
    """
    if found := _TRACEPARENT.fullmatch(traceparent or ""):
        return Trace(found[1], found[2], bool(int(found[3], 16) & 1))
    if found := _CLOUD_TRACE.fullmatch(cloud_trace_context or ""):
        span = None if found[2] is None else f"{int(found[2]) & (2**64 - 1):016x}"
        return Trace(found[1], span, found[3] == "1")
    return None


class JsonFormatter(logging.Formatter):
    """One JSON object a record: severity, message, trace, labels, and what the record has in `fields`."""

    def __init__(self, project: str = "") -> None:
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        context = _context.get() or LogContext()
        line: dict[str, Any] = {
            "severity": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
            "logging.googleapis.com/labels": {"logger": record.name, **context.labels},
        }
        if context.trace is not None:
            line["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{context.trace.trace_id}"
            line["logging.googleapis.com/trace_sampled"] = context.trace.is_sampled
            if context.trace.span_id is not None:
                line["logging.googleapis.com/spanId"] = context.trace.span_id
        if record.exc_info:
            # Error Reporting looks for it under this name.
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """One line a record, as a person reads it; a stack trace follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        line = f"{at} {record.levelname:<7} {record.getMessage()}"
        fields: Mapping[str, object] = getattr(record, "fields", {})
        if fields:
            line += "  " + " ".join(f"{name}={value}" for name, value in fields.items())
        # A message may be an outsider's words: it does not get to begin a line of its own.
        line = line.replace("\r", "\\r").replace("\n", "\\n")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(*, is_for_people: bool, project: str = "") -> None:
    """Send the project's own log lines to standard output. Doing it again changes nothing."""
    for name in ("functions", "shared"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            handler = logging.StreamHandler(sys.stdout)
            handler.setFormatter(TextFormatter() if is_for_people else JsonFormatter(project))
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
