"""What supplements TMDB, as an instance is given it: nothing without keys, and with them all of it."""

from datetime import UTC, datetime

import pytest

from local.stand_ins.running import running_omdb_stand_in, running_tvdb_stand_in
from shared.wiring import Wiring
from tests.emulator.harness import instance_settings

pytestmark = pytest.mark.anyio


async def test_without_keys_nobody_is_asked(project: str) -> None:
    wiring = Wiring(instance_settings(project, "http://127.0.0.1:1/3"), tmdb_calls_per_10_seconds=1)

    assert (wiring.tvdb, wiring.omdb) == (None, None)


async def test_with_keys_both_are_asked_within_the_budget(project: str) -> None:
    with running_tvdb_stand_in() as tvdb, running_omdb_stand_in() as omdb:
        settings = instance_settings(
            project,
            "http://127.0.0.1:1/3",
            TVDB_BASE_URL=tvdb.base_url,
            TVDB_API_KEY="any",
            OMDB_BASE_URL=omdb.base_url,
            OMDB_API_KEY="any",
        )
        wiring = Wiring(settings, tmdb_calls_per_10_seconds=1)
        assert wiring.tvdb is not None
        assert wiring.omdb is not None

        (episode,) = await wiring.tvdb.episodes(71663)
        title = await wiring.omdb.title("tt1375666")

        assert (episode.name, episode.aired) == ("In the Name of the Grandfather", "2009-03-22")
        assert title is not None
        assert title.imdb_rating == 8.8
        assert await wiring.omdb_budget.take(5, now=datetime.now(UTC))
        await wiring._tvdb.close()
        await wiring._omdb.close()
        await wiring.firestore._firestore_api.transport.close()
