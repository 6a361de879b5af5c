"""`ask`: the only way from a test to the network.

What a test can ask (a request, samples, a control) and the list of exchanges that it used live here.  Whether an exchange is
sent, waited for or read from disk is decided in `request_cache`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from copy import copy
from typing import Generic, TypeVar, cast

from conformance.http.exchange import Exchange, Request
from conformance.surfaces import registry as surfaces
from conformance.surfaces.reply import Reply
from conformance.trial.request_cache import RequestCache

# A probe, which takes any reply, also takes the ask of a surface.
R_co = TypeVar("R_co", bound=Reply, covariant=True)

# Sample numbers are divided into ranges: tests use the numbers below FIRST_CONTROL, at most SAMPLES_PER_TURN for one observation;
# the controls behind refusals use CONTROLS_PER_TURN numbers from FIRST_CONTROL on.  Tests of turns that do not fit below
# FIRST_CONTROL use the numbers from FURTHER_TURNS on, above the controls of all turns that a run can have.
FIRST_CONTROL = 1000
SAMPLES_PER_TURN = 10
CONTROLS_PER_TURN = 1_000_000
FURTHER_TURNS = 10_000_000_000

# What is added to the turn of a second look within one observation: more than the turns of any case, less than those with
# which an invariant asks for itself.
SECOND_LOOKS = 500


class NoControl(Exception):
    """A control was not answered, so nothing can be compared with it."""


def sample_number(sample: int, turn: int) -> int:
    """Return the number of a test's sample in a turn, so that no two turns share an exchange; in turn 0 it is `sample`.

    A turn is one of the observations that `--samples` or `--share` asks for.
    """
    if sample >= FIRST_CONTROL:
        return sample + turn * CONTROLS_PER_TURN
    number = sample + turn * SAMPLES_PER_TURN
    return number if turn < _TURNS_BELOW_CONTROLS else FURTHER_TURNS + number


# The last turn below FIRST_CONTROL would share the number 999 with the preflight for the whole endpoint.
_TURNS_BELOW_CONTROLS = FIRST_CONTROL // SAMPLES_PER_TURN - 1


class Ask(Generic[R_co]):
    """What one case asks in one attempt, or for one of several samples; nothing is shared with its other attempts and samples.

    `R_co` is the type of reply that the surface of the case reads.  `used` are the exchanges that the test received, in order;
    those of controls that the trial adds come after the first `tested`.
    With `mistakes` everything asked but a control is a deliberate mistake.  With `renewed` each request is changed in a way that
    no model minds, so that the server has not seen it before; the number tells such changes apart.
    """

    def __init__(
        self, cache: RequestCache, attempt: int = 0, turn: int = 0, *, mistakes: bool = False, renewed: int = 0
    ) -> None:
        self._cache = cache
        self._mistakes = mistakes
        self._renewed = renewed
        self._attempt = attempt
        self._turn = turn
        self.used: list[Exchange] = []
        self.tested = 0
        self._begun: dict[
            str, None
        ] = {}  # ids of exchanges that were asked for and are not in `used` yet, in that order

    async def __call__(self, request: Request, sample: int = 0) -> R_co:
        """Return the reply to a request."""
        return await self._one(request, sample, mistake=self._mistakes)

    async def _one(self, request: Request, sample: int, *, mistake: bool) -> R_co:
        starts_case = not self.used and not self._attempt
        request = self._sent(request)
        number = sample_number(sample, self._turn)
        exchange = await self._fetch(request, number, starts_case=starts_case, mistake=mistake)
        self._use([exchange])
        return self._read(request, exchange)

    async def samples(self, request: Request, count: int, first: int = 0) -> list[R_co]:
        """Return the replies to the same request sent `count` times at once, numbered from `first`."""
        request = self._sent(request)
        numbers = [sample_number(sample, self._turn) for sample in range(first, first + count)]
        exchanges = await asyncio.gather(*(self._fetch(request, number, mistake=self._mistakes) for number in numbers))
        self._use(exchanges)
        return [self._read(request, exchange) for exchange in exchanges]

    def again(self) -> Ask[R_co]:
        """Return an ask that sends the same requests again; what it receives is used by this one."""
        second = copy(self)
        second._turn += SECOND_LOOKS
        return second

    @property
    def answered(self) -> list[str]:
        """The ids of all finished exchanges that the test asked for, even if it was cancelled before it received them."""
        begun = [exchange_id for exchange_id in self._begun if self._cache.answered(exchange_id)]
        return [*(exchange.id for exchange in self.used), *begun]

    async def wait_until_done(self) -> None:
        """Wait for exchanges that the test asked for and did not receive, so that `answered` is complete."""
        await self._cache.wait_until_done(self._begun)

    async def _fetch(self, request: Request, number: int, *, mistake: bool, starts_case: bool = False) -> Exchange:
        self._begun[request.exchange_id(number, self._attempt)] = None
        return await self._cache.fetch(request, number, self._attempt, starts_case=starts_case, mistake=mistake)

    def _sent(self, request: Request) -> Request:
        """Return a request as it is sent in this attempt."""
        return surfaces.for_request(request).renewed(request, self._renewed) if self._renewed else request

    def _use(self, exchanges: Iterable[Exchange]) -> None:
        for exchange in exchanges:
            self._begun.pop(exchange.id, None)
            self.used.append(exchange)

    async def control(self, request: Request, sample: int = 0) -> R_co:
        """Return the reply to a control; raises NoControl, which makes the case inconclusive, if it fails."""
        reply = await self._one(request, sample, mistake=False)
        if not reply.ok:
            raise NoControl(f"the control failed: {reply.refusal().detail}")
        return reply

    @staticmethod
    def _read(request: Request, exchange: Exchange) -> R_co:
        """Return the exchange as a reply of the surface that the request is for."""
        return cast("R_co", surfaces.for_request(request).read(exchange))
