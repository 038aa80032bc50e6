"""Which of the shows we hold are looked at again by schedule, and which are needed no more."""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.show import ShowKey, ShowStatus
from shared.domain.version import Version

AHEAD = timedelta(hours=1)
"""How far ahead of its time a show is taken."""

ON_THE_AIR = (ShowStatus.RETURNING.value, ShowStatus.IN_PRODUCTION.value)
"""The statuses of what can have new episodes any day."""

MOST_IN_NEED = 100
"""How many shows that are due one `full_sync` takes."""

UNSEEN_FOR = timedelta(days=29)
"""How long something followed may be left alone; a day remains in which to see it, and four runs."""

MOST_UNSEEN = 1000
"""How many of those one run takes. In the four runs of a day that is 4,000, and so 116,000 in 29 days."""

UNNEEDED_AFTER = timedelta(days=30)
"""How long a show that nobody follows is kept in sync after we came to hold it."""


@dataclass(frozen=True, slots=True)
class StoredShow:
    """A show's document, as it was found by a query."""

    key: ShowKey
    version: Version
