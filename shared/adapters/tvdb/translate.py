"""From TheTVDB's JSON to the domain. Pure: the time is handed in."""

import base64
import binascii
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from shared.adapters.tvdb.wire import WireEpisode, WireEpisodes, WireLogin
from shared.domain.air_dates import DatedEpisode
from shared.domain.season import air_date_or_none
from shared.domain.service_token import ServiceToken
from shared.errors import Malformed

logger = logging.getLogger(__name__)

SERVICE = "tvdb"

TOKEN_LIFE = timedelta(days=28)
"""TheTVDB says "one month"; no month is shorter."""


@dataclass(frozen=True, slots=True)
class EpisodePage:
    """Some of a series' episodes. `language` is what their names are in, where the page says so."""

    episodes: Sequence[DatedEpisode]
    language: str | None
    has_next: bool


def service_token(body: object, now: datetime) -> ServiceToken:
    """The token from the answer to a sign-in.

    Raises:
        Malformed: there is none.
    """
    try:
        token = WireLogin.model_validate(body).data.token
    except ValidationError:
        # Without its cause, which would tell of the answer.
        raise Malformed(SERVICE, "the answer to the sign-in has no token") from None
    return ServiceToken(token, _said_end(token) or now + TOKEN_LIFE)


def episode_page(body: object) -> EpisodePage:
    """A page of episodes from an answer's body.

    Raises:
        Malformed: it is not a page, or none of its episodes can be read.
    """
    try:
        sent = WireEpisodes.model_validate(body)
    except ValidationError as error:
        raise Malformed(SERVICE, "the answer is not a list of episodes") from error
    items = sent.data.episodes or []
    episodes: list[DatedEpisode] = []
    for item in items:
        try:
            episode = WireEpisode.model_validate(item)
        except ValidationError:
            continue
        episodes.append(
            DatedEpisode(
                episode.id,
                episode.season_number,
                episode.number,
                episode.name,
                air_date_or_none(episode.aired),
            )
        )
    if items and not episodes:
        raise Malformed(SERVICE, "no episode of the page can be read")
    if len(episodes) < len(items):
        left_out = len(items) - len(episodes)
        logger.warning("TheTVDB sent %d episodes without an id or a number; they are left out", left_out)
    has_next = sent.links is not None and bool(sent.links.next)
    return EpisodePage(episodes, sent.data.series.original_language, has_next and bool(items))


def with_names(episodes: Sequence[DatedEpisode], names: Mapping[int, str | None]) -> list[DatedEpisode]:
    """The episodes with these names by id, where there is one."""
    return [replace(episode, name=names.get(episode.tvdb_id) or episode.name) for episode in episodes]


def _said_end(token: str) -> datetime | None:
    """When the token ends, as it says itself: it is a JWT. Its signature is not ours to check."""
    try:
        claims = token.split(".")[1]
        padded = claims + "=" * (-len(claims) % 4)
        return datetime.fromtimestamp(json.loads(base64.urlsafe_b64decode(padded))["exp"], UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, binascii.Error):
        return None
