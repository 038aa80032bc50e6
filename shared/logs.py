"""Log lines as Cloud Logging reads them: one JSON object a line on standard output.

The fields are those of https://cloud.google.com/logging/docs/structured-logging.
"""

import json
import logging
import sys


class JsonFormatter(logging.Formatter):
    """One line a record: severity, message, and whatever the record carries in `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure() -> None:
    """Send the project's own log lines to standard output. Doing it again changes nothing."""
    for name in ("functions", "shared"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            handler = logging.StreamHandler(sys.stdout)
            handler.setFormatter(JsonFormatter())
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
