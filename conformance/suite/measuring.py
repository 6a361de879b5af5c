"""Measuring a limit: the largest value that still works, found by bisection on the parameter's grid.

Nothing here knows a parameter: a test says what working means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, unanswered
from conformance.contract.boundaries import Parameter
from conformance.http.source import NotSent

Probe = Callable[[Any], Awaitable[Observation]]
_WORKS = frozenset({Seen.HONOURED, Seen.ACCEPTED})


class _NoAnswer(Exception):
    pass


async def measure(parameter: Parameter, probe: Probe) -> Observation:
    """The limit as `measured`: honoured when the undisputed maximum is reached, else what was seen at that maximum.

    It is assumed that between two values that work all work.  The documented maximum and its neighbour are tried first, which
    other tests ask for anyway; beyond the parameter's ceiling nothing is sent.
    """
    search = _Search(parameter, probe)
    try:
        limit, open_ended = await search.limit()
        needed = await search.seen(min(parameter.agreed[-1], search.ceiling))
    except _NoAnswer as error:
        return unanswered(str(error))
    if limit is None:
        return replace(needed, measured="none")
    measured = f">={_plain(limit)}" if open_ended else await _spelled(parameter.range[0], limit, search)
    if needed.seen in _WORKS:
        return honoured(f"documented {parameter.documented}, measured {measured}", measured)
    return replace(
        needed, detail=f"documented {parameter.documented}, measured {measured}; {needed.detail}", measured=measured
    )


async def _spelled(low: Decimal, limit: Decimal, search: _Search) -> str:
    """The range between two ends that both work, or only the upper end where the lower one is refused or not known.

    Other tests ask for the lower end too, so that it costs no request of its own in a whole run.
    """
    if low == limit:
        return f"{_plain(limit)}"
    try:
        below = await search.works(low)
    except (_NoAnswer, NotSent):
        below = False
    return f"{_plain(low)}-{_plain(limit)}" if below else f"<={_plain(limit)}"


class _Search:
    def __init__(self, parameter: Parameter, probe: Probe) -> None:
        self._parameter = parameter
        self._probe = probe
        self._found: dict[Decimal, Observation] = {}
        self.ceiling = parameter.ceiling if parameter.ceiling is not None else parameter.range[-1]

    async def seen(self, value: Decimal) -> Observation:
        if value not in self._found:
            self._found[value] = await self._probe(_plain(value))
        if self._found[value].seen is Seen.UNANSWERED:
            raise _NoAnswer(f"at {value}: {self._found[value].detail}")
        return self._found[value]

    async def works(self, value: Decimal) -> bool:
        return (await self.seen(value)).seen in _WORKS

    async def limit(self) -> tuple[Decimal | None, bool]:
        """The largest value that works (None: not even the smallest) and whether the search ended at the ceiling."""
        low, step, ceiling = self._parameter.range[0], self._parameter.step, self.ceiling
        top = min(self._parameter.range[-1], ceiling)
        if await self.works(top):
            if top == ceiling:
                return top, True
            if not await self.works(top + step):
                return top, False
            return (ceiling, True) if await self.works(ceiling) else (await self._between(top + step, ceiling), False)
        agreed = min(self._parameter.agreed[-1], top)
        if agreed < top and await self.works(agreed):
            return await self._between(agreed, top), False
        return (await self._between(low, agreed), False) if await self.works(low) else (None, False)

    async def _between(self, good: Decimal, bad: Decimal) -> Decimal:
        step = self._parameter.step
        while bad - good > step:
            middle = good + (bad - good) / step // 2 * step
            if await self.works(middle):
                good = middle
            else:
                bad = middle
        return good


def _plain(value: Decimal) -> int | float:
    """The number as JSON writes it, so that a limit is spelt alike however it was found."""
    return int(value) if value == value.to_integral_value() else float(value)
