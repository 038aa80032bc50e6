"""What becomes of a notification: what is there, what happens, and what is there then.

Ada, in Berlin, follows Silo, whose eighth episode airs on 2026-08-20: at 9 there it is 07:00 in UTC.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import product
from typing import Any

import pytest

from shared.domain.alert_plan import (
    REVOCABLE,
    REVOCABLE_BY_EVENT,
    checked,
    for_event,
    for_follower,
    without_follower,
)
from shared.domain.alert_preferences import AlertKind, ShowWishes, Timing
from shared.domain.alerts import GRACE, Silence
from shared.domain.local_time import QuietHours, Zone
from shared.domain.notification import (
    KEPT_FOR,
    AboutShow,
    Notification,
    NotificationStatus,
    failed,
    partly_sent,
    postponed,
    put_off,
    read,
    sent,
    skipped,
)
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.version import Version
from shared.domain.watched import Subject, Watched
from tests.unit.domain.silo import (
    ABOUT,
    ADA,
    ENDED,
    FOLLOWING,
    GRAY_GOO,
    KEY,
    SECOND_HALF,
    SPECIAL,
    TEN_AT_ONCE,
    THREE_SEASONS,
    following,
    utc,
)

NOW = utc("2026-08-18T06:00")
NINE = utc("2026-08-20T07:00")
SOON_AFTER = NINE + timedelta(minutes=1)


def planned(
    event: TimelineEvent = GRAY_GOO, now: datetime = NOW, about: AboutShow = ABOUT, **wishes: Any
) -> Notification:
    notification = for_follower(None, event, following(**wishes), about, now, is_news=True)
    assert notification is not None
    return replace(notification, version=Version("1"))


PLANNED = planned()
HANDED_OVER = postponed(PLANNED, SOON_AFTER + timedelta(minutes=5))
REACHED = partly_sent(replace(HANDED_OVER, tries=1), {"phone"}, SOON_AFTER)
EXISTING: dict[str, Notification | None] = {
    "nothing": None,
    "pending": PLANNED,
    "handed over": HANDED_OVER,
    "reached": REACHED,
    "sent": sent(PLANNED, SOON_AFTER),
    "failed": failed(PLANNED, "INTERNAL", SOON_AFTER),
    "failed for FCM's own reason": failed(PLANNED, "too_old", SOON_AFTER),
    "read": read(sent(PLANNED, SOON_AFTER), SOON_AFTER),
    "no device, read": read(skipped(PLANNED, Silence.NO_DEVICE, SOON_AFTER), SOON_AFTER),
    **{reason.value: skipped(PLANNED, reason, NOW) for reason in Silence},
}
FINAL = [
    *("sent", "failed", "failed for FCM's own reason", "read", "no device, read"),
    "no_device",
]
REVOKED = ["not_followed", "silenced", "kind_off", "event_withdrawn", "over_when_followed", "too_old"]
REVOKED_BY_A_LATER_DAY = ["watched", "not_caught_up"]
EVENTS: dict[str, TimelineEvent] = {
    "the same": GRAY_GOO,
    "renamed": replace(GRAY_GOO, description="Season 3, episode 8: Goo", version=2),
    "a week later": replace(GRAY_GOO, event_date="2026-08-27", version=2),
    "a day earlier": replace(GRAY_GOO, event_date="2026-08-19", version=2),
    "in May": replace(GRAY_GOO, event_date="2026-05-20", version=2),
    "withdrawn": replace(GRAY_GOO, is_withdrawn=True, version=2),
    "back": replace(GRAY_GOO, version=3),
    "a finale": replace(GRAY_GOO, event_type=EventType.SEASON_FINALE, version=2),
}
WISHES: dict[str, dict[str, Any]] = {
    "as before": {},
    "in Honolulu": {"zone": Zone("Pacific/Honolulu")},
    "in Kiritimati": {"zone": Zone("Pacific/Kiritimati")},
    "a day before": {"timing": Timing(24)},
    "quiet until 10": {"quiet_hours": QuietHours(time(22), time(10))},
    "a digest at 18": {"digest_hour": 18},
    "no episodes": {"notify_new_episode": False},
    "silenced": {"wishes": ShowWishes(is_silenced=True)},
    "when caught up": {"only_within_episodes": 0},
}


def shown(notification: Notification | None) -> str:
    if notification is None:
        return "unchanged"
    if not notification.is_pending:
        assert notification.due_at is None
        return f"{notification.status} {notification.reason}"
    assert notification.due_at is not None
    arrived = (SOON_AFTER, True) if notification.delivered_to else (None, False)
    assert (notification.reason, (notification.arrived_at, notification.is_unread)) == (None, arrived)
    times = [f"{each:%m-%d %H:%M}" for each in (notification.scheduled_for, notification.due_at)]
    text = times[0] if times[0] == times[1] else f"{times[0]}, due {times[1]}"
    return text if notification.digest_id is None else f"{text}, {notification.digest_id}"


@pytest.mark.parametrize(
    ("existing", "event", "wishes", "now", "if_news", "if_not"),
    [
        # Nothing is there: it is told, or she begins to follow.
        ("nothing", "the same", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("nothing", "a week later", "as before", NOW, "08-27 07:00", "08-27 07:00"),
        ("nothing", "a finale", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("nothing", "a finale", "no episodes", NOW, "08-20 07:00", "08-20 07:00"),
        ("nothing", "in May", "as before", NOW, "unchanged", "unchanged"),
        ("nothing", "withdrawn", "as before", NOW, "unchanged", "unchanged"),
        ("nothing", "the same", "no episodes", NOW, "unchanged", "unchanged"),
        ("nothing", "the same", "silenced", NOW, "unchanged", "unchanged"),
        ("nothing", "the same", "as before", SOON_AFTER, "08-20 07:00", "unchanged"),
        ("nothing", "the same", "a day before", utc("2026-08-19T06:00"), "08-18 22:00", "08-18 22:00"),
        ("nothing", "the same", "a day before", utc("2026-08-19T21:59"), "08-18 22:00", "08-18 22:00"),
        ("nothing", "the same", "a day before", utc("2026-08-19T22:00"), "08-18 22:00", "unchanged"),
        ("nothing", "the same", "quiet until 10", NOW, "08-20 07:00, due 08-20 08:00", None),
        ("nothing", "the same", "a digest at 18", NOW, "08-20 16:00, digest_2026-08-20", None),
        # It is pending.
        ("pending", "the same", "as before", NOW, "unchanged", "unchanged"),
        ("pending", "the same", "as before", SOON_AFTER, "unchanged", "unchanged"),
        ("pending", "renamed", "as before", SOON_AFTER, "08-20 07:00", "08-20 07:00"),
        ("pending", "a week later", "as before", NOW, "08-27 07:00", "08-27 07:00"),
        ("pending", "a day earlier", "as before", NOW, "08-19 07:00", "08-19 07:00"),
        ("pending", "a day earlier", "as before", SOON_AFTER, "08-19 07:00", "08-19 07:00"),
        ("pending", "in May", "as before", NOW, "skipped too_old", "skipped too_old"),
        ("pending", "withdrawn", "as before", NOW, "skipped event_withdrawn", "skipped event_withdrawn"),
        ("pending", "a finale", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("pending", "a finale", "no episodes", NOW, "08-20 07:00", "08-20 07:00"),
        ("pending", "the same", "no episodes", NOW, "skipped kind_off", "skipped kind_off"),
        ("pending", "the same", "silenced", NOW, "skipped silenced", "skipped silenced"),
        ("pending", "the same", "in Honolulu", NOW, "08-20 19:00", "08-20 19:00"),
        ("pending", "the same", "in Kiritimati", NOW, "08-19 19:00", "08-19 19:00"),
        ("pending", "the same", "in Kiritimati", SOON_AFTER, "08-19 19:00", "08-19 19:00"),
        ("pending", "the same", "a day before", NOW, "08-18 22:00", "08-18 22:00"),
        ("pending", "the same", "a day before", SOON_AFTER, "08-18 22:00", "08-18 22:00"),
        ("pending", "the same", "quiet until 10", NOW, "08-20 07:00, due 08-20 08:00", None),
        ("pending", "the same", "a digest at 18", NOW, "08-20 16:00, digest_2026-08-20", None),
        ("pending", "the same", "when caught up", NOW, "08-20 07:00", "08-20 07:00"),
        # It is being sent: it was handed over at 07:00, and is due again at 07:06 if that is lost.
        ("handed over", "the same", "as before", SOON_AFTER, "unchanged", "unchanged"),
        ("handed over", "renamed", "as before", SOON_AFTER, "08-20 07:00, due 08-20 07:06", None),
        ("handed over", "the same", "when caught up", SOON_AFTER, "08-20 07:00, due 08-20 07:06", None),
        ("handed over", "a week later", "as before", SOON_AFTER, "08-27 07:00", "08-27 07:00"),
        ("handed over", "withdrawn", "as before", SOON_AFTER, "skipped event_withdrawn", None),
        ("handed over", "the same", "in Honolulu", SOON_AFTER, "08-20 19:00", "08-20 19:00"),
        ("handed over", "the same", "quiet until 10", SOON_AFTER, "08-20 07:00, due 08-20 08:00", None),
        ("handed over", "the same", "a digest at 18", SOON_AFTER, "08-20 16:00, digest_2026-08-20", None),
        ("handed over", "the same", "silenced", SOON_AFTER, "skipped silenced", "skipped silenced"),
        # It was given up for a reason that can pass.
        ("event_withdrawn", "withdrawn", "as before", NOW, "unchanged", "unchanged"),
        ("event_withdrawn", "back", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("event_withdrawn", "back", "as before", SOON_AFTER, "08-20 07:00", "unchanged"),
        ("event_withdrawn", "back", "silenced", NOW, "unchanged", "unchanged"),
        ("not_followed", "the same", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("not_followed", "the same", "as before", SOON_AFTER, "08-20 07:00", "unchanged"),
        ("silenced", "the same", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("silenced", "the same", "silenced", NOW, "unchanged", "unchanged"),
        ("kind_off", "the same", "as before", NOW, "08-20 07:00", "08-20 07:00"),
        ("kind_off", "a finale", "no episodes", NOW, "08-20 07:00", "08-20 07:00"),
        ("kind_off", "the same", "no episodes", NOW, "unchanged", "unchanged"),
        ("over_when_followed", "a week later", "as before", NOW, "08-27 07:00", "08-27 07:00"),
        ("too_old", "in May", "as before", NOW, "unchanged", "unchanged"),
        ("too_old", "a week later", "as before", NOW, "08-27 07:00", "08-27 07:00"),
        # It did not fit at its time, and may at a later one.
        *(
            row
            for reason in REVOKED_BY_A_LATER_DAY
            for row in (
                (reason, "the same", "as before", NOW, "unchanged", "unchanged"),
                (reason, "the same", "as before", SOON_AFTER, "unchanged", "unchanged"),
                (reason, "renamed", "as before", NOW, "unchanged", "unchanged"),
                (reason, "a finale", "as before", NOW, "unchanged", "unchanged"),
                (reason, "a day earlier", "as before", NOW, "unchanged", "unchanged"),
                (reason, "in May", "as before", NOW, "unchanged", "unchanged"),
                (reason, "withdrawn", "as before", NOW, "unchanged", "unchanged"),
                (reason, "back", "as before", NOW, "unchanged", "unchanged"),
                (reason, "the same", "in Kiritimati", NOW, "unchanged", "unchanged"),
                (reason, "the same", "quiet until 10", NOW, "unchanged", "unchanged"),
                (reason, "a week later", "silenced", NOW, "unchanged", "unchanged"),
                (reason, "a week later", "as before", NOW, "08-27 07:00", "08-27 07:00"),
                (reason, "a week later", "as before", SOON_AFTER, "08-27 07:00", "08-27 07:00"),
            )
        ),
        # It has reached a device, and waits for others.
        ("reached", "the same", "as before", SOON_AFTER, "unchanged", "unchanged"),
        ("reached", "renamed", "as before", SOON_AFTER, "08-20 07:00, due 08-20 07:06", None),
        ("reached", "a week later", "as before", SOON_AFTER, "sent None", "sent None"),
        ("reached", "a day earlier", "as before", SOON_AFTER, "sent None", "sent None"),
        ("reached", "in May", "as before", SOON_AFTER, "sent None", "sent None"),
        ("reached", "withdrawn", "as before", SOON_AFTER, "sent None", "sent None"),
        ("reached", "the same", "silenced", SOON_AFTER, "sent None", "sent None"),
        ("reached", "the same", "in Honolulu", SOON_AFTER, "sent None", "sent None"),
        ("reached", "the same", "a digest at 18", SOON_AFTER, "sent None", "sent None"),
        ("reached", "the same", "when caught up", SOON_AFTER, "08-20 07:00, due 08-20 07:06", None),
    ],
)
def test_what_an_event_makes_of_a_followers_notification(
    existing: str, event: str, wishes: str, now: datetime, if_news: str, if_not: str | None
) -> None:
    follower = following(**WISHES[wishes])

    for is_news, expected in ((True, if_news), (False, if_not if if_not is not None else if_news)):
        change = for_follower(EXISTING[existing], EVENTS[event], follower, ABOUT, now, is_news=is_news)

        assert shown(change) == expected
        if change is not None:
            again = for_follower(change, EVENTS[event], follower, ABOUT, now, is_news=is_news)
            assert again is None


@pytest.mark.parametrize("existing", FINAL)
def test_what_has_happened_is_never_changed(existing: str) -> None:
    before = EXISTING[existing]
    assert before is not None

    for event, wishes, now in product(EVENTS.values(), WISHES.values(), (NOW, SOON_AFTER)):
        for is_news in (True, False):
            assert for_follower(before, event, following(**wishes), ABOUT, now, is_news=is_news) is None
        assert for_event(before, event, ABOUT, now) is None
    assert without_follower(before, NOW) is None


def test_every_reason_either_can_pass_or_is_final() -> None:
    can_pass = {*REVOKED, *REVOKED_BY_A_LATER_DAY}

    assert {reason.value for reason in REVOCABLE} == can_pass
    assert {reason.value for reason in REVOCABLE_BY_EVENT} == {
        *("event_withdrawn", "too_old"),
        *REVOKED_BY_A_LATER_DAY,
    }
    assert {*can_pass, *FINAL} >= {reason.value for reason in Silence}
    assert not can_pass & {*FINAL}


@pytest.mark.parametrize(
    "existing", [name for name, notification in EXISTING.items() if notification is not None]
)
def test_an_older_version_of_the_event_changes_nothing(existing: str) -> None:
    before = EXISTING[existing]
    assert before is not None
    before = replace(before, event_version=4)

    for event, wishes, now in product(EVENTS.values(), WISHES.values(), (NOW, SOON_AFTER)):
        for is_news in (True, False):
            assert for_follower(before, event, following(**wishes), ABOUT, now, is_news=is_news) is None
        assert for_event(before, event, ABOUT, now) is None


@pytest.mark.parametrize("existing", ["pending", "handed over", "reached"])
@pytest.mark.parametrize(
    ("event", "wishes"),
    [
        ("withdrawn", "as before"),
        ("in May", "as before"),
        ("renamed", "silenced"),
        ("renamed", "no episodes"),
    ],
)
def test_what_was_given_up_is_not_brought_back_by_an_older_telling(
    existing: str, event: str, wishes: str
) -> None:
    before, follower = EXISTING[existing], following(**WISHES[wishes])
    assert before is not None

    given_up = [for_follower(before, EVENTS[event], follower, ABOUT, SOON_AFTER, is_news=True)]
    if wishes == "as before":
        given_up.append(for_event(before, EVENTS[event], ABOUT, SOON_AFTER))

    for each in given_up:
        assert each is not None
        assert (each.is_pending, each.event_version) == (False, 2)
        assert for_event(each, GRAY_GOO, ABOUT, NOW) is None
        assert for_follower(each, GRAY_GOO, FOLLOWING, ABOUT, NOW, is_news=True) is None


@pytest.mark.parametrize(
    ("followed", "now", "expected"),
    [
        ("2026-08-20T21:59", "2026-08-21T08:00", "08-20 07:00"),
        ("2026-08-20T22:00", "2026-08-21T08:00", "unchanged"),
        ("2026-08-21T06:00", "2026-08-21T08:00", "unchanged"),
        (None, "2026-08-21T08:00", "08-20 07:00"),
    ],
)
def test_news_of_a_day_before_the_one_on_which_the_user_began_to_follow_is_over(
    followed: str | None, now: str, expected: str
) -> None:
    follower = replace(FOLLOWING, followed_at=None if followed is None else utc(followed))

    assert shown(for_follower(None, GRAY_GOO, follower, ABOUT, utc(now), is_news=True)) == expected
    # What waits was planned before that, and is given.
    assert for_follower(PLANNED, GRAY_GOO, follower, ABOUT, utc(now), is_news=True) is None


@pytest.mark.parametrize(
    ("existing", "event", "now", "expected"),
    [
        ("pending", "the same", NOW, "unchanged"),
        ("pending", "the same", SOON_AFTER, "unchanged"),
        ("pending", "renamed", NOW, "08-20 07:00"),
        ("pending", "a week later", NOW, "08-27 07:00"),
        ("pending", "a day earlier", NOW, "08-19 07:00"),
        ("pending", "a day earlier", SOON_AFTER, "08-19 07:00"),
        ("pending", "in May", NOW, "skipped too_old"),
        ("pending", "withdrawn", NOW, "skipped event_withdrawn"),
        ("handed over", "the same", SOON_AFTER, "unchanged"),
        ("handed over", "renamed", SOON_AFTER, "08-20 07:00, due 08-20 07:06"),
        ("handed over", "a week later", SOON_AFTER, "08-27 07:00"),
        ("handed over", "withdrawn", SOON_AFTER, "skipped event_withdrawn"),
        ("event_withdrawn", "withdrawn", NOW, "unchanged"),
        ("event_withdrawn", "back", NOW, "08-20 07:00"),
        ("event_withdrawn", "back", SOON_AFTER, "08-20 07:00"),
        ("event_withdrawn", "in May", NOW, "unchanged"),
        ("event_withdrawn", "a week later", NOW, "08-27 07:00"),
        ("too_old", "the same", NINE + timedelta(days=3), "unchanged"),
        ("too_old", "a week later", NINE + timedelta(days=3), "08-27 07:00"),
        ("too_old", "withdrawn", NOW, "unchanged"),
        *(
            row
            for reason in REVOKED_BY_A_LATER_DAY
            for row in (
                (reason, "the same", NOW, "unchanged"),
                (reason, "renamed", SOON_AFTER, "unchanged"),
                (reason, "back", NOW, "unchanged"),
                (reason, "withdrawn", NOW, "unchanged"),
                (reason, "a day earlier", NOW, "unchanged"),
                (reason, "in May", NOW, "unchanged"),
                (reason, "a week later", NOW, "08-27 07:00"),
                (reason, "a week later", NINE + timedelta(days=3), "08-27 07:00"),
            )
        ),
        ("reached", "the same", SOON_AFTER, "unchanged"),
        ("reached", "renamed", SOON_AFTER, "08-20 07:00, due 08-20 07:06"),
        ("reached", "a week later", SOON_AFTER, "sent None"),
        ("reached", "a day earlier", SOON_AFTER, "sent None"),
        ("reached", "in May", SOON_AFTER, "sent None"),
        ("reached", "withdrawn", SOON_AFTER, "sent None"),
        # Only their users can want these again, and then they are planned as of that event.
        ("not_followed", "a week later", NOW, "unchanged"),
        ("silenced", "a week later", NOW, "unchanged"),
        ("kind_off", "a week later", NOW, "unchanged"),
        ("over_when_followed", "a week later", NOW, "unchanged"),
    ],
)
def test_what_an_event_makes_of_a_notification_by_the_wishes_that_it_keeps(
    existing: str, event: str, now: datetime, expected: str
) -> None:
    before = EXISTING[existing]
    assert before is not None

    change = for_event(before, EVENTS[event], ABOUT, now)

    assert shown(change) == expected
    assert change is None or for_event(change, EVENTS[event], ABOUT, now) is None


MOST_WISHES = [
    {"zone": Zone("Pacific/Kiritimati"), "timing": Timing(0), "quiet_hours": QuietHours(time(22), time(8))},
    {"zone": Zone("UTC", is_assumed=True), "timing": Timing(-5, 7), "digest_hour": 6},
    {"wishes": ShowWishes(timing=Timing(None, 23)), "quiet_hours": QuietHours(time(21), time(7))},
    {"only_within_episodes": 3, "digest_hour": 23, "quiet_hours": QuietHours(time(22), time(8))},
]


@pytest.mark.parametrize("wishes", MOST_WISHES)
@pytest.mark.parametrize("event", ["renamed", "a week later", "a day earlier"])
def test_both_ways_of_moving_it_come_to_the_same(event: str, wishes: dict[str, Any]) -> None:
    before = planned(**wishes)

    by_event = for_event(before, EVENTS[event], ABOUT, NOW)
    by_follower = for_follower(before, EVENTS[event], following(**wishes), ABOUT, NOW, is_news=True)

    assert by_event == by_follower is not None


@pytest.mark.parametrize("wishes", [{}, *MOST_WISHES])
@pytest.mark.parametrize("told", [NOW, NINE + timedelta(hours=13), NINE + timedelta(hours=25)])
def test_what_is_pending_keeps_its_instant_however_often_it_is_planned(
    told: datetime, wishes: dict[str, Any]
) -> None:
    before = planned(now=told, **wishes)
    instants = [told + timedelta(minutes=47) * step for step in range(160)]

    assert instants[-1] > before.lapses_at >= before.scheduled_for + timedelta(hours=48)
    for now in (each for each in instants if each <= before.lapses_at):
        assert for_event(before, GRAY_GOO, ABOUT, now) is None
        assert for_follower(before, GRAY_GOO, following(**wishes), ABOUT, now, is_news=False) is None
        renamed = for_event(before, EVENTS["renamed"], ABOUT, now)
        assert renamed is not None
        assert (renamed.due_at, renamed.lapses_at) == (before.due_at, before.lapses_at)
        assert renamed.digest_id == before.digest_id


def test_what_was_put_off_is_not_too_old_when_it_is_planned_anew() -> None:
    """Put off in the last hour, it is worth having for 12 hours more."""
    before, now = put_off(PLANNED, NINE + timedelta(hours=50)), NINE + timedelta(hours=55)

    assert before.lapses_at == NINE + timedelta(hours=62)
    for event in (GRAY_GOO, EVENTS["renamed"]):
        by_event = for_event(before, event, ABOUT, now)
        by_follower = for_follower(before, event, FOLLOWING, ABOUT, now, is_news=False)
        assert by_event == by_follower
        assert (by_event or before).is_pending
        assert (by_event or before).lapses_at == before.lapses_at
    for late, event in ((NINE + timedelta(hours=63), GRAY_GOO), (now, EVENTS["a day earlier"])):
        assert shown(for_event(before, event, ABOUT, late)) == "skipped too_old"
        change = for_follower(before, event, FOLLOWING, ABOUT, late, is_news=True)
        assert shown(change) == "skipped too_old"


def test_one_of_a_digest_that_is_being_sent_stays_in_it() -> None:
    digest: dict[str, Any] = {"digest_hour": 18}
    before = postponed(planned(**digest), utc("2026-08-20T16:05"))
    now = utc("2026-08-20T16:01")

    renamed = for_event(before, EVENTS["renamed"], ABOUT, now)
    replanned = for_follower(before, EVENTS["renamed"], following(**digest), ABOUT, now, is_news=False)

    assert shown(renamed) == shown(replanned) == "08-20 16:00, due 08-20 16:05, digest_2026-08-20"
    moved = for_event(before, EVENTS["a week later"], ABOUT, now)
    assert shown(moved) == "08-27 16:00, digest_2026-08-27"
    # At 18 in Berlin it is 6 in Honolulu, where the digest of that day is still to come.
    elsewhere = following(zone=Zone("Pacific/Honolulu"), **digest)
    assert shown(for_follower(before, GRAY_GOO, elsewhere, ABOUT, now, is_news=False)) == (
        "08-21 04:00, digest_2026-08-20"
    )
    assert shown(for_follower(before, GRAY_GOO, FOLLOWING, ABOUT, now, is_news=False)) == "08-20 07:00"


def test_a_digest_at_the_hour_of_the_alert_is_another_wish() -> None:
    change = for_follower(PLANNED, GRAY_GOO, following(digest_hour=9), ABOUT, NOW, is_news=False)

    assert shown(change) == "08-20 07:00, digest_2026-08-20"


def test_a_date_that_moves_twice_moves_it_twice() -> None:
    change: Notification | None = HANDED_OVER
    for version, (day, expected) in enumerate(
        [("2026-08-27", "08-27 07:00"), ("2026-08-21", "08-21 07:00"), ("2026-08-20", "08-20 07:00")], start=2
    ):
        assert change is not None
        change = for_event(change, replace(GRAY_GOO, event_date=day, version=version), ABOUT, SOON_AFTER)
        assert shown(change) == expected


def test_what_is_planned() -> None:
    assert planned(only_within_episodes=2) == Notification(
        user_id=ADA,
        notification_id="episode_7173964",
        event_version=1,
        show_key=KEY,
        kind=AlertKind.EPISODE,
        title="Silo",
        body="Season 3, episode 8: Gray Goo",
        event_date="2026-08-20",
        scheduled_for=NINE,
        due_at=NINE,
        lapses_at=NINE + timedelta(hours=48),
        subject=Subject(3, 8, episode_ids=(7173964,), seasons=(3,), earlier={1: 10, 2: 10, 3: 7}),
        poster_path="/silo.jpg",
        why={
            "switch": "notifyNewEpisode",
            "saidBy": "preferences",
            "onlyWithinEpisodes": 2,
            "timezone": "Europe/Berlin",
            "isTimezoneAssumed": False,
            "notifyHoursBefore": None,
            "notifyAtHour": 9,
            "quietHours": None,
            "digestHour": None,
        },
        version=Version("1"),
    )


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (TEN_AT_ONCE, Subject(3, 1, 10, tuple(range(31, 41)), (3,))),
        (SECOND_HALF, Subject(3, 6, 5, tuple(range(36, 41)), (3,))),
        (THREE_SEASONS, Subject(1, 1, 6, (11, 12, 21, 22, 31, 32), (1, 2, 3))),
        (SPECIAL, Subject(0, 1, 1, (91,), (0,))),
        (ENDED, Subject()),
    ],
)
def test_what_it_is_about(event: TimelineEvent, subject: Subject) -> None:
    assert planned(event, notify_specials=True).subject == subject


@pytest.mark.parametrize("existing", ["pending", "event_withdrawn", "kind_off"])
def test_everything_that_is_told_of_an_event_is_taken_over(existing: str) -> None:
    told = replace(
        EVENTS["a finale"],
        title="Silo!",
        description="The end",
        event_date="2026-08-27",
        episode=9,
        version=7,
    )
    about = AboutShow("/other.jpg", ABOUT.seasons)

    change = for_follower(
        EXISTING[existing], told, following(only_within_episodes=5), about, NOW, is_news=True
    )

    assert change == replace(planned(told, about=about, only_within_episodes=5))


def test_what_moves_by_its_event_is_about_what_that_is_by_then() -> None:
    before = planned(only_within_episodes=0)

    moved = for_event(before, replace(TEN_AT_ONCE, event_date="2026-08-27", version=4), ABOUT, NOW)

    assert moved is not None
    assert moved.subject == Subject(3, 1, 10, tuple(range(31, 41)), (3,), {1: 10, 2: 10})
    assert (moved.title, moved.event_version, moved.event_date) == ("Silo", 4, "2026-08-27")
    assert moved.body == "Season 3, 10 episodes"  # as one of the kind that it was planned as


@pytest.mark.parametrize(
    ("limit", "seasons", "earlier"),
    [
        (None, ABOUT.seasons, {}),
        (0, ABOUT.seasons, {1: 10, 2: 10, 3: 8}),
        (3, ((1, 10), (2, 12), (3, 10)), {1: 10, 2: 12, 3: 8}),
        (3, (), {3: 8}),
    ],
)
def test_what_moves_by_its_event_counts_anew_what_comes_before_where_there_is_a_limit(
    limit: int | None, seasons: tuple[tuple[int, int], ...], earlier: dict[int, int]
) -> None:
    renumbered = replace(GRAY_GOO, episode=9, version=2)

    moved = for_event(
        planned(only_within_episodes=limit), renumbered, AboutShow("/silo.jpg", seasons), SOON_AFTER
    )

    assert moved is not None
    assert moved.subject == Subject(3, 9, episode_ids=(7173964,), seasons=(3,), earlier=earlier)


@pytest.mark.parametrize(
    ("existing", "event", "tries"),
    [
        ("handed over", "renamed", 2),
        ("handed over", "a week later", 0),
        ("handed over", "a day earlier", 0),
        ("too_old", "a week later", 0),
        ("event_withdrawn", "a week later", 0),
        ("watched", "a week later", 0),
    ],
)
def test_the_tries_begin_anew_when_its_time_changes(existing: str, event: str, tries: int) -> None:
    before = EXISTING[existing]
    assert before is not None
    before = replace(before, tries=2)

    for moved in (
        for_event(before, EVENTS[event], ABOUT, SOON_AFTER),
        for_follower(before, EVENTS[event], FOLLOWING, ABOUT, SOON_AFTER, is_news=True),
    ):
        assert moved is not None
        assert (moved.is_pending, moved.tries, moved.version) == (True, tries, PLANNED.version)


def test_what_has_reached_a_device_is_sent_and_does_not_move_when_its_time_changes() -> None:
    later = SOON_AFTER + timedelta(minutes=2)
    expected = replace(sent(REACHED, later), event_version=2)

    assert expected.arrived_at == SOON_AFTER
    assert for_event(REACHED, EVENTS["a week later"], ABOUT, later) == expected
    assert for_follower(REACHED, EVENTS["a week later"], FOLLOWING, ABOUT, later, is_news=True) == expected


def test_what_has_reached_a_device_stays_so_when_it_is_renamed() -> None:
    renamed = for_event(REACHED, EVENTS["renamed"], ABOUT, SOON_AFTER + timedelta(minutes=2))

    assert renamed == replace(REACHED, event_version=2, body="Season 3, episode 8: Goo")


@pytest.mark.parametrize(
    ("before", "until", "lapses"),
    [
        pytest.param(PLANNED, NINE + timedelta(hours=20), NINE + timedelta(hours=48), id="long before"),
        pytest.param(PLANNED, NINE + timedelta(hours=36), NINE + timedelta(hours=48), id="12 hours before"),
        pytest.param(PLANNED, NINE + timedelta(hours=37), NINE + timedelta(hours=49), id="11 hours before"),
        pytest.param(PLANNED, NINE + timedelta(hours=50), NINE + timedelta(hours=62), id="beyond its end"),
    ],
)
def test_what_is_put_off_is_worth_having_for_12_hours_more(
    before: Notification, until: datetime, lapses: datetime
) -> None:
    assert timedelta(hours=12) == GRACE
    assert put_off(before, until) == replace(before, due_at=until, lapses_at=lapses)
    assert postponed(before, until) == replace(before, due_at=until)


EIGHT = Watched(last=(3, 8))


@pytest.mark.parametrize(
    ("before", "wishes", "watched", "now", "expected"),
    [
        pytest.param({}, {}, Watched(), SOON_AFTER, "as it is", id="nothing forbids it"),
        pytest.param({}, {}, Watched(last=(3, 7)), SOON_AFTER, "as it is", id="the one before was watched"),
        pytest.param({}, {}, EIGHT, SOON_AFTER, "skipped watched", id="watched"),
        pytest.param({}, {}, Watched(), NINE + timedelta(hours=48), "as it is", id="two days late"),
        pytest.param({}, {}, Watched(), NINE + timedelta(hours=49), "skipped too_old", id="later"),
        pytest.param(
            {"timing": Timing(168)},
            {"timing": Timing(168)},
            Watched(),
            utc("2026-08-21T21:00"),
            "as it is",
            id="a week after its time, and 47 hours after its day began",
        ),
        pytest.param(
            {},
            {"wishes": ShowWishes(is_silenced=True)},
            Watched(),
            SOON_AFTER,
            "skipped silenced",
            id="silenced meanwhile",
        ),
        pytest.param(
            {"only_within_episodes": 0},
            {"only_within_episodes": 0},
            Watched(last=(3, 6)),
            SOON_AFTER,
            "skipped not_caught_up",
            id="one behind",
        ),
        # It is put off by what its user wishes by now.
        pytest.param(
            {}, {"quiet_hours": QuietHours(time(22), time(10))}, None, SOON_AFTER, "08:00", id="quiet"
        ),
        pytest.param({}, {"timing": Timing(at_hour=20)}, None, SOON_AFTER, "18:00", id="a later hour"),
        pytest.param({}, {"timing": Timing(-12)}, None, SOON_AFTER, "10:00", id="hours after"),
        pytest.param({}, {"zone": Zone("Pacific/Honolulu")}, None, SOON_AFTER, "19:00", id="in Honolulu"),
        pytest.param({}, {"digest_hour": 18}, None, SOON_AFTER, "16:00", id="a digest"),
        pytest.param(
            {"timing": Timing(24)}, {}, None, utc("2026-08-18T22:01"), "07:00", id="no day before any more"
        ),
        pytest.param(
            {},
            {"timing": Timing(at_hour=20), "quiet_hours": QuietHours(time(19), time(21))},
            None,
            SOON_AFTER,
            "19:00",
            id="a later hour, which is quiet",
        ),
        pytest.param(
            {}, {"timing": Timing(at_hour=20)}, EIGHT, SOON_AFTER, "skipped watched", id="later, and watched"
        ),
        # By other wishes its time has come too.
        pytest.param({}, {"timing": Timing(at_hour=7)}, None, SOON_AFTER, "as it is", id="an earlier hour"),
        pytest.param({}, {"timing": Timing(24)}, None, SOON_AFTER, "as it is", id="the day before"),
        pytest.param({}, {"digest_hour": 8}, None, SOON_AFTER, "as it is", id="a digest that is gone"),
        pytest.param(
            {"digest_hour": 8}, {"digest_hour": 9}, None, SOON_AFTER, "as it is", id="a digest of just now"
        ),
        pytest.param(
            {},
            {"quiet_hours": QuietHours(time(22), time(8))},
            None,
            SOON_AFTER,
            "as it is",
            id="quiet before",
        ),
        pytest.param(
            {"timing": Timing(0, 8), "digest_hour": 9},
            {"timing": Timing(0, 8), "digest_hour": 9},
            None,
            SOON_AFTER,
            "as it is",
            id="an hour that does not count is no other wish",
        ),
    ],
)
def test_the_last_check(
    before: dict[str, Any], wishes: dict[str, Any], watched: Watched | None, now: datetime, expected: str
) -> None:
    existing = postponed(planned(**before), now + timedelta(minutes=5))

    after = checked(existing, following(**wishes), watched or Watched(), now)

    if after == existing:
        assert expected == "as it is"
    elif after.is_pending:
        assert after.due_at is not None
        assert after == put_off(existing, after.due_at)
        assert after.due_at == utc(f"2026-08-20T{expected}")
        # And then it is given.
        soon = after.due_at + timedelta(seconds=20)
        again = postponed(after, soon + timedelta(minutes=5))
        assert checked(again, following(**wishes), watched or Watched(), soon) == again
    else:
        assert shown(after) == expected


def test_the_last_check_of_what_is_not_followed_any_more() -> None:
    assert checked(HANDED_OVER, None, Watched(), SOON_AFTER) == skipped(
        HANDED_OVER, Silence.NOT_FOLLOWED, SOON_AFTER
    )


def test_the_last_check_of_what_has_reached_a_device() -> None:
    later = SOON_AFTER + timedelta(minutes=2)

    assert checked(REACHED, FOLLOWING, Watched(), later) == REACHED
    assert checked(REACHED, FOLLOWING, EIGHT, later) == sent(REACHED, later)
    assert checked(REACHED, None, Watched(), later) == sent(REACHED, later)


@pytest.mark.parametrize(
    ("existing", "expected"),
    [("pending", "skipped not_followed"), ("handed over", "skipped not_followed"), ("silenced", "unchanged")],
)
def test_who_stops_following(existing: str, expected: str) -> None:
    before = EXISTING[existing]
    assert before is not None

    change = without_follower(before, NOW)

    assert shown(change) == expected
    assert change is None or without_follower(change, NOW) is None


@pytest.mark.parametrize("reason", Silence)
def test_only_what_lacked_a_device_is_in_the_inbox_though_it_was_skipped(reason: Silence) -> None:
    given_up = skipped(HANDED_OVER, reason, SOON_AFTER)
    is_there = reason is Silence.NO_DEVICE

    assert (given_up.status, given_up.reason, given_up.due_at) == ("skipped", reason.value, None)
    assert given_up.is_unread is is_there
    assert given_up.arrived_at == (SOON_AFTER if is_there else None)


@pytest.mark.parametrize("reason", Silence)
def test_what_has_reached_a_device_was_given_though_others_were_still_waited_for(reason: Silence) -> None:
    later = SOON_AFTER + timedelta(minutes=2)
    given = sent(REACHED, later)

    assert (given.status, given.due_at, given.arrived_at) == ("sent", None, SOON_AFTER)
    assert skipped(REACHED, reason, later) == given
    assert without_follower(REACHED, later) == given
    assert for_event(REACHED, EVENTS["withdrawn"], ABOUT, later) == replace(given, event_version=2)


def test_what_has_reached_a_device_is_in_the_inbox_while_it_waits_for_others() -> None:
    later = SOON_AFTER + timedelta(minutes=2)

    assert partly_sent(HANDED_OVER, [], SOON_AFTER) == HANDED_OVER
    assert partly_sent(HANDED_OVER, ["phone"], SOON_AFTER) == replace(
        HANDED_OVER, delivered_to=frozenset({"phone"}), is_unread=True, arrived_at=SOON_AFTER
    )
    assert partly_sent(REACHED, ["tablet"], later) == replace(
        REACHED, delivered_to=frozenset({"phone", "tablet"})
    )
    assert sent(REACHED, later).arrived_at == SOON_AFTER


def test_what_has_reached_a_device_can_be_read_there_and_is_then_waited_for_no_more() -> None:
    later = SOON_AFTER + timedelta(minutes=2)

    change = read(REACHED, later)

    assert change == replace(
        REACHED, status=NotificationStatus.READ, due_at=None, is_unread=False, read_at=later
    )
    assert read(change, later) is None


@pytest.mark.parametrize(
    ("existing", "has_arrived"),
    [
        *((name, True) for name in ("sent", "failed", "no_device")),
        *((name, False) for name in ("pending", "handed over", "read", "no device, read")),
        *((name, False) for name in (*REVOKED, *REVOKED_BY_A_LATER_DAY)),
    ],
)
def test_what_has_arrived_is_read_once(existing: str, has_arrived: bool) -> None:
    before, later = EXISTING[existing], SOON_AFTER + timedelta(hours=1)
    assert before is not None

    change = read(before, later)

    if not has_arrived:
        assert change is None
    else:
        assert change == replace(before, status=NotificationStatus.READ, is_unread=False, read_at=later)
        assert read(change, later) is None


@pytest.mark.parametrize(
    ("after", "status", "reason"),
    [
        (sent(replace(HANDED_OVER, reason="before"), SOON_AFTER), "sent", None),
        (failed(HANDED_OVER, "QUOTA", SOON_AFTER), "failed", "QUOTA"),
    ],
)
def test_what_was_pushed_has_arrived(after: Notification, status: str, reason: str | None) -> None:
    assert after == replace(
        HANDED_OVER,
        status=NotificationStatus(status),
        reason=reason,
        due_at=None,
        is_unread=True,
        arrived_at=SOON_AFTER,
    )


def test_it_is_kept_for_half_a_year_from_when_it_arrived_or_should_have() -> None:
    assert timedelta(days=180) == KEPT_FOR
    assert PLANNED.expires_at == NINE + KEPT_FOR
    assert sent(PLANNED, SOON_AFTER).expires_at == SOON_AFTER + KEPT_FOR


def test_a_device_shows_it_under_its_own_id_or_its_digests() -> None:
    assert PLANNED.collapse_id == "episode_7173964"
    assert planned(digest_hour=18).collapse_id == "digest_2026-08-20"
