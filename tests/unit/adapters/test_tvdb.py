"""What is made of TheTVDB's answers. How it is asked is in tests/emulator: that needs a token."""

import base64
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.adapters.tvdb import translate
from shared.domain.air_dates import DatedEpisode
from shared.errors import Malformed
from tests.recordings import WHERE, recordings_folder

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
PILOT = {"id": 349232, "seasonNumber": 1, "number": 1, "name": "Pilot", "aired": "2008-01-20", "isMovie": 0}


def page(*episodes: object, next_: str | None = None, **series: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "data": {"series": series, "episodes": list(episodes)},
        "links": {"next": next_},
    }


def jwt(claims: object) -> str:
    written = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{written}.c2lnbmF0dXJl"


def test_an_episode_is_read() -> None:
    read = translate.episode_page(page(PILOT, originalLanguage="eng"))

    assert read.episodes == [DatedEpisode(349232, 1, 1, "Pilot", "2008-01-20")]
    assert (read.language, read.has_next) == ("eng", False)


@pytest.mark.parametrize(
    ("sent", "name", "aired"),
    [
        ({"aired": None}, "Pilot", None),
        ({"aired": ""}, "Pilot", None),
        ({"aired": "2008-13-01"}, "Pilot", None),
        ({"aired": "Aired1"}, "Pilot", None),
        ({"name": None}, None, "2008-01-20"),
    ],
    ids=str,
)
def test_what_is_not_known_is_none(sent: dict[str, Any], name: str | None, aired: str | None) -> None:
    assert translate.episode_page(page({**PILOT, **sent})).episodes == [
        DatedEpisode(349232, 1, 1, name, aired)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        *[None, [], {}, {**PILOT, "id": None}, {**PILOT, "number": None}, {**PILOT, "seasonNumber": None}],
        *[{**PILOT, "id": "x"}, {**PILOT, "id": 2**63}, {**PILOT, "number": -1}, {**PILOT, "name": 5}],
    ],
    ids=str,
)
def test_an_episode_that_cannot_be_read_is_left_out_with_a_warning(
    broken: object, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("shared"), "propagate", True)
    with caplog.at_level(logging.WARNING, "shared"):
        read = translate.episode_page(page(broken, PILOT))

    assert [episode.tvdb_id for episode in read.episodes] == [349232]
    assert "1 episodes without" in caplog.text


def test_a_page_without_episodes_is_empty_and_the_last() -> None:
    empty = translate.episode_page(page(next_="https://api4.thetvdb.com/more"))
    null = translate.episode_page({"data": {"episodes": None}})

    assert (empty.episodes, empty.has_next, null.episodes, null.has_next) == ([], False, [], False)


@pytest.mark.parametrize(
    "body",
    [None, [], "", {}, {"data": None}, {"data": {}}, {"data": {"episodes": {}}}, page({"id": 1})],
    ids=json.dumps,
)
def test_an_answer_that_is_no_page_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        translate.episode_page(body)


def test_names_are_taken_where_there_is_one() -> None:
    known = [DatedEpisode(1, 1, 1, "一", None), DatedEpisode(2, 1, 2, "二", None)]

    assert translate.with_names(known, {1: "One", 2: None, 3: "Three"}) == [
        DatedEpisode(1, 1, 1, "One", None),
        DatedEpisode(2, 1, 2, "二", None),
    ]


def test_a_token_says_itself_when_it_ends() -> None:
    token = jwt({"exp": 1_790_000_000, "age": ""})

    read = translate.service_token({"data": {"token": token}, "status": "success"}, NOW)

    assert (read.token, read.expires_at) == (token, datetime.fromtimestamp(1_790_000_000, UTC))


@pytest.mark.parametrize(
    "token",
    [
        *["opaque", "a.b", "a.b.c", "é.ü.ö", "..", jwt([]), jwt({}), jwt({"exp": "soon"}), jwt(5)],
        *[jwt({"exp": None}), jwt({"exp": 1e300}), jwt({"exp": float("inf")}), jwt({"exp": float("nan")})],
    ],
)
def test_a_token_that_does_not_say_is_good_for_the_shortest_month(token: str) -> None:
    read = translate.service_token({"data": {"token": token}}, NOW)

    assert (read.token, read.expires_at) == (token, datetime(2026, 9, 19, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"data": None}, {"data": {}}, {"data": {"token": ""}}, {"data": {"token": ["s3cr3t"]}}],
    ids=json.dumps,
)
def test_an_answer_without_a_token_is_malformed_and_not_repeated(body: object) -> None:
    with pytest.raises(Malformed) as raised:
        translate.service_token(body, NOW)

    assert "s3cr3t" not in f"{raised.value}{raised.value.__cause__}"


def test_every_recorded_page_is_read_whole() -> None:
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    languages, more = set(), 0
    paths = sorted((folder / "tvdb-v4" / "falsepopsky").glob("series-idSeasonType*.json"))
    for path in paths:
        body = json.loads(path.read_text(encoding="utf-8"))
        read = translate.episode_page(body)
        assert read.episodes == [
            DatedEpisode(sent["id"], sent["seasonNumber"], sent["number"], sent["name"], sent["aired"])
            for sent in body["data"]["episodes"]
        ], path
        assert read.has_next == (body["links"]["next"] is not None), path
        languages.add(read.language)
        more += read.has_next
    assert len(paths) == 6
    assert languages == {"eng", "jpn", None}
    assert more == 1
