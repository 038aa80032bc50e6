"""Access tokens: a real one goes to Google alone, is renewed once for all, and in time."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from google.auth import exceptions
from google.auth.credentials import Credentials

from shared.adapters.fcm.credentials import GoogleTokens, PlayTokens, access_tokens_for
from shared.errors import Unavailable

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
SECRET = "s3cr3t-answer"

TRANSPORT: Callable[[str], Exception] = exceptions.TransportError
REFRESH: Callable[[str], Exception] = exceptions.RefreshError


class Renewable(Credentials):
    """Google's credentials, whose tokens are `token-1`, `token-2`, ... and last as long as is said."""

    def __init__(self, *lives: timedelta | Exception) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lives = list(lives)
        self.renewed = 0
        self.threads: set[str] = set()

    def refresh(self, request: object) -> None:
        del request
        self.renewed += 1
        self.threads.add(threading.current_thread().name)
        life = self.lives.pop(0)
        if isinstance(life, Exception):
            raise life
        self.token = f"token-{self.renewed}"
        self.expiry = (datetime.now(UTC) + life).replace(tzinfo=None)


@pytest.mark.parametrize(
    "base_url",
    [
        *["http://127.0.0.1:8083", "https://fcm.example.com", "http://fcm.googleapis.com", ""],
        *["https://fcm.googleapis.com.example.com", "https://fcm.googleapis.com@example.com"],
        *["https://fcm.googleapis.com:8443", "https://example.com/https://fcm.googleapis.com"],
    ],
)
async def test_no_real_token_goes_anywhere_else(base_url: str) -> None:
    tokens = access_tokens_for(base_url)

    assert isinstance(tokens, PlayTokens)
    assert await tokens.token() == "play"


@pytest.mark.parametrize("base_url", ["https://fcm.googleapis.com", "https://fcm.googleapis.com/"])
async def test_google_s_own_address_gets_a_real_one(base_url: str) -> None:
    assert isinstance(access_tokens_for(base_url), GoogleTokens)


async def test_it_is_fetched_once_for_all_who_wait_and_not_in_the_loop_s_thread() -> None:
    credentials = Renewable(HOUR)
    tokens = GoogleTokens(lambda: credentials)

    got = await asyncio.gather(*(tokens.token() for _ in range(50)))

    assert (set(got), credentials.renewed) == ({"token-1"}, 1)
    assert threading.current_thread().name not in credentials.threads
    assert (await tokens.token(), credentials.renewed) == ("token-1", 1)


async def test_it_is_renewed_some_minutes_before_it_ends() -> None:
    credentials = Renewable(timedelta(minutes=2), HOUR)
    tokens = GoogleTokens(lambda: credentials)

    assert [await tokens.token() for _ in range(3)] == ["token-1", "token-2", "token-2"]


async def test_one_that_cannot_be_renewed_is_used_as_long_as_it_lasts() -> None:
    credentials = Renewable(timedelta(minutes=2), TRANSPORT(SECRET), HOUR)
    tokens = GoogleTokens(lambda: credentials)

    assert [await tokens.token() for _ in range(3)] == ["token-1", "token-1", "token-3"]


async def test_one_that_was_refused_is_renewed() -> None:
    credentials = Renewable(HOUR, HOUR)
    tokens = GoogleTokens(lambda: credentials)
    first = await tokens.token()

    tokens.refuse(first)
    second = await tokens.token()
    tokens.refuse(first)  # an answer that came late

    assert (second, await tokens.token(), credentials.renewed) == ("token-2", "token-2", 2)


@pytest.mark.parametrize("problem", [REFRESH(SECRET), TRANSPORT(SECRET)])
async def test_where_there_is_none_all_who_wait_are_told_and_the_next_one_asks_again(
    problem: Exception,
) -> None:
    credentials = Renewable(problem, HOUR)
    tokens = GoogleTokens(lambda: credentials)

    failed = await asyncio.gather(*(tokens.token() for _ in range(20)), return_exceptions=True)

    assert {type(error) for error in failed} == {Unavailable}
    assert len({id(error) for error in failed}) == 20
    assert {str(error) for error in failed} == {f"google-auth: no access token ({type(problem).__name__})"}
    assert await tokens.token() == "token-2"


async def test_a_machine_without_credentials() -> None:
    problem: Callable[[str], Exception] = exceptions.DefaultCredentialsError

    def nothing() -> Credentials:
        raise problem("Your default credentials were not found.")

    with pytest.raises(Unavailable, match="DefaultCredentialsError"):
        await GoogleTokens(nothing).token()


async def test_one_who_leaves_does_not_end_it_for_the_others() -> None:
    credentials = Renewable(HOUR)
    tokens = GoogleTokens(lambda: credentials)
    leaving = asyncio.create_task(tokens.token())
    staying = asyncio.create_task(tokens.token())
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == "token-1"
    assert leaving.cancelled()
