"""Sending: which connection, when, and how often.

The slots for requests in flight, retries and waiting live here.  A transport hands requests to clients (the HTTP of one
exchange) and never raises for what an endpoint does.
"""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from conformance.client import Client, clients
from conformance.exchange import Exchange, Request
from conformance.refusal import is_transient
from conformance.targets import Target

TRIES = 3
TRIES_OF_A_LIMIT = 12  # what a rate limit turns away is asked again for longer: it says nothing but "later"
LONGEST_WAIT = 30.0
FAILURES_OF_A_DEAD_ENDPOINT = 12

_BACKOFF = wait_exponential(multiplier=0.5, max=8.0) + wait_random(0, 0.5)


class Transport:
    """Sends requests to one target.  Made and used on one event loop."""

    def __init__(self, target: Target, concurrency: int | None = None) -> None:
        self._clients = clients(target, concurrency or target.concurrency)
        self._slots: asyncio.LifoQueue[Client] = asyncio.LifoQueue()
        for client in self._clients:
            self._slots.put_nowait(client)
        self._failures = 0
        self.sent = 0

    @property
    def dead(self) -> bool:
        """Whether so many requests in a row found no connection that asking on is pointless."""
        return self._failures >= FAILURES_OF_A_DEAD_ENDPOINT

    async def send(self, request: Request, sample: int = 0, attempt: int = 0) -> Exchange:
        """One exchange, asked again on a lost connection, 429 or an overload; holds one of the slots meanwhile."""
        client = await self._slots.get()
        tries = 0

        async def once() -> Exchange:
            nonlocal tries
            tries += 1
            self.sent += 1
            return await client.send(request, sample, attempt, tries - 1)

        again = AsyncRetrying(
            retry=retry_if_result(is_transient),
            stop=lambda state: self.dead or state.attempt_number >= _tries(state),
            wait=_wait,
            sleep=asyncio.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        try:
            exchange: Exchange = await again(once)
        finally:
            self._slots.put_nowait(client)
        self._failures = self._failures + 1 if exchange.failure == "connection" and exchange.status is None else 0
        return exchange

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self._clients))


def _tries(state: RetryCallState) -> int:
    """How often a request is sent at most, given what came back last."""
    exchange = state.outcome.result() if state.outcome else None
    return TRIES_OF_A_LIMIT if exchange and exchange.status == 429 else TRIES


def _wait(state: RetryCallState) -> float:
    """Seconds to wait before the next try: what Retry-After says, else a growing time with jitter."""
    exchange = state.outcome.result() if state.outcome else None
    asked = _retry_after(exchange.header("retry-after")) if exchange else None
    return min(asked if asked is not None else _BACKOFF(state), LONGEST_WAIT)


def _retry_after(value: str | None) -> float | None:
    """Retry-After in seconds, from seconds or a date; None where it is absent or neither."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
