"""TheTVDB's API, version 4."""

import httpx

from shared.adapters.http import Answer, Patience, ServiceClient, Share
from shared.adapters.tvdb import translate
from shared.adapters.tvdb.sign_in import TvdbSignIn
from shared.domain.air_dates import DatedEpisode
from shared.errors import Malformed, Rejected, UpstreamError

SERVICE = translate.SERVICE

LANGUAGE = "eng"
"""What TMDB's names are in where no language is asked for."""

MOST_PAGES = 40
"""Of 500 episodes each: three times as many as the longest series has."""


class TokenRefused(Rejected):
    """The token, or the key that it is asked for with, is not accepted."""


def tvdb_client(
    *,
    base_url: str,
    share: Share,
    patience: Patience | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ServiceClient:
    """The HTTP client for TheTVDB. `base_url` ends with the version, as `https://api4.thetvdb.com/v4`."""
    return ServiceClient(
        service=SERVICE,
        base_url=base_url,
        headers={"Accept": "application/json"},
        share=share,
        patience=patience,
        transport=transport,
        read_error=_read_error,
    )


class TvdbEpisodes:
    """The episodes of a series, with the days on which they aired."""

    def __init__(self, client: ServiceClient, sign_in: TvdbSignIn) -> None:
        self._client = client
        self._sign_in = sign_in

    async def episodes(self, series_id: int) -> list[DatedEpisode]:
        """All episodes of a series in the order in which they aired; none where TheTVDB lacks it.

        Names are in English where there is such a name, else in the series' own language. Those in English
        are asked for besides, since a list in a language leaves out episodes, or is a 404, where there is no
        translation: https://github.com/thetvdb/v4-api/issues/323.

        Raises `UpstreamError`, and `StoreError` for the token that is kept in Firestore.
        """
        path = f"series/{series_id}/episodes/official"
        episodes, language = await self._all_pages(path)
        if not episodes or language in (LANGUAGE, None):
            return episodes
        translated, _ = await self._all_pages(f"{path}/{LANGUAGE}")
        return translate.with_names(episodes, {episode.tvdb_id: episode.name for episode in translated})

    async def _all_pages(self, path: str) -> tuple[list[DatedEpisode], str | None]:
        """Every page of a list, and the language of its names."""
        episodes: dict[int, DatedEpisode] = {}
        language: str | None = None
        for number in range(MOST_PAGES):
            answer = await self._get(path, page=number)
            if not answer.is_found:
                if number:
                    # Half a list would make titles look unique that are not.
                    raise Malformed(SERVICE, f"page {number} of the episodes is not there")
                return [], None
            page = translate.episode_page(answer.body)
            language = language or page.language
            # One that moves while the pages are read is on two of them.
            episodes.update((episode.tvdb_id, episode) for episode in page.episodes)
            if not page.has_next:
                return list(episodes.values()), language
        raise Malformed(SERVICE, "the pages of the episodes do not end")

    async def _get(self, path: str, *, page: int) -> Answer:
        """GET with a token; where that is refused, once more with a new one."""
        token = await self._sign_in.token()
        try:
            return await self._get_with(token, path, page)
        except TokenRefused:
            token = await self._sign_in.token_instead_of(token)
        return await self._get_with(token, path, page)

    async def _get_with(self, token: str, path: str, page: int) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._client.get(path, params={"page": str(page)}, headers=headers)


def _read_error(status: int, _body: object) -> UpstreamError | None:
    if status == httpx.codes.UNAUTHORIZED:
        return TokenRefused(SERVICE, "our token or key is refused")
    return None
