"""Spending: count what exchanges used, and never exceed a budget.

A `UsageMeter` around any source counts tokens per model as exchanges finish.  A `Budget` around a sender reserves the highest
cost of a request before it is sent, replaces it by the real cost when the reply is there, and does not send a request that might
not fit.  Prices and their arithmetic are in `base.money`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from conformance.base.money import Price, Usage
from conformance.base.observation import Reason
from conformance.base.sharing import SharedState, Values
from conformance.http.exchange import Exchange, Request
from conformance.http.source import NotSent, Sender, Source
from conformance.surfaces import registry as surfaces

KEY = "spending"  # in the shared state

# Seconds after which a waiting request checks whether other workers released reserved money.  A worker cannot be notified by
# another process; a shorter interval would keep the shared file busy, a longer one delays the last requests of a run.
_RECHECK = 0.1

_Answer = Literal["yes", "wait", "no"]


@dataclass
class Spent:
    """What one model's exchanges used: the tokens that replies report, and an upper bound for replies that report none.

    The fields are keys of the document that a worker sends.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unmetered: int = 0
    unmetered_prompt_tokens: int = 0
    unmetered_completion_tokens: int = 0

    def add(self, other: Mapping[str, int]) -> None:
        """Add the counts of another process."""
        for name, count in other.items():
            setattr(self, name, getattr(self, name) + count)

    def add_metered(self, usage: Usage) -> None:
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens

    def add_unmetered(self, bound: Usage) -> None:
        self.unmetered += 1
        self.unmetered_prompt_tokens += bound.prompt_tokens
        self.unmetered_completion_tokens += bound.completion_tokens

    @property
    def upper_bound(self) -> Usage:
        """All tokens, with the upper bound for replies that report none."""
        return Usage(
            self.requests,
            self.prompt_tokens + self.unmetered_prompt_tokens,
            self.completion_tokens + self.unmetered_completion_tokens,
        )


class UsageMeter:
    """Counts the exchanges of a source by model; recorded exchanges count as what they used when they were sent."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._spent: dict[str, Spent] = {}

    @property
    def dead(self) -> bool:
        return self._source.dead

    def tally(self) -> dict[str, dict[str, int]]:
        """Return what each model's exchanges used, as plain numbers."""
        return {model: asdict(spent) for model, spent in self._spent.items()}

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        """Return the exchange of the source, and count it."""
        exchange = await self._source.send(request, sample, attempt)
        self.count(exchange)
        return exchange

    def count(self, exchange: Exchange) -> None:
        """Count what an exchange used."""
        spent = self._spent.setdefault(exchange.request.model, Spent())
        spent.requests += (1 + exchange.retries) * exchange.request.sent
        if (usage := usage_of(exchange)) is None:
            spent.add_unmetered(surfaces.for_request(exchange.request).upper_bound(exchange.request))
        else:
            spent.add_metered(usage)


class Budget:
    """Sends requests that cannot exceed the budget, in USD; raises NotSent for all others.

    `prices` must contain every model.  The budget is for all processes that share `shared`.  A request that fits only if reserved
    money is released waits for it; if nothing changes for `patience` seconds, since the process that reserved it has died, it is
    given up.
    """

    def __init__(
        self,
        sender: Sender,
        prices: Mapping[str, Price],
        budget: Decimal,
        shared: SharedState,
        *,
        patience: float = 120.0,
    ) -> None:
        self._sender = sender
        self._prices = prices
        self._budget = budget
        self._shared = shared
        self._patience = patience
        self._settled = asyncio.Event()
        self._in_flight = 0

    @property
    def dead(self) -> bool:
        return self._sender.dead

    @property
    def sent(self) -> int:
        return self._sender.sent

    async def close(self) -> None:
        await self._sender.close()

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        """Send a request once its highest cost is reserved; raises NotSent if it might exceed the budget."""
        price, bound = self._prices[request.model], surfaces.for_request(request).upper_bound(request)
        reserved = cost = price.cost_of(bound)
        await self._reserve(reserved)
        self._in_flight += 1
        try:
            exchange = await self._sender.send(request, sample, attempt)
            usage = usage_of(exchange)
            cost = reserved if usage is None else price.cost_of(usage)
        except NotSent:
            cost = Decimal(0)
            raise
        finally:  # if the exchange was cancelled, the provider may bill the request, so its highest cost counts
            self._in_flight -= 1
            self._settle(reserved, cost)
        return exchange

    async def _reserve(self, cost: Decimal) -> None:
        """Reserve the highest cost of a request; waits as long as money that others reserved may be released."""
        state, unchanged_since = self._state(), time.monotonic()
        while (answer := self._try_to_reserve(cost)) == "wait":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), _RECHECK)
            if (now := self._state()) != state:
                state, unchanged_since = now, time.monotonic()
            elif not self._in_flight and time.monotonic() - unchanged_since > self._patience:
                break
        if answer != "yes":
            detail = f"budget: not asked, it might cost more than is left of {self._budget} USD"
            raise NotSent(Reason.BUDGET, detail)

    def _try_to_reserve(self, cost: Decimal) -> _Answer:
        def change(values: Values) -> tuple[Values, _Answer]:
            spent, reserved = _read(values)
            if spent + reserved + cost <= self._budget:
                return _write(values, spent, reserved + cost), "yes"
            return values, "wait" if spent + cost <= self._budget else "no"

        return self._shared.update(change)

    def _settle(self, reserved: Decimal, cost: Decimal) -> None:
        """Replace a reserved cost by the real one, and wake waiting requests."""

        def change(values: Values) -> tuple[Values, None]:
            spent, all_reserved = _read(values)
            return _write(values, spent + cost, all_reserved - reserved), None

        self._shared.update(change)
        self._settled.set()
        self._settled = asyncio.Event()

    def _state(self) -> tuple[Decimal, Decimal]:
        return self._shared.update(lambda values: (values, _read(values)))


def usage_of(exchange: Exchange) -> Usage | None:
    """Return what an exchange used: no tokens if it was refused, None if unknown (no usage in the reply, or a failure)."""
    if exchange.request.body is None:
        return Usage(1)
    if exchange.failure is not None:
        return None
    answered = exchange.status is not None and 200 <= exchange.status < 300
    return surfaces.for_request(exchange.request).usage(exchange) if answered else Usage(1)


def _read(values: Values) -> tuple[Decimal, Decimal]:
    """Return what is spent and what is reserved, in USD."""
    spent, reserved = values.get(KEY, ("0", "0"))
    return Decimal(spent), Decimal(reserved)


def _write(values: Values, spent: Decimal, reserved: Decimal) -> dict[str, Any]:
    return {**values, KEY: [str(spent), str(reserved)]}
