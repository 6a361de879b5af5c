"""Spending: what exchanges used, and a budget that is not passed.

A meter around any source counts per model as exchanges finish.  A budget around what sends holds back what a request may cost at
most, settles with what its reply says, and sends nothing that might not fit.  Prices and tokens are arithmetic of `pricing`.
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

KEY = "spending"
_LOOK_AGAIN = 0.1  # seconds after which what other workers gave back is looked for
_Answer = Literal["yes", "wait", "no"]


@dataclass
class Spent:
    """What one model's exchanges used: tokens by the usage of replies; and, for replies without one, what they might have."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unmetered: int = 0
    unmetered_prompt_tokens: int = 0
    unmetered_completion_tokens: int = 0

    def add(self, other: Mapping[str, int]) -> None:
        """Count what another process did."""
        for name, count in other.items():
            setattr(self, name, getattr(self, name) + count)

    def add_metered(self, used: Usage) -> None:
        self.prompt_tokens += used.prompt_tokens
        self.completion_tokens += used.completion_tokens

    def add_unmetered(self, most: Usage) -> None:
        self.unmetered += 1
        self.unmetered_prompt_tokens += most.prompt_tokens
        self.unmetered_completion_tokens += most.completion_tokens

    @property
    def most(self) -> Usage:
        """All tokens, those that no reply counted at their most."""
        return Usage(
            self.requests,
            self.prompt_tokens + self.unmetered_prompt_tokens,
            self.completion_tokens + self.unmetered_completion_tokens,
        )


class UsageMeter:
    """Counts what comes through it; what was recorded counts as what it took when it was asked."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._spent: dict[str, Spent] = {}

    @property
    def dead(self) -> bool:
        return self._source.dead

    def tally(self) -> dict[str, dict[str, int]]:
        """What each model's exchanges used, as plain numbers."""
        return {model: asdict(spent) for model, spent in self._spent.items()}

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        exchange = await self._source.send(request, sample, attempt)
        self.count(exchange)
        return exchange

    def count(self, exchange: Exchange) -> None:
        """Count what an exchange used."""
        spent = self._spent.setdefault(exchange.request.model, Spent())
        spent.requests += 1 + exchange.retries
        if (used := usage_of(exchange)) is None:
            spent.add_unmetered(surfaces.for_request(exchange.request).upper_bound(exchange.request))
        else:
            spent.add_metered(used)


class Budget:
    """Sends what cannot pass the budget, in USD; anything else is NotSent.

    `prices` are by model and known for each.  The budget holds for all who share `shared`; what another process holds back and
    does not settle within `patience` seconds is waited for no longer.
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
        price, most = self._prices[request.model], surfaces.for_request(request).upper_bound(request)
        held = cost = price.cost_of(most)
        await self._hold(held)
        self._in_flight += 1
        try:
            exchange = await self._sender.send(request, sample, attempt)
            used = usage_of(exchange)
            cost = held if used is None else price.cost_of(used)
        except NotSent:
            cost = Decimal(0)
            raise
        finally:  # what was cut off after sending may have been billed
            self._in_flight -= 1
            self._settle(held, cost)
        return exchange

    async def _hold(self, cost: Decimal) -> None:
        """Hold back what a request may cost; waits while what others hold back may still be given back."""
        seen, since = self._state(), time.monotonic()
        while (answer := self._try(cost)) == "wait":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), _LOOK_AGAIN)
            if (now := self._state()) != seen:
                seen, since = now, time.monotonic()
            elif not self._in_flight and time.monotonic() - since > self._patience:
                break
        if answer != "yes":
            left = f"budget: not asked, it might cost more than is left of {self._budget} USD"
            raise NotSent(Reason.BUDGET, left)

    def _try(self, cost: Decimal) -> _Answer:
        def change(values: Values) -> tuple[Values, _Answer]:
            spent, held = _read(values)
            if spent + held + cost <= self._budget:
                return _write(values, spent, held + cost), "yes"
            return values, "wait" if spent + cost <= self._budget else "no"

        return self._shared.update(change)

    def _settle(self, held: Decimal, cost: Decimal) -> None:
        """Give back what was held, spend what it came to, and let those who wait look again."""

        def change(values: Values) -> tuple[Values, None]:
            spent, all_held = _read(values)
            return _write(values, spent + cost, all_held - held), None

        self._shared.update(change)
        self._settled.set()
        self._settled = asyncio.Event()

    def _state(self) -> tuple[Decimal, Decimal]:
        return self._shared.update(lambda values: (values, _read(values)))


def usage_of(exchange: Exchange) -> Usage | None:
    """What an exchange used; nothing where it was refused, None where that is not known: no usage, or a failure midway."""
    if exchange.request.body is None:
        return Usage(1)
    if exchange.failure is not None:
        return None
    answered = exchange.status is not None and 200 <= exchange.status < 300
    return surfaces.for_request(exchange.request).usage(exchange) if answered else Usage(1)


def _read(values: Values) -> tuple[Decimal, Decimal]:
    """What is spent and what is held back, in USD."""
    spent, held = values.get(KEY, ("0", "0"))
    return Decimal(spent), Decimal(held)


def _write(values: Values, spent: Decimal, held: Decimal) -> dict[str, Any]:
    return {**values, KEY: [str(spent), str(held)]}
