"""What can be registered, under which id, and how it is pushed to."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.device import (
    KEPT,
    SEEN_AGAIN_AFTER,
    Registration,
    device_id_of,
    is_device_id,
    target_of,
)
from shared.domain.push import Target
from shared.errors import InvalidRequest

TOKEN = "cX9:APA91b" + "Hun4MxP5egoKMwt2KZFBaFUH-1RYqx_" * 5
FID = "dqz0mXn4Tk6PbYw3vJ8RaE"


@pytest.mark.parametrize(
    "fields",
    [
        {"token": TOKEN},
        {"fid": FID},
        {"token": TOKEN, "fid": FID},
        {"token": "t"},
        {"token": "!~" * 500},
        {"token": TOKEN, "name": "Ada's phone"},
        {"token": TOKEN, "name": "电话 👩‍💻"},
        {"token": TOKEN, "name": "n" * 100},
        {"token": TOKEN, "client_device_id": "4f1c2a6e-7d1b-4b0e-9a55-0d4c6c1f2b3a"},
        {"token": TOKEN, "client_device_id": "_"},
        {"token": TOKEN, "client_device_id": "x" * 64},
    ],
)
@pytest.mark.parametrize("platform", ["android", "ios", "web"])
def test_what_can_be_registered(platform: Any, fields: dict[str, str]) -> None:
    assert Registration(platform, **fields).platform == platform


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["token"]),
        ({"token": ""}, ["token"]),
        ({"token": "a b"}, ["token"]),
        ({"token": "a\n"}, ["token"]),
        ({"token": "tökén"}, ["token"]),
        ({"token": "t" * 1_001}, ["token"]),
        ({"fid": ""}, ["fid"]),
        ({"fid": "a/b"}, ["fid"]),
        ({"fid": FID + "\n"}, ["fid"]),
        ({"fid": "f" * 65}, ["fid"]),
        ({"token": TOKEN, "fid": "a.b"}, ["fid"]),
        ({"token": TOKEN, "name": ""}, ["name"]),
        ({"token": TOKEN, "name": " \u00a0"}, ["name"]),
        ({"token": TOKEN, "name": "a\tb"}, ["name"]),
        ({"token": TOKEN, "name": "a\x00"}, ["name"]),
        ({"token": TOKEN, "name": "\ud83d"}, ["name"]),
        ({"token": TOKEN, "name": "n" * 101}, ["name"]),
        ({"token": TOKEN, "client_device_id": ""}, ["deviceId"]),
        ({"token": TOKEN, "client_device_id": "a/b/c"}, ["deviceId"]),
        ({"token": TOKEN, "client_device_id": ".."}, ["deviceId"]),
        ({"token": TOKEN, "client_device_id": "__x__"}, ["deviceId"]),
        ({"token": TOKEN, "client_device_id": "____"}, ["deviceId"]),
        ({"token": TOKEN, "client_device_id": "x" * 65}, ["deviceId"]),
        ({"token": TOKEN, "platform": "windows"}, ["platform"]),
        ({"token": TOKEN, "platform": ""}, ["platform"]),
        ({"platform": "Android", "token": " ", "fid": " ", "name": ""}, ["platform", "token", "fid", "name"]),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], wrong: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Registration(**{"platform": "android", **fields})

    assert [name for name, _ in refused.value.fields] == wrong
    assert TOKEN not in repr(refused.value.fields)


def test_registering_the_same_twice_makes_one_device() -> None:
    assert Registration("android", TOKEN).device_id == Registration("android", TOKEN, name="Mine").device_id
    assert Registration("android", TOKEN).device_id == device_id_of(token=TOKEN, fid=None)
    assert Registration("android", TOKEN).device_id != Registration("android", TOKEN + "x").device_id


@pytest.mark.parametrize("kept", [{"fid": FID}, {"client_device_id": "install-1"}])
def test_a_refreshed_token_takes_the_place_of_the_old_one(kept: dict[str, str]) -> None:
    before, after = (Registration("android", token, **kept).device_id for token in ("old", "new"))

    assert before == after


def test_an_app_that_gives_up_tokens_stays_the_same_device() -> None:
    assert (
        Registration("ios", TOKEN, FID).device_id
        == Registration("ios", fid=FID).device_id
        == device_id_of(token=None, fid=FID)
    )


def test_the_apps_own_id_is_the_devices_id() -> None:
    assert Registration("web", TOKEN, FID, client_device_id="install-1").device_id == "install-1"


def test_an_id_says_nothing_of_the_token_and_is_one_that_can_be_removed_by() -> None:
    for device_id in (device_id_of(token=TOKEN, fid=None), device_id_of(token=None, fid=FID)):
        assert is_device_id(device_id)
        assert TOKEN[:8] not in device_id
        assert FID[:8] not in device_id
    assert device_id_of(token=FID, fid=None) != device_id_of(token=None, fid=FID)


@pytest.mark.parametrize(
    ("token", "fid", "target"),
    [
        ("t", None, Target("ios", token="t")),
        (None, "f", Target("ios", fid="f")),
        ("t", "f", Target("ios", token="t")),
        (None, None, None),
    ],
)
def test_a_device_is_reached_by_its_token_where_it_has_one(
    token: str | None, fid: str | None, target: Target | None
) -> None:
    assert target_of("ios", token=token, fid=fid) == target


def test_a_device_is_kept_far_longer_than_it_goes_unnoticed() -> None:
    assert KEPT > 30 * SEEN_AGAIN_AFTER
    assert timedelta(days=31) < KEPT <= timedelta(days=270)
