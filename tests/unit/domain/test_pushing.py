"""What is seen of a notification on a device, and what becomes of it by what FCM answers."""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from shared.domain.alert_plan import for_follower
from shared.domain.alert_preferences import Timing
from shared.domain.local_time import QuietHours, Zone
from shared.domain.notification import AboutShow, Notification, partly_sent, put_off
from shared.domain.push import Alert, Sending, Sent
from shared.domain.pushing import alert_of, outcome
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.timeline import TimelineEvent, movie_event, status_event
from tests.unit.domain.silo import (
    ABOUT,
    BERLIN,
    ENDED,
    FAREWELL,
    GRAY_GOO,
    RELEASE,
    SPECIAL,
    TEN_AT_ONCE,
    THREE_SEASONS,
    TODAY,
    following,
    utc,
)

NINE = utc("2026-08-20T07:00")


def planned(event: TimelineEvent = GRAY_GOO, about: AboutShow = ABOUT, **wishes: Any) -> Notification:
    follower = following(notify_specials=True, **wishes)
    notification = for_follower(None, event, follower, about, utc("2026-08-18"), is_news=True)
    assert notification is not None
    return notification


def test_what_is_seen_of_one() -> None:
    assert alert_of([planned()], BERLIN, NINE) == Alert(
        collapse_id="episode_7173964",
        title="Silo",
        body="Season 3, episode 8: Gray Goo (today)",
        path="/show/tv_125988/season/3/episode/8",
        expires_at=NINE + timedelta(hours=48),
        image_url="https://image.tmdb.org/t/p/w342/silo.jpg",
        data={
            "notificationId": "episode_7173964",
            "showKey": "tv_125988",
            "kind": "episode",
            "eventDate": "2026-08-20",
            "season": "3",
            "episode": "8",
            "episodeCount": "1",
        },
    )


@pytest.mark.parametrize(
    ("zone", "now", "said"),
    [
        ("Europe/Berlin", "2026-08-19T21:59", "tomorrow"),
        ("Europe/Berlin", "2026-08-19T22:00", "today"),
        ("Pacific/Kiritimati", "2026-08-19T10:00", "today"),
        ("Pacific/Honolulu", "2026-08-20T09:59", "tomorrow"),
        ("Pacific/Honolulu", "2026-08-21T10:00", "yesterday"),
    ],
)
def test_the_day_is_told_as_it_is_for_the_user(zone: str, now: str, said: str) -> None:
    assert alert_of([planned()], Zone(zone), utc(now)).body == f"Season 3, episode 8: Gray Goo ({said})"


@pytest.mark.parametrize(
    ("event", "path", "facts"),
    [
        (GRAY_GOO, "/show/tv_125988/season/3/episode/8", ("3", "8", "1")),
        (TEN_AT_ONCE, "/show/tv_125988/season/3", ("3", "1", "10")),
        (THREE_SEASONS, "/show/tv_125988/season/1", ("1", "1", "6")),
        (SPECIAL, "/show/tv_125988/season/0/episode/1", ("0", "1", "1")),
        (ENDED, "/show/tv_125988", (None, None, None)),
        (RELEASE, "/show/movie_27205", (None, None, None)),
    ],
)
def test_what_a_tap_opens(event: TimelineEvent, path: str, facts: tuple[str | None, ...]) -> None:
    alert = alert_of([planned(event)], BERLIN, NINE)

    assert alert.path == path
    assert tuple(alert.data.get(name) for name in ("season", "episode", "episodeCount")) == facts
    assert "None" not in alert.data.values()


def test_a_show_without_a_poster_has_no_image() -> None:
    assert alert_of([planned(about=AboutShow())], BERLIN, NINE).image_url is None


@pytest.mark.parametrize(
    ("notification", "expires"),
    [
        pytest.param(planned(), "2026-08-22T07:00", id="48 hours after its time"),
        pytest.param(planned(timing=Timing(168)), "2026-08-21T22:00", id="or after its day has begun"),
        pytest.param(
            planned(quiet_hours=QuietHours(time(8), time(12))), "2026-08-22T10:00", id="or after quiet hours"
        ),
        pytest.param(
            put_off(planned(), utc("2026-08-22T06:00")), "2026-08-22T18:00", id="put off at the last moment"
        ),
    ],
)
def test_fcm_keeps_it_until_it_lapses(notification: Notification, expires: str) -> None:
    assert alert_of([notification], BERLIN, NINE).expires_at == notification.lapses_at == utc(expires)


SIX = utc("2026-08-20T16:00")
SEVERANCE = ShowKey("tv", 95396)


def test_what_is_seen_of_a_digest() -> None:
    gathered = [planned(digest_hour=18), planned(FAREWELL, digest_hour=18)]

    assert alert_of(gathered, BERLIN, SIX) == Alert(
        collapse_id="digest_2026-08-20",
        title="Silo",
        body="Season 3, episode 8: Gray Goo (today)\nSeason 3, episode 9: Farewell (27 August)",
        path="/notifications",
        expires_at=utc("2026-08-27T16:00") + timedelta(hours=48),
        image_url="https://image.tmdb.org/t/p/w342/silo.jpg",
        data={"digestId": "digest_2026-08-20"},
    )


def test_a_digest_of_two_shows_has_no_image_of_one() -> None:
    other = replace(
        planned(digest_hour=18), show_key=SEVERANCE, title="Severance", notification_id="episode_1"
    )

    alert = alert_of([planned(digest_hour=18), other], BERLIN, SIX)

    assert alert.image_url is None
    assert alert.title == "2 alerts of 2 shows"


def test_a_digest_of_one_is_seen_as_that_one_under_the_digests_id() -> None:
    alert = alert_of([planned(digest_hour=18)], BERLIN, SIX)

    assert alert == replace(
        alert_of([planned()], BERLIN, SIX),
        collapse_id="digest_2026-08-20",
        expires_at=SIX + timedelta(hours=48),
    )


HIGHEST = 9_999_999_999_999_999
FAR_MOVIE = ShowFacts(ShowKey("movie", HIGHEST), None, None, ShowStatus.PLANNED, premiere_date="9999-12-31")


@pytest.mark.parametrize(
    ("event", "wishes"),
    [
        (GRAY_GOO, {}),
        (TEN_AT_ONCE, {}),
        (SPECIAL, {}),
        (ENDED, {}),
        (RELEASE, {}),
        (replace(GRAY_GOO, event_id=f"episode_{HIGHEST}"), {}),
        *((event, {}) for event in movie_event(FAR_MOVIE, TODAY).values()),
        (
            status_event(
                FAR_MOVIE, ShowStatus.PLANNED, ShowStatus.ENDED, number=HIGHEST, today=TODAY, evidence={}
            ),
            {},
        ),
        (GRAY_GOO, {"digest_hour": 18}),
        (GRAY_GOO, {"digest_hour": 0, "quiet_hours": QuietHours(time(22), time(8))}),
        (replace(GRAY_GOO, event_date="9999-12-31"), {"digest_hour": 18}),
    ],
)
def test_every_id_is_one_that_all_platforms_take(event: TimelineEvent, wishes: dict[str, Any]) -> None:
    collapse_id = alert_of([planned(event, **wishes)], BERLIN, NINE).collapse_id

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", collapse_id)


TAKEN = Sending(Sent.DELIVERED)
GONE = Sending(Sent.DEVICE_GONE, "UNREGISTERED")
REFUSED = Sending(Sent.REFUSED, "INVALID_ARGUMENT")
WORDLESS = Sending(Sent.REFUSED)
ERROR = Sending(Sent.FAILED, "INTERNAL")
BUSY = Sending(Sent.FAILED, "QUOTA_EXCEEDED", retry_after=150.5)
BUSY_FOR_LONG = Sending(Sent.FAILED, "QUOTA_EXCEEDED", retry_after=3600.0)
DOWN = Sending(Sent.SERVICE_DOWN, "UNAVAILABLE")
DOWN_FOR_LONG = Sending(Sent.SERVICE_DOWN, "UNAVAILABLE", retry_after=900.0)


def shown(after: Notification, now: datetime, arrived: datetime | None = None) -> str:
    if not after.is_pending:
        assert after.due_at is None
        assert (after.is_unread, after.arrived_at) == (True, arrived or now)  # the inbox has it in any case
        return f"{after.status} {after.reason or ''}".strip()
    assert after.due_at is not None
    # What has reached a device is in the inbox, however long it waits for the others.
    assert (after.is_unread, after.arrived_at) == (
        (True, arrived or now) if after.delivered_to else (False, None)
    )
    return f"again in {(after.due_at - now).total_seconds():g} s"


@pytest.mark.parametrize(
    ("sendings", "before", "expected", "tries"),
    [
        # One device.
        pytest.param([TAKEN], 0, "sent", 0, id="taken"),
        pytest.param([TAKEN], 2, "sent", 2, id="taken at the third try"),
        pytest.param([GONE], 0, "skipped no_device", 0, id="the only device is gone"),
        pytest.param([REFUSED], 0, "failed INVALID_ARGUMENT", 0, id="refused, which no try changes"),
        pytest.param([WORDLESS], 0, "failed refused", 0, id="refused without a word"),
        pytest.param([ERROR], 0, "again in 120 s", 1, id="failed once"),
        pytest.param([ERROR], 1, "again in 1800 s", 2, id="failed twice"),
        pytest.param([ERROR], 2, "failed INTERNAL", 3, id="failed three times"),
        pytest.param([BUSY], 0, "again in 150.5 s", 1, id="failed, and FCM says for how long"),
        pytest.param([BUSY], 1, "again in 1800 s", 2, id="for less long than it waits anyway"),
        pytest.param([BUSY_FOR_LONG], 0, "again in 3600 s", 1, id="for longer than it ever waits"),
        pytest.param([BUSY_FOR_LONG], 1, "again in 3600 s", 2, id="so the second time"),
        pytest.param([BUSY], 2, "failed QUOTA_EXCEEDED", 3, id="failed three times, whatever FCM says"),
        pytest.param([DOWN], 0, "again in 60 s", 0, id="FCM is down"),
        pytest.param([DOWN], 2, "again in 60 s", 2, id="FCM is down, which counts as no try"),
        pytest.param([DOWN_FOR_LONG], 0, "again in 900 s", 0, id="FCM is down, and says for how long"),
        # None.
        pytest.param([], 0, "skipped no_device", 0, id="no device"),
        # Several.
        pytest.param([TAKEN, ERROR], 0, "again in 120 s", 1, id="one of two failed"),
        pytest.param([TAKEN, ERROR], 2, "sent", 3, id="one of two failed for the last time"),
        pytest.param([TAKEN, REFUSED], 0, "sent", 0, id="one of two was refused"),
        pytest.param([TAKEN, GONE], 0, "sent", 0, id="one of two is gone"),
        pytest.param([TAKEN, DOWN], 0, "again in 60 s", 0, id="FCM went down between the two"),
        pytest.param([GONE, REFUSED], 0, "failed INVALID_ARGUMENT", 0, id="one gone, one refused"),
        pytest.param([GONE, GONE], 1, "skipped no_device", 1, id="both gone"),
        pytest.param([ERROR, BUSY], 0, "again in 150.5 s", 1, id="the longer of two pauses"),
        pytest.param([BUSY, ERROR], 0, "again in 150.5 s", 1, id="the longer of two pauses, the other way"),
        pytest.param([REFUSED, ERROR], 2, "failed INTERNAL", 3, id="one refused, one failed three times"),
        pytest.param([ERROR, DOWN], 2, "again in 60 s", 2, id="failed while FCM went down: not counted"),
        pytest.param([ERROR, DOWN, DOWN_FOR_LONG], 0, "again in 900 s", 0, id="the longest outage"),
        # Twelve.
        pytest.param([TAKEN] * 12, 0, "sent", 0, id="twelve devices"),
        pytest.param([ERROR] * 12, 0, "again in 120 s", 1, id="twelve that failed are one try"),
        pytest.param([*[TAKEN] * 8, *[GONE] * 3, REFUSED], 0, "sent", 0, id="twelve, most of them reached"),
        pytest.param(
            [*[TAKEN] * 6, *[GONE] * 2, REFUSED, ERROR, ERROR, BUSY],
            0,
            "again in 150.5 s",
            1,
            id="twelve, and three of them may be reached later",
        ),
        pytest.param(
            [*[TAKEN] * 6, *[GONE] * 2, REFUSED, ERROR, BUSY, DOWN],
            1,
            "again in 60 s",
            1,
            id="twelve, of all sorts",
        ),
        pytest.param([*[GONE] * 11, REFUSED], 0, "failed INVALID_ARGUMENT", 0, id="twelve, none reached"),
    ],
)
def test_what_becomes_of_it(sendings: list[Sending], before: int, expected: str, tries: int) -> None:
    notification = replace(planned(), tries=before)
    by_device = {f"device_{at}": sending for at, sending in enumerate(sendings)}

    after = outcome(notification, by_device, NINE)

    assert shown(after, NINE) == expected
    assert after.tries == tries
    taken = {device for device, sending in by_device.items() if sending.sent is Sent.DELIVERED}
    assert after.delivered_to == taken


@pytest.mark.parametrize(
    ("sendings", "before", "expected"),
    [
        pytest.param({}, 0, "sent", id="nobody is left"),
        pytest.param({"tablet": TAKEN}, 1, "sent", id="the other is reached too"),
        pytest.param({"tablet": GONE}, 1, "sent", id="the other is gone meanwhile"),
        pytest.param({"tablet": REFUSED}, 1, "sent", id="the other refuses"),
        pytest.param({"tablet": ERROR}, 1, "again in 1800 s", id="the other fails again"),
        pytest.param({"tablet": ERROR}, 2, "sent", id="the other fails for the last time"),
        pytest.param({"tablet": DOWN}, 2, "again in 60 s", id="FCM is down"),
    ],
)
def test_of_two_devices_one_was_reached_before(
    sendings: dict[str, Sending], before: int, expected: str
) -> None:
    earlier = NINE - timedelta(minutes=2)
    notification = partly_sent(replace(planned(), tries=before), {"phone"}, earlier)

    after = outcome(notification, sendings, NINE)

    assert shown(after, NINE, arrived=earlier) == expected
    assert after.delivered_to >= {"phone"}


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (timedelta(0), 60),
        (timedelta(minutes=-5), 60),
        (timedelta(minutes=4), 60),
        (timedelta(minutes=8), 120),
        (timedelta(minutes=20), 300),
        (timedelta(minutes=40), 600),
        (timedelta(hours=47), 600),
    ],
)
def test_the_longer_an_outage_the_longer_the_pause(waited: timedelta, pause: int) -> None:
    now = NINE + waited

    assert shown(outcome(planned(), {"phone": DOWN}, now), now) == f"again in {pause} s"


def test_an_outage_of_an_hour_costs_less_than_twenty_tries() -> None:
    notification, now, tries = planned(), NINE, 0
    while now < NINE + timedelta(hours=1):
        notification, tries = outcome(notification, {"phone": DOWN}, now), tries + 1
        assert notification.due_at is not None
        now = notification.due_at

    assert tries < 20
    assert shown(outcome(notification, {"phone": TAKEN}, now), now) == "sent"
    assert now < NINE + timedelta(hours=1, minutes=10)


def test_an_fcm_that_fails_for_half_an_hour_is_outlasted() -> None:
    notification, now = planned(), NINE
    while now < NINE + timedelta(minutes=30):
        notification = outcome(notification, {"phone": ERROR}, now)
        assert notification.due_at is not None
        now = notification.due_at

    assert (now, notification.tries) == (NINE + timedelta(minutes=32), 2)
    assert shown(outcome(notification, {"phone": TAKEN}, now), now) == "sent"
