"""The request cache: within one run the same request is sent once, however many cases ask for it.

How it works.  Many cases share requests: the preflight of a model, the control behind the refusals of a parameter, the reply
that several claims look at.  An exchange is identified by the content of its request, its sample number and its attempt.  The
first case that fetches it starts a task that sends it; all others wait for the same task.  `shield` protects the task, so that a
case that is cancelled does not take the exchange away from the others.

A run can be arbitrarily long, so finished exchanges must leave memory.  If they can be read back from the evidence file
(`recall`), the cache only keeps the id and a weak reference; RECENT keeps the last small ones alive, since neighbouring cases
use the same exchanges.  An exchange from which the recorder removed a secret cannot be read back as it was received, and then
could not be judged, so such exchanges stay in memory as far as KEPT_UNREDACTED allows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Protocol
from weakref import WeakValueDictionary

from conformance.http.body import UNCOUNTED, memory_estimate
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source, endpoint_dead

# The number of exchanges kept in memory after they were recorded, and the bytes above which one is not among them: together at
# most 16 MiB.  The exchanges that cases share are nearly always among the last few hundred; an exchange that is not is read
# from disk, which takes a fraction of a millisecond.
RECENT = 512
_MAX_RECENT = 32 * 1024

# Bytes of memory for all exchanges that are kept because the recorder removed a secret from them.  An endpoint that repeats the
# key does so in small replies, at most some thousands of them in a run.  What does not fit is read back without the secret and
# then not judged, so a smaller value loses coverage, while a larger one lets a hostile endpoint fill the memory.
KEPT_UNREDACTED = 32 * 1024 * 1024

Recall = Callable[[Iterable[str]], Mapping[str, Exchange]]
"""Returns recorded exchanges by their ids; what cannot be read back is left out."""


class Hear(Protocol):
    """Takes every exchange with the request that was asked; `mistake` where the case that asked is about a mistake."""

    def __call__(self, request: Request, exchange: Exchange, *, mistake: bool) -> None: ...


class RequestCache:
    """Fetches the exchanges of one run, each from its source once.

    `record` gets every exchange when it has finished and returns something true if it removed a secret; `hear` gets it then, as
    it came.  `recall` reads recorded
    exchanges back; without it all exchanges stay in memory.  At most `max_starting` first requests of cases are in progress at
    once: so the follow-up requests of running cases find a connection soon, and a control that many cases share is not sent only
    after the first requests of all of them.
    """

    def __init__(
        self,
        source: Source,
        record: Callable[[Exchange], object],
        *,
        recall: Recall | None = None,
        max_starting: int = 1024,
        hear: Hear | None = None,
    ) -> None:
        self._source = source
        self._starting = asyncio.Semaphore(max_starting)
        self._record = record
        self._recall = recall
        self._hear = hear
        self._on_disk: set[str] = set()
        self._alive: WeakValueDictionary[str, Exchange] = WeakValueDictionary()
        self._recent: deque[Exchange] = deque(maxlen=RECENT)
        self._tasks: dict[str, asyncio.Task[Exchange]] = {}
        self._memory_left = KEPT_UNREDACTED
        self.finished = 0

    async def fetch(
        self, request: Request, sample: int = 0, attempt: int = 0, *, starts_case: bool = False, mistake: bool = False
    ) -> Exchange:
        """Return the exchange for this request; the first caller sends it, all others wait for the same exchange."""
        exchange_id = request.exchange_id(sample, attempt)
        if self._recall and exchange_id in self._on_disk:
            return _as_asked(self._read_back(exchange_id, self._recall), request)
        if exchange_id not in self._tasks:
            sending = self._send_once(exchange_id, request, sample, attempt, starts_case, mistake)
            self._tasks[exchange_id] = asyncio.create_task(sending)
        return await asyncio.shield(self._tasks[exchange_id])

    def answered(self, exchange_id: str) -> bool:
        """Return whether the exchange with this id has finished."""
        task = self._tasks.get(exchange_id)
        finished = task is not None and task.done() and not task.cancelled() and task.exception() is None
        return finished or exchange_id in self._on_disk

    async def wait_until_done(self, exchange_ids: Iterable[str]) -> None:
        """Wait until each of these exchanges that is in progress has finished or failed."""
        tasks = [task for exchange_id in exchange_ids if (task := self._tasks.get(exchange_id))]
        await asyncio.gather(*map(asyncio.shield, tasks), return_exceptions=True)

    async def _send_once(
        self, exchange_id: str, request: Request, sample: int, attempt: int, starts_case: bool, mistake: bool
    ) -> Exchange:
        async with self._starting if starts_case else nullcontext():
            if self._source.dead:
                raise endpoint_dead()
            exchange = _as_asked(await self._source.send(request, sample, attempt), request)
        self.finished += 1
        redacted = self._record(exchange)
        if self._hear:
            self._hear(request, exchange, mistake=mistake)
        if self._recall and not (redacted and self._fits(exchange)):
            self._on_disk.add(exchange_id)
            self._hold(exchange_id, exchange)
            del self._tasks[exchange_id]
        return exchange

    def _read_back(self, exchange_id: str, recall: Recall) -> Exchange:
        """Return an exchange that is on disk: the one in memory if something still refers to it, else read from the file."""
        if (exchange := self._alive.get(exchange_id)) is not None:
            return exchange
        exchange = recall([exchange_id])[exchange_id]
        self._hold(exchange_id, exchange)
        return exchange

    def _fits(self, exchange: Exchange) -> bool:
        """Return whether an exchange may stay in memory unredacted, and if so subtract its size from the memory left.

        A large one may not, since it occupies memory of the pool that other large replies need.
        """
        size = memory_estimate(exchange.text)
        if size > min(UNCOUNTED, self._memory_left):
            return False
        self._memory_left -= size
        return True

    def _hold(self, exchange_id: str, exchange: Exchange) -> None:
        self._alive[exchange_id] = exchange
        if memory_estimate(exchange.text) <= _MAX_RECENT:
            self._recent.append(exchange)


def _as_asked(exchange: Exchange, request: Request) -> Exchange:
    """Return an exchange with the request that was asked for: one from a file does not say what it is about."""
    recorded = exchange.request
    same = recorded.about == request.about and recorded.mistake == request.mistake
    return exchange if same else replace(exchange, request=request)
