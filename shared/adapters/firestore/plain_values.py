"""Firestore's values as JSON has them: https://firebase.google.com/docs/firestore/manage-data/data-types

timestamp           RFC 3339, in UTC, as exact as it is stored
bytes               base64
reference           the path of the document
geographical point  {"latitude", "longitude"}
vector              a list of numbers
NaN, ±infinity      "NaN", "Infinity", "-Infinity", for which JSON has no numbers
"""

import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud.firestore_v1 import AsyncDocumentReference, GeoPoint
from google.cloud.firestore_v1.vector import Vector


def plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A document's fields, in values that JSON has."""
    return {name: plain(value) for name, value in fields.items()}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON can be anything
    """One value. Of what is of no kind that is known here it is said what kind it is."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else _no_number(value)
        case datetime():
            return _time(value)
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return plain_fields(value)
        case list() | tuple() | Vector():
            return [plain(one) for one in value]
        case GeoPoint():
            return {"latitude": plain(value.latitude), "longitude": plain(value.longitude)}
        case AsyncDocumentReference():
            return value.path
        case _:
            return f"<{type(value).__name__}>"


def _time(value: datetime) -> str:
    if isinstance(value, DatetimeWithNanoseconds):
        exact: str = value.rfc3339()  # type: ignore[no-untyped-call]
        return exact
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _no_number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
