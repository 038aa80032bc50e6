"""Sending over FCM's HTTP v1.

aiohttp, and not the SDK or httpx as elsewhere: DESIGN.md, section 8, has what each of them was measured at.
"""

import asyncio
import logging
import time
from datetime import datetime

import aiohttp
import yarl
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from shared import usage
from shared.adapters.fcm.answers import (
    About,
    Answer,
    left_alone,
    not_answered,
    not_reached,
    not_signed_in,
    read_answer,
)
from shared.adapters.fcm.credentials import AccessTokens, access_tokens_for
from shared.adapters.fcm.messages import request_of
from shared.adapters.http import Patience
from shared.adapters.retry_after import seconds_asked
from shared.domain.push import Alert, Clearance, Platform, Sending, Target
from shared.errors import Unavailable

SERVICE = "fcm"

CONNECTIONS = 800
"""So many that answers which take 80 ms do not hold up 5,000 messages a second, and fewer than the 1,024
files that a process may have open on many machines. They are made as messages are under way."""

CONNECT_SECONDS = 5.0
KEPT_SECONDS = 30.0

logger = logging.getLogger(__name__)


class FcmSender:
    """Sends to one device at a time, and to many devices at once. For one running loop.

    Every platform has a circuit breaker of its own, since its push service (APNs, say) can be wrongly set up
    while the others are well. Answers about a single device never open it.
    """

    def __init__(
        self,
        *,
        project: str,
        base_url: str,
        app_url: str | None = None,
        tokens: AccessTokens | None = None,
        patience: Patience | None = None,
        connections: int = CONNECTIONS,
    ) -> None:
        self._url = yarl.URL(f"{base_url.rstrip('/')}/v1/projects/{project}/messages:send")
        self._app_url = app_url
        self._tokens = tokens or access_tokens_for(base_url)
        self._patience = patience or Patience()
        self._session: aiohttp.ClientSession | None = None
        self._most_connections = connections
        # Waited for before a try begins: the time limit is for FCM, and not for the queue before it.
        self._turns = asyncio.Semaphore(connections)
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=self._patience.breaker_failures,
            default_ttl=self._patience.breaker_seconds,
            exclude=[asyncio.CancelledError],  # it was we who left
        )
        self._told_at: dict[str, float] = {}

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, target: Target, what: Alert | Clearance, *, now: datetime) -> Sending:
        """Send it, with up to three tries, and say what came of it; nothing that FCM or the net does raises.

        A pause of some seconds that FCM asks for is waited for here; a longer one is `retry_after`.
        """
        body = request_of(target, what, app_url=self._app_url, now=now)
        answer = await self._try(target.platform, body)
        if self._may_pass(answer):
            answer = await self._try_on(target.platform, body, answer)
        return answer.sending

    async def _try_on(self, platform: Platform, body: bytes, first: Answer) -> Answer:
        """Try again after a first answer. That one is asked for without tenacity, for a third of the time."""
        known = [first]

        async def next_answer() -> Answer:
            return known.pop() if known else await self._try(platform, body)

        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._pause,
            retry=retry_if_result(self._may_pass),
            retry_error_callback=_last_answer,
        )
        answer: Answer = await retrying(next_answer)
        return answer

    async def _try(self, platform: Platform, body: bytes) -> Answer:
        async with self._turns:
            try:
                async with await self._breakers.get_breaker(f"{SERVICE} {platform}"):
                    return await self._heard(body)
            except _NotWell as problem:
                return problem.answer
            except OpenedState as error:
                # The breaker raises one object again and again, which would gather the frames of every try.
                error.__traceback__ = None
                return left_alone(error.opened_at + self._patience.breaker_seconds - time.time())

    async def _heard(self, body: bytes) -> Answer:
        answer = await self._ask(body)
        if answer.about is About.SETUP:
            self._tell(answer.sending.reason)
        if answer.about is not About.DEVICE:
            raise _NotWell(answer)
        return answer

    async def _ask(self, body: bytes) -> Answer:
        try:
            token = await self._tokens.token()
        except Unavailable as error:
            return not_signed_in(str(error))
        usage.count_call(SERVICE)
        try:
            async with self._connections().post(
                self._url,
                data=body,
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                allow_redirects=False,  # the token is for this address
            ) as response:
                status, content = response.status, await response.read()
                retry_after = seconds_asked(response.headers.get("Retry-After"))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return not_reached(f"no connection ({type(error).__name__})")
        except TimeoutError:
            return not_answered("no answer in time")
        except aiohttp.ClientError as error:
            return not_answered(f"no whole answer ({type(error).__name__})")
        answer = read_answer(status, content, retry_after)
        if answer.sending.reason == "UNAUTHENTICATED":
            self._tokens.refuse(token)
        return answer

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._most_connections, keepalive_timeout=KEPT_SECONDS, ttl_dns_cache=300
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._patience.attempt_seconds,
                    sock_connect=min(CONNECT_SECONDS, self._patience.attempt_seconds),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _may_pass(self, answer: Answer) -> bool:
        return answer.may_pass and (answer.sending.retry_after or 0.0) <= self._patience.backoff_most

    def _pause(self, state: RetryCallState) -> float:
        backoff = wait_random_exponential(
            multiplier=self._patience.backoff_start, max=self._patience.backoff_most
        )(state)
        return max(backoff, _last_answer(state).sending.retry_after or 0.0)

    def _tell(self, reason: str) -> None:
        """Log it once in as long as the breaker would stay open: it is the same for every message."""
        now = time.monotonic()
        if now - self._told_at.get(reason, -float("inf")) >= self._patience.breaker_seconds:
            self._told_at[reason] = now
            logger.error(
                "FCM takes nothing from us, which will stay so until our set-up is corrected: %s", reason
            )


class _NotWell(Exception):
    """What the breaker counts."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.sending.reason)
        self.answer = answer


def _last_answer(state: RetryCallState) -> Answer:
    if state.outcome is None:
        raise AssertionError("tenacity asks after a try")
    answer: Answer = state.outcome.result()
    return answer
