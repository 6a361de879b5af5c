"""Causes: what became of the claims that others presuppose, so that one failure is counted once.

Only bookkeeping lives here; which claim presupposes which is in the contract.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import replace

from conformance.base.observation import Reason
from conformance.contract.claims import Case
from conformance.trial.judge import AGAINST, Verdict
from conformance.trial.trial import Outcome

WITHOUT_EVIDENCE = frozenset(
    {*AGAINST, Verdict.INCONCLUSIVE}
)  # verdicts that another claim's failure may be the cause of


def blocked_by(claim: str, verdict: Verdict, detail: str) -> str:
    """Return the detail of a case that a claim blocks which it presupposes."""
    return f"blocked by {claim}, which {verdict}: {detail}"


class Causes:
    """The outcomes of presupposed claims, by cell.

    A case waits for those that it presupposes only where it fails or is without evidence.  They presuppose nothing themselves
    and must be queued before it, so no two cases wait for each other.
    """

    def __init__(self, presupposed: Collection[str]) -> None:
        self._presupposed = presupposed
        self._unfinished: Counter[str] = Counter()
        self._failed: dict[str, Outcome] = {}
        self._finished: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def is_cause(self, case: Case) -> bool:
        """Return whether other claims presuppose that of a case."""
        return case.claim.id in self._presupposed

    def expect(self, case: Case) -> None:
        """Wait for the outcome of a case before another is blocked by its claim."""
        if self.is_cause(case):
            self._unfinished[case.cell] += 1

    def finish(self, case: Case, outcome: Outcome | None) -> None:
        """Note the outcome of a case; None where it has none."""
        if not self.is_cause(case):
            return
        if outcome is not None and outcome.verdict in AGAINST:
            self._failed.setdefault(case.cell, outcome)
        self._unfinished[case.cell] -= 1
        if not self._unfinished[case.cell]:
            self._finished[case.cell].set()

    async def attribute(self, case: Case, outcome: Outcome) -> Outcome:
        """Return the outcome of a case, blocked where a claim that it presupposes fails for the same model."""
        if outcome.verdict not in WITHOUT_EVIDENCE:
            return outcome
        for claim in case.claim.presupposes:
            cell = f"{claim}@{case.model}"
            if cell not in self._unfinished:
                continue
            await self._finished[cell].wait()
            if cause := self._failed.get(cell):
                detail = blocked_by(claim, cause.verdict, cause.detail)
                return replace(outcome, verdict=Verdict.BLOCKED, detail=detail, reason=Reason.PRESUPPOSED)
        return outcome
