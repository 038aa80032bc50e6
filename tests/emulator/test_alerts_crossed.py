"""Tellings, plans, pushes and readers that cross each other: what each finds done by another in between."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.tracking import UserId
from shared.errors import StoreUnavailable
from shared.usecases.inbox import history, mark_read
from tests.emulator.alerting import NOON, Alerting, edit_of, episode
from tests.emulator.pushing import HOUR, MINUTE

pytestmark = pytest.mark.anyio

DAY = "2026-07-24"
FOURTH, FIFTH = "episode_7173960", "episode_7173961"


def first(patch: pytest.MonkeyPatch, of: object, name: str, happens: Callable[[], Awaitable[None]]) -> None:
    """Let something happen before the first call of a method; the method is the real one."""
    real = getattr(of, name)

    async def called(*given: Any) -> Any:
        patch.setattr(of, name, real)
        await happens()
        return await real(*given)

    patch.setattr(of, name, called)


async def test_an_older_telling_does_not_bring_back_what_was_withdrawn(
    alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY))
    (second,) = await alerting.tell(episode(4, "2026-07-25", version=2))

    async def withdrawn() -> None:
        await alerting.announce(episode(4, "2026-07-25", version=3, is_withdrawn=True))

    # The second version's telling has read its page, and is about to write it.
    first(monkeypatch, alerting.instance.notifications, "put", withdrawn)
    await alerting.fan_out(second)

    assert await alerting.statuses("ada") == {FOURTH: "skipped: event_withdrawn"}


async def test_an_edit_does_not_move_an_alert_back(
    alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY))

    async def moved() -> None:
        await alerting.announce(episode(4, "2026-08-24", version=2))

    # The edit has read the show as it was.
    first(monkeypatch, alerting.instance.notifications, "pending_of_show", moved)
    await alerting.follow("ada", edit=edit_of(is_favorite=True))

    notification = await alerting.notification("ada", FOURTH)
    assert (notification.event_date, notification.event_version) == ("2026-08-24", 2)


async def test_a_telling_does_not_undo_wishes_that_changed_meanwhile(
    alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alerting.follow("ada")
    (message,) = await alerting.tell(episode(4, DAY))

    async def moved_house() -> None:
        await alerting.want("ada", timezone="Pacific/Honolulu")
        await alerting.deliver("alert-plans")

    # The telling has read what she follows, and is about to write.
    first(monkeypatch, alerting.instance.notifications, "put", moved_house)
    await alerting.fan_out(message)

    notification = await alerting.notification("ada", FOURTH)
    assert notification.due_at == datetime(2026, 7, 24, 19, tzinfo=UTC)


async def test_whoever_begins_to_follow_is_not_told_of_yesterday(alerting: Alerting) -> None:
    await alerting.device("ada", "phone")
    await alerting.follow("ada")  # a show that is not held: its first sync tells all of the last fortnight
    await alerting.announce(episode(2, "2026-07-12"), episode(3, "2026-07-19"), episode(4, "2026-07-20"))

    assert await alerting.at(NOON + MINUTE) == {"sent": 1}
    assert alerting.screen("phone") == [("Season 3, episode 4: Episode 4 (today)", 1)]


async def test_what_has_reached_one_device_can_be_read_and_waits_for_no_other_then(
    alerting: Alerting,
) -> None:
    inbox, ada = alerting.instance.inbox, UserId("ada")
    await alerting.device("ada", "phone")
    await alerting.device("ada", "tablet", "ios")
    alerting.fcm.refuse("tablet", "unavailable")
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY))
    assert await alerting.at(HOUR) == {"pending": 1}
    found = (await history(ada, inbox=inbox)).notifications
    assert ([one.notification_id for one in found], await inbox.unread_count(ada)) == ([FOURTH], 1)

    await mark_read(ada, FOURTH, inbox=inbox, topics=alerting.instance.topics, now=alerting.now)
    assert await alerting.deliver("push") == {"cleared": 1}
    alerting.fcm.refuse("tablet", "ok")

    assert not await alerting.at(HOUR + timedelta(hours=1))
    assert (alerting.screen("phone"), alerting.screen("tablet")) == ([], [])
    assert await alerting.statuses("ada") == {FOURTH: "read"}


async def test_what_goes_wrong_for_one_user_takes_nothing_from_another(
    alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user, token in (("bob", "bobs"), ("ada", "gone")):
        await alerting.device(user, token)
        await alerting.follow(user)
    alerting.fcm.refuse("gone", "unregistered")
    await alerting.announce(episode(4, DAY))

    async def store_is_down() -> None:
        raise StoreUnavailable("The database does not answer.")

    first(monkeypatch, alerting.instance.devices, "forget", store_is_down)

    assert await alerting.at(HOUR) == {"sent": 1, "skipped": 1}
    assert await alerting.statuses("bob") == {FOURTH: "sent"}


async def test_a_later_part_of_a_digest_has_the_earlier_one_too(
    alerting: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alerting.device("ada", "phone")
    await alerting.want("ada", digestHour=18)
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY), episode(5, DAY))
    (late,) = await alerting.tell(episode(6, DAY))
    evening = HOUR.replace(hour=18)

    async def given() -> None:
        assert await alerting.at(evening + timedelta(seconds=2)) == {"sent": 2}

    alerting.clock = evening - timedelta(milliseconds=10)
    first(monkeypatch, alerting.instance.notifications, "put", given)
    await alerting.fan_out(late)

    assert await alerting.at(evening + MINUTE) == {"sent": 1}
    ((body, times),) = alerting.screen("phone")
    assert (times, [line.split(":")[0] for line in body.splitlines()]) == (
        2,
        [f"Season 3, episode {number}" for number in (4, 5, 6)],
    )
