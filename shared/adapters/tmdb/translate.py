"""From TMDB's JSON to the domain. Pure."""

import logging

from pydantic import ValidationError

from shared.adapters.tmdb.wire import WireEpisode, WireMovie, WireSeason
from shared.domain.movie import MovieDetails, MovieId
from shared.domain.season import Episode, Season, air_date_or_none
from shared.errors import Malformed

logger = logging.getLogger(__name__)


def season(body: object) -> Season:
    """A season from an answer's body. The season number inside is not looked at: it can be a foreign one.

    Raises:
        Malformed: it is not a season, or none of its episodes can be read.
    """
    try:
        sent = WireSeason.model_validate(body).episodes
    except ValidationError as error:
        raise Malformed("tmdb", "the answer is not a season") from error
    episodes: dict[int, Episode] = {}
    for item in sent:
        try:
            episode = WireEpisode.model_validate(item)
        except ValidationError:
            logger.warning("TMDB sent an episode without a number or an id; it is left out")
            continue
        episodes[episode.episode_number] = Episode(
            episode.id, clean_text(episode.name), air_date_or_none(episode.air_date)
        )
    if sent and not episodes:
        raise Malformed("tmdb", "no episode of the season can be read")
    return Season(episodes)


def movie(movie_id: MovieId, body: object) -> MovieDetails:
    """A movie's details from an answer's body.

    Raises:
        Malformed: it is not a movie.
    """
    try:
        sent = WireMovie.model_validate(body)
    except ValidationError as error:
        raise Malformed("tmdb", "the answer is not a movie") from error
    return MovieDetails(
        movie_id, clean_text(sent.title), air_date_or_none(sent.release_date), clean_text(sent.status)
    )


def clean_text(name: str | None) -> str | None:
    """A name without what cannot be seen: real ones hold tabs, a byte order mark or blanks at their ends.

    Half a surrogate pair, which JSON can express, goes too: Firestore could not store it.
    """
    if name is None:
        return None
    cleaned = "".join(" " if character in "\t\r\n" else character for character in name)
    whole = cleaned.encode("utf-8", "ignore").decode("utf-8")
    return whole.replace("\ufeff", "").replace("\x00", "").strip() or None
