"""What others think of a show or movie."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OmdbTitle:
    """What OMDb knows of a title. Whatever it does not know is None, and often that is all of it.

    `imdb_rating` is of 10; Rotten Tomatoes' percent and Metacritic's score are of 100.
    """

    imdb_rating: float | None = None
    imdb_votes: int | None = None
    rotten_tomatoes_percent: int | None = None
    metacritic_score: int | None = None
    plot: str | None = None
    awards: str | None = None
