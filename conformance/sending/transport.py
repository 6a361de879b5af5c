"""Sending requests to one target: on which connection, when, and how often.

How it works.  A `Transport` owns as many clients (one connection each) as requests may be in flight.  Each request takes a
client, waits until the `Pacer` admits it, waits for the `ConcurrencyLimiter` (if it is about time, until no other is in flight),
and is sent.  Then four things can happen:

- An answer, good or bad, is returned.  The pacer learns from it how many tokens the request used.
- A refusal for a rate (429) is repeated up to MAX_TRIES_WHEN_RATE_LIMITED times.  It does not wait by itself: the pacer, which
  reads the rate-limit headers of a refusal, makes all requests wait, since the limit is shared.
- A refusal because too many requests are in flight is repeated as often.  It waits by itself; the others go on, fewer at once.
- A lost connection or an overloaded server (502, 503 and the like) is repeated up to MAX_TRIES times, each time after the wait
  that Retry-After names, or with exponential backoff, and not before an `Outage` is over.

When an outage lasts too long, or nothing but failures came from an endpoint that never answered, the transport declares it dead
and the run stops sending.  A transport never raises for anything an endpoint does, except NotSent for a request that it does not
send.  The rate is decided in `pacing`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from functools import partial

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from conformance.base.observation import Reason
from conformance.base.sharing import SharedState
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Death, NotSent, endpoint_dead
from conformance.sending import rates
from conformance.sending.client import Client, clients
from conformance.sending.concurrency import ConcurrencyLimiter
from conformance.sending.outage import PART_OF_PATIENCE, Outage
from conformance.sending.pacer import Pacer, is_transient
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

# An endpoint that never answered is dead after this many requests in a row got no connection, each tried MAX_TRIES times in about
# two seconds.  With 8 in flight that takes four seconds.  A larger number makes a run against a wrong address take that much
# longer.  One that answered before is waited for: see `outage`.
FAILURES_UNTIL_DEAD = 12

# Requests in a row without a connection after which an endpoint counts as gone at the end of a run.  It may go so late that too
# few requests are left to find it dead; one or two lost connections say little.
FAILURES_UNTIL_GONE = 3

# If requests time out instead, one slow model can cause 12 timeouts at the same moment.  So nothing but failures must also have
# come for this many times the time limit.
TIMEOUTS_UNTIL_DEAD = 2.0

# Waits of about 0.5, 1, 2 seconds ..., with jitter so that requests that failed together do not come back together.
_BACKOFF = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0, 0.5)


@dataclass
class _Sending:
    """One request while it is sent: its tries so far, and what its last failure asks for.

    `begun` and `failed_at` are when its last try was sent, and failed in a way that may be an outage.  `unheard` counts the
    tries in an outage that had begun before.  `alone`: an outage began while it was in flight, so it may be what brought the
    server down, and no other is to be in flight when it is repeated.  `hinted` tells of each rate limit whether it said how long
    to wait.  `crowded`: it was refused because too many requests were in flight.
    """

    client: Client
    request: Request
    sample: int
    attempt: int
    alone: bool
    tries: int = 0
    unheard: int = 0
    begun: float = 0.0
    hinted: list[bool] = field(default_factory=list)
    crowded: bool = False
    failed_at: float | None = None

    def wait(self, state: RetryCallState) -> float:
        """Return the seconds that this request waits before its next try.

        After a limit of the rate it does not wait here, since the pacer holds up all requests.
        """
        if _limited(state) and not self.crowded:
            return 0.0
        named = rates.retry_after(state.outcome.result()) if state.outcome else None
        return min(named if named is not None else _BACKOFF(state), MAX_WAIT)


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
        self.outage = Outage(PART_OF_PATIENCE * target.patience, _is_answer)
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
        return self._dead or self.outage.gone

    @property
    def death(self) -> Death | None:
        """The end of the endpoint; None if it answered to the end, or never did."""
        gone = self.dead or self._failures >= FAILURES_UNTIL_GONE
        if self._answered is None or not self._unanswered or not gone:
            return None
        in_flight = (exchange for exchange, begun in self._unanswered.items() if begun <= self._unanswered_since)
        return Death(self._answered, tuple(in_flight))

    async def send(self, request: Request, sample: int = 0, attempt: int = 0) -> Exchange:
        """Send a request, again on a lost connection, 429 or an overload, and return the last exchange.

        Raises NotSent if the endpoint is dead, or has refused everything for longer than the target's patience.
        """
        sending = _Sending(await self._slots.get(), request, sample, attempt, request.quiet)
        try:
            await self.outage.wait(partial(self._check, sending.client))
            if self.dead:
                raise endpoint_dead()
            if self.pacer.stalled:
                limited = f"has refused everything for its rate limit for {self._patience:g} s"
                detail = f"stopped: not asked, the endpoint {limited}; try later or with a lower rate"
                raise NotSent(Reason.RATE_LIMITED, detail)
            exchange = await self._once(sending)
            if is_transient(exchange):
                exchange = await self._again(exchange, sending)
        finally:
            self._slots.put_nowait(sending.client)
        self._count(exchange)
        return exchange

    async def _once(self, sending: _Sending) -> Exchange:
        """Send a request when pace and concurrency allow it, and learn from its reply."""
        request, limiter = sending.request, self._limiter
        tokens = await self.pacer.admit(request)
        async with limiter.alone() if sending.alone else limiter:
            level = max(1, limiter.in_flight)
            sending.tries += 1
            self.sent += 1 if request.first is None else 2
            sending.begun = time.monotonic()
            exchange = await sending.client.send(
                request, sending.sample, sending.attempt, sending.tries - 1, tuple(sending.hinted)
            )
            now = time.monotonic()
            limited = exchange.status == 429 and is_transient(exchange)
            in_flight = max(1, limiter.in_flight)
            sending.crowded = limited and limiter.allowance.refused(
                level, now, in_flight, paced=self.pacer.paced, pause=rates.retry_after(exchange)
            )
            if exchange.status is not None and not limited:
                limiter.allowance.answered(level, now, in_flight)
        if limited:
            sending.hinted.append(rates.says_how_long(exchange, surfaces.for_request(request).rate_headers))
            exchange = replace(exchange, hinted=tuple(sending.hinted))
        if not sending.crowded:
            self.pacer.learn(exchange, sending.begun, tokens)
        sending.failed_at = now if is_transient(exchange) and not limited else None
        self.outage.note(exchange)
        self._note(exchange, sending.begun)
        return exchange

    async def _again(self, first: Exchange, sending: _Sending) -> Exchange:
        """Repeat a request whose first exchange failed in a way that may pass, and return the last exchange."""
        last, waited = first, False

        async def next_try() -> Exchange:
            nonlocal last, waited
            if waited:
                if sending.failed_at is not None:
                    began = await self.outage.wait(partial(self._check, sending.client), sending.failed_at)
                    sending.unheard += began is not None and sending.begun >= began
                    sending.alone = sending.request.quiet or (began is not None and sending.begun < began)
                if not self.dead:
                    last = await self._once(sending)
            waited = True
            return last

        retrying = AsyncRetrying(
            retry=retry_if_result(is_transient),
            stop=partial(self._is_enough, sending),
            wait=sending.wait,
            sleep=asyncio.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        exchange: Exchange = await retrying(next_try)
        return exchange

    async def _check(self, client: Client, request: Request) -> Exchange:
        """Send a request that was answered before, to see whether the endpoint answers."""
        self.sent += 1
        exchange = await client.send(request, 0, 0, 0)
        if _is_answer(exchange):
            self._failures = 0
        return exchange

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self._clients))

    def _is_enough(self, sending: _Sending, state: RetryCallState) -> bool:
        """Return whether a request is not repeated any more: a rate limit is tried more often than an outage."""
        if _limited(state):
            return self.pacer.stalled or state.attempt_number >= MAX_TRIES_WHEN_RATE_LIMITED
        return self.dead or state.attempt_number - sending.unheard >= MAX_TRIES

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


def _is_answer(exchange: Exchange) -> bool:
    """Return whether an endpoint answered: nothing was lost, and it was not overloaded.  A rate limit is an answer."""
    return exchange.failure is None and (exchange.status == 429 or not is_transient(exchange))


def _limited(state: RetryCallState) -> bool:
    exchange = state.outcome.result() if state.outcome else None
    return exchange is not None and exchange.status == 429
