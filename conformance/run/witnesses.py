"""The witnesses of a run, and when each of them has heard the last exchange of its model.

Only bookkeeping lives here; `trial` judges what an exchange shows.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from conformance.http.exchange import Exchange, Request
from conformance.surfaces.surface import BoundCase
from conformance.trial.failing import Failing
from conformance.trial.invariants import Invariant
from conformance.trial.tallies import Elsewhere
from conformance.trial.witness import Witness

Key = tuple[str, str]
"""A surface and a model, the latter as column:id."""


class Witnesses:
    """One witness for each surface and model, and the cases that may still send requests there."""

    def __init__(self) -> None:
        elsewhere: Elsewhere = {}
        self._witnesses: defaultdict[Key, Witness] = defaultdict(lambda: Witness(elsewhere))
        self._unfinished: defaultdict[Key, set[str]] = defaultdict(set)
        self._last: defaultdict[Key, asyncio.Event] = defaultdict(asyncio.Event)
        self._asking: defaultdict[Key, set[str]] = defaultdict(set)
        self._all_asked: defaultdict[Key, asyncio.Event] = defaultdict(asyncio.Event)

    def expect(self, case: BoundCase, invariant: Invariant | None) -> None:
        """Make the invariants of a model wait for this case; if it is an invariant itself, judge exchanges by it from now on."""
        self._unfinished[_key(case)].add(case.case.id)
        if invariant is not None:
            self._witnesses[_key(case)].enrol(case, invariant)
            self._asking[_key(case)].add(case.case.id)

    def finish(self, case: BoundCase) -> None:
        """Note that a case sends no more requests, except those with which it judges its own invariant."""
        self._unfinished[_key(case)].discard(case.case.id)
        if not self._unfinished[_key(case)]:
            self._last[_key(case)].set()

    async def last_exchange(self, case: BoundCase) -> Witness:
        """Wait for the last exchange of a case's model, and return the witness that heard them all."""
        await self._last[_key(case)].wait()
        return self._witnesses[_key(case)]

    def asked(self, case: BoundCase) -> None:
        """Note that an invariant has asked its own requests, or asks none."""
        self._asking[_key(case)].discard(case.case.id)
        if not self._asking[_key(case)]:
            self._all_asked[_key(case)].set()

    async def all_asked(self, case: BoundCase) -> None:
        """Note that an invariant has asked its own requests, and wait until all invariants of its model have."""
        self.asked(case)
        await self._all_asked[_key(case)].wait()

    async def others(self, case: BoundCase) -> Failing:
        """Wait for the last exchange of a case's model, and return how often the server failed on its requests.

        For a case about the endpoint these are the requests of all models on its surface.
        """
        key = _key(case)
        keys = [each for each in self._unfinished if each[0] == key[0]] if case.case.stand_in else [key]
        for each in keys:
            await self._last[each].wait()
        return Failing.together([self._witnesses[each].failing for each in keys])

    def hear(self, request: Request, exchange: Exchange, *, mistake: bool) -> None:
        """Judge an exchange by the invariants of its model; `mistake` says whether a test sent it as a deliberate mistake."""
        self._witnesses[request.surface, request.model].hear(exchange, mistake=mistake or request.mistake)


def _key(case: BoundCase) -> Key:
    return case.claim.surface, str(case.case.model)
