"""The verdicts of a recorded run, for the cells that a replay or a resumed run cannot judge.

Secrets in a reply are removed before it is recorded.  A cell that depends on such a reply keeps the verdict of the recorded run,
which saw the whole reply, and its detail says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from conformance.base.errors import UsageError
from conformance.base.observation import Observation, Reason
from conformance.contract.claims import Says
from conformance.results import reading
from conformance.results.matrix import Cell, Matrix
from conformance.run.recorded import RecordedOutcomes
from conformance.trial.judge import JUDGED, Verdict
from conformance.trial.trial import Outcome

SAYS = "as the recorded run judged it: a secret was removed from a reply that this depends on"


def load(folder: Path) -> Matrix | None:
    """Return the matrix of a recorded run; None if the run did not end, or its matrix cannot be read."""
    try:
        return reading.read(folder)
    except UsageError:
        return None


def recorded(matrix: Matrix) -> RecordedOutcomes:
    """Return the outcomes and preflights of the run of a matrix."""
    cells = {cell.id: _outcome(cell) for cell in matrix.cells}
    whole = {cell.id for cell in matrix.cells if set(cell.counts) <= JUDGED | {Verdict.NOT_APPLICABLE}}
    preflights = {
        (facts.surface, f"{model.column}:{model.id}"): facts
        for model in matrix.run.models
        for facts in model.preflights
    }
    mistakes = {name for cell in matrix.cells if cell.says is Says.REFUSED for name in cell.evidence}
    others = {name for cell in matrix.cells if cell.says is not Says.REFUSED for name in cell.evidence}
    judged = {name: outcome for name, outcome in cells.items() if name in whole}
    return RecordedOutcomes(cells, judged, preflights, frozenset(mistakes - others))


def restored(cells: Iterable[Cell], names: Collection[str], before: Matrix) -> tuple[Cell, ...]:
    """Return the cells, but those with these ids as the recorded run has them."""
    earlier = {cell.id: replace(cell, detail=_detail(cell)) for cell in before.cells if cell.id in names}
    return tuple(earlier.get(cell.id, cell) for cell in cells)


def _outcome(cell: Cell) -> Outcome:
    observation = Observation(cell.observed, _detail(cell), cell.measured, wider=cell.wider) if cell.observed else None
    return Outcome(cell.verdict, _detail(cell), observation, cell.evidence, reason=Reason.RECORDED)


def _detail(cell: Cell) -> str:
    return cell.detail if cell.detail.endswith(f"({SAYS})") else f"{cell.detail} ({SAYS})"
