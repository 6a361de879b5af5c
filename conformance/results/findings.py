"""What a gate found, folded as the problems of a run are: the cells of one cause are one finding, with what they block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.base.observation import Reason
from conformance.results.gate import Change, Comparison, Kind
from conformance.results.matrix import Cell, Matrix
from conformance.results.problems import Problem, cause_of, causes, grouped, unanswered
from conformance.trial.judge import JUDGED, Verdict


@dataclass(frozen=True)
class Finding:
    """Cells that changed in one way for one cause; `problem` has the cells, what they block, and what cut them off."""

    problem: Problem
    changes: tuple[Change, ...]

    @property
    def is_missing(self) -> bool:
        """Whether these are the cells that only the baseline has."""
        return all(change.after is None for change in self.changes)

    @property
    def groups(self) -> list[list[Change]]:
        """The changes by what was seen before and now; details differ from model to model."""
        return grouped(self.changes, lambda change: (_seen(change.before), _seen(change.after), change.entry))


def candidate(found: Comparison) -> Matrix:
    """Return the matrix of the candidate."""
    return Matrix(found.candidate, tuple(change.after for change in found.changes if change.after))


def unjudged(found: Comparison) -> list[Problem]:
    """Return what blocked whole models of the candidate, one problem for each reason."""
    cells = tuple(change.after for change in found.changes if change.after and _is_preflight(change))
    return unanswered(Matrix(found.candidate, cells))


def findings(found: Comparison, kind: Kind) -> list[Finding]:
    """Return the changes of one kind, folded, without those that `unjudged` has.

    A consequence is in the finding of its cause, whatever kind that is; of the kind "consequence" are those without one.
    What was blocked by a cell that is fixed, and is judged now, is in the finding of that cell.
    """
    kinds = {change.cell: change.kind for change in found.changes if change.after}
    changes = [
        change
        for change in found.changes
        if not _is_preflight(change) and kind is (_kind_of_cause(change, kinds) or change.kind)
    ]
    missing = [change for change in changes if change.after is None]
    return [*_folded([change for change in changes if change.after], kind), *_missing(missing)]


def _kind_of_cause(change: Change, kinds: Mapping[str, Kind]) -> Kind | None:
    """Return the kind of the cell that blocks this one now, or that blocked it before and is fixed; None if there is none."""
    if change.kind is Kind.CONSEQUENCE and change.after:
        kind = kinds.get(cause_of(change.after) or "")
        return None if kind is Kind.SAME else kind
    if change.kind is Kind.CHANGED and change.before and change.after and change.after.verdict in JUDGED:
        return Kind.FIXED if kinds.get(cause_of(change.before) or "") is Kind.FIXED else None
    return None


def _folded(changes: Sequence[Change], kind: Kind) -> Iterator[Finding]:
    """Yield the findings of cells that the candidate has; of what is fixed, the baseline says what it was."""
    by_cell = {change.cell: change for change in changes}
    sides = (change.before if kind is Kind.FIXED else change.after for change in changes)
    for problem in causes(cell for cell in sides if cell):
        yield Finding(problem, tuple(by_cell[cell.id] for cell in problem.cells))


def _missing(changes: Sequence[Change]) -> Iterator[Finding]:
    """Yield one finding of all cells that only the baseline has: the candidate was not asked about them."""
    if cells := tuple(change.before for change in changes if change.before):
        yield Finding(Problem(Verdict.BLOCKED, cells), tuple(changes))


def _is_preflight(change: Change) -> bool:
    return change.after is not None and change.after.reason is Reason.PREFLIGHT


def _seen(cell: Cell | None) -> tuple[object, ...]:
    return (cell.verdict, cell.observed, cell.measured) if cell else ()
