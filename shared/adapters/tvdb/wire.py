"""What TheTVDB's version 4 sends, as far as it is used: https://thetvdb.github.io/v4-api/"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

WholeNumber = Annotated[int, Field(ge=0, lt=2**63)]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class WireLoginData(_Wire):
    token: str = Field(min_length=1, repr=False)


class WireLogin(_Wire):
    """The answer to a sign-in."""

    data: WireLoginData


class WireEpisode(_Wire):
    """An episode as a list has it."""

    id: WholeNumber
    season_number: WholeNumber = Field(alias="seasonNumber")
    number: WholeNumber
    name: str | None = None
    aired: str | None = None


class WireSeries(_Wire):
    original_language: str | None = Field(default=None, alias="originalLanguage")


class WireEpisodesData(_Wire):
    """A page's content. With a language in the path, the series' fields stand beside the episodes.

    The episodes are read one by one, so that a broken one does not take the page with it.
    """

    series: WireSeries = WireSeries()
    episodes: list[Any] | None


class WireLinks(_Wire):
    next: str | None = None


class WireEpisodes(_Wire):
    """A page of a series' episodes."""

    data: WireEpisodesData
    links: WireLinks | None = None
