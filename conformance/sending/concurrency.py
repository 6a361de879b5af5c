"""How many requests are under way, and may be: fewer at once where the endpoint refuses, more again slowly.

For endpoints that limit not how often they are asked but how much at once.  What limits a rate is `pacing`'s business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

_SLOWLY = 0.25  # of a request more for each answer to as many as may be under way


class ConcurrencyLimiter:
    """Lets at most so many requests be under way at once, on one event loop: `async with` around each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = float(most)
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def allowed(self) -> int:
        return int(self._allowed)

    def refused(self) -> None:
        """One that is under way was refused: fewer than now may be.  One alone was not too many."""
        if self._count > 1:
            self._allowed = float(max(1, min(self.allowed, self._count) - 1))

    def answered(self) -> None:
        """One that is under way was answered."""
        self._allowed = min(float(self._most), self._allowed + _SLOWLY / self._allowed)

    async def __aenter__(self) -> Self:
        while self._count >= self.allowed:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()
                raise
        self._count += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._count -= 1
        for _ in range(self.allowed - self._count):
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
