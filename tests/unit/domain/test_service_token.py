"""When a token is renewed, and that it does not show."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.service_token import ServiceToken

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("left", "is_due", "has_ended"),
    [
        (timedelta(days=30), False, False),
        (timedelta(days=3), False, False),
        (timedelta(days=3) - TICK, True, False),
        (TICK, True, False),
        (timedelta(0), True, True),
        (-TICK, True, True),
    ],
)
def test_a_token_is_renewed_three_days_before_it_ends(left: timedelta, is_due: bool, has_ended: bool) -> None:
    token = ServiceToken("s3cr3t", NOW + left)

    assert (token.is_due(NOW), token.has_ended(NOW)) == (is_due, has_ended)


def test_the_token_shows_in_no_representation() -> None:
    token = ServiceToken("s3cr3t", NOW)

    assert "s3cr3t" not in f"{token!r} {token} {[token]}"
