"""Sending: which connection, when, and how often.

The slots for requests in flight, the pace that all of them keep to, retries and waiting live here.  A transport hands requests
to clients (the HTTP of one exchange) and never raises for what an endpoint does.  How fast is decided in `pacing`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from conformance.base.observation import Reason
from conformance.base.sharing import SharedState, Values
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent
from conformance.sending import pacing, rates
from conformance.sending.client import Client, clients
from conformance.sending.concurrency import ConcurrencyLimiter
from conformance.sending.pacing import Pace
from conformance.surfaces import registry as surfaces
from conformance.target.targets import Target

MAX_TRIES = 3
MAX_TRIES_WHEN_RATE_LIMITED = 20  # a request that a limit turns away so often while others pass will never pass
MAX_WAIT = 30.0  # of one request for an outage
FAILURES_UNTIL_DEAD = 12
TIMEOUTS_UNTIL_DEAD = 2.0  # so many time limits long nothing came but time limits

_BACKOFF = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0, 0.5)
_LOOK = 1.0  # seconds after which a wait is thought over: another worker may have found that it is over
_KEY = "pace"

Result = TypeVar("Result")


class Pacer:
    """The pace of one target on one event loop; `waited` are the seconds in which it let no request pass."""

    def __init__(self, target: Target, shared: SharedState) -> None:
        self._first = pacing.initial_pace(target.requests_per_minute, target.tokens_per_minute)
        self._pace = self._first
        self._shared = shared
        self._patience = target.patience
        self._gate = asyncio.Lock()
        self._news = asyncio.Event()
        self._open_at = 0.0
        self.waited = 0.0

    @property
    def waiting(self) -> float:
        """The seconds until the next request may be sent; 0 while nothing waits."""
        return max(0.0, self._open_at - time.monotonic())

    @property
    def stalled(self) -> bool:
        """Whether everything was refused for so long that waiting on is pointless."""
        return pacing.seconds_refused(self._pace, time.monotonic()) > self._patience

    async def admit(self, request: Request) -> float:
        """Wait until the request may be sent; the tokens it was counted with."""
        self._change(lambda pace: (pace, None))
        if self._pace.free:
            return 0.0
        tokens = surfaces.for_request(request).paced_tokens(request) if self._pace.tokens.rate is not None else 0
        async with self._gate:
            begun = time.monotonic()
            while (
                wait := self._change(lambda pace: pacing.reserve(pace, time.monotonic(), tokens))
            ) and not self.stalled:
                self._open_at = time.monotonic() + wait
                await self._hear(min(wait, _LOOK))
            self._open_at = 0.0
            self.waited += time.monotonic() - begun
        return tokens

    def learn(self, exchange: Exchange, sent: float, tokens: float) -> None:
        """Take in what an answer to a request that was sent then says about the pace."""
        now = time.monotonic()
        if exchange.status == 429 and _is_transient(exchange):
            headers = surfaces.for_request(exchange.request).rate_headers
            hint, jitter = rates.read_hint(exchange, headers), random.random()
            self._change(lambda pace: (pacing.after_refusal(pace, now, sent, hint, jitter), None))
        elif exchange.status is not None and not _is_transient(exchange):
            used = _tokens_used(exchange)
            self._change(lambda pace: (pacing.after_answer(pace, now, sent, tokens, used), None))
        self._news.set()

    async def _hear(self, seconds: float) -> None:
        """Wait so long, or until an answer comes."""
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _change(self, change: Callable[[Pace], tuple[Pace, Result]]) -> Result:
        """Put a change in the place of the pace, which may be shared with other processes."""
        if self._shared.in_memory:
            self._pace, result = change(self._pace)
            return result

        def changed(values: Values) -> tuple[Values, Result]:
            pace = Pace.from_document(values[_KEY]) if _KEY in values else self._first
            self._pace, result = change(pace)
            return (values if self._pace is pace else {**values, _KEY: self._pace.document()}), result

        return self._shared.update(changed)


class Transport:
    """Sends requests to one target.  Made and used on one event loop.

    `concurrency` is this process's part of the target's; `shared` is what it shares with the others of the run.
    """

    def __init__(self, target: Target, concurrency: int | None = None, shared: SharedState | None = None) -> None:
        self._clients = clients(target, concurrency or target.concurrency)
        self._slots: asyncio.LifoQueue[Client] = asyncio.LifoQueue()
        for client in self._clients:
            self._slots.put_nowait(client)
        self.pacer = Pacer(target, shared or SharedState())
        self._limiter = ConcurrencyLimiter(len(self._clients))
        self._patience = target.patience
        self._silence = TIMEOUTS_UNTIL_DEAD * target.timeout
        self._failures = 0
        self._silent_since = 0.0
        self._dead = False
        self.sent = 0

    @property
    def dead(self) -> bool:
        """Whether so many requests in a row got no answer that asking on is pointless."""
        return self._dead

    async def send(self, request: Request, sample: int = 0, attempt: int = 0) -> Exchange:
        """One exchange, asked again on a lost connection, 429 or an overload; holds one of the slots meanwhile.

        Raises NotSent where the endpoint has refused everything for so long that it is not asked any more.
        """
        client = await self._slots.get()
        tries = 0

        async def once() -> Exchange:
            nonlocal tries
            tokens = await self.pacer.admit(request)
            async with self._limiter:
                tries += 1
                self.sent += 1
                begun = time.monotonic()
                exchange = await client.send(request, sample, attempt, tries - 1)
                if exchange.status == 429 and _is_transient(exchange):
                    self._limiter.refused()
                elif exchange.status is not None:
                    self._limiter.answered()
            self.pacer.learn(exchange, begun, tokens)
            return exchange

        try:
            if self.pacer.stalled:
                limited = f"has refused everything for its rate limit for {self._patience:g} s"
                detail = f"stopped: not asked, the endpoint {limited}; try later or with a lower rate"
                raise NotSent(Reason.RATE_LIMITED, detail)
            exchange = await once()
            if _is_transient(exchange):
                exchange = await self._again(exchange, once)
        finally:
            self._slots.put_nowait(client)
        self._count(exchange)
        return exchange

    async def _again(self, first: Exchange, once: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """What comes of sending again after a first exchange that may pass."""
        had = [first]

        async def next_try() -> Exchange:
            return had.pop() if had else await once()

        retrying = AsyncRetrying(
            retry=retry_if_result(_is_transient),
            stop=self._is_enough,
            wait=_wait,
            sleep=asyncio.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        exchange: Exchange = await retrying(next_try)
        return exchange

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self._clients))

    def _is_enough(self, state: RetryCallState) -> bool:
        """Whether a request is not sent again: a limit is waited for longer than an outage."""
        if _limited(state):
            return self.pacer.stalled or state.attempt_number >= MAX_TRIES_WHEN_RATE_LIMITED
        return self.dead or state.attempt_number >= MAX_TRIES

    def _count(self, exchange: Exchange) -> None:
        """Take note of whether the endpoint answers at all: no connection many times in a row, or long nothing but hanging."""
        unconnected = exchange.failure == "connection" and exchange.status is None
        if not unconnected and exchange.failure != "timeout":
            self._failures, self._dead = 0, False
            return
        if not self._failures:
            self._silent_since = time.monotonic() - exchange.seconds
        self._failures += 1
        hanging = time.monotonic() - self._silent_since >= self._silence
        self._dead = self._failures >= FAILURES_UNTIL_DEAD and (unconnected or hanging)


def _tokens_used(exchange: Exchange) -> int | None:
    """The tokens that a reply says it used in all; None where it does not say."""
    used = surfaces.for_request(exchange.request).usage(exchange)
    return None if used is None else used.prompt_tokens + used.completion_tokens


def _is_transient(exchange: Exchange) -> bool:
    return surfaces.for_request(exchange.request).is_transient(exchange)


def _limited(state: RetryCallState) -> bool:
    exchange = state.outcome.result() if state.outcome else None
    return exchange is not None and exchange.status == 429


def _wait(state: RetryCallState) -> float:
    """Seconds that one request waits: what Retry-After says, else a growing time with jitter.  A limit holds all up instead."""
    if _limited(state):
        return 0.0
    asked = rates.retry_after(state.outcome.result()) if state.outcome else None
    return min(asked if asked is not None else _BACKOFF(state), MAX_WAIT)
