"""A user's inbox: history, what is planned, reading it on several devices, and counting what is unread."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.emulators import Emulators
from shared import usage
from shared.adapters.firestore import paths
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import MOST_AGE
from shared.domain.inbox_page import InboxPosition, Unread
from shared.domain.notification import Notification, NotificationStatus, failed, sent
from shared.domain.notification_fields import notification_fields
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest, Misconfigured, NotFound
from shared.usecases.inbox import READ_AT_ONCE, history, mark_all_read, mark_read, unread_count
from tests.emulator.harness import Instance
from tests.emulator.published import ReadTopic, read_topic

pytestmark = pytest.mark.anyio

ADA, EVE = UserId("ada"), UserId("eve")
NOW = datetime(2026, 3, 10, 12, 0, 0, 123_456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PENDING, SENT, FAILED, READ, SKIPPED = NotificationStatus
DIGEST = "digest_2026-03-10"


@pytest.fixture
async def pushes(emulators: Emulators, project: str) -> AsyncIterator[ReadTopic]:
    async with read_topic(emulators, project, "push") as topic:
        yield topic


def planned(number: int, **fields: Any) -> Notification:
    """One that is pending, the later the higher its number."""
    notification = Notification(
        user_id=ADA,
        notification_id=f"episode_{number}",
        event_version=1,
        show_key=ShowKey("tv", 1396),
        kind=AlertKind.EPISODE,
        title="Breaking Bad",
        body=f"Episode {number}",
        event_date="2026-03-10",
        scheduled_for=NOW + number * MINUTE,
        due_at=NOW + number * MINUTE,
        lapses_at=NOW + MOST_AGE,
    )
    return replace(notification, **fields)


def arrived(number: int, **fields: Any) -> Notification:
    """One that was sent, the later the higher its number."""
    return replace(sent(planned(number), NOW + number * MINUTE), **fields)


async def put(firestore: AsyncClient, notifications: Iterable[Notification]) -> None:
    everything = list(notifications)
    for start in range(0, len(everything), 400):
        batch = firestore.batch()
        for one in everything[start : start + 400]:
            path = paths.notification(one.user_id, one.notification_id)
            batch.set(firestore.document(path), {**notification_fields(one), "createdAt": NOW})
        await batch.commit()


async def stored(
    firestore: AsyncClient, number: int, user_id: UserId = ADA, *, but: Collection[str] = ()
) -> dict[str, Any]:
    document = (await firestore.document(paths.notification(user_id, f"episode_{number}")).get()).to_dict()
    assert document is not None
    return {name: value for name, value in document.items() if name not in but}


async def all_stored(firestore: AsyncClient, user_id: UserId) -> dict[str, tuple[Any, Any]]:
    """What each is, and when that was written."""
    collection = firestore.document(paths.user(user_id)).collection(paths.NOTIFICATIONS)
    return {one.id: (one.to_dict(), one.update_time) async for one in collection.stream()}


async def all_pages(
    instance: Instance, status: NotificationStatus | None = None, *, limit: int, user_id: UserId = ADA
) -> list[list[str]]:
    """The ids of all pages from the first on."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while True:
        page = await history(user_id, status, cursor=cursor, limit=limit, inbox=instance.inbox)
        pages.append([one.notification_id for one in page.notifications])
        cursor = page.cursor
        if cursor is None:
            return pages


def ids(numbers: Iterable[int]) -> list[str]:
    return [f"episode_{number}" for number in numbers]


async def read(instance: Instance, number: int, user_id: UserId = ADA, at: datetime = NOW) -> None:
    await mark_read(
        user_id, f"episode_{number}", inbox=instance.inbox, topics=instance.topics, now=lambda: at
    )


async def read_all(instance: Instance, user_id: UserId = ADA) -> int:
    return await mark_all_read(user_id, inbox=instance.inbox, topics=instance.topics, now=lambda: NOW)


async def unread(instance: Instance, user_id: UserId = ADA) -> int:
    return await unread_count(user_id, inbox=instance.inbox)


async def cleared(pushes: ReadTopic) -> list[tuple[str, list[str]]]:
    """Whose devices what was taken off, a message each, since the last look."""
    news = await pushes.news()
    assert {message["type"] for message in news} <= {"clear_notifications"}
    return sorted((message["uid"], sorted(message["collapseIds"])) for message in news)


A_BIT_OF_ALL: Sequence[Notification] = [
    planned(1),
    arrived(2),
    failed(planned(3), "UNAVAILABLE", NOW + 3 * MINUTE),
    arrived(4, status=READ, is_unread=False, read_at=NOW),
    arrived(5, status=SKIPPED, reason="no_device"),
    planned(6, status=SKIPPED, reason="not_followed", due_at=None),
    arrived(7),
    planned(8, due_at=NOW),
    arrived(9, user_id=EVE),
    planned(10, user_id=EVE),
]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, [7, 5, 4, 3, 2]),
        (SENT, [7, 2]),
        (FAILED, [3]),
        (READ, [4]),
        (SKIPPED, [5]),
        (PENDING, [8, 1]),
    ],
)
async def test_the_history_by_status(
    instance: Instance,
    firestore: AsyncClient,
    status: NotificationStatus | None,
    expected: list[int],
) -> None:
    await put(firestore, A_BIT_OF_ALL)

    used = usage.begin()
    page = await history(ADA, status, inbox=instance.inbox)

    assert [one.notification_id for one in page.notifications] == ids(expected)
    assert page.cursor is None
    assert used.firestore_reads == len(expected)
    put_there = {one.notification_id: one for one in A_BIT_OF_ALL}
    assert [replace(one, version=None) for one in page.notifications] == [
        put_there[id_] for id_ in ids(expected)
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20])
async def test_pages_lose_nothing_where_many_arrived_or_are_due_at_once(
    instance: Instance, firestore: AsyncClient, limit: int
) -> None:
    minutes = [number // 4 for number in range(10, 20)]
    await put(
        firestore,
        [arrived(number, arrived_at=NOW + minutes[number - 10] * MINUTE) for number in range(10, 20)],
    )
    await put(firestore, [planned(30 + at, due_at=NOW + minutes[at] * MINUTE) for at in range(10)])

    for status in (None, SENT):
        pages = await all_pages(instance, status, limit=limit)
        assert [id_ for page in pages for id_ in page] == ids(range(19, 9, -1))
        assert {len(page) for page in pages[:-1]} <= {limit}
    pages = await all_pages(instance, PENDING, limit=limit)
    assert [id_ for page in pages for id_ in page] == ids(range(30, 40))


async def test_what_arrives_meanwhile_does_not_move_the_pages(
    instance: Instance, firestore: AsyncClient
) -> None:
    await put(firestore, [arrived(number) for number in range(10, 20)])
    seen: list[str] = []
    cursor: str | None = None
    for new in (20, 21, 22, 23):
        page = await history(ADA, cursor=cursor, limit=3, inbox=instance.inbox)
        seen += [one.notification_id for one in page.notifications]
        cursor = page.cursor
        await put(firestore, [arrived(new)])

    assert (seen, cursor) == (ids(range(19, 9, -1)), None)


@pytest.mark.parametrize("asked", [{"cursor": "x"}, {"cursor": ""}, {"limit": 0}, {"limit": 201}])
async def test_what_cannot_be_asked_reads_nothing(instance: Instance, asked: dict[str, Any]) -> None:
    used = usage.begin()
    with pytest.raises(InvalidRequest):
        await history(ADA, inbox=instance.inbox, **asked)

    assert used.firestore_reads == 0


async def test_what_cannot_be_read_is_passed_over(instance: Instance, firestore: AsyncClient) -> None:
    await put(firestore, [arrived(number) for number in range(10, 15)])
    await firestore.document(paths.notification(ADA, "episode_13")).update({"kind": "unheard of"})

    assert await all_pages(instance, limit=2) == [ids([14]), ids([12, 11]), ids([10])]
    with pytest.raises(NotFound):
        await read(instance, 13)


async def test_reading_one_marks_it_and_takes_it_off_the_devices(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    await put(firestore, [arrived(number) for number in (10, 11)])
    before = await stored(firestore, 10, but=["status", "isUnread", "readAt"])

    used = usage.begin()
    await read(publishing, 10)

    assert (used.firestore_reads, used.firestore_writes) == (1, 1)
    after = await stored(firestore, 10)
    assert (after["status"], after["isUnread"], after["readAt"]) == ("read", False, NOW)
    assert await stored(firestore, 10, but=["status", "isUnread", "readAt"]) == before
    assert (await stored(firestore, 11))["status"] == "sent"
    assert await cleared(pushes) == [("ada", ["episode_10"])]
    assert await unread(publishing) == 1


async def test_reading_again_changes_nothing_and_takes_it_off_again(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    await put(firestore, [arrived(10)])
    await read(publishing, 10)
    once = await all_stored(firestore, ADA)
    await read(publishing, 10, at=NOW + MINUTE)

    assert await all_stored(firestore, ADA) == once
    assert await cleared(pushes) == [("ada", ["episode_10"])] * 2


async def test_two_devices_read_at_once(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    await put(firestore, [arrived(number) for number in range(10, 20)])
    await asyncio.gather(*(read(publishing, number) for number in range(10, 20) for _ in range(2)))

    assert await unread(publishing) == 0
    assert {(await stored(firestore, number))["status"] for number in range(10, 20)} == {"read"}
    assert await cleared(pushes) == sorted([("ada", [id_]) for id_ in ids(range(10, 20))] * 2)


@pytest.mark.parametrize(
    "notification_id",
    [
        *["episode_10", "episode_11", "episode_12", "episode_99"],
        *["", ".", "..", "__a__", "a/b", "../eve/notifications/episode_12", "x" * 2000],
    ],
)
async def test_what_has_not_arrived_cannot_be_read(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic, notification_id: str
) -> None:
    await put(firestore, [planned(10), planned(11, status=SKIPPED, due_at=None), arrived(12, user_id=EVE)])
    before = await all_stored(firestore, ADA), await all_stored(firestore, EVE)

    with pytest.raises(NotFound):
        await mark_read(
            ADA, notification_id, inbox=publishing.inbox, topics=publishing.topics, now=lambda: NOW
        )

    assert (await all_stored(firestore, ADA), await all_stored(firestore, EVE)) == before
    assert await pushes.news() == []


async def test_a_digest_stays_on_the_devices_until_all_of_it_is_read(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    await put(firestore, [arrived(number, digest_id=DIGEST) for number in (10, 11, 12)])
    await put(firestore, [arrived(13, digest_id="digest_2026-03-11"), planned(14, digest_id=DIGEST)])
    await put(firestore, [arrived(15, digest_id=DIGEST, user_id=EVE)])

    await read(publishing, 10)
    await read(publishing, 11)
    assert await cleared(pushes) == []

    used = usage.begin()
    await read(publishing, 12)
    assert (used.firestore_reads, used.firestore_writes) == (2, 1)
    assert await cleared(pushes) == [("ada", [DIGEST])]


async def test_a_digest_whose_last_two_are_read_at_once_is_taken_off(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    await put(firestore, [arrived(number, digest_id=DIGEST) for number in (10, 11)])
    await asyncio.gather(read(publishing, 10), read(publishing, 11))

    assert set(map(str, await cleared(pushes))) == {str(("ada", [DIGEST]))}


async def test_a_call_that_marked_and_could_not_publish_is_made_again(
    publishing: Instance, firestore: AsyncClient, emulators: Emulators, project: str
) -> None:
    await put(firestore, [arrived(10)])

    with pytest.raises(Misconfigured):  # there is no such topic yet
        await read(publishing, 10)
    assert (await stored(firestore, 10))["status"] == "read"

    async with read_topic(emulators, project, "push") as pushes:
        await read(publishing, 10)
        assert await cleared(pushes) == [("ada", ["episode_10"])]


async def test_all_are_read_in_pages(publishing: Instance, firestore: AsyncClient, pushes: ReadTopic) -> None:
    await put(firestore, A_BIT_OF_ALL)
    await put(firestore, [arrived(number, user_id=EVE) for number in range(2_000, 2_020)])
    many = [arrived(number) for number in range(1_000, 1_000 + 2 * READ_AT_ONCE)]
    await put(firestore, many)
    before, hers = await all_stored(firestore, ADA), await all_stored(firestore, EVE)
    expected = {*ids([2, 3, 5, 7]), *(one.notification_id for one in many)}

    used = usage.begin()
    assert await read_all(publishing) == len(expected)

    assert (used.firestore_reads, used.firestore_writes) == (len(expected), len(expected))
    after = await all_stored(firestore, ADA)
    assert {id_ for id_, (fields, _) in after.items() if fields["status"] == "read"} == {
        *expected,
        "episode_4",
    }
    assert {id_ for id_ in after if after[id_] != before[id_]} == expected
    assert await all_stored(firestore, EVE) == hers
    messages = await cleared(pushes)
    assert len(messages) == 3
    assert sorted(id_ for _, some in messages for id_ in some) == sorted(expected)
    assert {user_id for user_id, _ in messages} == {"ada"}
    assert await unread(publishing) == 0

    assert await read_all(publishing) == 0
    assert await pushes.news() == []


async def test_a_digest_is_taken_off_once_when_all_is_read(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    await put(firestore, [arrived(number, digest_id=DIGEST) for number in (10, 11, 12)])
    await put(firestore, [arrived(13)])

    assert await read_all(publishing) == 4
    assert await cleared(pushes) == [("ada", [DIGEST, "episode_13"])]


async def test_two_devices_read_all_at_once_while_one_reads_one(
    publishing: Instance, firestore: AsyncClient, pushes: ReadTopic
) -> None:
    count = READ_AT_ONCE + 50
    await put(firestore, [arrived(number) for number in range(1_000, 1_000 + count)])

    *marked, _ = await asyncio.gather(read_all(publishing), read_all(publishing), read(publishing, 1_000))

    assert await unread(publishing) == 0
    assert sum(marked) in (count, count - 1)
    messages = await cleared(pushes)
    assert {id_ for _, some in messages for id_ in some} == set(ids(range(1_000, 1_000 + count)))


async def test_all_are_read_again_where_it_could_not_be_published(
    publishing: Instance, firestore: AsyncClient, emulators: Emulators, project: str
) -> None:
    await put(firestore, [arrived(10), arrived(11)])

    with pytest.raises(Misconfigured):  # there is no such topic yet
        await read_all(publishing)
    assert await unread(publishing) == 2
    async with read_topic(emulators, project, "push") as pushes:
        assert await read_all(publishing) == 2
        assert await cleared(pushes) == [("ada", ["episode_10", "episode_11"])]


async def test_a_notification_that_has_changed_is_not_marked(
    instance: Instance, firestore: AsyncClient
) -> None:
    await put(firestore, [arrived(10), arrived(11)])
    found: Sequence[Unread] = await instance.inbox.unread(ADA, 10)
    await put(firestore, [arrived(11, title="Changed meanwhile")])

    assert not await instance.inbox.mark_read(ADA, found, NOW)
    assert await unread(instance) == 2


@pytest.mark.parametrize(("count", "reads"), [(0, 1), (1, 1), (1_000, 1), (1_001, 2)])
async def test_counting_the_unread(
    instance: Instance, firestore: AsyncClient, count: int, reads: int
) -> None:
    await put(firestore, [arrived(number) for number in range(10_000, 10_000 + count)])
    await put(firestore, [planned(1), arrived(2, is_unread=False, status=READ), arrived(3, user_id=EVE)])

    used = usage.begin()

    assert await unread(instance) == count
    assert used.firestore_reads == reads


async def test_a_cursor_survives_what_it_names(instance: Instance, firestore: AsyncClient) -> None:
    await put(firestore, [arrived(number) for number in (10, 12)])
    cursor = InboxPosition(NOW + 11 * MINUTE, "episode_11").cursor

    page = await history(ADA, cursor=cursor, inbox=instance.inbox)

    assert [one.notification_id for one in page.notifications] == ids([10])
