"""What OMDb sends, as far as it is used: https://www.omdbapi.com/#parameters

All its values are texts, and what it does not know is "N/A". Any of them may be of another kind without the
others being worse for it.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class WireRating(_Wire):
    source: str = Field(alias="Source")
    value: str = Field(alias="Value")


class WireAnswer(_Wire):
    """What every answer says of itself."""

    response: Literal["True", "False"] = Field(alias="Response")


class WireTitle(WireAnswer):
    """A title. The ratings are read one by one."""

    imdb_rating: Any = Field(default=None, alias="imdbRating")
    imdb_votes: Any = Field(default=None, alias="imdbVotes")
    metascore: Any = Field(default=None, alias="Metascore")
    ratings: Any = Field(default=None, alias="Ratings")
    plot: Any = Field(default=None, alias="Plot")
    awards: Any = Field(default=None, alias="Awards")
