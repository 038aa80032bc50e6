"""The episodes of shows as `ShowDocuments` stores them, for those who only look at them."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore import paths, show_fields
from shared.adapters.firestore.calls import fields_of
from shared.adapters.firestore.reads import existing
from shared.domain.next_episode import SeasonOutline, ShowOutline
from shared.domain.season import SeasonNumber, air_date_or_none
from shared.domain.show import ShowKey
from shared.domain.show_season import EpisodeFacts

logger = logging.getLogger(__name__)

_FIELDS = ("title", "posterPath", "sync.events", "sync.seasons")


class ShowEpisodeDocuments:
    """The `ShowEpisodes` on Firestore."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def outlines(self, keys: Collection[ShowKey]) -> Mapping[ShowKey, ShowOutline]:
        """See `ShowEpisodes.outlines`."""
        by_path = {paths.show(key): key for key in keys}
        snapshots = await existing(self._client, by_path, _FIELDS)
        documents = {by_path[path]: fields_of(one) or {} for path, one in snapshots.items()}
        return {key: _outline(document) for key, document in documents.items() if "sync" in document}

    async def episodes(
        self, wanted: Collection[tuple[ShowKey, SeasonNumber]]
    ) -> Mapping[tuple[ShowKey, SeasonNumber], Sequence[EpisodeFacts]]:
        """See `ShowEpisodes.episodes`. A season that cannot be read is passed over."""
        by_path = {paths.show_season(*one): one for one in wanted}
        snapshots = await existing(self._client, by_path)
        found: dict[tuple[ShowKey, SeasonNumber], Sequence[EpisodeFacts]] = {}
        for path, snapshot in snapshots.items():
            try:
                found[by_path[path]] = show_fields.season(fields_of(snapshot) or {}).episodes
            except (AttributeError, KeyError, TypeError, ValueError):
                logger.exception("season %d of %s cannot be read", by_path[path][1], by_path[path][0])
        return found


def _outline(document: Mapping[str, Any]) -> ShowOutline:
    sync, title, poster_path = document.get("sync"), document.get("title"), document.get("posterPath")
    held = sync if isinstance(sync, Mapping) else {}
    return ShowOutline(
        title if isinstance(title, str) else None,
        poster_path if isinstance(poster_path, str) else None,
        {
            int(number): _season(fields)
            for number, fields in _mapping(held.get("seasons")).items()
            if number.isascii() and number.isdigit() and isinstance(fields, Mapping)
        },
        frozenset(
            day
            for fields in _mapping(held.get("events")).values()
            if isinstance(fields, Mapping)
            and fields.get("episodeId") is not None
            and not fields.get("isWithdrawn")
            and (day := air_date_or_none(fields.get("date"))) is not None
        ),
    )


def _season(fields: Mapping[str, Any]) -> SeasonOutline:
    count = fields.get("episodeCount")
    return SeasonOutline(
        count=count if isinstance(count, int) and not isinstance(count, bool) else 0,
        first_day=air_date_or_none(fields.get("listedAirDate")),
        latest_day=air_date_or_none(fields.get("latestAirDate")),
        is_settled=fields.get("isIncomplete") is False,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
