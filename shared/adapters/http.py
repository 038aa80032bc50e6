"""The base of every client of an outside service (DESIGN.md, section 8).

Each call: a share of the deployment's rate limit, a circuit breaker, a time limit, three attempts with
exponential backoff and full jitter, `Retry-After` honoured, and only what can succeed later tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from aiolimiter import AsyncLimiter
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from shared import usage
from shared.adapters.retry_after import seconds_asked
from shared.domain.cache import Admission
from shared.errors import DailyLimitReached, Malformed, RateLimited, Rejected, Unavailable, UpstreamError

LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10)

ErrorReader = Callable[[int, object], UpstreamError | None]
"""What a service means by an error of its own: from status and JSON body (None where it is none) to one of
ours, or None where the status says it all."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a service is asked. All times in seconds."""

    attempt_seconds: float = 10.0
    attempts: int = 3
    backoff_start: float = 0.5
    backoff_most: float = 5.0
    breaker_failures: int = 5
    breaker_seconds: float = 30.0


SKEW = 1.1
"""Calls that leave within so many windows may arrive within one, since a busy instance sends late."""


@dataclass(frozen=True, slots=True)
class Share:
    """This instance's part of a service's rate limit: never more than `calls` in any `seconds`.

    About half may go at once and the rest flows evenly, since a bucket that is full and then refills lets
    both through within one window.
    """

    calls: int
    seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.calls < 1:
            raise ValueError("A share has at least one call; a function that calls a service needs one.")

    def limiter(self) -> AsyncLimiter:
        """The bucket that keeps to it, also where calls arrive closer together than they left."""
        burst = (self.calls + 1) // 2
        flow = self.calls - burst + 1
        return AsyncLimiter(burst, SKEW * self.seconds * burst / flow)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer with the status 200, or 404 where that says that there is no such thing."""

    status: int
    body: Any

    @property
    def is_found(self) -> bool:
        return self.status != httpx.codes.NOT_FOUND


class CircuitOpen(Unavailable):
    """The service has failed often and lately, and is left alone for a while."""


class ServiceClient:
    """Calls one service. Made inside the running loop, and used by that loop only.

    A `transport` takes the place of httpx's own, and of its limits. `read_error` is asked about every answer
    that is neither a 200 nor a 404.
    """

    def __init__(
        self,
        *,
        service: str,
        base_url: str,
        headers: Mapping[str, str],
        share: Share,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        read_error: ErrorReader | None = None,
    ) -> None:
        self._service = service
        self._read_error = read_error
        self._patience = patience or Patience()
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers=headers,
            timeout=httpx.Timeout(self._patience.attempt_seconds),
            limits=LIMITS,
            transport=transport,
        )
        self._limiter = share.limiter()
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=self._patience.breaker_failures,
            default_ttl=self._patience.breaker_seconds,
            # The service is well, and it is we who are wrong.
            exclude=[Rejected, DailyLimitReached],
        )
        self._paused_until = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def admit(self) -> Admission:
        """Wait for this instance's turn.

        Raises:
            CircuitOpen: the service is left alone for now.
            RateLimited: it has asked for a long pause that is not over.
        """
        pause = self._paused_until - asyncio.get_running_loop().time()
        if pause > self._patience.backoff_most:
            raise RateLimited(self._service, "asked for a pause", retry_after=pause)
        breaker = await self._breakers.get_breaker(self._service)
        try:
            breaker.context.handle_new_request()
        except OpenedState as error:
            raise self._not_asked(error) from None
        await asyncio.sleep(max(0.0, pause))
        await self._limiter.acquire()
        return Admission()

    async def get(
        self,
        path: str,
        *,
        admission: Admission | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET `path` and read its JSON. `headers` are put to those of every request, or over them.

        Raises:
            Unavailable: no answer, a late one, or a failing service, after all attempts.
            RateLimited: it asks for a longer pause than we wait here.
            Rejected: it does not accept our credentials or the request.
            Malformed: the answer is not JSON.
        """
        return await self._call(lambda: self._client.get(path, params=params, headers=headers), admission)

    async def post(
        self,
        path: str,
        *,
        body: object,
        admission: Admission | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST `body` as JSON to `path`, for what may be sent twice, since it is tried again as a GET is.

        Raises as `get` does.
        """
        return await self._call(lambda: self._client.post(path, json=body, headers=headers), admission)

    async def post_form(self, path: str, *, form: Mapping[str, str]) -> Answer:
        """POST `form` as a page's form would be. As `post` in all else."""
        return await self._call(lambda: self._client.post(path, data=form), None)

    async def _call(self, send: Callable[[], Awaitable[httpx.Response]], held: Admission | None) -> Answer:
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._pause,
            retry=retry_if_exception(self._may_pass),
            reraise=True,
        ):
            with attempt:
                if held is None:
                    await self.admit()
                held = None
                return await self._attempt(send)
        raise AssertionError("tenacity ends with an answer or an error")

    async def _attempt(self, send: Callable[[], Awaitable[httpx.Response]]) -> Answer:
        try:
            async with await self._breakers.get_breaker(self._service):
                return await self._ask(send)
        except OpenedState as error:
            raise self._not_asked(error) from None

    def _not_asked(self, error: OpenedState) -> "CircuitOpen":
        # The breaker raises one object again and again, which would gather the frames of every request.
        error.__traceback__ = None
        return CircuitOpen(self._service, "not asked, since it has been failing")

    async def _ask(self, send: Callable[[], Awaitable[httpx.Response]]) -> Answer:
        usage.count_call(self._service)
        try:
            async with asyncio.timeout(self._patience.attempt_seconds):
                response = await send()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Unavailable(self._service, "no answer in time") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unavailable(self._service, f"no whole answer ({type(error).__name__})") from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        """Translate what came back; the only place that knows what the statuses mean."""
        status = response.status_code
        own = self._own_error(response)
        if own is not None:
            raise own
        if status == httpx.codes.TOO_MANY_REQUESTS:
            retry_after = seconds_asked(response.headers.get("Retry-After"))
            if retry_after is not None:
                resume_at = asyncio.get_running_loop().time() + retry_after
                self._paused_until = max(self._paused_until, resume_at)
            raise RateLimited(self._service, "asks us to slow down", retry_after)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.REQUEST_TIMEOUT:
            raise Unavailable(self._service, f"status {status}")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Rejected(self._service, f"our credentials are refused (status {status})")
        if status not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
            raise Rejected(self._service, f"status {status}")
        try:
            return Answer(status, response.json())
        except ValueError as error:
            if status == httpx.codes.NOT_FOUND:
                raise Unavailable(self._service, "a 404 that is not the service's own") from error
            raise Malformed(self._service, "the answer is not JSON") from error

    def _own_error(self, response: httpx.Response) -> UpstreamError | None:
        status = response.status_code
        if self._read_error is None or status in (httpx.codes.OK, httpx.codes.NOT_FOUND):
            return None
        try:
            body = response.json()
        except ValueError:
            body = None
        return self._read_error(status, body)

    def _may_pass(self, error: BaseException) -> bool:
        if isinstance(error, DailyLimitReached):
            return False
        if isinstance(error, RateLimited):
            return error.retry_after is None or error.retry_after <= self._patience.backoff_most
        return isinstance(error, Unavailable | Malformed) and not isinstance(error, CircuitOpen)

    def _pause(self, state: RetryCallState) -> float:
        backoff = wait_random_exponential(
            multiplier=self._patience.backoff_start, max=self._patience.backoff_most
        )(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, RateLimited) and error.retry_after else 0.0
        return max(backoff, asked)
