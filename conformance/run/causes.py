"""Causes: the outcomes of claims that other claims presuppose, so that one failure is counted only once.

Only bookkeeping lives here; the contract says which claim presupposes which.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace

from conformance.base.observation import Reason
from conformance.contract.claims import Case
from conformance.contract.contract import Contract
from conformance.trial.judge import AGAINST, Verdict
from conformance.trial.trial import Interrupted, Outcome, stopped

# The verdicts that the failure of a presupposed claim can explain; such a case is blocked instead.
EXPLAINABLE = frozenset({*AGAINST, Verdict.INCONCLUSIVE})


def blocked_by(claim: str, verdict: Verdict, detail: str) -> str:
    """Return the detail of a case that is blocked because a claim that it presupposes failed."""
    return f"blocked by {claim}, which {verdict}: {detail}"


class Causes:
    """The outcomes of presupposed claims, by cell.

    A case waits for the claims that it presupposes only if it fails or is inconclusive.  Its own outcome is noted before it
    waits, so no two cases wait for each other; a case that waits takes no worker's place.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._unfinished: Counter[str] = Counter()
        self._failed: dict[str, Outcome] = {}
        self._finished: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def is_cause(self, case: Case) -> bool:
        """Return whether other claims presuppose the claim of a case."""
        return case.claim.id in self._contract.presupposed

    def is_effect(self, case: Case) -> bool:
        """Return whether a case presupposes any claim."""
        return bool(self._contract.presuppositions(case))

    def expect(self, case: Case) -> None:
        """Make the cases that presuppose the claim of this case wait for its outcome."""
        if self.is_cause(case):
            self._unfinished[case.cell] += 1

    def finish(self, case: Case, outcome: Outcome | None) -> None:
        """Note the outcome of a case; None if it has none."""
        if not self.is_cause(case):
            return
        if outcome is not None and outcome.verdict in AGAINST:
            self._failed.setdefault(case.cell, outcome)
        self._unfinished[case.cell] -= 1
        if not self._unfinished[case.cell]:
            self._finished[case.cell].set()

    async def attribute(self, case: Case, outcome: Outcome) -> Outcome:
        """Return the outcome of a case, changed to blocked if a claim that it presupposes fails for the same model.

        Raises Interrupted with the evidence of the outcome if it is cancelled while it waits.
        """
        if outcome.verdict not in EXPLAINABLE:
            return outcome
        for claim in self._contract.presuppositions(case):
            cell = f"{claim}@{case.model}"
            if cell not in self._unfinished:
                continue
            try:
                await self._finished[cell].wait()
            except asyncio.CancelledError:
                raise Interrupted(replace(stopped(), evidence=outcome.evidence)) from None
            if cause := self._failed.get(cell):
                detail = blocked_by(claim, cause.verdict, cause.detail)
                return replace(outcome, verdict=Verdict.BLOCKED, detail=detail, reason=Reason.PRESUPPOSED, cause=claim)
        return outcome
