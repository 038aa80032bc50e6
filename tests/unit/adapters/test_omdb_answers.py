"""What is made of OMDb's answers."""

import json
from typing import Any

import pytest

from shared.adapters.omdb import translate
from shared.domain.ratings import OmdbTitle
from shared.errors import DailyLimitReached, Malformed, Rejected
from tests.recordings import WHERE, recordings_folder

MOVIE = {
    "Title": "Made",
    "Type": "movie",
    "Year": "2020",
    "imdbRating": "8.8",
    "imdbVotes": "2,345,678",
    "Metascore": "74",
    "Ratings": [
        {"Source": "Internet Movie Database", "Value": "8.8/10"},
        {"Source": "Rotten Tomatoes", "Value": "87%"},
        {"Source": "Metacritic", "Value": "74/100"},
    ],
    "Plot": "A plot.",
    "Awards": "Won 4 Oscars.",
    "Response": "True",
}
UNREADABLE: tuple[object, ...] = ("11", "-1", "8,8", "good", "", None, 8.8)


def test_all_that_is_used_is_read() -> None:
    assert translate.title(MOVIE) == OmdbTitle(8.8, 2_345_678, 87, 74, "A plot.", "Won 4 Oscars.")


def test_what_is_not_available_is_none() -> None:
    sent = dict.fromkeys(MOVIE, "N/A") | {"Response": "True", "Ratings": []}

    assert translate.title(sent) == translate.title({"Response": "True"}) == OmdbTitle()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        *[
            ({"imdbRating": value}, {"imdb_rating": None})
            for value in ("11", "-1", "8,8", "good", "", None, 8.8)
        ],
        ({"imdbRating": "10"}, {"imdb_rating": 10.0}),
        ({"imdbRating": "10.0"}, {"imdb_rating": 10.0}),
        ({"imdbRating": "0.0"}, {"imdb_rating": 0.0}),
        ({"imdbVotes": "9"}, {"imdb_votes": 9}),
        *[({"imdbVotes": value}, {"imdb_votes": None}) for value in ("many", "-5", "1.5", "", "9" * 30, 7)],
        ({"Ratings": None}, {"rotten_tomatoes_percent": None}),
        ({"Ratings": "N/A"}, {"rotten_tomatoes_percent": None}),
        (
            {"Ratings": [None, {}, {"Source": "Rotten Tomatoes", "Value": "0%"}]},
            {"rotten_tomatoes_percent": 0},
        ),
        ({"Ratings": [{"Source": "Rotten Tomatoes", "Value": "101%"}]}, {"rotten_tomatoes_percent": None}),
        ({"Ratings": [{"Source": "Rotten Tomatoes", "Value": "N/A"}]}, {"rotten_tomatoes_percent": None}),
        ({"Metascore": "N/A"}, {"metacritic_score": 74}),
        ({"Metascore": "100"}, {"metacritic_score": 100}),
        ({"Metascore": "N/A", "Ratings": []}, {"metacritic_score": None, "rotten_tomatoes_percent": None}),
        ({"Plot": " \ufeffA\ud83c plot. "}, {"plot": "A plot."}),
        ({"Plot": ""}, {"plot": None}),
        ({"Awards": 5}, {"awards": None}),
    ],
    ids=str,
)
def test_a_field_that_cannot_be_read_is_none_and_the_others_stay(
    sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    title = translate.title({**MOVIE, **sent})

    assert title is not None
    assert {name: getattr(title, name) for name in kept} == kept
    whole = translate.title(MOVIE)
    assert sum(
        getattr(title, name) != getattr(whole, name) for name in OmdbTitle.__dataclass_fields__
    ) <= len(kept)


@pytest.mark.parametrize(
    "body", [None, [], "", 5, {}, {"Response": None}, {"Response": "Maybe"}], ids=json.dumps
)
def test_an_answer_that_is_not_omdbs_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        translate.title(body)


def test_every_recorded_title_is_read() -> None:
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    titles = unknown = 0
    for path in sorted((folder / "omdb").rglob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        title = translate.title(body)
        if body["Response"] == "False":
            assert title is None, path
            unknown += 1
            continue
        assert title is not None, path
        titles += 1
        pairs = {
            "imdbRating": title.imdb_rating,
            "imdbVotes": title.imdb_votes,
            "Metascore": title.metacritic_score,
            "Plot": title.plot,
            "Awards": title.awards,
        }
        for name, kept in pairs.items():
            assert (kept is None) == (body.get(name, "N/A") == "N/A"), (path, name)
        sources = {rating["Source"] for rating in body.get("Ratings", [])}
        assert (title.rotten_tomatoes_percent is not None) == ("Rotten Tomatoes" in sources), path
    assert (titles > 80, unknown > 5) == (True, True)


def test_the_quoted_refusals_are_told_apart() -> None:
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    quoted = folder / "synthetic" / "omdb"
    refusals = {
        name: json.loads((quoted / f"401-{name}.json").read_text())
        for name in ("request-limit", "invalid-key")
    }

    assert type(translate.error(401, refusals["request-limit"])) is DailyLimitReached
    assert type(translate.error(401, refusals["invalid-key"])) is Rejected
