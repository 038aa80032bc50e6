"""TheTVDB's episodes: all pages, names, and every way to fail."""

import asyncio
from typing import Any

import pytest

from local.stand_ins.running import RunningTvdbStandIn
from shared.domain.air_dates import DatedEpisode
from shared.errors import Malformed, RateLimited, Rejected, Unavailable, UpstreamError
from tests.emulator.tvdb.instances import SERIES, Instances, calls, episodes_of

pytestmark = pytest.mark.anyio


async def test_a_series_episodes_are_read(instances: Instances, tvdb: RunningTvdbStandIn) -> None:
    tvdb.put_episodes(
        SERIES,
        [
            {"id": 5, "seasonNumber": 0, "number": 1, "name": "Special", "aired": None},
            {"id": 6, "seasonNumber": 1, "number": 1, "name": "Pilot", "aired": "2020-01-05"},
            {"id": 7, "seasonNumber": 1, "number": 2, "name": None, "aired": ""},
        ],
    )

    assert await instances().episodes() == [
        DatedEpisode(5, 0, 1, "Special", None),
        DatedEpisode(6, 1, 1, "Pilot", "2020-01-05"),
        DatedEpisode(7, 1, 2, None, None),
    ]
    assert calls(tvdb) == {"logins": 1, "asked": 1}


@pytest.mark.parametrize(("count", "pages"), [(499, 1), (500, 1), (501, 2), (1141, 3)])
async def test_all_pages_are_read(
    instances: Instances, tvdb: RunningTvdbStandIn, count: int, pages: int
) -> None:
    tvdb.put_episodes(SERIES, episodes_of(count))

    found = await instances().episodes()

    assert [episode.number for episode in found] == list(range(1, count + 1))
    assert calls(tvdb) == {"logins": 1, "asked": pages}


async def test_a_series_that_is_not_known_has_no_episodes(instances: Instances) -> None:
    assert await instances().episodes(999_999_999) == []
    assert await instances().episodes(73752) == []  # its episode can be asked for, the series cannot


async def test_names_are_in_english_where_there_is_one(
    instances: Instances, tvdb: RunningTvdbStandIn
) -> None:
    tvdb.put_series(
        SERIES,
        {
            "name": "フリクリ",
            "originalLanguage": "jpn",
            "episodes": [
                {"id": 1, "seasonNumber": 1, "number": 1, "name": "一", "names": {"eng": "One"}},
                {"id": 2, "seasonNumber": 1, "number": 2, "name": "二", "aired": "2020-01-12"},
            ],
        },
    )

    assert await instances().episodes() == [
        DatedEpisode(1, 1, 1, "One", None),
        DatedEpisode(2, 1, 2, "二", "2020-01-12"),
    ]

    tvdb.fail({"path": "/eng", "kind": "status", "status": 404, "body": {"status": "failure", "data": None}})
    assert [episode.name for episode in await instances().episodes()] == ["一", "二"]


async def test_a_page_that_is_not_there_is_no_end_of_the_list(
    instances: Instances, tvdb: RunningTvdbStandIn
) -> None:
    tvdb.put_episodes(SERIES, episodes_of(501))
    tvdb.fail(
        {"path": "page=1", "kind": "status", "status": 404, "body": {"status": "failure", "data": None}}
    )

    with pytest.raises(Malformed):
        await instances().episodes()


async def test_pages_without_an_end_are_given_up(instances: Instances, tvdb: RunningTvdbStandIn) -> None:
    tvdb.put_episodes(SERIES, episodes_of(1))
    page = {"data": {"series": {}, "episodes": episodes_of(1)}, "links": {"next": "again"}}
    tvdb.fail({"path": "/episodes/", "kind": "status", "status": 200, "body": page})

    with pytest.raises(Malformed):
        await instances().episodes()


@pytest.mark.parametrize("path", ["/login", "/series/"])
@pytest.mark.parametrize(
    ("fault", "kind", "attempts"),
    [
        ({"kind": "status", "status": 503, "body": ""}, Unavailable, 3),
        ({"kind": "status", "status": 429, "body": ""}, RateLimited, 3),
        ({"kind": "status", "status": 400, "body": {}}, Rejected, 1),
        ({"kind": "garbage"}, Malformed, 3),
        ({"kind": "wrong_shape"}, Malformed, 1),
        ({"kind": "half_body"}, Unavailable, 3),
        ({"kind": "disconnect"}, Unavailable, 3),
        ({"kind": "hang", "seconds": 30}, Unavailable, 3),
    ],
    ids=str,
)
async def test_a_failure_is_one_of_our_errors_and_tried_again_if_it_may_pass(
    instances: Instances,
    tvdb: RunningTvdbStandIn,
    path: str,
    fault: dict[str, Any],
    kind: type[UpstreamError],
    attempts: int,
) -> None:
    tvdb.fail({"path": path, **fault})

    async with asyncio.timeout(10):
        with pytest.raises(kind) as raised:
            await instances().episodes()

    assert raised.value.service == "tvdb"
    assert calls(tvdb)["logins" if path == "/login" else "asked"] == attempts


async def test_what_passes_is_overcome(instances: Instances, tvdb: RunningTvdbStandIn) -> None:
    tvdb.put_episodes(SERIES, episodes_of(2))
    tvdb.fail(
        {"path": "/login", "kind": "status", "status": 503, "times": 2},
        {"path": "/series/", "kind": "garbage", "times": 2},
    )

    assert len(await instances().episodes()) == 2
