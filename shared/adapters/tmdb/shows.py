"""Whole shows and movies from TMDB, for the sync."""

import logging
from collections.abc import Sequence

from shared.adapters.http import ServiceClient
from shared.adapters.tmdb import translate_show
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowKey
from shared.domain.show_record import FetchedShow
from shared.errors import Malformed

logger = logging.getLogger(__name__)


class TmdbShows:
    """The `ShowSource`."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def show(self, key: ShowKey, seasons: Sequence[SeasonNumber]) -> FetchedShow | None:
        """See `ShowSource.show`. https://developer.themoviedb.org/reference/tv-series-details"""
        appended = ["external_ids", *(f"season/{number}" for number in seasons)]
        answer = await self._client.get(
            f"tv/{key.tmdb_id}", params={"append_to_response": ",".join(appended)}
        )
        if not answer.is_found:
            return None
        facts = translate_show.show(key, answer.body)
        fetched, unreadable = {}, set()
        for number in seasons:
            body = answer.body.get(f"season/{number}")
            try:
                if body is not None:
                    fetched[number] = translate_show.full_season(number, body)
            except Malformed as error:
                logger.warning("season %s of %s is left out: %s", number, key, error)
                unreadable.add(number)
        return FetchedShow(facts, frozenset(seasons) - unreadable, fetched)

    async def movie(self, key: ShowKey) -> ShowFacts | None:
        """See `ShowSource.movie`. https://developer.themoviedb.org/reference/movie-details"""
        answer = await self._client.get(f"movie/{key.tmdb_id}")
        return translate_show.full_movie(key, answer.body) if answer.is_found else None
