"""Measuring a limit: the largest value that still works, found by bisection on the parameter's grid.

Nothing here knows any parameter; a test defines what "works" means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, unanswered
from conformance.contract.boundaries import Parameter
from conformance.http.source import NotSent
from conformance.trial.ask import Ask

Probe = Callable[[Any, Ask[Any]], Awaitable[Observation]]
_WORKS = frozenset({Seen.HONOURED, Seen.ACCEPTED})


class _NoAnswer(Exception):
    """There is no evidence for a value that the search needs."""


async def measure(parameter: Parameter, ask: Ask[Any], probe: Probe) -> Observation:
    """Return the limit as `measured`: honoured if the undisputed maximum works, else what was observed at that maximum.

    It is `wider` if it is beyond the documented range; one that is not steady is not.

    All values between two that work are assumed to work.  The documented maximum and the value above it are tried first, since
    other tests send those requests anyway.  Nothing above the parameter's ceiling is sent; if no maximum is documented, the
    ceiling has to work.  The two values at the border of a
    limit that a bisection found are tried once more; if that shows something else, the limit is "about" that value.
    """
    search = _Search(parameter, ask, probe)
    try:
        limit, open_ended = await search.limit()
        disagreement = await search.disagreement(limit) if limit is not None and search.bisected else None
        needed = await search.seen(min(parameter.highest_agreed, search.ceiling))
    except _NoAnswer as error:
        return unanswered(str(error))
    if limit is None:
        return replace(needed, measured="none")
    measured = f">={_as_json(limit)}" if open_ended else await _range(parameter.range[0], limit, search)
    if disagreement is not None:
        detail = f"documented {parameter.documented}, measured about {_as_json(limit)}, unstable: {disagreement}"
        seen = Seen.HONOURED if needed.seen in _WORKS else needed.seen
        return replace(needed, seen=seen, detail=detail, measured=f"about {_as_json(limit)}")
    found = f"documented {parameter.documented}, measured {measured}"
    wider = parameter.is_exceeded_by(limit)
    if needed.seen in _WORKS:
        return replace(honoured(found, measured), wider=wider)
    return replace(needed, detail=f"{found}; {needed.detail}", measured=measured, wider=wider)


async def _range(low: Decimal, limit: Decimal, search: _Search) -> str:
    """Return LOW-LIMIT if the lower end works as well, or <=LIMIT if it is refused or not known.

    Other tests send the lower end too, so that it costs no further request in a whole run.
    """
    if low == limit:
        return f"{_as_json(limit)}"
    try:
        low_works = await search.works(low)
    except (_NoAnswer, NotSent):
        low_works = False
    return f"{_as_json(low)}-{_as_json(limit)}" if low_works else f"<={_as_json(limit)}"


class _Search:
    """The search for one limit, with what was observed so far."""

    def __init__(self, parameter: Parameter, ask: Ask[Any], probe: Probe) -> None:
        self._parameter = parameter
        self._ask = ask
        self._probe = probe
        self.bisected = False
        self._observed: dict[Decimal, Observation] = {}
        self.ceiling = parameter.ceiling if parameter.ceiling is not None else parameter.highest

    async def seen(self, value: Decimal) -> Observation:
        """Return what was observed at a value, which is sent once.  Raises _NoAnswer if there is no evidence."""
        if value not in self._observed:
            self._observed[value] = await self._probe(_as_json(value), self._ask)
        if self._observed[value].seen is Seen.UNANSWERED:
            raise _NoAnswer(f"at {value}: {self._observed[value].detail}")
        return self._observed[value]

    async def works(self, value: Decimal) -> bool:
        """Return whether a value works."""
        return (await self.seen(value)).seen in _WORKS

    async def limit(self) -> tuple[Decimal | None, bool]:
        """Return the largest value that works (None if not even the smallest does) and whether it is the ceiling."""
        low, step, ceiling = self._parameter.range[0], self._parameter.step, self.ceiling
        top = min(self._parameter.highest, ceiling)
        if await self.works(top):
            if top == ceiling:
                return top, True
            if not await self.works(top + step):
                return top, False
            return (ceiling, True) if await self.works(ceiling) else (await self._between(top + step, ceiling), False)
        agreed = min(self._parameter.highest_agreed, top)
        if agreed == top and len(self._parameter.range) == 1:
            agreed = low  # no maximum is documented, and the ceiling does not work
        if agreed < top and await self.works(agreed):
            return await self._between(agreed, top), False
        return (await self._between(low, agreed), False) if await self.works(low) else (None, False)

    async def _between(self, good: Decimal, bad: Decimal) -> Decimal:
        """Return the largest value that works between one that does and one that does not, by bisection."""
        step, self.bisected = self._parameter.step, True
        while bad - good > step:
            middle = good + (bad - good) / step // 2 * step
            if await self.works(middle):
                good = middle
            else:
                bad = middle
        return good

    async def disagreement(self, limit: Decimal) -> str | None:
        """Return what a second look at the border shows that the first did not; None if it shows the same, or nothing."""
        for value in (limit, limit + self._parameter.step):
            try:
                second = await self._probe(_as_json(value), self._ask.again())
            except NotSent:
                continue  # a recording of an older version has no second look
            first = self._observed[value]
            if second.seen is not Seen.UNANSWERED and (first.seen in _WORKS) is not (second.seen in _WORKS):
                return f"at {_as_json(value)} {first.seen}, then {second.seen}: {second.detail}"
        return None


def _as_json(value: Decimal) -> int | float:
    """Return the number to put into JSON, whole numbers as integers, so that equal limits are written alike."""
    return int(value) if value == value.to_integral_value() else float(value)
