"""When a service asks to be left alone for a while."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_asked(retry_after: str | None) -> float | None:
    """`Retry-After` in seconds: it is a number of them, or a date (RFC 9110, section 10.2.3).

    None where nothing is asked, or nothing that can be meant.
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            at = parsedate_to_datetime(retry_after)
            seconds = (at.astimezone(UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
