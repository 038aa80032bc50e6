"""The hot cache where a database cannot show it: who shares what, for how long, and what is given in need.

What it stores, and that nobody sees another's, is in tests/emulator.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.kept_answer import KEPT_ON, MOST_BYTES, AnswerKey, KeptAnswer, Made
from shared.domain.tracking import UserId
from shared.errors import NotAllowed, NotFound, StoreUnavailable, Unavailable
from shared.usecases.hot_cache import HotCache

pytestmark = pytest.mark.anyio

KEY = AnswerKey("search", ("dark", "tv"))
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class Store:
    """An `AnswerStore` of one process: it counts, and fails where told to."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptAnswer] = {}
        self.done: list[str] = []
        self.is_failing = False

    def _do(self, what: str) -> None:
        self.done.append(what)
        if self.is_failing:
            raise StoreUnavailable("The database does not answer.")

    async def read(self, key: AnswerKey) -> KeptAnswer | None:
        self._do("read")
        return self.kept.get(key.name)

    async def put(self, key: AnswerKey, answer: KeptAnswer, *, expire_at: datetime) -> None:
        assert expire_at == answer.until + KEPT_ON
        self._do("put")
        self.kept[key.name] = answer


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 10, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class Maker:
    """Makes answers that can be told apart, and fails where told to."""

    def __init__(self, lifetime: timedelta = HOUR, *, is_shared: bool = True, size: int = 0) -> None:
        self.made = 0
        self.error: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._make: Callable[[], Made] = lambda: Made(
            f"{self.made}{'x' * size}", lifetime, is_shared=is_shared
        )

    async def __call__(self) -> Made:
        self.made += 1
        made, error = self._make(), self.error
        await self.may_end.wait()
        if error is not None:
            raise error
        return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def cache(store: Store, clock: Clock) -> HotCache:
    return HotCache(store, now=clock)


async def test_an_answer_is_made_once_in_its_lifetime(cache: HotCache, store: Store, clock: Clock) -> None:
    make = Maker()
    bodies = []
    for seconds in (0, 1, 3_598, 1):
        clock.at += seconds * SECOND
        bodies.append((await cache.answer(KEY, make)).body)

    assert bodies == ["1", "1", "1", "2"]
    assert store.done == ["read", "put", "read", "put"]


async def test_another_instance_has_it_from_the_store(cache: HotCache, store: Store, clock: Clock) -> None:
    await cache.answer(KEY, Maker())
    other, make = HotCache(store, now=clock), Maker()

    for _ in range(2):
        assert (await other.answer(KEY, make)).body == "1"
    assert (make.made, store.done) == (0, ["read", "put", "read"])
    clock.at += HOUR
    assert (await other.answer(KEY, make)).body == "1"
    assert make.made == 1


async def test_many_who_miss_at_once_cost_one_making(cache: HotCache, store: Store) -> None:
    make = Maker()
    make.may_end.clear()
    asking = [asyncio.ensure_future(cache.answer(KEY, make)) for _ in range(50)]
    await asyncio.sleep(0)
    other = asyncio.ensure_future(cache.answer(AnswerKey("search", ("silo", "tv")), Maker()))
    assert (await other).body == "1"
    make.may_end.set()

    assert {answer.body for answer in await asyncio.gather(*asking)} == {"1"}
    assert make.made == 1
    assert store.done.count("put") == 2


async def test_one_who_leaves_takes_it_from_nobody(cache: HotCache) -> None:
    make = Maker()
    make.may_end.clear()
    first, second = (asyncio.ensure_future(cache.answer(KEY, make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    make.may_end.set()

    assert (await second).body == "1"
    assert first.cancelled()
    assert make.made == 1


async def test_an_error_is_everybodys_and_is_not_kept(cache: HotCache) -> None:
    make = Maker()
    make.error = Unavailable("tmdb", "status 500")
    found = await asyncio.gather(*(cache.answer(KEY, make) for _ in range(3)), return_exceptions=True)

    assert [type(error) for error in found] == [Unavailable] * 3
    assert make.made == 1
    make.error = None
    assert (await cache.answer(KEY, make)).body == "2"


async def test_what_is_refused_to_one_is_not_refused_to_another(cache: HotCache) -> None:
    refused, allowed = Maker(), Maker()
    refused.may_end.clear()
    refused.error = NotAllowed("You ask too often.")
    first = asyncio.ensure_future(cache.answer(KEY, refused))
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(cache.answer(KEY, allowed)) for _ in range(5)]
    await asyncio.sleep(0)
    refused.may_end.set()

    assert {answer.body for answer in await asyncio.gather(*others)} == {"1"}
    assert (refused.made, allowed.made) == (1, 1)
    with pytest.raises(NotAllowed):
        await first


async def test_in_need_an_answer_of_the_last_day_is_given_again(
    cache: HotCache, store: Store, clock: Clock
) -> None:
    make = Maker()
    await cache.answer(KEY, make)
    make.error = Unavailable("tmdb", "status 500")
    clock.at += HOUR + KEPT_ON - SECOND
    assert (await HotCache(store, now=clock).answer(KEY, make)).body == "1"
    make.error = NotFound("There is none.")
    with pytest.raises(NotFound):
        await cache.answer(KEY, make)
    make.error = Unavailable("tmdb", "status 500")
    clock.at += SECOND
    with pytest.raises(Unavailable):
        await cache.answer(KEY, make)


async def test_what_changed_since_is_made_anew(cache: HotCache, store: Store, clock: Clock) -> None:
    make = Maker()
    begun = clock.at
    await cache.answer(KEY, make, since=begun - SECOND)
    clock.at += 10 * SECOND
    assert (await cache.answer(KEY, make, since=begun - SECOND)).body == "1"
    assert (await cache.answer(KEY, make, since=begun + 5 * SECOND)).body == "2"
    other = HotCache(store, now=clock)
    assert (await other.answer(KEY, make, since=begun + 5 * SECOND)).body == "2"
    assert (await other.answer(KEY, make, since=begun + 15 * SECOND)).body == "3"


async def test_a_making_that_began_before_a_change_is_not_waited_for(cache: HotCache, clock: Clock) -> None:
    slow, quick = Maker(), Maker()
    slow.may_end.clear()
    before = asyncio.ensure_future(cache.answer(KEY, slow))
    await asyncio.sleep(0)
    after = await cache.answer(KEY, quick, since=clock.at - SECOND)
    slow.may_end.set()

    assert (after.body, (await before).body) == ("1", "1")
    assert (slow.made, quick.made) == (1, 1)


async def test_memory_may_be_trusted_for_less_than_the_store(
    cache: HotCache, store: Store, clock: Clock
) -> None:
    make = Maker()
    for seconds in (0, 59, 1):
        clock.at += seconds * SECOND
        assert (await cache.answer(KEY, make, in_memory=timedelta(minutes=1))).body == "1"
    assert store.done == ["read", "put", "read"]


@pytest.mark.parametrize(
    ("make", "is_shared"), [(Maker, False), (lambda: Maker(is_shared=False), True)], ids=["asked", "made"]
)
async def test_what_is_not_shared_stays_in_the_instance(
    cache: HotCache, store: Store, make: Callable[[], Maker], is_shared: bool
) -> None:
    maker = make()
    for _ in range(2):
        assert (await cache.answer(KEY, maker, is_shared=is_shared)).body == "1"
    assert "put" not in store.done
    assert ("read" in store.done) is is_shared


async def test_without_the_store_it_goes_on(cache: HotCache, store: Store) -> None:
    store.is_failing = True
    make = Maker()
    for _ in range(2):
        assert (await cache.answer(KEY, make)).body == "1"
    assert store.done == ["read", "put"]


async def test_what_no_document_can_hold_is_not_stored(cache: HotCache, store: Store) -> None:
    await cache.answer(KEY, Maker(size=MOST_BYTES))
    assert store.done == ["read"]


async def test_what_is_stored_in_another_shape_is_made_anew(
    cache: HotCache, store: Store, clock: Clock
) -> None:
    make = Maker()
    await cache.answer(KEY, make)
    assert (await HotCache(store, now=clock).answer(KEY, make, check=int)).body == "1"

    def refuse(body: str) -> object:
        raise ValueError(body)

    assert (await HotCache(store, now=clock).answer(KEY, make, check=refuse)).body == "2"
    make.error = Unavailable("tmdb", "status 500")
    with pytest.raises(Unavailable):
        await HotCache(store, now=clock).answer(KEY, make, check=refuse)


async def test_the_memory_is_bounded(store: Store, clock: Clock) -> None:
    cache, make = HotCache(store, now=clock, memory_bytes=10_000), Maker(is_shared=False)
    for number in range(100):
        await cache.answer(AnswerKey("search", (str(number),)), make, is_shared=False)
    again = await cache.answer(AnswerKey("search", ("99",)), make, is_shared=False)
    assert (again.body, make.made) == ("100", 100)
    await cache.answer(AnswerKey("search", ("0",)), make, is_shared=False)
    assert make.made == 101


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AnswerKey("a", ("b", "c")), AnswerKey("a", ("bc",))),
        (AnswerKey("a", ("b",)), AnswerKey("a", ("b", ""))),
        (AnswerKey("a", ("ada",)), AnswerKey("a", (), UserId("ada"))),
        (AnswerKey("a", (), UserId("ada")), AnswerKey("a", (), UserId("eve"))),
        (AnswerKey("a", (), UserId("ada")), AnswerKey("a")),
        (AnswerKey("a", ('","',)), AnswerKey("a", ("", ""))),
        (AnswerKey("a"), AnswerKey("b")),
    ],
)
def test_no_two_keys_are_alike(one: AnswerKey, other: AnswerKey) -> None:
    assert one.text != other.text
    assert one.name != other.name
