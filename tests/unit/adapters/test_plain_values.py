"""Firestore's values as JSON has them."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud.firestore_v1 import GeoPoint
from google.cloud.firestore_v1.vector import Vector

from shared.adapters.firestore.plain_values import plain, plain_fields

VIENNA = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (0.5, 0.5),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        ("ü \x00", "ü \x00"),
        (b"", ""),
        (b"\x00\xff", "AP8="),
        (datetime(2026, 7, 24, 20, 15, tzinfo=UTC), "2026-07-24T20:15:00Z"),
        (datetime(2026, 7, 24, 22, 15, 0, 5, tzinfo=VIENNA), "2026-07-24T20:15:00.000005Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (
            DatetimeWithNanoseconds.from_rfc3339("2026-07-24T00:00:00.123456789Z"),  # type: ignore[no-untyped-call]
            "2026-07-24T00:00:00.123456789Z",
        ),
        (GeoPoint(48.2, -0.5), {"latitude": 48.2, "longitude": -0.5}),
        (Vector([1.0, math.nan]), [1.0, "NaN"]),
        ([{"a": [math.nan]}, []], [{"a": ["NaN"]}, []]),
        (object(), "<object>"),
    ],
    ids=repr,
)
def test_a_value(value: object, expected: Any) -> None:
    assert plain(value) == expected
    json.dumps(plain_fields({"value": value}), allow_nan=False)
