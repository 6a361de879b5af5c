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

from conformance.http.body import FREE, weight
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source, dead
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


class Asking:
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
        openings: int = 1024,
    ) -> None:
        self._source = source
        self._openings = asyncio.Semaphore(openings)
        self._record = record
        self._recall = recall
        self._shelved: set[str] = set()
        self._held: WeakValueDictionary[str, Exchange] = WeakValueDictionary()
        self._at_hand: deque[Exchange] = deque(maxlen=AT_HAND)
        self._flights: dict[str, asyncio.Task[Exchange]] = {}
        self._room = AS_CAME
        self.finished = 0

    async def fetch(self, request: Request, sample: int = 0, attempt: int = 0, *, opening: bool = False) -> Exchange:
        """The exchange for this request; the first to ask sends it, all others wait for the same."""
        flight = request.exchange_id(sample, attempt)
        if self._recall and flight in self._shelved:
            return self._again(flight, self._recall)
        if flight not in self._flights:
            self._flights[flight] = asyncio.create_task(self._fly(flight, request, sample, attempt, opening))
        return await asyncio.shield(self._flights[flight])

    def answered(self, name: str) -> bool:
        """Return whether the exchange with this id has come."""
        flight = self._flights.get(name)
        landed = flight is not None and flight.done() and not flight.cancelled() and flight.exception() is None
        return landed or name in self._shelved

    async def land(self, names: Iterable[str]) -> None:
        """Wait until what is under way of these has come or is known not to come."""
        flights = [flight for name in names if (flight := self._flights.get(name))]
        await asyncio.gather(*map(asyncio.shield, flights), return_exceptions=True)

    async def _fly(self, flight: str, request: Request, sample: int, attempt: int, opening: bool) -> Exchange:
        async with self._openings if opening else nullcontext():
            if self._source.dead:
                raise dead()
            exchange = await self._source.send(request, sample, attempt)
        self.finished += 1
        taken = self._record(exchange)
        if self._recall and not (taken and self._fits(exchange)):
            self._shelved.add(flight)
            self._hold(flight, exchange)
            del self._flights[flight]
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
        size = weight(exchange.text)
        if size > min(FREE, self._room):
            return False
        self._room -= size
        return True

    def _hold(self, name: str, exchange: Exchange) -> None:
        self._held[name] = exchange
        if weight(exchange.text) <= LARGE:
            self._at_hand.append(exchange)


def numbered(sample: int, turn: int) -> int:
    """The number of a sample in that turn of a case: no two turns share one, and in the first all stay as they are.

    A test asks for samples 0 to 9 of a request; the control behind a refusal has a number from 1,000 to 1,000,999.
    """
    return sample + turn * (PER_TURN if sample < SMALL else CONTROLS_PER_TURN)


class Ask(Generic[R]):
    """What one case asks in one attempt, or as one of several samples.  Each asks everything anew, controls included.

    `R` is what the surface of the case reads replies as.
    """

    def __init__(self, asking: Asking, attempt: int = 0, turn: int = 0) -> None:
        self._asking = asking
        self._attempt = attempt
        self._turn = turn
        self.used: list[Exchange] = []
        self._begun: dict[str, None] = {}  # ids of what was asked and is not yet in `used`, in that order

    async def __call__(self, request: Request, sample: int = 0) -> R:
        """The reply to a request."""
        opening = not self.used and not self._attempt
        number = numbered(sample, self._turn)
        exchange = await self._fetch(request, number, opening=opening)
        self._use([exchange])
        return self._read(request, exchange)

    async def samples(self, request: Request, count: int, first: int = 0) -> list[R]:
        """Replies to the same request sent `count` times, numbered from `first`."""
        numbers = [numbered(each, self._turn) for each in range(first, first + count)]
        exchanges = await asyncio.gather(*(self._fetch(request, number) for number in numbers))
        self._use(exchanges)
        return [self._read(request, exchange) for exchange in exchanges]

    @property
    def answered(self) -> list[str]:
        """The ids of all that was asked and has come, also of what the test was still waiting for when it was cut short."""
        begun = [name for name in self._begun if self._asking.answered(name)]
        return [*(exchange.id for exchange in self.used), *begun]

    async def land(self) -> None:
        """Wait for what the test has asked and was not told of, so that it is known to have come."""
        await self._asking.land(self._begun)

    async def _fetch(self, request: Request, number: int, *, opening: bool = False) -> Exchange:
        self._begun[request.exchange_id(number, self._attempt)] = None
        return await self._asking.fetch(request, number, self._attempt, opening=opening)

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
