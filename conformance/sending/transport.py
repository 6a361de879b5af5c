"""Sending requests to one target: on which connection, when, and how often.

How it works.  A `Transport` owns as many clients (one connection each) as requests may be in flight.  Each request takes a
client, waits until the `Pacer` admits it, waits for the `ConcurrencyLimiter` (if it is about time, until no other is in flight),
and is sent.  Then three things can happen:

- An answer, good or bad, is returned.  The pacer learns from it how many tokens the request used.
- A refusal for a rate or for concurrency (429) is repeated up to MAX_TRIES_WHEN_RATE_LIMITED times.  It does not wait by itself:
  the pacer, which reads the rate-limit headers of a refusal, makes all requests wait, since the limit is shared.
- A lost connection or an overloaded server (502, 503 and the like) is repeated up to MAX_TRIES times, each time after the wait
  that Retry-After names, or with exponential backoff.

When nothing but failures came for long enough, the transport declares the endpoint dead and the run stops sending.  A transport
never raises for anything an endpoint does, except NotSent for a request that it does not send.  The rate is decided in `pacing`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from conformance.base.observation import Reason
from conformance.base.sharing import SharedState, Values
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Death, NotSent, endpoint_dead
from conformance.sending import pacing, rates
from conformance.sending.client import Client, clients
from conformance.sending.concurrency import ConcurrencyLimiter
from conformance.sending.pacing import Pace
from conformance.surfaces import registry as surfaces
from conformance.target.targets import Target

# Tries of a request that met a lost connection or an overload.  Such failures are usually gone after a second or two.  More tries
# would multiply the time until a dead endpoint is noticed; fewer would report a moment's overload as missing coverage.
MAX_TRIES = 3

# Tries of a request that met a rate limit.  In the simulations of tests/sending/test_pacing.py no request that can pass needs
# more than 14; one that is refused 20 times while others pass is larger than the limit and will never pass.
MAX_TRIES_WHEN_RATE_LIMITED = 20

# Seconds that one request waits for an outage at most, whatever Retry-After says.  It holds a connection meanwhile.
MAX_WAIT = 30.0

# An endpoint is dead after this many requests in a row got no connection, each tried MAX_TRIES times in about two seconds.
# With 8 in flight that takes four seconds.  A smaller number would give up while a gateway restarts; a larger one makes a run
# against a server that is gone take that much longer.
FAILURES_UNTIL_DEAD = 12

# Requests in a row without a connection after which an endpoint counts as gone at the end of a run.  It may go so late that too
# few requests are left to find it dead; one or two lost connections say little.
FAILURES_UNTIL_GONE = 3

# If requests time out instead, one slow model can cause 12 timeouts at the same moment.  So nothing but failures must also have
# come for this many times the time limit.
TIMEOUTS_UNTIL_DEAD = 2.0

# Waits of about 0.5, 1, 2 seconds ..., with jitter so that requests that failed together do not come back together.
_BACKOFF = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0, 0.5)

# Seconds after which a waiting request checks the pace again: another worker may have learnt that the limit is over.
_RECHECK = 1.0

_KEY = "pace"  # in the shared state

Result = TypeVar("Result")


class Pacer:
    """Applies the pace of one target on one event loop; `waited` counts the seconds in which it let no request pass."""

    def __init__(self, target: Target, shared: SharedState) -> None:
        self._first = pacing.initial_pace(target.requests_per_minute, target.tokens_per_minute)
        self._pace = self._first
        self._shared = shared
        self._patience = target.patience
        self._turn = asyncio.Lock()  # requests wait in line, so that one at a time asks for the pace
        self._answer_received = asyncio.Event()
        self._open_at = 0.0
        self.waited = 0.0

    @property
    def waiting(self) -> float:
        """The seconds until the next request may be sent; 0 if no request waits."""
        return max(0.0, self._open_at - time.monotonic())

    @property
    def stalled(self) -> bool:
        """Whether everything was refused for longer than the target's patience."""
        return pacing.seconds_refused(self._pace, time.monotonic()) > self._patience

    async def admit(self, request: Request) -> float:
        """Wait until the request may be sent, and return the tokens that it was counted with."""
        self._change(lambda pace: (pace, None))
        if self._pace.free:
            return 0.0
        tokens = surfaces.for_request(request).paced_tokens(request) if self._pace.tokens.rate is not None else 0
        async with self._turn:
            begun = time.monotonic()
            while (
                wait := self._change(lambda pace: pacing.reserve(pace, time.monotonic(), tokens))
            ) and not self.stalled:
                self._open_at = time.monotonic() + wait
                await self._wait_for_answer(min(wait, _RECHECK))
            self._open_at = 0.0
            self.waited += time.monotonic() - begun
        return tokens

    def learn(self, exchange: Exchange, sent: float, tokens: float) -> None:
        """Update the pace with the reply to a request that was sent at `sent` and counted with `tokens`."""
        now = time.monotonic()
        if exchange.status == 429 and _is_transient(exchange):
            headers = surfaces.for_request(exchange.request).rate_headers
            hint, jitter = rates.read_hint(exchange, headers), random.random()
            self._change(lambda pace: (pacing.after_refusal(pace, now, sent, hint, jitter), None))
        elif exchange.status is not None and not _is_transient(exchange):
            used = _tokens_used(exchange)
            self._change(lambda pace: (pacing.after_answer(pace, now, sent, tokens, used), None))
        self._answer_received.set()

    async def _wait_for_answer(self, seconds: float) -> None:
        """Wait until an answer is received, at most for some seconds."""
        self._answer_received.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._answer_received.wait()

    def _change(self, change: Callable[[Pace], tuple[Pace, Result]]) -> Result:
        """Apply a change to the pace, which may be shared with other processes, and return its result."""
        if self._shared.in_memory:
            self._pace, result = change(self._pace)
            return result

        def changed(values: Values) -> tuple[Values, Result]:
            pace = Pace.from_document(values[_KEY]) if _KEY in values else self._first
            self._pace, result = change(pace)
            return (values if self._pace is pace else {**values, _KEY: self._pace.document()}), result

        return self._shared.update(changed)


class Transport:
    """Sends requests to one target; it must be created and used on one event loop.

    `concurrency` is this process's part of the target's; `shared` is the state shared with the other processes of the run.
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
        self._answered: str | None = None
        self._unanswered: dict[
            str, float
        ] = {}  # the beginning of each request that got no answer since the last answer
        self._unanswered_since = 0.0
        self.sent = 0

    @property
    def dead(self) -> bool:
        """Whether the endpoint no longer answers at all."""
        return self._dead

    @property
    def death(self) -> Death | None:
        """The end of the endpoint; None if it answered to the end, or never did."""
        if self._answered is None or not self._unanswered or self._failures < FAILURES_UNTIL_GONE:
            return None
        in_flight = (exchange for exchange, begun in self._unanswered.items() if begun <= self._unanswered_since)
        return Death(self._answered, tuple(in_flight))

    async def send(self, request: Request, sample: int = 0, attempt: int = 0) -> Exchange:
        """Send a request, again on a lost connection, 429 or an overload, and return the last exchange.

        Raises NotSent if the endpoint is dead, or has refused everything for longer than the target's patience.
        """
        client = await self._slots.get()
        tries, hinted = 0, list[bool]()

        async def once() -> Exchange:
            nonlocal tries
            tokens = await self.pacer.admit(request)
            async with self._limiter.alone() if request.quiet else self._limiter:
                tries += 1
                self.sent += 1 if request.first is None else 2
                begun = time.monotonic()
                exchange = await client.send(request, sample, attempt, tries - 1, tuple(hinted))
                if exchange.status == 429 and _is_transient(exchange):
                    self._limiter.refused()
                    hinted.append(rates.says_how_long(exchange, surfaces.for_request(request).rate_headers))
                    exchange = replace(exchange, hinted=tuple(hinted))
                elif exchange.status is not None:
                    self._limiter.answered()
            self.pacer.learn(exchange, begun, tokens)
            self._note(exchange, begun)
            return exchange

        try:
            if self._dead:
                raise endpoint_dead()
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
        """Repeat a request whose first exchange failed in a way that may pass, and return the last exchange."""
        earlier = [first]

        async def next_try() -> Exchange:
            return earlier.pop() if earlier else await once()

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
        """Return whether a request is not repeated any more: a rate limit is tried more often than an outage."""
        if _limited(state):
            return self.pacer.stalled or state.attempt_number >= MAX_TRIES_WHEN_RATE_LIMITED
        return self.dead or state.attempt_number >= MAX_TRIES

    def _note(self, exchange: Exchange, begun: float) -> None:
        """Note an answer or a request without one, in the order in which they come, to know what ended an endpoint."""
        if exchange.failure is None:
            self._answered = exchange.id
            self._unanswered.clear()
        elif exchange.failure in {"connection", "timeout"}:
            if not self._unanswered:
                self._unanswered_since = time.monotonic()
            self._unanswered.setdefault(exchange.id, begun)

    def _count(self, exchange: Exchange) -> None:
        """Update whether the endpoint is dead: many failed connections in a row, or nothing but timeouts for long."""
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
    """Return the tokens that a reply says it used in all; None if it does not say."""
    used = surfaces.for_request(exchange.request).usage(exchange)
    return None if used is None else used.prompt_tokens + used.completion_tokens


def _is_transient(exchange: Exchange) -> bool:
    return surfaces.for_request(exchange.request).is_transient(exchange)


def _limited(state: RetryCallState) -> bool:
    exchange = state.outcome.result() if state.outcome else None
    return exchange is not None and exchange.status == 429


def _wait(state: RetryCallState) -> float:
    """Return the seconds that one request waits before the next try.

    After a rate limit it does not wait here, since the pacer holds up all requests.
    """
    if _limited(state):
        return 0.0
    named = rates.retry_after(state.outcome.result()) if state.outcome else None
    return min(named if named is not None else _BACKOFF(state), MAX_WAIT)
