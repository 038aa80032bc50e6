"""When a movie's details still change."""

from datetime import date

import pytest

from shared.domain.movie import MovieDetails, MovieId

TODAY = date(2026, 8, 22)


@pytest.mark.parametrize(
    ("status", "released", "is_ongoing"),
    [
        pytest.param("Released", "1999-03-31", False, id="released long ago"),
        pytest.param("Released", "2026-08-08", True, id="released 14 days ago"),
        pytest.param("Released", "2026-08-07", False, id="released 15 days ago"),
        pytest.param("Released", "2026-09-01", True, id="released, with a date ahead"),
        pytest.param("Released", None, True, id="released, nobody knows when"),
        pytest.param("Canceled", None, False, id="canceled without a date"),
        pytest.param("Canceled", "2026-09-01", True, id="canceled lately, with a date ahead"),
        pytest.param("Post Production", "1999-03-31", True, id="not out yet"),
        pytest.param("Planned", None, True, id="planned"),
        pytest.param(None, None, True, id="TMDB has no such movie"),
    ],
)
def test_a_movie_is_ongoing(status: str | None, released: str | None, is_ongoing: bool) -> None:
    movie = MovieDetails(MovieId(603), "The Matrix", released, status)

    assert movie.is_ongoing(TODAY) is is_ongoing
