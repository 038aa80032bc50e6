"""The read-through cache where a database cannot show it: what is not done, and who shares what.

The races over claims are in tests/emulator.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.cache import Admission, CacheRecord, Claim, Entry, Lifetimes, Loaded, Source, Status
from shared.domain.season import Episode, Season, SeasonKey, SeasonNumber, ShowId
from shared.domain.version import Version
from shared.errors import Rejected, StoreUnavailable, Unavailable
from shared.usecases.read_through import ReadThroughCache

ONE, TWO = (SeasonKey(ShowId(1396), SeasonNumber(number)) for number in (1, 2))
OLD, NEW = (Season({1: Episode(62085, name, "2008-01-20")}) for name in ("Episode 1", "Pilot"))

Record = CacheRecord[SeasonKey, Season]
SeasonClaim = Claim[SeasonKey, Season]


class Store:
    """A `CacheStore` of one process: it counts, and fails where told to."""

    def __init__(self) -> None:
        self.entries: dict[SeasonKey, Entry[Season]] = {}
        self.done: list[str] = []
        self.failing: set[str] = set()

    def hold(self, key: SeasonKey, value: Season, age: timedelta = timedelta(0)) -> None:
        self.entries[key] = Entry(Status.COMPLETE, datetime.now(UTC) - age, value)

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what in self.failing:
            raise StoreUnavailable("The database does not answer.")

    async def read(self, keys: Collection[SeasonKey]) -> Sequence[Record]:
        self._do("read")
        now = datetime.now(UTC)
        return [
            CacheRecord(key, entry, None if entry is None else Version(entry), now)
            for key, entry in ((key, self.entries.get(key)) for key in keys)
        ]

    async def claim(self, records: Sequence[Record]) -> Sequence[SeasonClaim] | None:
        self._do("claim")
        return [Claim(record.key, Version(object()), record.entry) for record in records]

    async def complete(self, claim: SeasonClaim, value: Season) -> bool:
        self._do("complete")
        self.hold(claim.key, value)
        return True

    async def release(self, claim: SeasonClaim) -> bool:  # noqa: ARG002 - nothing was overwritten
        self._do("release")
        return True


class Upstream:
    """An `Upstream` that knows every season, and fails or keeps silent where told to."""

    batch_size = 20

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.fetched: list[list[SeasonKey]] = []

    async def admit(self) -> Admission:
        await asyncio.sleep(0)
        if self.refusal:
            raise self.refusal
        return Admission()

    async def fetch(self, keys: Sequence[SeasonKey], admission: Admission) -> Mapping[SeasonKey, Season]:
        assert isinstance(admission, Admission)
        self.fetched.append(list(keys))
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return dict.fromkeys(keys, NEW)


def cache_of(store: Store, upstream: Upstream | None = None) -> ReadThroughCache[SeasonKey, Season]:
    def made() -> Upstream:
        assert upstream is not None, "nothing had to be fetched"
        return upstream

    return ReadThroughCache(
        store=store, upstream=made, lifetimes=Lifetimes(), memory_capacity=100, weigh=lambda _: 1
    )


async def drained(store: Store, what: str) -> None:
    async with asyncio.timeout(2):
        while what not in store.done:
            await asyncio.sleep(0)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("held", "answer"),
    [
        pytest.param(None, Loaded(None, Source.PENDING), id="pending where there is nothing"),
        pytest.param(OLD, Loaded(OLD, Source.STALE), id="stale where there is an old value"),
    ],
)
@pytest.mark.parametrize("refusal", [Unavailable("tmdb", "down"), Rejected("tmdb", "401")], ids=repr)
async def test_nothing_is_claimed_while_calls_are_refused(
    held: Season | None, answer: Loaded[Season], refusal: Exception
) -> None:
    store, upstream = Store(), Upstream()
    if held is not None:
        store.hold(ONE, held, age=timedelta(days=31))
    upstream.refusal = refusal

    assert await cache_of(store, upstream).load([ONE], wait=1) == {ONE: answer}
    assert store.done == ["read"]
    assert upstream.fetched == []


@pytest.mark.anyio
async def test_nothing_is_claimed_when_leave_comes_too_late() -> None:
    class Slow(Upstream):
        async def admit(self) -> Admission:
            await asyncio.Event().wait()
            return Admission()

    store = Store()

    assert await cache_of(store, Slow()).load([ONE], wait=0.02) == {ONE: Loaded(None, Source.PENDING)}
    assert "claim" not in store.done


@pytest.mark.anyio
async def test_no_upstream_is_made_where_nothing_has_to_be_fetched() -> None:
    store = Store()
    store.hold(ONE, OLD)
    cache = cache_of(store)

    assert await cache.load([ONE], wait=0) == {ONE: Loaded(OLD, Source.CACHE)}
    assert await cache.load([ONE], wait=0) == {ONE: Loaded(OLD, Source.MEMORY)}
    assert await cache.load([], wait=0) == {}
    assert store.done == ["read"]


@pytest.mark.anyio
async def test_requests_for_the_same_key_share_one_load_and_the_next_finds_it_in_memory() -> None:
    store, upstream = Store(), Upstream()
    cache = cache_of(store, upstream)

    answers = await asyncio.gather(
        cache.load([ONE], wait=1), cache.load([ONE, TWO], wait=1), cache.load([TWO], wait=1)
    )

    assert list(answers) == [
        {key: Loaded(NEW, Source.TMDB) for key in keys} for keys in ([ONE], [ONE, TWO], [TWO])
    ]
    assert sorted(key.season for keys in upstream.fetched for key in keys) == [1, 2]
    assert (await cache.load([ONE], wait=0))[ONE].source is Source.MEMORY


@pytest.mark.anyio
async def test_a_request_that_goes_away_leaves_its_load_to_be_finished() -> None:
    store, upstream = Store(), Upstream()
    upstream.gate.clear()
    cache = cache_of(store, upstream)
    request = asyncio.create_task(cache.load([ONE], wait=5))
    await drained(store, "claim")

    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    upstream.gate.set()
    await drained(store, "complete")

    assert (await cache.load([ONE], wait=1))[ONE].value == NEW
    assert len(upstream.fetched) == 1


@pytest.mark.anyio
async def test_a_request_waits_no_longer_than_it_said_while_another_waits_on() -> None:
    store, upstream = Store(), Upstream()
    upstream.gate.clear()
    cache = cache_of(store, upstream)
    patient = asyncio.create_task(cache.load([ONE], wait=5))

    assert await cache.load([ONE], wait=0.01) == {ONE: Loaded(None, Source.PENDING)}

    upstream.gate.set()
    assert await patient == {ONE: Loaded(NEW, Source.TMDB)}


@pytest.mark.anyio
@pytest.mark.parametrize("failing", ["read", "claim"])
async def test_a_store_that_fails_is_told_to_all_who_share_the_load_and_to_nobody_later(failing: str) -> None:
    store = Store()
    store.failing = {failing}
    cache = cache_of(store, Upstream())

    answers = await asyncio.gather(*(cache.load([ONE], wait=1) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3

    store.failing = set()
    assert (await cache.load([ONE], wait=1))[ONE].value == NEW


@pytest.mark.anyio
async def test_a_value_that_could_not_be_stored_is_served_all_the_same() -> None:
    store = Store()
    store.failing = {"complete"}

    assert await cache_of(store, Upstream()).load([ONE], wait=1) == {ONE: Loaded(NEW, Source.TMDB)}


@pytest.mark.anyio
async def test_a_bug_in_the_upstream_releases_the_claim_and_is_raised() -> None:
    store, upstream = Store(), Upstream()
    upstream.failure = ZeroDivisionError()
    cache = cache_of(store, upstream)

    with pytest.raises(ZeroDivisionError):
        await cache.load([ONE], wait=1)

    assert store.done == ["read", "claim", "release"]
    upstream.failure = None
    assert (await cache.load([ONE], wait=1))[ONE].value == NEW


@pytest.mark.anyio
async def test_leave_that_a_lost_claim_did_not_use_serves_the_next_try() -> None:
    class Contested(Store):
        lost = 0

        async def claim(self, records: Sequence[Record]) -> Sequence[SeasonClaim] | None:
            self.lost += 1
            return None if self.lost <= 3 else await super().claim(records)

    class Counting(Upstream):
        admitted = 0

        async def admit(self) -> Admission:
            self.admitted += 1
            return await super().admit()

    upstream = Counting()

    assert (await cache_of(Contested(), upstream).load([ONE], wait=1))[ONE] == Loaded(NEW, Source.TMDB)
    assert upstream.admitted == 1


@pytest.mark.anyio
async def test_a_bug_in_storing_one_season_does_not_keep_the_others_from_being_stored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Refusing(Store):
        async def complete(self, claim: SeasonClaim, value: Season) -> bool:
            if claim.key == ONE:
                raise ValueError("too large")
            return await super().complete(claim, value)

    store = Refusing()
    loaded = await cache_of(store, Upstream()).load([ONE, TWO], wait=1)
    assert loaded == {ONE: Loaded(NEW, Source.TMDB), TWO: Loaded(NEW, Source.TMDB)}
    assert store.entries.keys() == {TWO}
    assert [record.levelname for record in caplog.records] == ["ERROR"]
