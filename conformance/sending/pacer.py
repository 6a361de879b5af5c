"""Applying the pace of one target: waiting until a request may be sent, and learning from each reply.

What the pace is follows from `pacing`, which is pure; clock, jitter, waiting and the state that processes share live here.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from conformance.base.sharing import SharedState, Values
from conformance.http.exchange import Exchange, Request
from conformance.sending import pacing, rates
from conformance.sending.pacing import Pace
from conformance.surfaces import registry as surfaces
from conformance.target.targets import Target

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
    def paced(self) -> bool:
        """Whether a rate of requests or tokens is known."""
        return self._pace.paced

    @property
    def stalled(self) -> bool:
        """Whether everything was refused for longer than the target's patience."""
        return pacing.seconds_refused(self._pace, time.monotonic()) > self._patience

    async def admit(self, request: Request) -> float:
        """Wait until the request may be sent, and return the tokens that it was counted with."""
        self._change(lambda pace: (pace, None))
        if self._pace.free:
            return 0.0
        tokens = 0.0
        if self._pace.tokens.rate is not None:
            estimated = surfaces.for_request(request).paced_tokens(request)
            tokens = pacing.expected_tokens(self._pace, time.monotonic(), estimated)
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
        if exchange.status == 429 and is_transient(exchange):
            headers = surfaces.for_request(exchange.request).rate_headers
            hint, jitter = rates.read_hint(exchange, headers), random.random()
            self._change(lambda pace: (pacing.after_refusal(pace, now, sent, hint, jitter), None))
        elif exchange.status is not None and not is_transient(exchange):
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


def is_transient(exchange: Exchange) -> bool:
    """Return whether sending the same request again may succeed."""
    return surfaces.for_request(exchange.request).is_transient(exchange)


def _tokens_used(exchange: Exchange) -> int | None:
    """Return the tokens that a reply says it used in all; None if it does not say."""
    used = surfaces.for_request(exchange.request).usage(exchange)
    return None if used is None else used.prompt_tokens + used.completion_tokens
