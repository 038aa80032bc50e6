"""Which of TheTVDB's dates an episode takes: by id, by a title that can mean it alone, or none."""

import json
from itertools import count
from pathlib import Path

import pytest

from shared.adapters.tmdb import translate
from shared.domain.air_dates import DatedEpisode, Undated, dates_from_tvdb, title_key
from shared.domain.season import Season
from tests.recordings import WHERE, recordings_folder

DAY = "2026-05-01"


def ours(
    name: str | None, *, season: int = 1, number: int = 1, tvdb_id: int | None = None, id_: int = 1
) -> Undated:
    return Undated(id_, season, number, name, tvdb_id)


def theirs(
    name: str | None, *, season: int = 1, number: int = 1, id_: int = 901, aired: str | None = DAY
) -> DatedEpisode:
    return DatedEpisode(id_, season, number, name, aired)


@pytest.mark.parametrize(
    ("undated", "tvdb", "dates"),
    [
        pytest.param([ours("Pilot")], [theirs("Pilot")], {1: DAY}, id="the same title"),
        pytest.param([ours("Pilot")], [theirs("Pilot", number=7)], {1: DAY}, id="under another number"),
        pytest.param([ours("Pilot")], [theirs("Home")], {}, id="the same number and another title"),
        pytest.param([ours("Pilot")], [theirs("Pilot", season=2)], {}, id="the title in another season"),
        pytest.param([ours("Pilot")], [theirs("Pilot", aired=None)], {}, id="TheTVDB has no date either"),
        pytest.param([ours("Pilot")], [], {}, id="TheTVDB has nothing"),
        pytest.param([], [theirs("Pilot")], {}, id="nothing is undated"),
        pytest.param([ours(None)], [theirs(None)], {}, id="no names"),
        pytest.param([ours("Episode 1")], [theirs("Episode 1")], {}, id="placeholders"),
        pytest.param([ours("TBA")], [theirs("TBA")], {}, id="to be announced"),
        pytest.param(
            [ours("Home"), ours("Home", season=2, id_=2)], [theirs("Home")], {}, id="twice in the show, ours"
        ),
        pytest.param(
            [ours("Home")],
            [theirs("Home"), theirs("Home", season=2, id_=902)],
            {},
            id="twice in the show, theirs",
        ),
        pytest.param(
            [ours("Home")], [theirs("Home"), theirs("Home")], {1: DAY}, id="the same episode listed twice"
        ),
        pytest.param([ours("Pilot", tvdb_id=901)], [theirs("Home", season=3)], {1: DAY}, id="by id alone"),
        pytest.param([ours("Pilot", tvdb_id=900)], [theirs("Pilot")], {}, id="the id says it is another one"),
        pytest.param([ours("Pilot", tvdb_id=901)], [theirs("Pilot", aired=None)], {}, id="by id, no date"),
        pytest.param(
            [ours("Home", tvdb_id=901), ours("Pilot", id_=2)],
            [theirs("Pilot")],
            {1: DAY},
            id="one that is found by id is not found by title too",
        ),
        pytest.param(
            [ours("A", tvdb_id=901), ours("B", id_=2, tvdb_id=901)], [theirs("A")], {}, id="two with one id"
        ),
    ],
)
def test_which_dates_are_taken(
    undated: list[Undated], tvdb: list[DatedEpisode], dates: dict[int, str]
) -> None:
    assert dates_from_tvdb(undated, tvdb) == dates


def test_a_title_that_an_episode_with_a_date_has_too_finds_nothing() -> None:
    assert dates_from_tvdb([ours("Home")], [theirs("Home")], other_names=["HOME!", None]) == {}
    assert dates_from_tvdb([ours("Home")], [theirs("Home")], other_names=["Pilot", None]) == {1: DAY}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ozymandias", "OZYMANDIAS"),
        ("Más allá", "Mas Alla"),
        ("Spider-Man: No Way…", "Spider Man – No way..."),
        ("Don’t  Look\u202fBack", "Don't look back"),
        ("\ufeff<i>Ozymandias</i>", "Ozymandias"),
        ("Straße", "STRASSE"),
        ("Étoile", "E\u0301toile"),
        ("Ｆｕｌｌ Ｗｉｄｔｈ", "Full Width"),
        ("Part 5: The End", "Part 5 – The End"),
        ("黒い騎士", "黒い騎士"),
    ],
)
def test_titles_that_are_the_same(one: str, other: str) -> None:
    assert title_key(one) == title_key(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [("かき", "がき"), ("Part 5: The End", "Part 6: The End"), ("Home", "Home Again"), ("दिन", "दान")],
)
def test_titles_that_are_not_the_same(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@pytest.mark.parametrize(
    "name",
    [
        *["", " ", "???", "...", "🎬", "Episode 5", "episode #1.5", "Episode Five", "EPISODE  XIV", "Ep. 5"],
        *["S01E05", "E5", "Season 2 Episode 5", "Épisode 5", "Episodio 12", "Folge 7", "Aflevering 3"],
        *[
            "Chapter 5",
            "Part II",
            "Part Two",
            "Day 3",
            "Week Ten",
            "5",
            "第5話",
            "제5화",
            "5. Bölüm",
            "Серия 5",
        ],
        *[
            "TBA",
            "TBD",
            "T.B.A.",
            "To Be Announced",
            "Untitled",
            "Untitled Episode",
            "Episode TBA",
            "Episode",
        ],
        *["Episode Twenty-One", "Part Thirteen"],
    ],
)
def test_a_title_that_says_no_more_than_a_number_is_none(name: str) -> None:
    assert title_key(name) is None


@pytest.mark.parametrize(
    "name",
    ["Pilot", "Epic", "Party", "Partition", "Weekend", "Daylight", "Today", "Eponine", "Chapter and Verse"],
)
def test_a_title_that_looks_a_little_like_a_placeholder_is_one(name: str) -> None:
    assert title_key(name) is not None


Pair = tuple[int, Season, Season]


@pytest.fixture(scope="module")
def recorded() -> list[list[Pair]]:
    """By show: a season's number and two states of it, of 2024 and 2026, of July and August, or the same."""
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    tmdb = folder / "tmdb"
    pairs: dict[str, list[Pair]] = {}
    for path in sorted((tmdb / "tv").glob("*/season/*.json")):
        if path.name.endswith(".404.json"):
            continue
        before, later = season_in(path), tmdb / "2026-08" / path.relative_to(tmdb)
        pair = (int(path.stem), before, season_in(later) if later.exists() else before)
        pairs.setdefault(f"crawls {path.parts[-3]}", []).append(pair)
    for season in sorted((tmdb / "history" / "tv").glob("*/season/*")):
        states = sorted(season.glob("*.json"))
        pair = (int(season.name), season_in(states[0]), season_in(states[-1]))
        pairs.setdefault(f"weeks {season.parts[-3]}", []).append(pair)
    return list(pairs.values())


def season_in(path: Path) -> Season:
    return translate.season(json.loads(path.read_text()))


def test_recorded_episodes_find_themselves_at_another_time_under_any_number(
    recorded: list[list[Pair]],
) -> None:
    """A later state, numbered anew, plays TheTVDB: what is found must be the episode of the same id."""
    sought = found = 0
    for seasons in recorded:
        numbers = count(1)
        undated = [
            Undated(episode.episode_id, season, number, episode.name)
            for season, before, _ in seasons
            for number, episode in before.episodes.items()
        ]
        tvdb = [
            DatedEpisode(episode.episode_id, season, next(numbers), episode.name, str(episode.episode_id))
            for season, _, after in seasons
            for _, episode in sorted(after.episodes.items(), reverse=True)
        ]

        dates = dates_from_tvdb(undated, tvdb)

        assert {int(date): id_ for id_, date in dates.items() if int(date) != id_} == {}
        sought += len(undated)
        found += len(dates)
    assert sought > 500
    assert found > sought / 2
