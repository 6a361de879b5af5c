"""Limit the number of requests in flight: fewer while an endpoint refuses for concurrency, then slowly more again.

Some endpoints limit not how often requests are sent but how many are open at once.  Limits of a rate are handled in `pacing`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

# How much the limit grows once as many requests as it allows were answered.  Each time it grows by a whole request too many,
# one is refused, so with 0.25 at most one request in four rounds is refused in vain; a smaller value takes longer to use an
# endpoint that has recovered.
_GROWTH = 0.25


class ConcurrencyLimiter:
    """Lets at most a number of requests be in flight at once, on one event loop: use `async with` around each request.

    A request that measures time takes `alone()` in place of the limiter itself: no other is in flight meanwhile.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._allowed = float(limit)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._solo = asyncio.Lock()
        self._empty: asyncio.Future[None] | None = None

    @property
    def allowed(self) -> int:
        """The number of requests that may be in flight now."""
        return int(self._allowed)

    def refused(self) -> None:
        """Lower the limit below the number of requests in flight.  A single one was not too many, so then the limit stays."""
        if self._in_flight > 1:
            self._allowed = float(max(1, min(self.allowed, self._in_flight) - 1))

    def answered(self) -> None:
        """Raise the limit a little, at most to what it was in the beginning."""
        self._allowed = min(float(self._limit), self._allowed + _GROWTH / self._allowed)

    async def __aenter__(self) -> Self:
        while self._in_flight >= self.allowed or self._solo.locked():
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
        for _ in range(self.allowed - self._in_flight):
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
            for _ in range(self.allowed - self._in_flight):
                self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
