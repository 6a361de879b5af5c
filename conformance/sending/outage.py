"""An outage of the endpoint: when it begins, how long it is waited for, and when it is over.

One request that fails says little: it may be its own fault.  So if nothing was answered since, a request that was answered before
is sent again: the first one of a model, a small plain one.  If it is answered, the endpoint is well, and the failure is evidence
about the request that failed.  Otherwise it is an outage: no other request is sent, and the check is repeated until it is
answered or the time is up.  Then an endpoint without a connection is gone; one that says that it is overloaded may answer other
requests, so the run goes on and does not wait again until something is answered.

The checks take turns among the models, so that a model whose provider fails is no outage of the endpoint.  They count as
requests, like repeats, but are no evidence.  An endpoint that never answered anything has no outage.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from conformance.http.exchange import Exchange, Request

# The part of the target's patience for which an outage is waited for: two minutes of ten.  A rate limit is known to end, and an
# endpoint that is gone may not come back; the restart of a gateway with its health checks takes up to about a minute.
PART_OF_PATIENCE = 1 / 5

# Seconds between the checks: the first wait and the longest, to which it doubles.  An endpoint that comes back is noticed within
# the longest one; a server that is starting is not burdened by a request every few seconds.
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 4.0

Send = Callable[[Request], Awaitable[Exchange]]
Name = tuple[str, str]  # surface and model


class Outage:
    """Whether an endpoint answers; `send` sends a request once, and `patience` is how many seconds an outage may last."""

    def __init__(self, patience: float, is_answer: Callable[[Exchange], bool]) -> None:
        self.patience = patience
        self.over_patience = False  # until the next answer
        self.gone = False
        self._is_answer = is_answer
        self._plain: dict[Name, Request] = {}
        self._answered_at = 0.0
        self._failed_since: float | None = None  # the first failure since the last answer
        self._since: float | None = None
        self._last = (0.0, 0.0)  # begin and end of the last outage
        self._turn = 0
        self._checking = asyncio.Lock()

    @property
    def seconds(self) -> float:
        """For how many seconds nothing was answered; 0 without an outage."""
        return 0.0 if self._since is None or self.over_patience else time.monotonic() - self._since

    def note(self, exchange: Exchange) -> None:
        """Note a reply: any answer ends an outage, and the first good one of each model is kept for checks."""
        now = time.monotonic()
        if not self._is_answer(exchange):
            self._failed_since = now if self._failed_since is None else self._failed_since
            return
        self._answered_at, self._failed_since = now, None
        if self._since is not None:
            self._last, self._since = (self._since, now), None
            self.over_patience = self.gone = False
        request = exchange.request
        if exchange.status == 200 and request.auth == "key" and request.first is None:
            self._plain.setdefault((request.surface, request.model), request)

    async def wait(self, send: Send, failed_at: float | None = None) -> float | None:
        """Wait until the endpoint answers, if a request failed at this time and nothing was answered since, or in an outage.

        Return when the outage began in which the request failed; None if it was none.
        """
        if failed_at is None:
            failed_at = self._since
        if failed_at is None:
            return None
        async with self._checking:
            if self._answered_at <= failed_at and self._plain and not self.over_patience:
                await self._check(send, failed_at)
        begin, end = self._last
        return begin if end > failed_at else None

    async def _check(self, send: Send, failed_at: float) -> None:
        """Repeat the check until something is answered or the time is up."""
        pause = _FIRST_WAIT
        while True:
            exchange = await send(self._next())
            self.note(exchange)
            if self._answered_at > failed_at:
                return
            self._since = self._failed_since if self._since is None else self._since
            left = self.patience - self.seconds
            if left <= 0:
                self.over_patience, self.gone = True, exchange.status is None
                return
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_WAIT)

    def _next(self) -> Request:
        self._turn += 1
        return list(self._plain.values())[self._turn % len(self._plain)]
