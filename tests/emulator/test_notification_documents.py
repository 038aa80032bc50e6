"""The notifications as documents: each written by itself, found when due, by event, show and digest."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.notifications import SHARDS, NotificationDocuments, shard_of
from shared.domain.alert_preferences import AlertKind
from shared.domain.alerts import Silence
from shared.domain.notification import (
    Notification,
    NotificationStatus,
    failed,
    postponed,
    read,
    sent,
    skipped,
)
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.domain.watched import Subject
from shared.errors import InvalidRequest
from shared.wiring import Wiring
from tests.emulator.alert_documents import ADA, EVE, HOUR, NOW, SHOW, made_notification
from tests.emulator.harness import instance_settings
from tests.emulator.wire_count import count_on_the_wire

pytestmark = pytest.mark.anyio


@pytest.fixture
async def notifications(project: str) -> AsyncIterator[NotificationDocuments]:
    wiring = Wiring(instance_settings(project, "http://unused"), tmdb_calls_per_10_seconds=1)
    yield wiring.notifications
    await wiring.firestore._firestore_api.transport.close()


async def document(firestore: AsyncClient, one: Notification) -> dict[str, Any]:
    held = (await firestore.document(paths.notification(one.user_id, one.notification_id)).get()).to_dict()
    assert held is not None
    return held


async def put(notifications: NotificationDocuments, *made: Notification) -> list[Notification]:
    """Store them all; as they are from then on."""
    versions = await notifications.put(made)
    assert None not in versions
    return [replace(one, version=version) for one, version in zip(made, versions, strict=True)]


def ids(found: Any) -> list[str]:
    return [one.notification_id for one in found]


FULL = made_notification(
    subject=Subject(2, 3, 2, (7, 8), (2,), {1: 10, 2: 2}),
    poster_path="/p.jpg",
    digest_id="digest_2026-01-01",
    status=NotificationStatus.FAILED,
    reason="unavailable",
    tries=3,
    delivered_to=frozenset({"one", "two"}),
    is_unread=True,
    arrived_at=NOW + HOUR,
    read_at=NOW + 2 * HOUR,
    kind=AlertKind.FINALE,
    why={"switch": "x", "quietHours": {"from": "22:00", "to": "08:00"}, "empty": {}, "list": [], "n": 1.5},
)


@pytest.mark.parametrize("one", [made_notification(), FULL, made_notification(due_at=None)])
async def test_a_notification_is_read_as_it_was_put(
    notifications: NotificationDocuments, firestore: AsyncClient, one: Notification
) -> None:
    (stored,) = await put(notifications, one)

    assert await notifications.read(ADA, ["episode_1", "none"]) == {"episode_1": stored}
    assert await notifications.read_each([(ADA, "episode_1"), (EVE, "episode_1")]) == {
        (ADA, "episode_1"): stored
    }
    held = await document(firestore, one)
    assert held["shard"] == shard_of(ADA)
    assert held["createdAt"] == held["updatedAt"]
    assert held["expireAt"] == one.expires_at


async def test_one_that_was_put_again_keeps_when_it_was_made_and_nothing_of_what_it_said(
    notifications: NotificationDocuments, firestore: AsyncClient
) -> None:
    (stored,) = await put(notifications, FULL)
    before = await document(firestore, FULL)
    plain = made_notification(version=stored.version, why={"switch": "y"})
    (again,) = await put(notifications, plain)

    assert await notifications.read(ADA, ["episode_1"]) == {"episode_1": again}
    after = await document(firestore, FULL)
    assert (after["why"], after["subject"]["earlier"]) == ({"switch": "y"}, {})
    assert after["createdAt"] == before["createdAt"]
    assert after["updatedAt"] > before["updatedAt"]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: postponed(one, NOW + HOUR),
        lambda one: replace(postponed(one, NOW + HOUR), tries=1, delivered_to=frozenset({"d"})),
        lambda one: sent(one, NOW + HOUR),
        lambda one: failed(one, "unavailable", NOW + HOUR),
        lambda one: skipped(one, Silence.TOO_OLD, NOW + HOUR),
        lambda one: skipped(one, Silence.NO_DEVICE, NOW + HOUR),
        lambda one: read(sent(one, NOW), NOW + HOUR),
        lambda one: replace(one, digest_id="digest_2026-01-02"),
    ],
)
async def test_marking_stores_the_whole_state_and_touches_nothing_else(
    notifications: NotificationDocuments, firestore: AsyncClient, change: Any
) -> None:
    (stored,) = await put(notifications, made_notification())
    before = await document(firestore, stored)
    changed = change(stored)
    (version,) = await notifications.mark([replace(changed, title="no", why={})])

    assert version is not None
    assert await notifications.read(ADA, ["episode_1"]) == {"episode_1": replace(changed, version=version)}
    after = await document(firestore, stored)
    assert {name: after[name] for name in ("title", "why", "createdAt", "shard")} == {
        name: before[name] for name in ("title", "why", "createdAt", "shard")
    }


async def test_what_was_never_read_cannot_be_marked(notifications: NotificationDocuments) -> None:
    with pytest.raises(ValueError, match="stored"):
        await notifications.mark([made_notification()])


async def test_of_two_who_mark_the_same_alike_one_wins(notifications: NotificationDocuments) -> None:
    (stored,) = await put(notifications, made_notification())
    # Also where both write what is there already: the version is another all the same.
    claims = await asyncio.gather(*(notifications.mark([stored]) for _ in range(10)))

    assert sum(version is not None for (version,) in claims) == 1


async def test_of_two_who_make_the_same_one_wins(notifications: NotificationDocuments) -> None:
    made = await asyncio.gather(*(notifications.put([made_notification()]) for _ in range(10)))

    assert sum(version is not None for (version,) in made) == 1


async def test_what_was_deleted_stays_so(
    notifications: NotificationDocuments, firestore: AsyncClient
) -> None:
    stored, other = await put(notifications, made_notification(), made_notification(EVE))
    await firestore.document(paths.notification(ADA, "episode_1")).delete()
    for written in (await notifications.mark([stored, other]), await notifications.put([stored])):
        assert written[0] is None
    assert await notifications.read(ADA, ["episode_1"]) == {}


async def test_of_five_hundred_three_are_refused_and_the_others_written(
    notifications: NotificationDocuments, firestore: AsyncClient
) -> None:
    stored = await put(notifications, *(made_notification(f"u{number}") for number in range(500)))
    changed = {3, 250, 499}
    for number in changed:
        path = paths.notification(stored[number].user_id, "episode_1")
        await firestore.document(path).update({"title": "other"})
    before = usage.begin()
    versions = await notifications.mark([postponed(one, NOW + HOUR) for one in stored])

    assert {number for number, version in enumerate(versions) if version is None} == changed
    assert before.firestore_writes == 497
    now_stored = await notifications.read_each([(one.user_id, "episode_1") for one in stored])
    for number, one in enumerate(stored):
        held = now_stored[one.user_id, "episode_1"]
        assert held.due_at == (NOW if number in changed else NOW + HOUR)
        if number not in changed:
            assert held.version == versions[number]


async def test_thousands_are_written_in_their_order(notifications: NotificationDocuments) -> None:
    made = [made_notification(f"u{number}") for number in range(1_700)]
    await put(notifications, made[777])
    spent = usage.begin()
    versions = await notifications.put(made)

    assert [number for number, version in enumerate(versions) if version is None] == [777]
    assert spent.firestore_writes == 1_699
    stored = await notifications.read_each([(one.user_id, "episode_1") for one in made])
    assert spent.firestore_reads == 1_700
    assert len(stored) == 1_700
    for one, version in zip(made, versions, strict=True):
        if version is not None:
            assert stored[one.user_id, "episode_1"].version == version
    assert await notifications.put([]) == []


async def test_marking_together_is_of_all_or_of_none(notifications: NotificationDocuments) -> None:
    stored = await put(notifications, *(made_notification(ADA, f"episode_{n}") for n in range(3)))
    versions = await notifications.mark_together([postponed(one, NOW + HOUR) for one in stored])

    assert versions is not None
    assert await notifications.mark_together([postponed(one, NOW + 2 * HOUR) for one in stored]) is None
    current = [replace(one, version=version) for one, version in zip(stored, versions, strict=True)]
    mixed = [*current[:2], stored[2]]
    assert await notifications.mark_together([postponed(one, NOW + 2 * HOUR) for one in mixed]) is None
    held = await notifications.read(ADA, ids(stored))
    assert {one.due_at for one in held.values()} == {NOW + HOUR}
    assert {held[one.notification_id].version for one in current} == set(versions)


async def test_due_are_all_queues_in_one_order_of_time(notifications: NotificationDocuments) -> None:
    users = [f"u{number}" for number in range(120)]
    assert {shard_of(UserId(user)) for user in users} == set(range(SHARDS))
    minutes = list(range(-60, 60))
    random.Random(5).shuffle(minutes)  # noqa: S311 - an order that is always the same
    made = [
        made_notification(user, due_at=NOW + timedelta(minutes=minute))
        for user, minute in zip(users, minutes, strict=True)
    ]
    stored = await put(notifications, *made)
    spent = usage.begin()

    wanted = sorted((one for one in stored if one.due_at <= NOW), key=lambda one: one.due_at)  # type: ignore[operator,arg-type,return-value]
    assert len(wanted) == 61
    assert await notifications.due(NOW, 500) == wanted
    assert spent.firestore_reads == 61
    assert await notifications.due(NOW, 10) == wanted[:10]


async def test_what_nobody_is_to_take_is_never_due(notifications: NotificationDocuments) -> None:
    await put(
        notifications,
        made_notification("u1", due_at=None),
        sent(made_notification("u2"), NOW),
        skipped(made_notification("u3"), Silence.WATCHED, NOW),
        made_notification("u4", due_at=NOW + timedelta(microseconds=1)),
    )
    spent = usage.begin()

    assert await notifications.due(NOW, 500) == []
    assert spent.firestore_reads == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "unheard"},
        {"scheduledFor": 7},
        {"subject": None},
        {"showKey": "none"},
        {"uid": "somebody else"},
        {"eventId": "another"},
    ],
)
async def test_what_cannot_be_read_is_due_once_and_never_again(
    notifications: NotificationDocuments,
    firestore: AsyncClient,
    caplog: pytest.LogCaptureFixture,
    fields: dict[str, Any],
) -> None:
    odd, good = await put(notifications, made_notification(EVE), made_notification(ADA))
    await firestore.document(paths.notification(EVE, "episode_1")).update(fields)
    with caplog.at_level(logging.ERROR):
        assert await notifications.due(NOW, 500) == [good]
    assert len(caplog.records) == 1
    assert EVE not in caplog.text

    spent = usage.begin()
    assert await notifications.due(NOW, 500) == [good]
    assert spent.firestore_reads == 1
    held = await document(firestore, odd)
    assert (held["dueAt"], held["status"], held["reason"]) == (None, "failed", "unreadable")
    assert {name: held[name] for name in fields} == fields


async def test_those_of_an_event_come_in_pages_by_user(
    notifications: NotificationDocuments, firestore: AsyncClient
) -> None:
    users = [UserId(f"u{number:02}") for number in range(12)]
    await put(notifications, *(made_notification(user, "episode_1") for user in users))
    await put(notifications, *(made_notification(user, "episode_2") for user in users))
    for odd in ("u03", "u04", "u05"):
        await firestore.document(paths.notification(UserId(odd), "episode_1")).update({"kind": "unheard"})
    # Elsewhere under such a name.
    await firestore.document("users/u04/a/b/notifications/episode_1").set({"eventId": "episode_1"})
    pages: list[list[str]] = []
    after: UserId | None = None
    while True:
        page = await notifications.of_event("episode_1", after, 4)
        assert {one.notification_id for one in page} <= {"episode_1"}
        pages.append([one.user_id for one in page])
        if len(page) < 4:
            break
        after = page[-1].user_id

    assert pages == [["u00", "u01", "u02", "u06"], ["u07", "u08", "u09", "u10"], ["u11"]]


async def test_those_of_a_show_that_are_to_be_given_and_all_of_a_digest(
    notifications: NotificationDocuments,
) -> None:
    other, day = ShowKey("movie", 1396), "digest_2026-01-01"
    stored = await put(
        notifications,
        made_notification(ADA, "1"),
        made_notification(ADA, "2", digest_id=day),
        sent(made_notification(ADA, "3", digest_id=day), NOW),
        made_notification(ADA, "4", show_key=other, digest_id=day),
        made_notification(EVE, "5", digest_id=day),
    )
    spent = usage.begin()

    assert list(await notifications.pending_of_show(ADA, SHOW)) == stored[:2]
    assert spent.firestore_reads == 2
    assert ids(await notifications.of_digest(ADA, day)) == ["2", "3", "4"]
    assert await notifications.of_digest(ADA, "digest_2026-01-02") == []
    assert ids(await notifications.pending_of_show(EVE, SHOW)) == ["5"]


async def test_a_version_goes_through_text_and_still_holds(notifications: NotificationDocuments) -> None:
    (stored,) = await put(notifications, made_notification())
    (due,) = await notifications.due(NOW, 10)
    assert stored.version is not None
    assert due.version == stored.version
    token = notifications.token_of(stored.version)
    read_back = replace(stored, version=notifications.version_of(token))

    assert await notifications.mark([read_back]) != [None]
    assert await notifications.mark([read_back]) == [None]


@pytest.mark.parametrize("nanosecond", [0, 1, 123_456_789, 999_999_999, 120_000_000])
async def test_no_part_of_a_version_is_lost_in_text(
    notifications: NotificationDocuments, nanosecond: int
) -> None:
    text = f"2026-11-21T03:04:05.{nanosecond:09}Z"
    version = notifications.version_of(text)

    assert isinstance(version, DatetimeWithNanoseconds)
    assert version.timestamp_pb().nanos == nanosecond  # type: ignore[no-untyped-call]
    assert notifications.version_of(notifications.token_of(version)) == version


@pytest.mark.parametrize(
    "token", ["", "x", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+01:00"]
)
async def test_other_text_is_no_version(notifications: NotificationDocuments, token: str) -> None:
    with pytest.raises(InvalidRequest):
        notifications.version_of(token)


async def test_what_it_costs(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = count_on_the_wire(monkeypatch)
    wiring = Wiring(instance_settings(project, "http://unused"), tmdb_calls_per_10_seconds=1)
    documents, spent = wiring.notifications, usage.begin()

    stored = await put(documents, *(made_notification(f"u{number}") for number in range(20)))
    assert wire.both == (spent.firestore_reads, spent.firestore_writes) == (0, 20)
    await documents.due(NOW, 500)
    assert wire.both == (spent.firestore_reads, spent.firestore_writes) == (20, 20)
    await documents.mark(stored)
    await documents.read_each([(one.user_id, "episode_1") for one in stored[:5]])
    assert wire.both == (spent.firestore_reads, spent.firestore_writes) == (25, 40)
    await documents.of_event("episode_1", None, 7)
    await documents.of_event("none", None, 7)
    assert wire.both == (spent.firestore_reads, spent.firestore_writes) == (33, 40)
    await wiring.firestore._firestore_api.transport.close()
