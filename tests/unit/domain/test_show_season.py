"""Seasons compared by episode ids, and cut to what a document holds."""

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.firestore.show_fields import season_fields
from shared.domain.season import Episode, Season, SeasonNumber
from shared.domain.show_season import (
    LARGEST_DOCUMENT_BYTES,
    EpisodeFacts,
    SeasonChanges,
    SeasonFacts,
    diff,
    estimated_bytes,
    fitted,
    with_dates,
)

ONE_MEBIBYTE = 1_048_576


def episode(id_: int, number: int | None = None, **other: Any) -> EpisodeFacts:
    given: dict[str, Any] = {"name": f"Name {id_}", "air_date": "2026-08-01", **other}
    return EpisodeFacts(episode_id=id_, number=id_ if number is None else number, **given)


def season(*episodes: EpisodeFacts, **other: Any) -> SeasonFacts:
    given: dict[str, Any] = {"season_id": 9, "name": "S", "air_date": None, "poster_path": None, **other}
    return SeasonFacts(number=SeasonNumber(1), episodes=episodes, **given)


def long_season(count: int, overview: str, name: str = "A name as they are") -> SeasonFacts:
    return season(
        *(
            episode(
                7_000_000 + number,
                number,
                name=name,
                overview=overview,
                still_path=f"/{'x' * 27}.jpg",
                runtime=25,
                episode_type="mid_season",
            )
            for number in range(1, count + 1)
        )
    )


def stored_bytes(value: object) -> int:
    """The size of a value by Firestore's rule: https://firebase.google.com/docs/firestore/storage-size"""
    match value:
        case None | bool():
            return 1
        case int() | float():
            return 8
        case str():
            return len(value.encode()) + 1
        case dict():
            return sum(stored_bytes(name) + stored_bytes(part) for name, part in value.items())
    raise TypeError(type(value))


def document_bytes(found: SeasonFacts) -> int:
    path = f"shows/tv_{10**15}/seasons/{found.number}"
    name = sum(len(part) + 1 for part in path.split("/")) + 16
    return name + stored_bytes(season_fields(found)) + stored_bytes("updatedAt") + 8 + 32


FIRST, SECOND = episode(1), episode(2)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param(None, None, SeasonChanges(), id="nothing and nothing"),
        pytest.param(None, season(FIRST, SECOND), SeasonChanges(added=(1, 2)), id="a new season"),
        pytest.param(season(FIRST), None, SeasonChanges(vanished=(1,)), id="a season that is gone"),
        pytest.param(season(FIRST), season(), SeasonChanges(vanished=(1,)), id="a season that is empty"),
        pytest.param(season(FIRST), season(FIRST), SeasonChanges(), id="the same"),
        pytest.param(season(FIRST), season(FIRST, SECOND), SeasonChanges(added=(2,)), id="one more"),
        pytest.param(season(FIRST, SECOND), season(SECOND), SeasonChanges(vanished=(1,)), id="one less"),
        pytest.param(
            season(FIRST),
            season(episode(2, 1)),
            SeasonChanges(added=(2,), vanished=(1,)),
            id="another in its place",
        ),
        pytest.param(
            season(FIRST, SECOND),
            season(episode(2, 1), episode(1, 2)),
            SeasonChanges(renumbered=(2, 1)),
            id="two that changed places",
        ),
        pytest.param(
            season(FIRST), season(replace(FIRST, name="Other")), SeasonChanges(renamed=(1,)), id="renamed"
        ),
        pytest.param(
            season(FIRST), season(replace(FIRST, name=None)), SeasonChanges(renamed=(1,)), id="its name lost"
        ),
        pytest.param(
            season(FIRST),
            season(replace(FIRST, air_date="2026-08-02")),
            SeasonChanges(redated=(1,)),
            id="re-dated",
        ),
        pytest.param(
            season(FIRST),
            season(replace(FIRST, air_date=None)),
            SeasonChanges(redated=(1,)),
            id="its date lost",
        ),
        pytest.param(
            season(FIRST),
            season(replace(FIRST, overview="o", runtime=3, still_path="/s", episode_type="finale")),
            SeasonChanges(otherwise=(1,)),
            id="several other things of one count once",
        ),
        pytest.param(
            season(FIRST),
            season(replace(FIRST, air_date_source="tvdb")),
            SeasonChanges(otherwise=(1,)),
            id="the same day by another source",
        ),
        pytest.param(
            season(FIRST), season(FIRST, name="T"), SeasonChanges(), id="only the season's own name"
        ),
    ],
)
def test_seasons_differ(
    before: SeasonFacts | None, after: SeasonFacts | None, changes: SeasonChanges
) -> None:
    assert diff(before, after) == changes


def test_an_episode_that_differs_in_many_ways_is_one() -> None:
    changes = diff(
        season(FIRST, SECOND), season(episode(1, 5, name="x", air_date=None, runtime=1), episode(3))
    )

    assert changes == SeasonChanges((3,), (2,), (1,), (1,), (1,), (1,))
    assert changes.count == 3


@pytest.mark.parametrize(
    "other",
    [
        *(
            replace(FIRST, **change)
            for change in (
                {"name": None},
                {"number": 2},
                {"air_date": None},
                {"overview": "o"},
                {"runtime": 0},
                {"still_path": "/s"},
                {"episode_type": "finale"},
                {"air_date_source": "tvdb"},
                {"episode_id": 3},
            )
        ),
    ],
)
def test_the_digest_tells_each_difference(other: EpisodeFacts) -> None:
    assert season(other).digest != season(FIRST).digest
    assert season(FIRST).digest == season(episode(1)).digest


def test_the_digest_is_made_of_any_text() -> None:
    assert season(episode(1, name="\ud83d 😀 \ufeff")).digest != season(episode(1, name="😀 \ufeff")).digest


@pytest.mark.parametrize(
    ("name", "is_placeholder"),
    [
        *[
            (name, True)
            for name in (None, "", " ", "Episode 7", "episode 7", "Episode #7", "Episode", "7", "7.")
        ],
        *[(name, True) for name in ("TBA", "tbd", "Folge 3", "Épisode 12", "Episodio 4")],
        *[(name, False) for name in ("Pilot", "Episode 7: Home", "7 Days", "The Episode", "Episode VII")],
    ],
)
def test_a_name_that_only_counts_is_a_placeholder(name: str | None, is_placeholder: bool) -> None:
    assert episode(1, name=name).has_placeholder_name is is_placeholder


@pytest.mark.parametrize(
    ("found", "is_incomplete", "latest"),
    [
        pytest.param(season(), True, None, id="no episodes"),
        pytest.param(season(FIRST, SECOND), False, "2026-08-01", id="all named and dated"),
        pytest.param(season(FIRST, episode(2, air_date=None)), True, "2026-08-01", id="a date is missing"),
        pytest.param(season(FIRST, episode(2, name="Episode 2")), True, "2026-08-01", id="a name is missing"),
        pytest.param(season(episode(1, air_date=None)), True, None, id="no date at all"),
        pytest.param(
            season(episode(1, air_date="2026-09-09"), FIRST), False, "2026-09-09", id="not aired by number"
        ),
    ],
)
def test_what_is_still_to_come(found: SeasonFacts, is_incomplete: bool, latest: str | None) -> None:
    assert found.is_incomplete is is_incomplete
    assert found.latest_air_date == latest


def test_the_cache_keeps_id_name_and_date_by_number() -> None:
    assert season(episode(5, 1, overview="o"), episode(4, 2, name=None, air_date=None)).cached() == Season(
        {1: Episode(5, "Name 5", "2026-08-01"), 2: Episode(4, None, None)}
    )


@pytest.mark.parametrize(
    ("overview", "kept"),
    [
        pytest.param("", None, id="no overviews"),
        pytest.param("o" * 100, "o" * 100, id="what fits is left as it is"),
        pytest.param("о" * 50, "о" * 50, id="two bytes a letter"),
        pytest.param("o" * 1000, "o" * 99 + "…", id="shortened to a hundred letters"),
        pytest.param("話" * 1000, None, id="three bytes a letter, and not even a hundred of them fit"),
    ],
)
def test_the_longest_season_fits_a_document(overview: str, kept: str | None) -> None:
    found = fitted(long_season(2868, overview))

    assert document_bytes(found) < ONE_MEBIBYTE
    assert estimated_bytes(found) <= LARGEST_DOCUMENT_BYTES
    assert {one.overview or None for one in found.episodes} == {kept}
    assert diff(long_season(2868, overview), found).count in {0, len(found.episodes)}
    assert (found.cached(), len(found.episodes)) == (long_season(2868, overview).cached(), 2868)


@pytest.mark.parametrize("name", ["", "A name", "第一話" * 20])
@pytest.mark.parametrize("count", [0, 1, 100, 2868])
def test_a_document_is_estimated_as_no_smaller_than_it_is(count: int, name: str) -> None:
    found = long_season(count, "An overview, naïve 😀", name)

    assert document_bytes(found) <= estimated_bytes(found) + 200
    assert document_bytes(found) >= 0.6 * estimated_bytes(found) - 500


def test_what_cannot_fit_at_all_loses_its_overviews_and_nothing_else() -> None:
    whole = long_season(50, "o")

    found = fitted(whole, largest=10)

    assert found == replace(whole, episodes=tuple(replace(one, overview=None) for one in whole.episodes))


def test_what_is_fitted_again_stays_the_same() -> None:
    once = fitted(long_season(2868, "o" * 1000))

    assert fitted(once) == once


@pytest.mark.parametrize(
    ("found", "dates", "dated"),
    [
        pytest.param(episode(1, air_date=None), {1: "2026-05-05"}, ("2026-05-05", "tvdb"), id="has none"),
        pytest.param(episode(1), {1: "2026-05-05"}, ("2026-08-01", "tmdb"), id="has one itself"),
        pytest.param(episode(1, air_date=None), {2: "2026-05-05"}, (None, "tmdb"), id="another's date"),
        pytest.param(episode(1, air_date=None), {}, (None, "tmdb"), id="no dates"),
    ],
)
def test_dates_of_another_source_fill_what_lacks(
    found: EpisodeFacts, dates: dict[int, str], dated: tuple[str | None, str]
) -> None:
    (one,) = with_dates(season(found), dates, "tvdb").episodes

    assert (one.air_date, one.air_date_source) == dated
