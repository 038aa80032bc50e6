"""Whose devices are pushed to: registering, refreshing, handing over, forgetting."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.devices import MOST_DEVICES, MOST_HOLDERS, DeviceDocuments
from shared.domain.device import KEPT, Device, DeviceId, Registration, device_id_of
from shared.domain.push import Target
from shared.domain.tracking import UserId
from shared.errors import NotFound
from shared.usecases.register_device import register_device, remove_device
from shared.wiring import Wiring
from tests.emulator.harness import instance_settings
from tests.emulator.wire_count import WireCount, count_on_the_wire

pytestmark = pytest.mark.anyio

ADA, EVE = UserId("ada"), UserId("eve")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def devices(project: str) -> AsyncIterator[DeviceDocuments]:
    wiring = Wiring(instance_settings(project, "http://unused"), tmdb_calls_per_10_seconds=1)
    yield wiring.devices
    await wiring.firestore._firestore_api.transport.close()


TOKEN = "t"


def phone(token: str | None = TOKEN, **fields: Any) -> Registration:
    return Registration("android", token, **fields)


async def stored(firestore: AsyncClient, user_id: UserId, device_id: str) -> dict[str, Any] | None:
    document: dict[str, Any] | None = (
        await firestore.document(paths.device(user_id, DeviceId(device_id))).get()
    ).to_dict()
    return document


async def put(firestore: AsyncClient, path: str, **fields: Any) -> None:
    """A device as it was registered, but for these fields; a field that is None is left out."""
    whole = {
        "uid": path.split("/")[1],
        "token": "t",
        "fid": None,
        "platform": "android",
        "name": None,
        "active": True,
        "createdAt": NOW - DAY,
        "lastSeenAt": NOW - DAY,
        "expireAt": NOW + KEPT - DAY,
        **fields,
    }
    await firestore.document(path).set(whole)


async def all_paths(firestore: AsyncClient) -> set[str]:
    return {one.reference.path async for one in firestore.collection_group("devices").stream()}


async def targets(devices: DeviceDocuments, user_id: UserId) -> list[Target]:
    return [device.target for device in await devices.of_user(user_id)]


async def only(devices: DeviceDocuments, user_id: UserId) -> Device:
    (device,) = await devices.of_user(user_id)
    return device


async def test_a_registered_device_is_stored_whole(devices: DeviceDocuments, firestore: AsyncClient) -> None:
    registration = Registration("ios", "t", "f", "Ada's phone")
    device_id = await register_device(ADA, registration, devices=devices, now=lambda: NOW)

    assert device_id == registration.device_id
    assert await stored(firestore, ADA, device_id) == {
        "uid": "ada",
        "token": "t",
        "fid": "f",
        "platform": "ios",
        "name": "Ada's phone",
        "active": True,
        "createdAt": NOW,
        "lastSeenAt": NOW,
        "expireAt": NOW + KEPT,
    }
    device = await only(devices, ADA)
    assert (device.user_id, device.device_id, device.is_active) == (ADA, device_id, True)
    assert device.target == Target("ios", token="t")


async def test_a_user_has_several_devices_the_last_seen_first(devices: DeviceDocuments) -> None:
    for age, registration in enumerate(
        [phone("new"), Registration("web", "middle"), Registration("ios", fid="old")]
    ):
        await devices.register(ADA, registration, NOW - age * DAY)
    await devices.register(EVE, phone("hers"), NOW)

    assert await targets(devices, ADA) == [
        Target("android", token="new"),
        Target("web", token="middle"),
        Target("ios", fid="old"),
    ]
    assert await targets(devices, UserId("nobody")) == []


async def test_a_device_seen_again_is_kept_longer_and_keeps_when_it_came(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    device_id = await devices.register(ADA, phone(), NOW - 9 * DAY)
    await firestore.document(paths.device(ADA, device_id)).update({"active": False})
    assert await devices.of_user(ADA) == []
    await devices.register(ADA, phone(name="Mine"), NOW)

    document = await stored(firestore, ADA, device_id)
    assert document is not None
    assert (document["createdAt"], document["lastSeenAt"]) == (NOW - 9 * DAY, NOW)
    assert (document["expireAt"], document["name"]) == (NOW + KEPT, "Mine")
    assert await targets(devices, ADA) == [Target("android", token="t")]


@pytest.mark.parametrize("kept", [{"fid": "f"}, {"client_device_id": "install-1"}])
async def test_a_new_token_takes_the_place_of_the_old(
    devices: DeviceDocuments, firestore: AsyncClient, kept: Mapping[str, str]
) -> None:
    await devices.register(ADA, phone("old", **kept), NOW)
    await devices.register(ADA, phone("new", **kept), NOW + timedelta(seconds=1))

    assert await targets(devices, ADA) == [Target("android", token="new")]
    assert len(await all_paths(firestore)) == 1


async def test_an_app_that_gives_up_tokens_is_reached_by_its_installation_id(
    devices: DeviceDocuments,
) -> None:
    await devices.register(ADA, phone("t", fid="f"), NOW)
    await devices.register(ADA, phone(None, fid="f"), NOW)

    assert await targets(devices, ADA) == [Target("android", fid="f")]


async def test_an_app_that_begins_to_say_its_own_id_has_one_device(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    await devices.register(ADA, phone("t"), NOW)
    await devices.register(ADA, phone("t", client_device_id="install-1"), NOW)

    assert await all_paths(firestore) == {"users/ada/devices/install-1"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (phone("t"), phone("t")),
        (phone("t", fid="f"), phone("t", fid="f")),
        (phone(None, fid="f"), phone(None, fid="f")),
        (phone("old", fid="f"), phone("new", fid="f")),
        (phone("t", fid="old"), phone("t", fid="new")),
        (phone("t", client_device_id="a"), phone("t", client_device_id="b")),
    ],
)
async def test_a_phone_that_changes_hands_is_the_new_users_alone_and_comes_back(
    devices: DeviceDocuments, before: Registration, after: Registration
) -> None:
    await devices.register(ADA, phone("her-other-one"), NOW - DAY)
    await devices.register(ADA, before, NOW)
    await devices.register(EVE, after, NOW)
    assert await targets(devices, ADA) == [Target("android", token="her-other-one")]
    assert len(await devices.of_user(EVE)) == 1

    await devices.register(ADA, before, NOW)
    assert len(await devices.of_user(ADA)) == 2
    assert await devices.of_user(EVE) == []


@pytest.mark.parametrize("users", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("has_owner", [False, True])
async def test_of_users_who_register_a_token_at_once_one_has_it(
    devices: DeviceDocuments, firestore: AsyncClient, users: int, has_owner: bool
) -> None:
    if has_owner:
        await devices.register(UserId("owner"), phone(), NOW - DAY)
    await asyncio.gather(*(devices.register(UserId(f"u{n}"), phone(), NOW) for n in range(users)))

    (path,) = await all_paths(firestore)
    assert path in {paths.device(UserId(f"u{n}"), phone().device_id) for n in range(users)}


async def test_users_who_register_again_and_again_at_once_end_with_one(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    async def again_and_again(user_id: UserId) -> None:
        for turn in range(10):
            await devices.register(user_id, phone(name=f"turn {turn}"), NOW)

    await asyncio.gather(again_and_again(ADA), again_and_again(EVE))

    assert len(await all_paths(firestore)) == 1


async def test_one_device_that_registers_twice_at_once_is_one(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    ids = await asyncio.gather(*(devices.register(ADA, phone(), NOW) for _ in range(5)))

    assert await all_paths(firestore) == {paths.device(ADA, device_id) for device_id in set(ids)}
    assert len(set(ids)) == 1


@pytest.mark.parametrize("left", [1, 2, MOST_HOLDERS - 1, MOST_HOLDERS, 2 * MOST_HOLDERS])
async def test_what_registrations_that_died_left_is_cleared_by_the_next(
    devices: DeviceDocuments, firestore: AsyncClient, left: int
) -> None:
    await devices.register(ADA, phone(), NOW)
    for number in range(left):
        await put(firestore, f"users/a{number}/devices/x")
    await devices.register(ADA, phone(), NOW + timedelta(seconds=1))

    assert await all_paths(firestore) == {paths.device(ADA, phone().device_id)}


async def test_a_registration_gives_way_to_a_later_one_that_died_before_it_looked(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    hers = paths.device(ADA, await devices.register(ADA, phone(), NOW))
    written = (await firestore.document(hers).get()).update_time
    await put(firestore, "users/eve/devices/x")
    await devices._leave_last(phone(), hers, written)

    assert await all_paths(firestore) == {"users/eve/devices/x"}


async def test_only_users_devices_are_ever_deleted(devices: DeviceDocuments, firestore: AsyncClient) -> None:
    elsewhere = {"devices/1", "shows/tv_1/devices/1", "users/eve/private/1/devices/1", "other/eve/devices/1"}
    for path in elsewhere:
        await firestore.document(path).set({"token": "t", "fid": "f"})
    await put(firestore, "users/eve/devices/1")
    await devices.register(ADA, phone("t", fid="f"), NOW)

    mine = paths.device(ADA, device_id_of(token=None, fid="f"))
    assert await all_paths(firestore) == {*elsewhere, mine}


async def test_a_device_is_forgotten(devices: DeviceDocuments, firestore: AsyncClient) -> None:
    await devices.register(ADA, phone(), NOW)
    device = await only(devices, ADA)

    assert await devices.forget(device)
    assert await all_paths(firestore) == set()
    assert not await devices.forget(device)


async def test_a_device_whose_token_was_refreshed_meanwhile_stays(devices: DeviceDocuments) -> None:
    await devices.register(ADA, phone("old", fid="f"), NOW)
    read_before = await only(devices, ADA)
    await devices.register(ADA, phone("new", fid="f"), NOW)

    assert not await devices.forget(read_before)
    assert await targets(devices, ADA) == [Target("android", token="new")]


async def test_a_device_is_removed_by_the_id_it_was_given(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    device_id = await devices.register(ADA, phone("one"), NOW)
    await devices.register(ADA, phone("two"), NOW)
    with pytest.raises(NotFound):
        await remove_device(EVE, device_id, devices=devices)
    assert len(await all_paths(firestore)) == 2

    await remove_device(ADA, device_id, devices=devices)
    with pytest.raises(NotFound):
        await remove_device(ADA, device_id, devices=devices)
    assert await targets(devices, ADA) == [Target("android", token="two")]


@pytest.mark.parametrize("device_id", ["", "..", "a/b", "a/b/c", "__x__", "x" * 65])
async def test_what_is_no_id_of_a_device_removes_nothing(
    devices: DeviceDocuments, firestore: AsyncClient, device_id: str
) -> None:
    await put(firestore, "users/ada/devices/a/b/c")
    with pytest.raises(NotFound):
        await remove_device(ADA, device_id, devices=devices)
    assert (await firestore.document("users/ada/devices/a/b/c").get()).exists


@pytest.mark.parametrize(
    "fields",
    [
        {"token": None},
        {"token": ""},
        {"token": 7},
        {"token": ["t"]},
        {"platform": "windows"},
        {"platform": None},
        {"platform": {"name": "ios"}},
        {"active": None},
        {"active": "yes"},
        {"active": False},
        {"expireAt": None},
        {"expireAt": "2030-01-01"},
        {"expireAt": NOW - timedelta(seconds=1)},
        {"expireAt": NOW - 100 * DAY},
    ],
)
async def test_what_cannot_be_read_is_stale_or_is_switched_off_is_passed_over(
    devices: DeviceDocuments, firestore: AsyncClient, fields: dict[str, Any]
) -> None:
    await put(firestore, "users/ada/devices/1", **fields)
    await put(firestore, "users/ada/devices/2", token="good")

    assert await targets(devices, ADA) == [Target("android", token="good")]


async def test_a_document_that_cannot_be_read_is_written_anew(
    devices: DeviceDocuments, firestore: AsyncClient
) -> None:
    odd: dict[str, Any] = {"token": 7, "createdAt": "long ago", "lastSeenAt": None}
    await firestore.document(paths.device(ADA, phone().device_id)).set(odd)
    await devices.register(ADA, phone(), NOW)

    document = await stored(firestore, ADA, phone().device_id)
    assert document is not None
    assert (document["token"], document["createdAt"]) == ("t", NOW)
    assert len(await devices.of_user(ADA)) == 1


async def test_only_so_many_devices_are_pushed_to(devices: DeviceDocuments, firestore: AsyncClient) -> None:
    for number in range(MOST_DEVICES + 3):
        await put(
            firestore,
            f"users/ada/devices/{number:02}",
            token=str(number),
            lastSeenAt=NOW - number * timedelta(hours=1),
        )
    assert [target.token for target in await targets(devices, ADA)] == [str(n) for n in range(MOST_DEVICES)]


@pytest.fixture
async def counted(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[DeviceDocuments, WireCount]]:
    """Devices whose traffic is counted."""
    wire = count_on_the_wire(monkeypatch)
    wiring = Wiring(instance_settings(project, "http://unused"), tmdb_calls_per_10_seconds=1)
    yield wiring.devices, wire
    await wiring.firestore._firestore_api.transport.close()


@pytest.mark.parametrize(
    ("before", "registration", "now", "cost"),
    [
        pytest.param([], phone(), NOW, (3, 1), id="new"),
        pytest.param([], phone("t", fid="f"), NOW, (5, 1), id="new, by both"),
        pytest.param([(ADA, phone())], phone(), NOW, (1, 0), id="seen again at once"),
        pytest.param([(ADA, phone())], phone(), NOW + DAY / 2, (1, 0), id="seen again on that day"),
        pytest.param([(ADA, phone("t", fid="f"))], phone("t", fid="f"), NOW, (2, 0), id="by both, at once"),
        pytest.param([(ADA, phone())], phone(), NOW + DAY, (2, 1), id="seen again on another day"),
        pytest.param([(ADA, phone())], phone(name="Mine"), NOW, (2, 1), id="has another name"),
        pytest.param([(ADA, phone("old", fid="f"))], phone("new", fid="f"), NOW, (4, 1), id="a new token"),
        pytest.param([(EVE, phone())], phone(), NOW, (3, 2), id="changes hands"),
    ],
)
async def test_what_registering_costs(
    counted: tuple[DeviceDocuments, WireCount],
    before: list[tuple[UserId, Registration]],
    registration: Registration,
    now: datetime,
    cost: tuple[int, int],
) -> None:
    devices, wire = counted
    for user_id, earlier in before:
        await devices.register(user_id, earlier, NOW)
    wire.reset()
    spent = usage.begin()
    await devices.register(ADA, registration, now)

    assert (spent.firestore_reads, spent.firestore_writes) == cost
    assert wire.both == cost


async def test_what_the_rest_costs(counted: tuple[DeviceDocuments, WireCount]) -> None:
    devices, wire = counted
    for number in range(3):
        await devices.register(ADA, phone(f"t{number}"), NOW)

    async def cost(calling: Any) -> tuple[Any, tuple[int, int]]:
        wire.reset()
        spent = usage.begin()
        result = await calling
        assert wire.both == (spent.firestore_reads, spent.firestore_writes)
        return result, wire.both

    found, spent = await cost(devices.of_user(ADA))
    assert spent == (3, 0)
    assert (await cost(devices.of_user(EVE)))[1] == (1, 0)
    assert (await cost(devices.forget(found[0])))[1] == (0, 1)
    assert (await cost(devices.remove(ADA, found[1].device_id)))[1] == (0, 1)
