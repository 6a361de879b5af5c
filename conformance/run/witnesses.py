"""The witnesses of a run: who hears each model's exchanges, and when the last of them is in.

Only bookkeeping lives here; what an exchange shows is for `trial` to say.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from conformance.http.exchange import Exchange, Request
from conformance.surfaces.surface import BoundCase
from conformance.trial.invariants import Invariant, Witness

Key = tuple[str, str]
"""A surface and a model, column:id."""


class Witnesses:
    """One witness for each surface and model, and a count of the cases that may still ask something there."""

    def __init__(self) -> None:
        self._witnesses: defaultdict[Key, Witness] = defaultdict(Witness)
        self._unfinished: defaultdict[Key, set[str]] = defaultdict(set)
        self._last: defaultdict[Key, asyncio.Event] = defaultdict(asyncio.Event)

    def expect(self, case: BoundCase, invariant: Invariant | None) -> None:
        """Wait for a case before any invariant of its model is judged; where it is an invariant, count what bears on it."""
        self._unfinished[_key(case)].add(case.case.id)
        if invariant is not None:
            self._witnesses[_key(case)].enrol(case, invariant)

    def finish(self, case: BoundCase) -> None:
        """Note that a case asks nothing more, or nothing more than what it asks to judge its invariant."""
        self._unfinished[_key(case)].discard(case.case.id)
        if not self._unfinished[_key(case)]:
            self._last[_key(case)].set()

    async def last_exchange(self, case: BoundCase) -> Witness:
        """Wait until the last exchange of a case's model is in, and return who heard them all."""
        await self._last[_key(case)].wait()
        return self._witnesses[_key(case)]

    def hear(self, request: Request, exchange: Exchange, *, mistake: bool) -> None:
        """Hold an exchange against the invariants of its model."""
        self._witnesses[request.surface, request.model].hear(exchange, mistake=mistake or request.mistake)


def _key(case: BoundCase) -> Key:
    return case.claim.surface, str(case.case.model)
