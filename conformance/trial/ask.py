"""`ask`: the only way from a test to the network.

Single flight, samples, controls and the note of what a case used live here.  Where the answer comes from (an endpoint, a
recording) and what it means do not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Generic, TypeVar, cast
from weakref import WeakValueDictionary

from conformance.http.body import UNCOUNTED, memory_estimate
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source, endpoint_dead
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import Reply

R = TypeVar("R", bound=Reply)

SMALL = 1000  # samples that a test asks for have numbers below it, those of the controls behind refusals have others
PER_TURN = 10
CONTROLS_PER_TURN = 1_000_000
LARGE = 32 * 1024  # bytes of memory
AT_HAND = 512  # exchanges
# Bytes of all replies that are kept because the disk has them without their secrets.  An endpoint that shows a key does so in
# small replies, some thousands in a run; what does not fit is read back as it was written, and then not judged.
AS_CAME = 32 * 1024 * 1024


class NoControl(Exception):
    """A control was not answered, so nothing can be held against it."""


Recall = Callable[[Iterable[str]], Mapping[str, Exchange]]
"""Exchanges that were recorded, by their ids; what cannot be read back is left out."""


class RequestCache:
    """One run's exchanges: the same request with the same sample and attempt is sent once, however many ask for it.

    At most `openings` first requests of cases are handed on at once.  What a case asks next so finds a slot soon, and
    cases that share a control do not all wait for it behind each other's first requests.  Where `recall` can read exchanges
    back, only the last AT_HAND small ones are kept: a run is as long as its cases, and its memory must not be.  What `record`
    took secrets out of cannot be read back as it came, so as much of that as AS_CAME allows is kept as well.
    """

    def __init__(
        self,
        source: Source,
        record: Callable[[Exchange], object],
        *,
        recall: Recall | None = None,
        max_starting: int = 1024,
    ) -> None:
        self._source = source
        self._starting = asyncio.Semaphore(max_starting)
        self._record = record
        self._recall = recall
        self._shelved: set[str] = set()
        self._held: WeakValueDictionary[str, Exchange] = WeakValueDictionary()
        self._at_hand: deque[Exchange] = deque(maxlen=AT_HAND)
        self._tasks: dict[str, asyncio.Task[Exchange]] = {}
        self._room = AS_CAME
        self.finished = 0

    async def fetch(
        self, request: Request, sample: int = 0, attempt: int = 0, *, starts_case: bool = False
    ) -> Exchange:
        """The exchange for this request; the first to ask sends it, all others wait for the same."""
        exchange_id = request.exchange_id(sample, attempt)
        if self._recall and exchange_id in self._shelved:
            return self._again(exchange_id, self._recall)
        if exchange_id not in self._tasks:
            self._tasks[exchange_id] = asyncio.create_task(
                self._send_once(exchange_id, request, sample, attempt, starts_case)
            )
        return await asyncio.shield(self._tasks[exchange_id])

    def answered(self, name: str) -> bool:
        """Return whether the exchange with this id has come."""
        task = self._tasks.get(name)
        arrived = task is not None and task.done() and not task.cancelled() and task.exception() is None
        return arrived or name in self._shelved

    async def wait_until_done(self, names: Iterable[str]) -> None:
        """Wait until what is under way of these has come or is known not to come."""
        tasks = [task for name in names if (task := self._tasks.get(name))]
        await asyncio.gather(*map(asyncio.shield, tasks), return_exceptions=True)

    async def _send_once(
        self, exchange_id: str, request: Request, sample: int, attempt: int, starts_case: bool
    ) -> Exchange:
        async with self._starting if starts_case else nullcontext():
            if self._source.dead:
                raise endpoint_dead()
            exchange = await self._source.send(request, sample, attempt)
        self.finished += 1
        taken = self._record(exchange)
        if self._recall and not (taken and self._fits(exchange)):
            self._shelved.add(exchange_id)
            self._hold(exchange_id, exchange)
            del self._tasks[exchange_id]
        return exchange

    def _again(self, name: str, recall: Recall) -> Exchange:
        """An exchange that was let go of: the one that is at hand or that some case still holds, else read back."""
        if (held := self._held.get(name)) is not None:
            return held
        exchange = recall([name])[name]
        self._hold(name, exchange)
        return exchange

    def _fits(self, exchange: Exchange) -> bool:
        """Return whether an exchange may be kept as it came, and if so take the room for it.

        A large one holds room that other large replies need, so it may not.
        """
        size = memory_estimate(exchange.text)
        if size > min(UNCOUNTED, self._room):
            return False
        self._room -= size
        return True

    def _hold(self, name: str, exchange: Exchange) -> None:
        self._held[name] = exchange
        if memory_estimate(exchange.text) <= LARGE:
            self._at_hand.append(exchange)


def sample_number(sample: int, turn: int) -> int:
    """The number of a sample in that turn of a case: no two turns share one, and in the first all stay as they are.

    A test asks for samples 0 to 9 of a request; the control behind a refusal has a number from 1,000 to 1,000,999.
    """
    return sample + turn * (PER_TURN if sample < SMALL else CONTROLS_PER_TURN)


class Ask(Generic[R]):
    """What one case asks in one attempt, or as one of several samples.  Each asks everything anew, controls included.

    `R` is what the surface of the case reads replies as.
    """

    def __init__(self, cache: RequestCache, attempt: int = 0, turn: int = 0) -> None:
        self._cache = cache
        self._attempt = attempt
        self._turn = turn
        self.used: list[Exchange] = []
        self._begun: dict[str, None] = {}  # ids of what was asked and is not yet in `used`, in that order

    async def __call__(self, request: Request, sample: int = 0) -> R:
        """The reply to a request."""
        starts_case = not self.used and not self._attempt
        number = sample_number(sample, self._turn)
        exchange = await self._fetch(request, number, starts_case=starts_case)
        self._use([exchange])
        return self._read(request, exchange)

    async def samples(self, request: Request, count: int, first: int = 0) -> list[R]:
        """Replies to the same request sent `count` times, numbered from `first`."""
        numbers = [sample_number(each, self._turn) for each in range(first, first + count)]
        exchanges = await asyncio.gather(*(self._fetch(request, number) for number in numbers))
        self._use(exchanges)
        return [self._read(request, exchange) for exchange in exchanges]

    @property
    def answered(self) -> list[str]:
        """The ids of all that was asked and has come, also of what the test was still waiting for when it was cut short."""
        begun = [name for name in self._begun if self._cache.answered(name)]
        return [*(exchange.id for exchange in self.used), *begun]

    async def wait_until_done(self) -> None:
        """Wait for what the test has asked and was not told of, so that it is known to have come."""
        await self._cache.wait_until_done(self._begun)

    async def _fetch(self, request: Request, number: int, *, starts_case: bool = False) -> Exchange:
        self._begun[request.exchange_id(number, self._attempt)] = None
        return await self._cache.fetch(request, number, self._attempt, starts_case=starts_case)

    def _use(self, exchanges: Iterable[Exchange]) -> None:
        for exchange in exchanges:
            self._begun.pop(exchange.id, None)
            self.used.append(exchange)

    async def control(self, request: Request, sample: int = 0) -> R:
        """The reply to a control; NoControl, which makes the case inconclusive, when it is no answer."""
        reply = await self(request, sample)
        if not reply.ok:
            raise NoControl(f"the control failed: {reply.refusal().detail}")
        return reply

    @staticmethod
    def _read(request: Request, exchange: Exchange) -> R:
        """The reply in the words of the surface that the request is spelt for."""
        return cast("R", surfaces.for_request(request).read(exchange))
