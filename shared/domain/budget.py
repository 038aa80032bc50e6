"""A daily number of calls to a service, spent on what is most worth it. A day is a date of UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Spending:
    """How many calls were made on a day."""

    day: date
    calls: int = 0


def may_spend(spent: int, daily: int, priority: int) -> bool:
    """Whether one more call may be made after `spent` of `daily`.

    | `syncPriority` | may use up        | so that there is always something left for |
    |----------------|-------------------|--------------------------------------------|
    | 5 and above    | all of the budget |                                            |
    | 2 to 4         | 70 % of it        | 5 and above                                |
    | 1              | 40 % of it        | 2 and above                                |
    | 0              | nothing           | 1 and above: nobody follows it             |
    """
    return spent * 100 < daily * _percent(priority)


def spending_of(kept: Spending | None, now: datetime) -> Spending:
    """What counts now: a new day starts with nothing spent.

    Where an instance whose clock is a little ahead has begun the next day already, that is the day, since
    going back would lose its count. A day further ahead is no day of ours.
    """
    today = now.astimezone(UTC).date()
    if kept is None or not today <= kept.day <= today + timedelta(days=1):
        return Spending(today)
    return kept


def _percent(priority: int) -> int:
    if priority >= 5:
        return 100
    if priority >= 2:
        return 70
    return 40 if priority == 1 else 0
