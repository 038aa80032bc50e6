"""The decision on a cache record: one test a row, and both sides of every boundary."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.cache import Entry, Lifetimes, NextStep, Status, before_claim, next_step
from shared.domain.season import Episode, Season

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LIFETIMES = Lifetimes()
LEASE, WEEK, MONTH = timedelta(seconds=30), timedelta(days=7), timedelta(days=30)

SETTLED = Season({1: Episode(11, "One", "2020-01-01")})
ONGOING = Season({1: Episode(11, "One", None)})
EMPTY = Season({})


def entry(status: Status, age: timedelta, value: Season | None) -> Entry[Season]:
    return Entry(status, NOW - age, value)


def complete(age: timedelta, value: Season | None) -> Entry[Season]:
    return entry(Status.COMPLETE, age, value)


def populating(age: timedelta, value: Season | None) -> Entry[Season]:
    return entry(Status.POPULATING, age, value)


@pytest.mark.parametrize(
    ("found", "step"),
    [
        pytest.param(None, NextStep.CLAIM, id="a missing record is claimed"),
        pytest.param(complete(TICK, None), NextStep.CLAIM, id="a complete record without a value is claimed"),
        pytest.param(complete(TICK, SETTLED), NextStep.SERVE, id="a new record is served"),
        pytest.param(complete(-LEASE, SETTLED), NextStep.SERVE, id="a record from a clock ahead is served"),
        pytest.param(complete(MONTH - TICK, SETTLED), NextStep.SERVE, id="just under 30 days is fresh"),
        pytest.param(complete(MONTH, SETTLED), NextStep.CLAIM, id="30 days are stale"),
        pytest.param(complete(WEEK, SETTLED), NextStep.SERVE, id="a settled season outlives 7 days"),
        pytest.param(
            complete(WEEK - TICK, ONGOING), NextStep.SERVE, id="ongoing, just under 7 days is fresh"
        ),
        pytest.param(complete(WEEK, ONGOING), NextStep.CLAIM, id="ongoing, 7 days are stale"),
        pytest.param(complete(WEEK - TICK, EMPTY), NextStep.SERVE, id="an empty season is kept for 7 days"),
        pytest.param(complete(WEEK, EMPTY), NextStep.CLAIM, id="an empty season is asked for again after 7"),
        pytest.param(populating(TICK, None), NextStep.WAIT, id="a first population is waited for"),
        pytest.param(populating(LEASE - TICK, None), NextStep.WAIT, id="within the lease it is waited for"),
        pytest.param(populating(LEASE, None), NextStep.CLAIM, id="when the lease is over it is claimed"),
        pytest.param(
            populating(LEASE - TICK, SETTLED), NextStep.SERVE_STALE, id="old episodes are served meanwhile"
        ),
        pytest.param(populating(-LEASE, EMPTY), NextStep.SERVE_STALE, id="old emptiness is served meanwhile"),
        pytest.param(populating(LEASE, SETTLED), NextStep.CLAIM, id="a lease that is over is taken over"),
    ],
)
def test_next_step(found: Entry[Season] | None, step: NextStep) -> None:
    assert next_step(found, now=NOW, lifetimes=LIFETIMES) is step


def test_lifetimes_that_were_set_are_kept_to() -> None:
    lifetimes = Lifetimes(settled=3 * LEASE, ongoing=2 * LEASE, lease=LEASE / 2)

    assert next_step(complete(3 * LEASE, SETTLED), now=NOW, lifetimes=lifetimes) is NextStep.CLAIM
    assert next_step(complete(3 * LEASE - TICK, SETTLED), now=NOW, lifetimes=lifetimes) is NextStep.SERVE
    assert next_step(complete(2 * LEASE, ONGOING), now=NOW, lifetimes=lifetimes) is NextStep.CLAIM
    assert next_step(populating(LEASE / 2, None), now=NOW, lifetimes=lifetimes) is NextStep.CLAIM


@pytest.mark.parametrize(
    ("claimed", "put_back"),
    [
        pytest.param(None, None, id="a new document is deleted"),
        pytest.param(populating(LEASE, None), None, id="one that was never complete is deleted"),
        pytest.param(complete(MONTH, None), None, id="one without a value is deleted"),
        pytest.param(
            complete(MONTH, SETTLED), complete(MONTH, SETTLED), id="a stale one comes back as it was"
        ),
        pytest.param(
            populating(LEASE, SETTLED),
            complete(LEASE + MONTH, SETTLED),
            id="a dead claimer's value comes back as complete, dated so far back that it is stale",
        ),
    ],
)
def test_what_a_release_puts_back(claimed: Entry[Season] | None, put_back: Entry[Season] | None) -> None:
    assert before_claim(claimed, LIFETIMES) == put_back


@pytest.mark.parametrize("value", [SETTLED, ONGOING, EMPTY], ids=["settled", "ongoing", "empty"])
@pytest.mark.parametrize(
    "lifetimes",
    [
        pytest.param(LIFETIMES, id="usual lifetimes"),
        pytest.param(Lifetimes(settled=WEEK, ongoing=MONTH), id="ongoing longer than settled"),
    ],
)
@pytest.mark.parametrize("status", Status)
def test_what_was_claimed_is_claimable_again_after_a_release(
    value: Season, lifetimes: Lifetimes, status: Status
) -> None:
    claimed = entry(status, MONTH, value)
    assert next_step(claimed, now=NOW, lifetimes=lifetimes) is NextStep.CLAIM

    again = before_claim(claimed, lifetimes)

    assert next_step(again, now=NOW, lifetimes=lifetimes) is NextStep.CLAIM
