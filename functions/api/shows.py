"""Shows and movies: found, listed, and looked at. What is read here is everybody's, and kept for a while."""

from collections.abc import Awaitable, Callable
from typing import Annotated, get_args

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from functions.api.access import Caller, Wired
from functions.api.cached import NOT_MODIFIED, Cached
from functions.api.limits import Limited, Limits
from functions.api.models import BASE, Cursor, Limit, ShowPath, Told
from functions.api.problems import documented
from functions.api.show_answers import (
    EpisodeAnswer,
    EpisodesAnswer,
    ListAnswer,
    ListingAnswer,
    SearchAnswer,
    SeasonAnswer,
    ShowAnswer,
)
from shared.domain.kept_answer import IN_MEMORY, LISTS, SEARCH, WHEN_FAILING, AnswerKey, KeptAnswer, Made
from shared.domain.rate_limit import SEARCH_MISS
from shared.domain.search import LONGEST_QUERY, folded, readable
from shared.domain.season import SeasonNumber
from shared.domain.show import MediaType, ShowKey
from shared.domain.tracking import UserId
from shared.errors import InvalidRequest, NotFound, StoreUnavailable, TooManyRequests, Unavailable
from shared.usecases.catalogue_ports import Admit
from shared.usecases.list_shows import ListKind, list_shows, page_of
from shared.usecases.read_show import PAGE
from shared.usecases.search_shows import search_shows
from shared.wiring import Wiring

router = APIRouter(
    prefix=f"{BASE}/shows",
    tags=["shows"],
    responses={
        **NOT_MODIFIED,
        **documented(InvalidRequest, NotFound, TooManyRequests, StoreUnavailable, Unavailable),
    },
)

SHOW_SECONDS = 60
SEARCH_SECONDS = 300
LIST_SECONDS = 600
"""How long apps keep an answer without asking whether it still is so."""

SEASONS = "/{id}/seasons"
LAST_SEASON = 99_999

OfType = Annotated[MediaType | None, Query(alias="type", description="Only shows, or only movies.")]
ListOf = Annotated[MediaType, Query(alias="type", description="Shows, or movies.")]
Season = Annotated[int, Path(description="0 has the specials.", ge=0, le=LAST_SEASON)]


@router.get("/search", response_model=SearchAnswer)
async def search(
    query: Annotated[
        str,
        Query(
            alias="q",
            description="Some of the title. It may be misspelled, and have no accents.",
            min_length=1,
            max_length=LONGEST_QUERY,
            examples=["braking bad"],
        ),
    ],
    user_id: Caller,
    wiring: Wired,
    cached: Cached,
    limits: Limited,
    media_type: OfType = None,
) -> Response:
    """Find shows and movies by title: first those that our users follow, then others that TMDB has."""
    shown = readable(query)
    types: tuple[MediaType, ...] = get_args(MediaType) if media_type is None else (media_type,)

    async def found() -> Made:
        result = await search_shows(
            shown,
            types,
            held=wiring.held_search,
            found=wiring.found_shows,
            source=lambda: wiring.show_lists,
            now=wiring.now,
            admit=_counted(limits, user_id),
        )
        listings = [ListingAnswer.of(listing) for listing in result.listings]
        body = _json(SearchAnswer(shows=listings, is_partial=result.is_partial))
        # What is partial is no answer to keep, but enough while TMDB fails everybody.
        return Made(body, WHEN_FAILING if result.is_partial else SEARCH, is_shared=not result.is_partial)

    key = AnswerKey("search", (folded(shown) or shown, *types))
    answer = await wiring.hot_cache.answer(key, found, check=SearchAnswer.model_validate_json)
    is_whole = answer.until - answer.made_at > WHEN_FAILING
    return cached.answer(answer.body, max_age=SEARCH_SECONDS if is_whole else 0)


@router.get("/trending", response_model=ListAnswer)
async def read_trending(
    user_id: Caller,
    wiring: Wired,
    cached: Cached,
    limits: Limited,
    media_type: ListOf = "tv",
    cursor: Cursor = None,
) -> Response:
    """What was looked at most this week, by TMDB's count. 20 a page."""
    return cached.answer(
        (await _listed(wiring, limits, user_id, ListKind.TRENDING, media_type, cursor)).body,
        max_age=LIST_SECONDS,
    )


@router.get("/popular", response_model=ListAnswer)
async def read_popular(
    user_id: Caller,
    wiring: Wired,
    cached: Cached,
    limits: Limited,
    media_type: ListOf = "tv",
    cursor: Cursor = None,
) -> Response:
    """What is popular now, by TMDB's measure. 20 a page."""
    return cached.answer(
        (await _listed(wiring, limits, user_id, ListKind.POPULAR, media_type, cursor)).body,
        max_age=LIST_SECONDS,
    )


@router.get("/{id}", response_model=ShowAnswer)
async def read_show(
    show_id: ShowPath, user_id: Caller, wiring: Wired, cached: Cached, limits: Limited
) -> Response:
    """A show or movie, and the list of its seasons."""
    key = _key(show_id)

    async def told() -> Told:
        return ShowAnswer.of(await wiring.show_reader.show(key, admit=_counted(limits, user_id)))

    answer = await _for_a_minute(wiring, AnswerKey("page", (str(key),)), told)
    return cached.answer(answer.body, max_age=SHOW_SECONDS)


@router.get(f"{SEASONS}/{{number}}", response_model=SeasonAnswer)
async def read_season(
    show_id: ShowPath, number: Season, user_id: Caller, wiring: Wired, cached: Cached, limits: Limited
) -> Response:
    """A season with its episodes."""
    key, admit = _key(show_id), _counted(limits, user_id)

    async def told() -> Told:
        return SeasonAnswer.of(await wiring.show_reader.season(key, SeasonNumber(number), admit=admit))

    answer = await _for_a_minute(wiring, AnswerKey("season_page", (str(key), str(number))), told)
    return cached.answer(answer.body, max_age=SHOW_SECONDS)


@router.get("/{id}/episodes", response_model=EpisodesAnswer)
async def read_episodes(
    show_id: ShowPath,
    user_id: Caller,
    wiring: Wired,
    cached: Cached,
    limits: Limited,
    is_upcoming: Annotated[
        bool | None,
        Query(
            alias="upcoming",
            description="True: only those of today (UTC) and later. False: only those before, the last first."
            " What has no date is only told where neither is asked for.",
        ),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Response:
    """The episodes of a show by season and number, the specials after all others."""
    key = _key(show_id)

    async def told() -> Told:
        page = await wiring.show_reader.episodes(
            key, is_upcoming=is_upcoming, cursor=cursor, limit=limit, admit=_counted(limits, user_id)
        )
        return EpisodesAnswer(
            episodes=[EpisodeAnswer.of(placed) for placed in page.episodes], cursor=page.cursor
        )

    parts = (str(key), str(is_upcoming), cursor or "", str(limit))
    answer = await _for_a_minute(wiring, AnswerKey("episodes_page", parts), told)
    return cached.answer(answer.body, max_age=SHOW_SECONDS)


async def _listed(
    wiring: Wiring,
    limits: Limits,
    user_id: UserId,
    kind: ListKind,
    media_type: MediaType,
    cursor: str | None,
) -> KeptAnswer:
    page, admit = page_of(kind, media_type, cursor), _counted(limits, user_id)

    async def listed() -> Made:
        await admit()
        found = await list_shows(kind, media_type, page, source=wiring.show_lists)
        listings = [ListingAnswer.of(listing) for listing in found.listings]
        return Made(_json(ListAnswer(shows=listings, cursor=found.cursor)), LISTS)

    key = AnswerKey(kind.value, (media_type, str(page)))
    return await wiring.hot_cache.answer(key, listed, check=ListAnswer.model_validate_json)


async def _for_a_minute(wiring: Wiring, key: AnswerKey, tell: Callable[[], Awaitable[Told]]) -> KeptAnswer:
    """An answer that is kept in this instance alone: for the others it is a read or two away."""

    async def made() -> Made:
        return Made(_json(await tell()), IN_MEMORY)

    return await wiring.hot_cache.answer(key, made, in_memory=IN_MEMORY, is_shared=False)


def _counted(limits: Limits, user_id: UserId) -> Admit:
    """Counts a call to TMDB for whoever caused it."""
    return lambda: limits.spend(SEARCH_MISS, user_id)


def _json(answer: Told) -> str:
    return answer.model_dump_json(by_alias=True)


def _key(text: str) -> ShowKey:
    """The key in a path. What is none is no show either."""
    try:
        return ShowKey.parse(text)
    except ValueError as error:
        raise NotFound("There is no such show.") from error
