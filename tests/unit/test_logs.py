"""Log lines: what Cloud Logging reads, and what a person reads."""

import json
import logging
import sys
from typing import Any

import pytest

from shared import logs
from shared.logs import JsonFormatter, LogContext, TextFormatter, Trace, trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.fixture(autouse=True)
def no_context() -> None:
    logs.begin(LogContext())


def record(message: str = "said", error: Exception | None = None, **fields: Any) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("shared.x", logging.WARNING, "x.py", 1, message, (), exc_info)
    made.fields = fields
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(JsonFormatter("demo-tv").format(made))
    return line


def test_a_line_has_the_fields_that_cloud_logging_reads() -> None:
    logs.begin(LogContext({"function": "enrich"}, Trace(TRACE, SPAN, is_sampled=True)))

    assert as_json(record(status=200)) == {
        "severity": "WARNING",
        "message": "said",
        "status": 200,
        "logging.googleapis.com/labels": {"logger": "shared.x", "function": "enrich"},
        "logging.googleapis.com/trace": f"projects/demo-tv/traces/{TRACE}",
        "logging.googleapis.com/spanId": SPAN,
        "logging.googleapis.com/trace_sampled": True,
    }


def test_a_line_of_no_request_has_no_trace() -> None:
    assert as_json(record()) == {
        "severity": "WARNING",
        "message": "said",
        "logging.googleapis.com/labels": {"logger": "shared.x"},
    }


def test_an_error_has_its_stack_trace_where_error_reporting_looks() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        _ = 1 // 0

    line = as_json(record(error=raised.value))

    assert "test_logs.py" in line["stack_trace"]
    assert "ZeroDivisionError" in line["stack_trace"].splitlines()[-1]


def test_a_persons_line_is_one_line() -> None:
    line = TextFormatter().format(record("said\nERROR forged\r", status=200, reason="a\nb"))

    assert "\n" not in line
    assert line.endswith("WARNING said\\nERROR forged\\r  status=200 reason=a\\nb")


def test_a_persons_line_of_an_error_is_followed_by_its_stack_trace() -> None:
    first, *trace = TextFormatter().format(record(error=ValueError("no"))).splitlines()

    assert first.endswith("WARNING said")
    assert trace[-1] == "ValueError: no"


@pytest.mark.parametrize(
    ("traceparent", "cloud_trace_context", "found"),
    [
        (None, None, None),
        (f"00-{TRACE}-{SPAN}-01", None, Trace(TRACE, SPAN, is_sampled=True)),
        (f"00-{TRACE}-{SPAN}-00", None, Trace(TRACE, SPAN, is_sampled=False)),
        (f"00-{TRACE}-{SPAN}-01", f"{'1' * 32}/5;o=0", Trace(TRACE, SPAN, is_sampled=True)),
        (None, f"{TRACE}/255;o=1", Trace(TRACE, "00000000000000ff", is_sampled=True)),
        (None, f"{TRACE}/255", Trace(TRACE, "00000000000000ff", is_sampled=False)),
        (None, TRACE, Trace(TRACE, None, is_sampled=False)),
        ("nonsense", "nonsense", None),
        (f"00-{TRACE}-{SPAN}", None, None),
        (f'00-{TRACE}-{SPAN}-01","severity":"ALERT', None, None),
        (None, f"{TRACE}\n", None),
        (None, f"{TRACE}/{'9' * 500}", None),
    ],
)
def test_the_trace_of_a_request(
    traceparent: str | None, cloud_trace_context: str | None, found: Trace | None
) -> None:
    assert trace_of(traceparent, cloud_trace_context) == found


@pytest.fixture
def bare_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("functions", "shared"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)


@pytest.mark.usefixtures("bare_loggers")
@pytest.mark.parametrize("is_for_people", [True, False])
def test_configuring_again_changes_nothing(is_for_people: bool) -> None:
    logs.configure(is_for_people=is_for_people)
    (handler,) = logging.getLogger("shared").handlers
    logs.configure(is_for_people=not is_for_people)

    assert logging.getLogger("shared").handlers == [handler]
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stdout
    assert isinstance(handler.formatter, TextFormatter if is_for_people else JsonFormatter)
