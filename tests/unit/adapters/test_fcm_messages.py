"""What is sent to each platform, and that FCM's rules for it are kept."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from local.stand_ins.fcm_messages import message_of
from shared.adapters.fcm.messages import CHANNEL, MOST_PAYLOAD_BYTES, request_of, topic_of
from shared.domain.push import Alert, Clearance, Platform, Target
from shared.usecases.push_notifications import IDS_AT_ONCE

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
APP_URL = "https://app.example.com"
ID = "tv_125988_s3e5"
LONG_ID = "x" * 64
IMAGE = "https://image.tmdb.org/t/p/w500/silo.jpg"
PLATFORMS: tuple[Platform, ...] = get_args(Platform)


def alert(**changed: Any) -> Alert:
    fields: dict[str, Any] = {
        "collapse_id": ID,
        "title": "Silo",
        "body": "S3 E5 is on tonight",
        "path": "/shows/tv_125988",
        "expires_at": NOW + timedelta(hours=6),
        "image_url": IMAGE,
        "data": {"kind": "new_episode"},
    }
    return Alert(**fields | changed)


def sent(
    what: Alert | Clearance, platform: Platform, *, app_url: str | None = APP_URL, now: datetime = NOW
) -> dict[str, Any]:
    """The message as FCM understands it, which raises where it would not take it."""
    message, _ = message_of(request_of(Target(platform, token="phone"), what, app_url=app_url, now=now))
    return message


DATA = {"kind": "new_episode", "path": "/shows/tv_125988", "collapseId": ID}


def test_an_alert_on_android() -> None:
    assert sent(alert(), "android") == {
        "token": "phone",
        "data": DATA,
        "android": {
            "collapse_key": ID,
            "priority": "high",
            "ttl": "21600s",
            "notification": {
                "title": "Silo",
                "body": "S3 E5 is on tonight",
                "image": IMAGE,
                "tag": ID,
                "channel_id": CHANNEL,
                "default_sound": True,
            },
        },
    }


def test_an_alert_on_an_iphone() -> None:
    assert sent(alert(), "ios") == {
        "token": "phone",
        "data": DATA,
        "apns": {
            "headers": {
                "apns-push-type": "alert",
                "apns-priority": "10",
                "apns-collapse-id": ID,
                "apns-expiration": str(int((NOW + timedelta(hours=6)).timestamp())),
            },
            "payload": {
                "aps": {
                    "alert": {"title": "Silo", "body": "S3 E5 is on tonight"},
                    "sound": "default",
                    "thread-id": "/shows/tv_125988",
                    "mutable-content": 1,
                }
            },
            "fcm_options": {"image": IMAGE},
        },
    }


def test_an_alert_in_a_browser() -> None:
    assert sent(alert(), "web") == {
        "token": "phone",
        "data": DATA,
        "webpush": {
            "headers": {"TTL": "21600", "Urgency": "high", "Topic": ID},
            "notification": {
                "title": "Silo",
                "body": "S3 E5 is on tonight",
                "icon": IMAGE,
                "image": IMAGE,
                "tag": ID,
            },
            "fcm_options": {"link": "https://app.example.com/shows/tv_125988"},
        },
    }


def test_without_an_image_and_an_app_address_nothing_stands_for_them() -> None:
    plain = alert(image_url=None)

    assert "image" not in sent(plain, "android")["android"]["notification"]
    apns = sent(plain, "ios")["apns"]
    assert "fcm_options" not in apns
    assert "mutable-content" not in apns["payload"]["aps"]
    webpush = sent(plain, "web", app_url=None)["webpush"]
    assert "fcm_options" not in webpush
    assert set(webpush["notification"]) == {"title", "body", "tag"}


def test_a_clearance_is_for_the_app_alone() -> None:
    data = {"action": "clear", "collapseIds": ID}
    clearance = Clearance((ID,))

    assert sent(clearance, "android") == {
        "token": "phone",
        "data": data,
        "android": {"priority": "normal"},
    }
    assert sent(clearance, "ios") == {
        "token": "phone",
        "data": data,
        "apns": {
            "headers": {"apns-push-type": "background", "apns-priority": "5", "apns-collapse-id": ID},
            "payload": {"aps": {"content-available": 1}},
        },
    }
    assert sent(clearance, "web") == {
        "token": "phone",
        "data": data,
        "webpush": {"headers": {"TTL": "2419200", "Urgency": "normal", "Topic": ID}},
    }


def test_a_clearance_of_several_takes_no_ones_place() -> None:
    data = {"action": "clear", "collapseIds": f"{ID},{LONG_ID},digest_2026-11-20"}
    clearance = Clearance((ID, LONG_ID, "digest_2026-11-20"))

    assert sent(clearance, "android") == {"token": "phone", "data": data, "android": {"priority": "normal"}}
    assert sent(clearance, "ios") == {
        "token": "phone",
        "data": data,
        "apns": {
            "headers": {"apns-push-type": "background", "apns-priority": "5"},
            "payload": {"aps": {"content-available": 1}},
        },
    }
    assert sent(clearance, "web") == {
        "token": "phone",
        "data": data,
        "webpush": {"headers": {"TTL": "2419200", "Urgency": "normal"}},
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_so_many_long_ids_as_are_cleared_at_once_are_not_too_long(platform: Platform) -> None:
    ids = tuple(f"{number:064}" for number in range(IDS_AT_ONCE))
    told = sent(Clearance(ids), platform)
    del told["token"]

    assert len(json.dumps(told).encode()) <= MOST_PAYLOAD_BYTES
    assert told["data"]["collapseIds"].split(",") == list(ids)


@pytest.mark.parametrize("what", [alert(), Clearance((ID,))], ids=["alert", "clearance"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_device_goes_by_its_token_or_its_installation_id(
    what: Alert | Clearance, platform: Platform
) -> None:
    by_token = json.loads(request_of(Target(platform, token='a"b:'), what, app_url=None, now=NOW))["message"]
    by_fid = json.loads(request_of(Target(platform, fid="fid-1"), what, app_url=None, now=NOW))["message"]

    assert (by_token.pop("token"), by_fid.pop("fid")) == ('a"b:', "fid-1")
    assert by_token == by_fid
    assert not {"token", "fid"} & set(by_fid)


@pytest.mark.parametrize(
    ("left", "ttl"),
    [
        (timedelta(hours=6), 21_600),
        (timedelta(seconds=1.9), 1),
        (timedelta(0), 0),
        (timedelta(hours=-1), 0),
        (timedelta(days=28), 2_419_200),
        (timedelta(days=90), 2_419_200),
    ],
)
def test_it_is_kept_until_it_expires_and_four_weeks_at_most(left: timedelta, ttl: int) -> None:
    told = alert(expires_at=NOW + left)

    assert sent(told, "android")["android"]["ttl"] == f"{ttl}s"
    assert sent(told, "web")["webpush"]["headers"]["TTL"] == str(ttl)


def test_what_the_app_is_told_is_never_in_the_way_of_path_and_collapse_id() -> None:
    told = sent(alert(data={"path": "/elsewhere", "collapseId": "other"}), "android")

    assert told["data"] == {"path": "/shows/tv_125988", "collapseId": ID}


@pytest.mark.parametrize("collapse_id", [ID, "a", "x" * 32])
def test_a_short_collapse_id_is_its_own_topic(collapse_id: str) -> None:
    assert topic_of(collapse_id) == collapse_id


@pytest.mark.parametrize("collapse_id", ["x" * 33, LONG_ID, "a b", "é", ""])
def test_any_other_has_a_topic_of_its_own(collapse_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic_of(collapse_id))
    assert topic_of(collapse_id) == topic_of(collapse_id) != topic_of(f"{collapse_id}y")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_clearance_of_a_long_id_meets_its_alert(platform: Platform) -> None:
    of_alert, of_clearance = sent(alert(collapse_id=LONG_ID), platform), sent(Clearance((LONG_ID,)), platform)

    for part, name in (("webpush", "Topic"), ("apns", "apns-collapse-id")):
        headers = [told.get(part, {}).get("headers", {}).get(name) for told in (of_alert, of_clearance)]
        assert headers[0] == headers[1]


TEXTS = {
    "letters": "x",
    "letters of three bytes": "語",
    "letters of four bytes": "🎬",
    "what JSON writes as two": '"',
    "what JSON writes as six": "\x01",
    "words": "word ",
}


@pytest.mark.parametrize("letter", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_text_is_too_long(platform: Platform, letter: str) -> None:
    for titles, bodies in ((10, 10_000), (10_000, 10), (10_000, 10_000), (1, 700), (1, 1_400), (1, 4_000)):
        told = sent(alert(title=letter * titles, body=letter * bodies, collapse_id=LONG_ID), platform)
        del told["token"]
        size = len(json.dumps(told, ensure_ascii=False).encode())
        assert size <= MOST_PAYLOAD_BYTES
        assert told["data"]["path"] == "/shows/tv_125988"


def test_only_the_end_of_a_long_text_is_missing_and_a_person_sees_that() -> None:
    told = sent(alert(body="word " * 2_000), "android")["android"]["notification"]

    assert told["title"] == "Silo"
    assert re.fullmatch(r"(word )+(w|wo|wor|word)…", told["body"])
    assert len(told["body"]) > 3_000


def test_what_just_fits_is_left_as_it_is() -> None:
    body = "語" * 800  # 2,400 bytes for the device, and twice as many in the request

    assert sent(alert(body=body), "ios")["apns"]["payload"]["aps"]["alert"]["body"] == body
