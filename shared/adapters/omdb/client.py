"""OMDb's API."""

import re

import httpx

from shared.adapters.http import LIMITS, Patience, ServiceClient, Share
from shared.adapters.omdb import translate
from shared.domain.ratings import OmdbTitle

SERVICE = translate.SERVICE

ONCE = Patience(attempts=1)
"""Every attempt is one of the day's calls. Ratings can wait for the next sync, and hold up none."""

_IMDB_ID = re.compile(r"tt\d{7,10}", re.ASCII)


def omdb_client(
    *,
    base_url: str,
    api_key: str,
    share: Share,
    patience: Patience = ONCE,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ServiceClient:
    """The HTTP client for OMDb."""
    return ServiceClient(
        service=SERVICE,
        base_url=base_url,
        headers={"Accept": "application/json"},
        share=share,
        patience=patience,
        transport=KeyInQuery(api_key, transport or httpx.AsyncHTTPTransport(limits=LIMITS)),
        read_error=translate.error,
    )


class OmdbTitles:
    """Ratings, plot and awards by IMDb id."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def title(self, imdb_id: str) -> OmdbTitle | None:
        """A title, or None where OMDb has none; for what is no IMDb id it is not even asked.

        Raises `DailyLimitReached` where it answers no more today, and other `UpstreamError`s.
        """
        if not _IMDB_ID.fullmatch(imdb_id):
            return None
        answer = await self._client.get("", params={"i": imdb_id, "r": "json"})
        return translate.title(answer.body)


class KeyInQuery(httpx.AsyncBaseTransport):
    """Puts the key into the query at the last moment, where OMDb wants it.

    httpx logs the address of every request, and its errors carry the request: none of them is this one.
    """

    def __init__(self, api_key: str, transport: httpx.AsyncBaseTransport) -> None:
        self._api_key = api_key
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        return await self._transport.handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_add_param("apikey", self._api_key),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        """See httpx."""
        await self._transport.aclose()
