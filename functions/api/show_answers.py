"""Shows, seasons and episodes as the API tells them."""

from typing import Annotated, Any, Self

from pydantic import Field

from functions.api.models import Day, NextCursor, Picture, Told
from shared.domain.show import ListedSeason, MediaType, ShowStatus
from shared.domain.show_listing import ShowListing
from shared.domain.show_page import PlacedEpisode, ShowPage
from shared.domain.show_season import EpisodeFacts, SeasonFacts

ShowId = Annotated[str, Field(description="TMDB's id with its kind.", examples=["tv_1396"])]
Title = Annotated[str | None, Field(examples=["Breaking Bad"])]
SeasonName = Annotated[str | None, Field(examples=["Season 1"])]
Overview = Annotated[str | None, Field(examples=["A chemistry teacher is told that he has cancer."])]


class ListingAnswer(Told):
    """A show or movie as a list names it."""

    id: ShowId
    media_type: MediaType
    title: str = Field(examples=["Breaking Bad"])
    original_title: Title
    premiere_date: Day | None = Field(description="Of a movie its release.")
    poster_path: Picture
    rating: float | None = Field(description="TMDB's, of 10.", examples=[8.9])

    @classmethod
    def of(cls, listing: ShowListing) -> Self:
        """The answer that shows it."""
        return cls(
            id=str(listing.key),
            media_type=listing.key.media_type,
            title=listing.title,
            original_title=listing.original_title,
            premiere_date=listing.premiere_date,
            poster_path=listing.poster_path,
            rating=listing.rating,
        )


class SearchAnswer(Told):
    """What was found, the best first: 40 at most, and no further pages."""

    shows: list[ListingAnswer]
    is_partial: bool = Field(
        description="TMDB should have been asked too, and did not answer: ask again in a while."
    )


class ListAnswer(Told):
    """Some of a list, in its order."""

    shows: list[ListingAnswer]
    cursor: NextCursor


class RatingAnswer(Told):
    """A rating of 10, and of how many."""

    value: float | None
    votes: int | None


class RatingsAnswer(Told):
    """What others think of it; null: it is not known."""

    tmdb: RatingAnswer | None = None
    imdb: RatingAnswer | None = None
    rotten_tomatoes: int | None = Field(None, description="Percent.")
    metacritic: int | None = Field(None, description="Of 100.")


class ExternalIdsAnswer(Told):
    """Its ids elsewhere."""

    imdb: str | None = Field(None, examples=["tt0903747"])
    tvdb: int | None = Field(None, examples=[81189])


class ListedSeasonAnswer(Told):
    """A season as its show lists it."""

    number: int
    name: SeasonName
    air_date: Day | None
    episode_count: int | None
    poster_path: Picture

    @classmethod
    def of(cls, season: ListedSeason) -> Self:
        """The answer that shows it."""
        return cls(
            number=season.number,
            name=season.name,
            air_date=season.air_date,
            episode_count=season.episode_count,
            poster_path=season.poster_path,
        )


class ShowAnswer(Told):
    """A show or movie."""

    id: ShowId
    tmdb_id: int
    media_type: MediaType
    title: Title
    original_title: Title
    status: ShowStatus
    overview: Overview
    poster_path: Picture
    backdrop_path: Picture
    genres: list[str] = Field(examples=[["Drama", "Crime"]])
    network: str | None = Field(examples=["AMC"])
    premiere_date: Day | None = Field(description="Of a movie its release.")
    runtime: int | None = Field(description="Of a movie, in minutes.")
    external_ids: ExternalIdsAnswer
    ratings: RatingsAnswer
    plot: str | None = Field(description="OMDb's.", examples=["A chemistry teacher turns to crime."])
    awards: str | None = Field(description="OMDb's.", examples=["Won 16 Primetime Emmys."])
    seasons: list[ListedSeasonAnswer] = Field(description="None of a movie.")

    @classmethod
    def of(cls, page: ShowPage) -> Self:
        """The answer that shows it."""
        facts = page.facts
        return cls(
            id=str(facts.key),
            tmdb_id=facts.key.tmdb_id,
            media_type=facts.key.media_type,
            title=facts.title,
            original_title=facts.original_title,
            status=facts.status,
            overview=facts.overview,
            poster_path=facts.poster_path,
            backdrop_path=facts.backdrop_path,
            genres=list(facts.genres),
            network=facts.network,
            premiere_date=facts.premiere_date,
            runtime=facts.runtime,
            external_ids=ExternalIdsAnswer.model_validate(dict(facts.external_ids)),
            ratings=RatingsAnswer.model_validate(dict(page.ratings)),
            plot=page.plot,
            awards=page.awards,
            seasons=[ListedSeasonAnswer.of(season) for season in facts.seasons],
        )


def _episode(season: int, episode: EpisodeFacts) -> dict[str, Any]:
    return {
        "season": season,
        "number": episode.number,
        "episode_id": episode.episode_id,
        "name": episode.name,
        "air_date": episode.air_date,
        "overview": episode.overview,
        "runtime": episode.runtime,
        "still_path": episode.still_path,
        "type": episode.episode_type,
    }


class EpisodeAnswer(Told):
    """An episode."""

    season: int
    number: int
    episode_id: int = Field(description="TMDB's; it stays when the number changes.", examples=[62085])
    name: str | None = Field(examples=["Pilot"])
    air_date: Day | None
    overview: Overview
    runtime: int | None = Field(description="In minutes.")
    still_path: Picture
    type: str = Field(description="TMDB's.", examples=["standard", "mid_season", "finale"])

    @classmethod
    def of(cls, placed: PlacedEpisode) -> Self:
        """The answer that shows it."""
        return cls(**_episode(placed.season, placed.episode))


class SeasonAnswer(Told):
    """A season with its episodes, in the order of their numbers."""

    number: int
    name: SeasonName
    air_date: Day | None
    poster_path: Picture
    episodes: list[EpisodeAnswer]

    @classmethod
    def of(cls, season: SeasonFacts) -> Self:
        """The answer that shows it."""
        return cls(
            number=season.number,
            name=season.name,
            air_date=season.air_date,
            poster_path=season.poster_path,
            episodes=[EpisodeAnswer(**_episode(season.number, episode)) for episode in season.episodes],
        )


class EpisodesAnswer(Told):
    """Some episodes. A page with a cursor can have fewer than were asked for, and none at all."""

    episodes: list[EpisodeAnswer]
    cursor: NextCursor
