"""A user's timeline: which events, in which order, and what reading them costs."""

import random
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.show_fields import event_fields
from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.timeline_page import DayRange, Position, TimelinePage, Window
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest
from shared.usecases.read_timeline import MOST_READS, READ_FOR_TYPES, read_timeline
from shared.wiring import Wiring
from tests.emulator.harness import instance_settings
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio

ADA, EVE = UserId("ada"), UserId("eve")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
MONTH = DayRange(TODAY, TODAY + timedelta(days=30))


@pytest.fixture
async def wiring(project: str) -> AsyncIterator[Wiring]:
    made = Wiring(instance_settings(project, "http://unused"), tmdb_calls_per_10_seconds=1)
    yield made
    await made.firestore._firestore_api.transport.close()


def show(number: int) -> ShowKey:
    return ShowKey("tv", number)


def episode(key: ShowKey, day: date, number: int = 1, **fields: Any) -> TimelineEvent:
    """An event of the `number`-th episode of a show."""
    event = TimelineEvent(
        event_id=f"episode_{key.tmdb_id * 1_000 + number}",
        event_type=EventType.NEW_EPISODE,
        show_key=key,
        title=f"Show {key}",
        description=f"Episode {number}",
        event_date=day.isoformat(),
        season=1,
        episode=number,
        episode_id=key.tmdb_id * 1_000 + number,
    )
    return replace(event, **fields)


async def put(firestore: AsyncClient, events: Sequence[TimelineEvent]) -> None:
    for start in range(0, len(events), 400):
        batch = firestore.batch()
        for event in events[start : start + 400]:
            batch.set(firestore.document(paths.timeline_event(event.event_id)), event_fields(event))
        await batch.commit()


async def follow(
    firestore: AsyncClient, user_id: UserId, keys: Iterable[ShowKey], zone: str | None = None
) -> None:
    document = {"followedShows": [str(key) for key in keys], "timezone": zone}
    await firestore.document(paths.user(user_id)).set(document)


async def page(
    wiring: Wiring, days: Window | DayRange = MONTH, *, user_id: UserId = ADA, **asked: Any
) -> TimelinePage:
    return await read_timeline(user_id, days, timeline=wiring.timeline, now=lambda: NOW, **asked)


async def all_pages(wiring: Wiring, days: Window | DayRange = MONTH, **asked: Any) -> list[list[str]]:
    """The event ids of all pages from the first on."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while True:
        found = await page(wiring, days, cursor=cursor, **asked)
        pages.append([event.event_id for event in found.events])
        cursor = found.cursor
        if cursor is None:
            return pages


def in_order(events: Collection[TimelineEvent]) -> list[str]:
    return [event.event_id for event in sorted(events, key=Position.of)]


async def test_an_event_is_shown_as_it_is(wiring: Wiring, firestore: AsyncClient) -> None:
    drop = episode(
        show(1),
        TODAY,
        event_type=EventType.SEASON_PREMIERE,
        episode_count=2,
        is_whole_season=True,
        details={"seasons": [1], "episodeIds": [1001, 1002]},
        version=3,
    )
    await put(firestore, [drop])
    await follow(firestore, ADA, [show(1)], "Europe/Berlin")

    found = await page(wiring, Window.UPCOMING)

    assert found.events == [drop]
    assert found.cursor is None
    assert found.days == DayRange(TODAY, TODAY + timedelta(days=29))
    assert (found.zone.name, found.zone.is_assumed) == ("Europe/Berlin", False)


@pytest.mark.parametrize(
    ("zone", "window", "expected"),
    [
        ("Pacific/Kiritimati", Window.TODAY, [11]),
        ("Pacific/Honolulu", Window.TODAY, [10]),
        (None, Window.TODAY, [10]),
        ("Nowhere", Window.TODAY, [10]),
        ("Pacific/Kiritimati", Window.WEEK, range(11, 18)),
        ("Pacific/Honolulu", Window.WEEK, range(10, 17)),
        ("Pacific/Honolulu", Window.UPCOMING, range(10, 40)),
        ("Pacific/Kiritimati", DayRange(date(2026, 3, 8), date(2026, 3, 9)), [8, 9]),
    ],
)
async def test_the_days_are_those_of_the_user(
    wiring: Wiring,
    firestore: AsyncClient,
    zone: str | None,
    window: Window | DayRange,
    expected: Collection[int],
) -> None:
    first = date(2026, 3, 1)
    await put(firestore, [episode(show(1), first + timedelta(days=day - 1), day) for day in range(1, 61)])
    await follow(firestore, ADA, [show(1)], zone)

    found = await page(wiring, window)

    assert [event.episode for event in found.events] == list(expected)


async def test_many_shows_cost_one_query_each_thirty(
    wiring: Wiring, firestore: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follow(firestore, ADA, map(show, range(1, 76)))
    wire = count_on_the_wire(monkeypatch)

    used = usage.begin()
    assert (await page(wiring)).events == []
    assert used.firestore_reads == wire.reads == 1 + 3

    # Two of the three groups have some.
    events = [episode(show(number), TODAY + timedelta(days=number % 5)) for number in range(1, 41)]
    await put(firestore, events)
    used = usage.begin()
    wire.reset()
    found = await page(wiring, limit=60)

    assert [event.event_id for event in found.events] == in_order(events)
    assert found.cursor is None
    assert used.firestore_reads == wire.reads == 1 + 40 + 1


async def test_a_user_of_whom_nothing_is_known_costs_one_read(wiring: Wiring) -> None:
    used = usage.begin()

    assert await all_pages(wiring) == [[]]
    assert used.firestore_reads == 1


async def test_more_groups_than_are_asked_for_at_once(wiring: Wiring, firestore: AsyncClient) -> None:
    followed = [show(number) for number in range(1, 361)]
    events = [episode(key, TODAY + timedelta(days=key.tmdb_id % 3)) for key in followed]
    await put(firestore, events)
    await follow(firestore, ADA, followed)

    assert await all_pages(wiring, limit=200) == [in_order(events)[:200], in_order(events)[200:]]


@pytest.mark.parametrize("limit", [1, 7, 50, 200])
async def test_pages_over_several_groups_lose_nothing_and_show_nothing_twice(
    wiring: Wiring, firestore: AsyncClient, limit: int
) -> None:
    chance = random.Random(limit)  # noqa: S311
    followed = [show(number) for number in range(1, 76)]
    # Five days for all of them, so that many events share one, across groups and within.
    count = 30 if limit == 1 else 200
    events = [
        episode(chance.choice(followed), TODAY + timedelta(days=chance.randrange(5)), number)
        for number in range(count)
    ]
    await put(firestore, events)
    await follow(firestore, ADA, followed)

    pages = await all_pages(wiring, limit=limit)

    assert [id_ for ids in pages for id_ in ids] == in_order(events)
    assert {len(ids) for ids in pages[:-2]} <= {limit}


async def test_pages_of_some_types_lose_nothing_and_show_nothing_twice(
    wiring: Wiring, firestore: AsyncClient
) -> None:
    chance = random.Random(5)  # noqa: S311
    # Of the three groups the first has by far the most events, so that they are read to different days.
    shows = [*range(1, 31)] * 5 + [*range(31, 76)]
    kinds = [EventType.SEASON_FINALE, EventType.SERIES_FINALE, *[EventType.NEW_EPISODE] * 38]
    events = [
        episode(
            show(chance.choice(shows)),
            TODAY + timedelta(days=chance.randrange(20)),
            number,
            event_type=chance.choice(kinds),
        )
        for number in range(900)
    ]
    await put(firestore, events)
    await follow(firestore, ADA, map(show, range(1, 76)))
    types = {EventType.SEASON_FINALE, EventType.SERIES_FINALE}

    pages = await all_pages(wiring, types=types, limit=20)

    assert [id_ for ids in pages for id_ in ids] == in_order([e for e in events if e.event_type in types])
    assert len(pages[0]) == 20


async def test_a_page_looks_for_rare_types_so_far_and_no_farther(
    wiring: Wiring, firestore: AsyncClient
) -> None:
    looked_at = MOST_READS * READ_FOR_TYPES
    events = [episode(show(1), TODAY + timedelta(days=number // 100), number) for number in range(looked_at)]
    finale = episode(show(1), MONTH.last, 999, event_type=EventType.SEASON_FINALE)
    await put(firestore, [*events, finale])
    await follow(firestore, ADA, [show(1)])

    used = usage.begin()
    first = await page(wiring, types={EventType.SEASON_FINALE}, limit=1)

    assert (first.events, used.firestore_reads) == ([], 1 + looked_at)
    assert first.cursor is not None
    second = await page(wiring, types={EventType.SEASON_FINALE}, limit=1, cursor=first.cursor)
    assert (second.events, second.cursor) == ([finale], None)


async def test_movies_are_not_asked_for_episodes(wiring: Wiring, firestore: AsyncClient) -> None:
    movies = [ShowKey("movie", number) for number in range(1, 61)]
    await follow(firestore, ADA, [*movies, show(1)])

    used = usage.begin()
    await page(wiring, types={EventType.NEW_EPISODE})
    assert used.firestore_reads == 1 + 1

    used = usage.begin()
    await page(wiring, types={EventType.MOVIE_RELEASE})
    assert used.firestore_reads == 1 + 2


async def test_what_was_withdrawn_is_left_out_and_not_read(wiring: Wiring, firestore: AsyncClient) -> None:
    events = [episode(show(1), TODAY, number, is_withdrawn=number % 2 == 0) for number in range(1, 21)]
    await put(firestore, events)
    await follow(firestore, ADA, [show(1)])

    used = usage.begin()
    found = await page(wiring)

    assert [event.episode for event in found.events] == list(range(1, 21, 2))
    assert used.firestore_reads == 1 + 10


async def test_what_others_follow_is_not_seen(wiring: Wiring, firestore: AsyncClient) -> None:
    await put(firestore, [episode(show(number), TODAY) for number in range(1, 5)])
    await follow(firestore, ADA, [show(1), show(2)])
    await follow(firestore, EVE, [show(2), show(3)])

    assert [event.show_key for event in (await page(wiring)).events] == [show(1), show(2)]
    hers = await page(wiring, user_id=EVE)
    assert [event.show_key for event in hers.events] == [show(2), show(3)]


async def test_a_show_that_is_followed_between_two_pages_comes_from_there_on(
    wiring: Wiring, firestore: AsyncClient
) -> None:
    await put(
        firestore,
        [episode(show(key), TODAY + timedelta(days=day), day) for key in (1, 2) for day in range(4)],
    )
    await follow(firestore, ADA, [show(2)])
    first = await page(wiring, limit=2)
    await follow(firestore, ADA, [show(1), show(2)])
    second = await page(wiring, limit=10, cursor=first.cursor)

    assert [event.event_id for event in second.events] == [
        "episode_1002",
        "episode_2002",
        "episode_1003",
        "episode_2003",
    ]


async def test_a_cursor_of_the_day_before_goes_on_from_today(wiring: Wiring, firestore: AsyncClient) -> None:
    await put(firestore, [episode(show(1), TODAY + timedelta(days=day), day + 5) for day in range(-2, 3)])
    await follow(firestore, ADA, [show(1)])

    past = Position((TODAY - timedelta(days=1)).isoformat(), "episode_1004").cursor
    found = await page(wiring, Window.WEEK, cursor=past)
    assert [event.episode for event in found.events] == [5, 6, 7]

    ahead = Position((TODAY + timedelta(days=60)).isoformat(), "episode_1004").cursor
    used = usage.begin()
    found = await page(wiring, Window.WEEK, cursor=ahead)
    assert (found.events, found.cursor, used.firestore_reads) == ([], None, 1)


@pytest.mark.parametrize("asked", [{"cursor": "x"}, {"cursor": ""}, {"limit": 0}, {"limit": 201}])
async def test_what_cannot_be_asked_reads_nothing(wiring: Wiring, asked: dict[str, Any]) -> None:
    used = usage.begin()
    with pytest.raises(InvalidRequest):
        await page(wiring, **asked)

    assert used.firestore_reads == 0


@pytest.mark.parametrize("held", [None, "tv_1", {"tv_1": True}, ["tv_0", 5, None, "", "tv_1", "tv_1"]])
async def test_what_cannot_be_read_is_passed_over(
    wiring: Wiring, firestore: AsyncClient, held: object
) -> None:
    await put(firestore, [episode(show(1), TODAY, number) for number in (1, 2, 3)])
    await firestore.document(paths.timeline_event("episode_1002")).update({"type": "unheard of"})
    await firestore.document(paths.user(ADA)).set({"followedShows": held})

    pages = await all_pages(wiring, limit=2)

    expected = ["episode_1001", "episode_1003"] if isinstance(held, list) else []
    assert [id_ for ids in pages for id_ in ids] == expected
