"""From TMDB's JSON to what a show's documents hold. Pure."""

import logging
from collections.abc import Sequence

from pydantic import ValidationError

from shared.adapters.tmdb.translate import clean_text
from shared.adapters.tmdb.wire import WireFullEpisode, WireFullSeason, WireMovie, WireNamed, WireShow
from shared.domain.season import SeasonNumber, air_date_or_none
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, status_of
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.errors import Malformed

logger = logging.getLogger(__name__)


def show(key: ShowKey, body: object) -> ShowFacts:
    """A show from its details.

    Raises:
        Malformed: they are not the details of this show.
    """
    try:
        sent = WireShow.model_validate(body)
    except ValidationError as error:
        raise Malformed("tmdb", "the answer is not a show") from error
    if sent.id != key.tmdb_id:
        raise Malformed("tmdb", "the answer is another show")
    ids = (
        {}
        if sent.external_ids is None
        else {
            "imdb": sent.external_ids.imdb_id,
            "tvdb": sent.external_ids.tvdb_id,
        }
    )
    listed = {
        season.season_number: ListedSeason(
            SeasonNumber(season.season_number),
            season.id,
            clean_text(season.name),
            air_date_or_none(season.air_date),
            season.episode_count,
            season.poster_path,
        )
        for season in sent.seasons
    }
    return ShowFacts(
        key=key,
        title=clean_text(sent.name),
        original_title=clean_text(sent.original_name),
        status=status_of(sent.status),
        overview=clean_text(sent.overview),
        poster_path=sent.poster_path,
        backdrop_path=sent.backdrop_path,
        genres=_names(sent.genres),
        network=next(iter(_names(sent.networks)), None),
        premiere_date=air_date_or_none(sent.first_air_date),
        rating=sent.vote_average or None,
        votes=sent.vote_count or None,
        external_ids={name: value for name, value in ids.items() if value},
        seasons=tuple(listed.values()),
    )


def full_season(number: SeasonNumber, body: object) -> SeasonFacts:
    """A season. What its episodes say of their season is not looked at: it can be a foreign one.

    Raises:
        Malformed: it is not a season, or none of its episodes can be read.
    """
    try:
        sent = WireFullSeason.model_validate(body)
    except ValidationError as error:
        raise Malformed("tmdb", "the answer is not a season") from error
    episodes: dict[int, EpisodeFacts] = {}
    for item in sent.episodes:
        try:
            episode = WireFullEpisode.model_validate(item)
        except ValidationError:
            logger.warning("TMDB sent an episode without a number or an id; it is left out")
            continue
        episodes[episode.id] = EpisodeFacts(
            episode_id=episode.id,
            number=episode.episode_number,
            name=clean_text(episode.name),
            air_date=air_date_or_none(episode.air_date),
            overview=clean_text(episode.overview),
            runtime=episode.runtime,
            still_path=episode.still_path,
            episode_type=episode.episode_type or "standard",
        )
    if sent.episodes and not episodes:
        raise Malformed("tmdb", "no episode of the season can be read")
    return SeasonFacts(
        number=number,
        season_id=sent.id,
        name=clean_text(sent.name),
        air_date=air_date_or_none(sent.air_date),
        poster_path=sent.poster_path,
        episodes=tuple(sorted(episodes.values(), key=lambda episode: (episode.number, episode.episode_id))),
    )


def full_movie(key: ShowKey, body: object) -> ShowFacts:
    """A movie from its details.

    Raises:
        Malformed: they are not the details of this movie.
    """
    try:
        sent = WireMovie.model_validate(body)
    except ValidationError as error:
        raise Malformed("tmdb", "the answer is not a movie") from error
    if sent.id != key.tmdb_id:
        raise Malformed("tmdb", "the answer is another movie")
    return ShowFacts(
        key=key,
        title=clean_text(sent.title),
        original_title=clean_text(sent.original_title),
        status=status_of(sent.status),
        overview=clean_text(sent.overview),
        poster_path=sent.poster_path,
        backdrop_path=sent.backdrop_path,
        genres=_names(sent.genres),
        premiere_date=air_date_or_none(sent.release_date),
        runtime=sent.runtime,
        rating=sent.vote_average or None,
        votes=sent.vote_count or None,
        external_ids={"imdb": sent.imdb_id} if sent.imdb_id else {},
    )


def _names(named: Sequence[WireNamed] | None) -> tuple[str, ...]:
    cleaned = (clean_text(one.name) for one in named or ())
    return tuple(name for name in cleaned if name is not None)
