"""TMDB's feeds of what has changed."""

from collections.abc import AsyncIterator
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.adapters.http import ServiceClient
from shared.adapters.tmdb.client import SERVICE
from shared.domain.show import MediaType
from shared.errors import Malformed


class _WirePage(BaseModel):
    """https://developer.themoviedb.org/reference/changes-tv-list, and the same of movies.

    An item is a mapping with an id, which may be null, and some with keys that are not documented.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    results: list[object]
    total_pages: int = Field(ge=0)


class TmdbChanges:
    """What has changed at TMDB."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def pages(self, media_type: MediaType, start: date, end: date) -> AsyncIterator[list[int]]:
        """The ids that have changed between two dates, at most 14 days apart, a page at a time.

        How many pages there are is asked with each, because it changes meanwhile.

        Raises:
            UpstreamError: TMDB fails us; the pages so far are good.
        """
        page, last = 1, 1
        while page <= last:
            answer = await self._client.get(
                f"{media_type}/changes",
                params={"start_date": start.isoformat(), "end_date": end.isoformat(), "page": str(page)},
            )
            try:
                sent = _WirePage.model_validate(answer.body)
            except ValidationError as error:
                raise Malformed(SERVICE, "the answer is not a feed of changes") from error
            yield [id_ for item in sent.results if (id_ := _id_of(item)) is not None]
            page, last = page + 1, sent.total_pages


def _id_of(item: object) -> int | None:
    id_ = item.get("id") if isinstance(item, dict) else None
    return id_ if type(id_) is int and id_ > 0 else None
