"""TheTVDB's token: shared by all instances, renewed in time, given anew once it is revoked, and secret."""

import asyncio
import base64
import io
import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import AsyncClient

from local.stand_ins.running import RunningTvdbStandIn
from shared.adapters.firestore.service_token import ServiceTokenDocument
from shared.domain.service_token import ServiceToken
from shared.errors import Rejected, Unavailable, UpstreamError
from tests.emulator.tvdb.instances import KEY, SERIES, Instances, calls, episodes_of, stored

pytestmark = pytest.mark.anyio


async def test_one_token_serves_all_calls_of_all_instances(
    instances: Instances, firestore: AsyncClient, tvdb: RunningTvdbStandIn
) -> None:
    first = instances()
    await first.episodes()
    await first.episodes()
    await instances().episodes()

    assert calls(tvdb) == {"logins": 1, "asked": 3}
    document = await stored(firestore)
    assert set(document) == {"token", "expiresAt"}
    assert timedelta(days=29) < document["expiresAt"] - datetime.now(UTC) <= timedelta(days=30)


async def test_several_calls_at_once_sign_in_once_an_instance(
    instances: Instances, tvdb: RunningTvdbStandIn
) -> None:
    tvdb.put_episodes(SERIES, episodes_of(3))
    two = [instances(), instances()]

    found = await asyncio.gather(*(instance.episodes() for instance in two for _ in range(5)))

    assert {len(episodes) for episodes in found} == {3}
    assert calls(tvdb)["logins"] <= 2


@pytest.mark.parametrize(("days_left", "logins"), [(3.01, 1), (2.99, 2), (-1, 2)])
async def test_a_token_is_renewed_when_less_than_three_days_are_left(
    instances: Instances,
    firestore: AsyncClient,
    tvdb: RunningTvdbStandIn,
    days_left: float,
    logins: int,
) -> None:
    await instances().episodes()
    first = await stored(firestore)
    later = first["expiresAt"] - timedelta(days=days_left)

    await instances(now=lambda: later).episodes()

    assert calls(tvdb)["logins"] == logins
    assert ((await stored(firestore))["token"] == first["token"]) == (logins == 1)


async def test_a_token_that_another_instance_has_renewed_is_taken(
    instances: Instances, firestore: AsyncClient, tvdb: RunningTvdbStandIn
) -> None:
    now = datetime.now(UTC)
    old, new = instances(now=lambda: now), instances()
    await old.episodes()
    await firestore.document("sync_state/tvdb_token").delete()
    await new.episodes()
    now += timedelta(days=28)
    await firestore.document("sync_state/tvdb_token").update({"expiresAt": now + timedelta(days=30)})

    await old.episodes()

    assert calls(tvdb)["logins"] == 2


async def test_a_token_that_is_not_renewed_yet_is_used_to_its_end(
    instances: Instances, firestore: AsyncClient, tvdb: RunningTvdbStandIn
) -> None:
    await instances().episodes()
    end = (await stored(firestore))["expiresAt"]
    tvdb.fail({"path": "/login", "kind": "status", "status": 503, "body": ""})

    assert await instances(now=lambda: end - timedelta(minutes=1)).episodes() == []
    with pytest.raises(Unavailable):
        await instances(now=lambda: end).episodes()


async def test_a_revoked_token_leads_to_one_sign_in_and_one_more_try(
    instances: Instances, firestore: AsyncClient, tvdb: RunningTvdbStandIn
) -> None:
    instance = instances()
    tvdb.put_episodes(SERIES, episodes_of(2))
    await instance.episodes()
    first = await stored(firestore)
    tvdb.expire_tokens()

    found = await asyncio.gather(*(instance.episodes() for _ in range(5)))

    assert {len(episodes) for episodes in found} == {2}
    assert calls(tvdb)["logins"] == 2
    assert (await stored(firestore))["token"] != first["token"]


async def test_a_token_that_is_refused_as_soon_as_it_is_given_leads_to_no_loop(
    instances: Instances, tvdb: RunningTvdbStandIn
) -> None:
    instance = instances()
    await instance.episodes()
    tvdb.fail({"path": "/series/", "kind": "status", "status": 401, "body": {"status": "failure"}})

    with pytest.raises(Rejected):
        await instance.episodes()

    assert calls(tvdb) == {"logins": 2, "asked": 3}


async def test_tokens_that_do_not_live_long_are_used_all_the_same(
    instances: Instances, tvdb: RunningTvdbStandIn
) -> None:
    tvdb.put_episodes(SERIES, episodes_of(1))
    tvdb.limit_token_life(60)
    instance = instances()

    assert len(await instance.episodes()) == 1
    assert len(await instance.episodes()) == 1
    assert calls(tvdb) == {"logins": 2, "asked": 2}


async def test_a_wrong_key_is_rejected_after_one_sign_in(
    instances: Instances, tvdb: RunningTvdbStandIn
) -> None:
    with pytest.raises(Rejected):
        await instances(key="wrong").episodes()

    assert calls(tvdb) == {"logins": 1, "asked": 0}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"token": 5, "expiresAt": datetime(2099, 1, 1, tzinfo=UTC)},
        {"token": "x"},
        {"token": "", "expiresAt": 7},
    ],
    ids=str,
)
async def test_a_document_that_holds_no_token_is_written_anew(
    instances: Instances, firestore: AsyncClient, tvdb: RunningTvdbStandIn, document: dict[str, Any]
) -> None:
    await firestore.document("sync_state/tvdb_token").set(document)

    await instances().episodes()

    assert calls(tvdb)["logins"] == 1
    assert await ServiceTokenDocument(firestore, "tvdb").read() is not None


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """What we and httpx say, down to the smallest."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    names = ("httpx", "shared")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    for name in names:
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(levels[name])


async def test_neither_key_nor_token_is_in_a_log_line_or_an_error(
    instances: Instances, firestore: AsyncClient, tvdb: RunningTvdbStandIn, everything_logged: io.StringIO
) -> None:
    instance = instances()
    await instance.episodes()
    token = (await stored(firestore))["token"]
    told = ""
    for fault in (
        {"path": "/series/", "kind": "status", "status": 401, "body": {"status": "failure"}},
        {"path": "/series/", "kind": "status", "status": 500, "body": ""},
        {"path": "/login", "kind": "status", "status": 200, "body": {"data": {"token": ["s3cr3t-token"]}}},
    ):
        tvdb.expire_tokens()
        tvdb.fail(fault)
        with pytest.raises(UpstreamError) as raised:
            await instance.episodes()
        told += "".join(traceback.format_exception(raised.value))

    told += everything_logged.getvalue() + repr(await ServiceTokenDocument(firestore, "tvdb").read())
    assert "HTTP Request" in told
    for secret in (KEY, token, (await stored(firestore))["token"], "s3cr3t-token"):
        assert secret not in told


async def test_a_token_is_kept_as_it_is(firestore: AsyncClient) -> None:
    document = ServiceTokenDocument(firestore, "tvdb")
    assert await document.read() is None
    token = ServiceToken("abc", datetime(2026, 9, 1, 12, tzinfo=UTC))

    await document.keep(ServiceToken("before", datetime(2026, 8, 1, tzinfo=UTC)))
    await document.keep(token)

    assert await document.read() == token


def test_the_stand_ins_tokens_are_of_the_shape_that_is_read(tvdb: RunningTvdbStandIn) -> None:
    answer = httpx.post(f"{tvdb.base_url}/login", json={"apikey": "any"}).json()
    claims = answer["data"]["token"].split(".")[1]

    assert "exp" in json.loads(base64.urlsafe_b64decode(claims + "=="))
