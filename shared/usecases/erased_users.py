"""Keep out whoever was erased: their ID token says for an hour that they are there.

Looked up for what writes, since nothing is to be made for them; what is known is 20 seconds old at the most,
and one query for all users. What slips through is found by the cleanup.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shared.domain.bearer import Bearer
from shared.domain.erasure import SETTLED_AFTER
from shared.domain.tracking import UserId
from shared.errors import NotSignedIn, StoreError
from shared.usecases.erase_ports import Erasures

logger = logging.getLogger(__name__)

KNOWN_FOR = timedelta(seconds=20)


class ErasedUsers:
    """What one instance knows of erasures."""

    def __init__(self, erasures: Erasures, now: Callable[[], datetime]) -> None:
        self._erasures = erasures
        self._now = now
        self._begun: Mapping[UserId, datetime] = {}
        self._known_until: datetime | None = None

    async def refuse(self, bearer: Bearer) -> None:
        """Let nobody pass whose erasure has begun since they signed in. A store that fails lets all pass.

        Raises:
            NotSignedIn: it has.
        """
        now = self._now()
        if self._known_until is None or now >= self._known_until:
            self._known_until = now + KNOWN_FOR
            try:
                self._begun = await self._erasures.begun_since(now - SETTLED_AFTER, is_urgent=True)
            except StoreError as error:
                logger.warning("who was erased cannot be looked up: %s", error)
        begun_at = self._begun.get(bearer.user_id)
        if begun_at is not None and bearer.signed_in_at <= begun_at:
            raise NotSignedIn("The account has been erased, or is being.")

    def forget(self) -> None:
        """Look it up anew next time."""
        self._known_until = None
