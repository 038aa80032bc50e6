"""Who is kept out after an erasure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.bearer import RECENTLY, Bearer
from shared.domain.tracking import UserId
from shared.errors import NotSignedIn, StoreUnavailable
from shared.usecases.erased_users import KNOWN_FOR, ErasedUsers

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 7, 24, 12, tzinfo=UTC)
ADA, EVE = UserId("ada"), UserId("eve")
SECOND = timedelta(seconds=1)


class Written:
    """What is written down of erasures, and how often it is asked for."""

    def __init__(self, begun: Mapping[UserId, datetime]) -> None:
        self.begun = begun
        self.looks = 0
        self.is_down = False

    async def begun_since(self, since: datetime, *, is_urgent: bool = False) -> Mapping[UserId, datetime]:
        assert is_urgent
        self.looks += 1
        if self.is_down:
            raise StoreUnavailable("down")
        return {user_id: at for user_id, at in self.begun.items() if at >= since}


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def written() -> Written:
    return Written({ADA: NOW - SECOND})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(written: Written, clock: Clock) -> ErasedUsers:
    return ErasedUsers(written, clock.now)  # type: ignore[arg-type]  # it is asked for nothing else


async def test_whose_erasure_began_after_they_signed_in_is_kept_out(users: ErasedUsers) -> None:
    with pytest.raises(NotSignedIn):
        await users.refuse(Bearer(ADA, NOW - 2 * SECOND))
    with pytest.raises(NotSignedIn):
        await users.refuse(Bearer(ADA, NOW - SECOND))
    await users.refuse(Bearer(ADA, NOW))  # they signed in again, and so are there again
    await users.refuse(Bearer(EVE, NOW - timedelta(days=300)))


async def test_it_is_looked_up_once_for_all_and_again_after_a_while(
    users: ErasedUsers, written: Written, clock: Clock
) -> None:
    for _ in range(100):
        await users.refuse(Bearer(EVE, NOW))
    assert written.looks == 1
    written.begun = {EVE: NOW}
    clock.time = NOW + KNOWN_FOR - SECOND
    await users.refuse(Bearer(EVE, NOW))
    clock.time = NOW + KNOWN_FOR
    with pytest.raises(NotSignedIn):
        await users.refuse(Bearer(EVE, NOW))
    assert written.looks == 2


async def test_the_instance_that_erases_knows_at_once(users: ErasedUsers, written: Written) -> None:
    await users.refuse(Bearer(EVE, NOW))
    written.begun = {EVE: NOW}
    users.forget()
    with pytest.raises(NotSignedIn):
        await users.refuse(Bearer(EVE, NOW))


async def test_a_database_that_is_down_keeps_nobody_out_and_is_not_asked_each_time(
    users: ErasedUsers, written: Written
) -> None:
    written.is_down = True
    for _ in range(10):
        await users.refuse(Bearer(ADA, NOW - timedelta(days=1)))
    assert written.looks == 1


@pytest.mark.parametrize(
    ("ago", "is_recent"),
    [(timedelta(), True), (RECENTLY - SECOND, True), (RECENTLY, False), (-SECOND, True)],
)
def test_what_a_recent_sign_in_is(ago: timedelta, is_recent: bool) -> None:
    assert Bearer(ADA, NOW - ago).has_signed_in_recently(NOW) == is_recent
