"""What is logged of every request and event: one line."""

import logging
import time
from typing import Any, Self

from starlette.requests import Request

from shared import logs, usage
from shared.config import read_log_settings

logger = logging.getLogger(__name__)

_LEVELS = {"failed": logging.WARNING, "redelivery": logging.WARNING, "dead_letter": logging.ERROR}
"""How grave each outcome is; those that are not here are what should happen, or the caller's affair."""


class LogLine:
    """The one line that is logged of a request or event: what came of it, and what it cost."""

    def __init__(self, name: str, trace: logs.Trace | None) -> None:
        settings = read_log_settings()
        logs.configure(is_for_people=settings.is_for_people, project=settings.project)
        logs.begin(logs.LogContext({"function": name}, trace))
        self._name = name
        self._spent = usage.begin()
        self._begun = time.perf_counter()
        self.fields: dict[str, Any] = {}
        self.outcome = ""

    @classmethod
    def of(cls, name: str, request: Request) -> Self:
        """The line of a request to the function of that name, in the trace that its headers name."""
        sent = request.headers
        return cls(name, logs.trace_of(sent.get("traceparent"), sent.get("X-Cloud-Trace-Context")))

    def write(self, status: int) -> None:
        """Log it, with the status that was answered."""
        if not self.outcome:
            self.outcome = "ok" if status < 400 else "refused" if status < 500 else "failed"
        fields = {
            "outcome": self.outcome,
            "status": status,
            "milliseconds": round((time.perf_counter() - self._begun) * 1000, 1),
            **self.fields,
            **self._spent.as_fields(),
        }
        level = _LEVELS.get(self.outcome, logging.INFO)
        logger.log(level, "%s", self._name, extra={"fields": fields})
