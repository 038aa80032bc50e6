"""Alerts by the users' own clocks and wishes, also where these change while alerts are pending."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.firestore import paths
from shared.domain.alert_message import PlanAlerts
from shared.domain.alert_preferences import UserAlerts
from shared.domain.show import ShowKey
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest
from tests.emulator.alerting import NOON, Alerting, episode

pytestmark = pytest.mark.anyio

FOURTH = "episode_7173960"
DAY = "2026-07-24"
SHOWS = [ShowKey("tv", number) for number in range(1, 6)]
SMALL: dict[str, Any] = {"shows": 2, "page": 2}


def utc(month: int, day: int, hour: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


async def plans(alerting: Alerting) -> list[PlanAlerts]:
    """What was asked for since the last look."""
    return [one for one in await alerting.published("alert-plans") if isinstance(one, PlanAlerts)]


async def times(alerting: Alerting, user_id: str = "ada") -> set[tuple[str, datetime]]:
    """The statuses and times of all that a user has."""
    return {(one.status.value, one.scheduled_for) for one in (await alerting.inbox(user_id)).values()}


async def follow_five(alerting: Alerting) -> None:
    """Ada follows five shows, of each of which an episode airs on that day."""
    for number, key in enumerate(SHOWS):
        await alerting.tell(episode(number, DAY, show_key=key), key=key)
        await alerting.follow("ada", key)


async def is_planned(alerting: Alerting) -> bool:
    """Whether nothing is left to be planned for anybody."""
    return not await alerting.instance.users.unplanned(alerting.clock + timedelta(days=365), 10)


@pytest.mark.parametrize(
    ("zone", "event_date", "wishes", "scheduled_for"),
    [
        ("Pacific/Kiritimati", DAY, {}, utc(7, 23, 19)),
        ("Pacific/Honolulu", DAY, {}, utc(7, 24, 19)),
        (None, DAY, {}, utc(7, 24, 9)),
        ("Nowhere/Known", DAY, {}, utc(7, 24, 9)),
        ("Europe/Berlin", DAY, {}, utc(7, 24, 7)),
        ("Europe/Berlin", DAY, {"notifyHoursBefore": 0}, utc(7, 23, 22)),
        ("Europe/Berlin", DAY, {"notifyHoursBefore": 48}, utc(7, 21, 22)),
        ("Europe/Berlin", DAY, {"notifyHoursBefore": -20}, utc(7, 24, 18)),
        ("Pacific/Kiritimati", DAY, {"notifyHoursBefore": 0}, utc(7, 23, 10)),
        ("Pacific/Honolulu", DAY, {"notifyHoursBefore": 0}, utc(7, 24, 10)),
        # The clocks are put back in the night: the day begins in summer time, and nine is in winter time.
        ("Europe/Berlin", "2026-10-25", {"notifyHoursBefore": 0}, utc(10, 24, 22)),
        ("Europe/Berlin", "2026-10-25", {"notifyAtHour": 9}, utc(10, 25, 8)),
        ("Europe/Berlin", "2026-10-25", {"notifyAtHour": 2}, utc(10, 25, 0)),
        # They are put forward: at two, and in Cairo at midnight, so that the day begins at one.
        ("America/New_York", "2027-03-14", {"notifyAtHour": 2}, utc(3, 14, 7, 2027)),
        ("America/New_York", "2027-03-14", {"notifyAtHour": 9}, utc(3, 14, 13, 2027)),
        ("Africa/Cairo", "2027-04-30", {"notifyHoursBefore": 0}, utc(4, 29, 22, 2027)),
    ],
)
async def test_an_alert_is_planned_by_the_clock_of_its_user(
    alerting: Alerting, zone: str | None, event_date: str, wishes: dict[str, Any], scheduled_for: datetime
) -> None:
    await alerting.want("fan", timezone=zone, **wishes)
    await alerting.follow("fan")
    await alerting.announce(episode(4, event_date))
    (planned,) = (await alerting.inbox("fan")).values()
    assert (planned.scheduled_for, planned.due_at) == (scheduled_for, scheduled_for)
    # Who begins to follow when it is known already has the same.
    await alerting.want("later", timezone=zone, **wishes)
    await alerting.follow("later")
    assert await times(alerting, "later") == {("pending", scheduled_for)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "Pacific/Kiritimati"),
        ("Pacific/Honolulu", "Pacific/Kiritimati"),
        ("Pacific/Kiritimati", "Pacific/Honolulu"),
        ("Europe/Berlin", None),
    ],
)
async def test_another_zone_moves_what_is_pending(
    alerting: Alerting, before: str | None, after: str | None
) -> None:
    nine = {
        None: utc(7, 24, 9),
        "Europe/Berlin": utc(7, 24, 7),
        "Pacific/Kiritimati": utc(7, 23, 19),
        "Pacific/Honolulu": utc(7, 24, 19),
    }
    await alerting.want("ada", timezone=before)
    await follow_five(alerting)
    assert await times(alerting) == {("pending", nine[before])}
    await plans(alerting)
    await alerting.want("ada", timezone=after)
    assert await times(alerting) == {("pending", nine[before])}
    messages = await plans(alerting)
    report = await alerting.plan(messages[0], **SMALL)
    assert (report.shows, report.is_complete) == (2, False)
    assert await alerting.deliver("alert-plans", **SMALL) == {"planned": 3}
    assert await times(alerting) == {("pending", nine[after])}
    assert await is_planned(alerting)
    # An event that moves then goes by the new zone too.
    moved = episode(0, "2026-07-25", version=2, show_key=SHOWS[0])
    for message in await alerting.tell(moved, key=SHOWS[0]):
        await alerting.fan_out(message)
    assert ("pending", nine[after] + timedelta(days=1)) in await times(alerting)


async def test_quiet_hours_put_off_what_is_pending_and_let_it_go(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY))

    async def planned(**wishes: Any) -> tuple[datetime, datetime | None]:
        await alerting.want("ada", timezone="Europe/Berlin", **wishes)
        await alerting.deliver("alert-plans")
        one = await alerting.notification("ada", FOURTH)
        return one.scheduled_for, one.due_at

    nine = utc(7, 24, 7)
    assert await planned() == (nine, nine)
    quiet = {"from": "22:00", "to": "10:00"}
    assert await planned(quietHours=quiet) == (nine, utc(7, 24, 8))
    assert await planned(quietHours=quiet, notifyHoursBefore=1) == (utc(7, 23, 21), utc(7, 24, 8))
    assert await planned() == (nine, nine)
    assert await planned(digestHour=18) == (utc(7, 24, 16), utc(7, 24, 16))
    assert await planned() == (nine, nine)


async def test_a_switch_withdraws_what_is_pending_and_plans_it_again(alerting: Alerting) -> None:
    await follow_five(alerting)
    await alerting.want("ada", notifyNewEpisode=False)
    assert await alerting.deliver("alert-plans") == {"planned": 5}
    assert set((await alerting.statuses("ada")).values()) == {"skipped: kind_off"}
    await alerting.want("ada")
    assert await alerting.deliver("alert-plans") == {"planned": 5}
    assert set((await alerting.statuses("ada")).values()) == {"pending"}


async def test_a_plan_that_comes_three_times_changes_nothing_more(alerting: Alerting) -> None:
    await follow_five(alerting)
    await alerting.want("ada", timezone="Pacific/Honolulu")
    (message,) = await plans(alerting)
    reports = [await alerting.plan(message) for _ in range(3)]
    assert [(report.shows, report.changed_alerts) for report in reports] == [(5, 5), (5, 0), (5, 0)]
    assert await times(alerting) == {("pending", utc(7, 24, 19))}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_plans_of_two_changes_in_any_order_end_with_the_second(
    alerting: Alerting, order: tuple[int, ...]
) -> None:
    """Each change is planned by two messages, of which the second goes on from the first."""
    await follow_five(alerting)
    messages: list[PlanAlerts] = []
    for zone in ("Pacific/Honolulu", "Pacific/Kiritimati"):
        await alerting.want("ada", timezone=zone)
        (asked,) = await plans(alerting)
        messages.append(asked)
        # The first part of the first is done when the second change comes.
        await alerting.plan(asked, shows=3, page=3)
        messages += await plans(alerting)
    assert len(messages) == 4
    for index in order:
        await alerting.plan(messages[index])
    assert await times(alerting) == {("pending", utc(7, 23, 19))}
    assert await is_planned(alerting)


async def test_a_change_that_comes_while_an_earlier_one_is_planned_stays_to_be_planned(
    alerting: Alerting,
) -> None:
    await follow_five(alerting)
    await alerting.want("ada", timezone="Pacific/Honolulu")
    (asked,) = await plans(alerting)
    await alerting.plan(asked, shows=3, page=3)
    (further,) = await plans(alerting)
    await alerting.want("ada", timezone="Pacific/Kiritimati")
    await plans(alerting)  # and its message is lost
    await alerting.plan(further)
    assert len(await times(alerting)) == 2
    assert not await is_planned(alerting)
    alerting.clock += timedelta(minutes=11)
    assert (await alerting.dispatch()).plans_requested == 1
    await alerting.deliver("alert-plans")
    assert await times(alerting) == {("pending", utc(7, 23, 19))}
    assert await is_planned(alerting)


async def test_a_change_that_was_stored_and_not_published_is_found(alerting: Alerting) -> None:
    await alerting.follow("ada")
    await alerting.announce(episode(4, DAY))
    wanted = UserAlerts.of({"timezone": "Pacific/Honolulu"})
    await alerting.instance.users.put_alerts(UserId("ada"), wanted, alerting.now())
    assert (await alerting.dispatch()).plans_requested == 0  # it may be on its way
    alerting.clock = NOON + timedelta(minutes=11)
    assert (await alerting.dispatch()).plans_requested == 1
    assert (await alerting.dispatch()).plans_requested == 0  # it was asked for just now
    assert await alerting.deliver("alert-plans") == {"planned": 1}
    assert await times(alerting) == {("pending", utc(7, 24, 19))}
    assert (await alerting.dispatch()).plans_requested == 0


async def test_who_leaves_while_a_plan_is_made_is_left_alone(alerting: Alerting) -> None:
    await follow_five(alerting)
    await alerting.want("ada", timezone="Pacific/Honolulu")
    (asked,) = await plans(alerting)
    await alerting.plan(asked, **SMALL)
    await alerting.unfollow("ada", SHOWS[4])
    await alerting.deliver("alert-plans", **SMALL)
    statuses = list((await alerting.statuses("ada")).values())
    assert sorted(statuses) == ["pending"] * 4 + ["skipped: not_followed"]
    document = (await alerting.firestore.document(paths.user(UserId("ada"))).get()).to_dict() or {}
    assert sorted(document["followedShows"]) == [str(key) for key in SHOWS[:4]]


async def test_a_plan_of_nobody_does_nothing_and_one_from_nowhere_is_refused(alerting: Alerting) -> None:
    report = await alerting.plan(PlanAlerts(user_id="nobody"))
    assert (report.shows, report.is_complete) == (0, True)
    with pytest.raises(InvalidRequest):
        await alerting.plan(PlanAlerts(user_id="ada", after="nowhere"))
