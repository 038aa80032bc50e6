"""What the documents of shows and seasons tell those who look at them."""

import logging
from collections.abc import Collection, Mapping

from google.cloud.firestore_v1 import AsyncClient

from shared import usage
from shared.adapters.firestore import paths, show_fields
from shared.adapters.firestore.calls import BOUNDED, fields_of, translated
from shared.adapters.firestore.reads import existing
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowKey
from shared.domain.show_page import ShowPage
from shared.domain.show_season import SeasonFacts

logger = logging.getLogger(__name__)

FIELDS = (
    *("title", "originalTitle", "status", "overview", "posterPath", "backdropPath", "genres", "network"),
    *("premiereDate", "runtime", "externalIds", "ratings", "plot", "awards", "seasons", "sync.seasons"),
)
"""The fields that are read: the events of a long show are many times that."""


class ShowPageDocuments:
    """The `HeldPages`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def page(self, key: ShowKey) -> ShowPage | None:
        """See `HeldPages.page`. One read. What cannot be read counts as never synced."""
        usage.count(reads=1)
        with translated():
            snapshot = await self._client.document(paths.show(key)).get(field_paths=FIELDS, **BOUNDED)
        document = fields_of(snapshot) or {}
        if "sync" not in document:
            return None
        try:
            return ShowPage(
                facts=show_fields.facts(key, document),
                ratings=document["ratings"],
                plot=document["plot"],
                awards=document["awards"],
                latest={
                    SeasonNumber(int(number)): season["latestAirDate"]
                    for number, season in document["sync"]["seasons"].items()
                },
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            logger.exception("the document of %s cannot be read, and TMDB is asked instead", key)
            return None

    async def seasons(
        self, key: ShowKey, numbers: Collection[SeasonNumber]
    ) -> Mapping[SeasonNumber, SeasonFacts]:
        """See `HeldPages.seasons`. A read for each. One that cannot be read is left out."""
        wanted = {paths.show_season(key, number): number for number in numbers}
        seasons: dict[SeasonNumber, SeasonFacts] = {}
        for path, snapshot in (await existing(self._client, list(wanted))).items():
            try:
                seasons[wanted[path]] = show_fields.season(fields_of(snapshot) or {})
            except (AttributeError, KeyError, TypeError, ValueError):
                logger.exception("season %s of %s cannot be read", wanted[path], key)
        return seasons
