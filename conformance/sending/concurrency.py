"""Limit the number of requests in flight: fewer while an endpoint refuses for concurrency, then slowly more again.

Some endpoints limit not how often requests are sent but how many are open at once.  Limits of a rate are handled in `pacing`.
Which of the two a refusal is about is seldom said, so it is inferred from how many requests were in flight when each was sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

# How much the limit grows once as many requests as it allows were answered, until a larger number is refused; each such refusal
# halves the growth, down to the least.  An answer to a larger number than before restores it.  Each time the limit grows by a
# whole request too many, one request is refused in vain: in four rounds at first, in 32 in the end.  A smaller value takes
# longer to use an endpoint that has recovered.
_GROWTH, _LEAST_GROWTH = 0.25, 1 / 32

# Seconds for which the largest number that was admitted at once counts as possible.  An endpoint may lower its limit.
_MEMORY = 60.0


# Seconds.  A longer pause that a refusal names is about a rate: nobody knows when another request will end, so endpoints that
# limit concurrency name no pause, or the shortest in whole seconds.
_LONGEST_PAUSE = 1.0


class Allowance:
    """How many requests may be in flight, learnt from replies.

    The `level` of a request is the number that were in flight when it was sent, itself included.  A refusal is about concurrency
    unless it names a long pause, or twice as many requests were admitted at once in the last minute.  Twice, since an endpoint
    may still count requests that it has answered, and some that count here were refused already.  A request that was alone was
    not too many.  While a rate is known and fewer requests than allowed are in flight, it is the rate that binds, and the refusal
    is about that.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = float(most)
        self._growth = _GROWTH
        self._admitted, self._admitted_at = 0, 0.0

    @property
    def allowed(self) -> int:
        """The number of requests that may be in flight now."""
        return int(self._allowed)

    def answered(self, level: int, now: float, in_flight: int) -> None:
        """Raise the limit a little, at most to what it was in the beginning.

        Of the requests in flight when this one was sent, some may have been refused; those are gone when it is answered, so no
        more were admitted together with it than are in flight now.
        """
        level = min(level, in_flight)
        if level > self._recently_admitted(now):
            self._growth = _GROWTH
        self._allowed = min(float(self._most), self._allowed + self._growth / self._allowed)
        if level >= self._recently_admitted(now):
            self._admitted, self._admitted_at = level, now

    def refused(self, level: int, now: float, in_flight: int, *, paced: bool, pause: float | None = None) -> bool:
        """Return whether a refusal is about concurrency; then lower the limit below the number of requests in flight.

        `in_flight` counts the refused one too; `paced` tells whether a rate is known, and `pause` is the Retry-After in seconds.
        Requests may arrive in another order than they were sent, so those that came later count as well.
        """
        if pause is not None and pause > _LONGEST_PAUSE:
            return False
        level = max(level, in_flight)
        admitted = self._recently_admitted(now)
        if level <= 1 or 2 * level <= admitted or (paced and in_flight < self.allowed):
            self._allowed = max(self._allowed, float(admitted))  # earlier refusals were not about concurrency either
            return False
        if admitted:
            self._growth = max(_LEAST_GROWTH, self._growth / 2)
        self._allowed = float(max(1, min(self.allowed, in_flight) - 1))
        return True

    def _recently_admitted(self, now: float) -> int:
        return self._admitted if now - self._admitted_at <= _MEMORY else 0


class ConcurrencyLimiter:
    """Lets at most a number of requests be in flight at once, on one event loop: use `async with` around each request.

    A request that measures time takes `alone()` in place of the limiter itself: no other is in flight meanwhile.
    """

    def __init__(self, limit: int) -> None:
        self.allowance = Allowance(limit)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._solo = asyncio.Lock()
        self._empty: asyncio.Future[None] | None = None

    @property
    def in_flight(self) -> int:
        """The number of requests in flight."""
        return self._in_flight

    async def __aenter__(self) -> Self:
        while self._in_flight >= self.allowance.allowed or self._solo.locked():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()  # pass the turn on: it may have been given to this request already
                raise
        self._in_flight += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._in_flight -= 1
        if self._solo.locked():
            if self._empty and not self._in_flight and not self._empty.done():
                self._empty.set_result(None)
            return
        for _ in range(self.allowance.allowed - self._in_flight):
            self._wake()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until no request is in flight, and let none begin until the end of the block."""
        try:
            async with self._solo:
                if self._in_flight:
                    self._empty = asyncio.get_running_loop().create_future()
                    await self._empty
                yield
        finally:
            for _ in range(self.allowance.allowed - self._in_flight):
                self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
