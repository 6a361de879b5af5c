"""What turned against what was known of each cell: pure functions over the cells of a night and those of the nights before.

An outage is no turn.  A cell without a verdict keeps the one that it had, and what a night could not judge is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from conformance.base.observation import Reason
from conformance.results.gate import Kind, kind_of
from conformance.results.matrix import Cell
from conformance.run.causes import EXPLAINABLE, blocked_by
from conformance.trial.judge import AGAINST, JUDGED, Verdict


class Direction(StrEnum):
    """Which way a cell turned."""

    WORSE = "worse"
    BETTER = "better"


@dataclass(frozen=True)
class Turned:
    """A cell that turned; `before` is None if it was asked for the first time, and is against the contract."""

    before: Cell | None
    after: Cell

    @property
    def direction(self) -> Direction:
        """Which way it turned."""
        return Direction.WORSE if self.after.verdict in AGAINST else Direction.BETTER

    def document(self) -> dict[str, Any]:
        """Return the turn as the state of a watch keeps it until it is told."""
        return {"before": self.before and self.before.document(), "after": self.after.document()}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Turned:
        """Return the turn that `document` wrote."""
        before = data["before"]
        return cls(before and Cell.from_document(before), Cell.from_document(data["after"]))


def turned(known: Mapping[str, Cell], cells: Iterable[Cell]) -> tuple[Turned, ...]:
    """Return the cells that are against the contract and were not, or not as often, and those that no longer are."""
    return tuple(Turned(known.get(cell.id), cell) for cell in cells if _turns(known.get(cell.id), cell))


def _turns(before: Cell | None, after: Cell) -> bool:
    """Return whether a cell turned; the contract is what is expected of a cell that was never asked."""
    kind = kind_of(before, after)
    return kind in {Kind.REGRESSED, Kind.FIXED} or (kind is Kind.NEW and after.verdict in AGAINST)


def joined(untold: Iterable[Turned], turns: Iterable[Turned]) -> tuple[Turned, ...]:
    """Return what is to be told: a cell that turned in two nights turned once, and not at all if it is as it was."""
    found = {turn.after.id: turn for turn in untold}
    for turn in turns:
        earlier = found.get(turn.after.id)
        found[turn.after.id] = Turned(earlier.before if earlier else turn.before, turn.after)
    return tuple(turn for turn in found.values() if _turns(turn.before, turn.after))


def attributed(cells: Iterable[Cell], known: Mapping[str, Cell], causes: Mapping[str, Sequence[str]]) -> list[Cell]:
    """Return cells, with those blocked that presuppose a cell which is against the contract, tonight or since an earlier night.

    In a run the causes are asked too, and a case waits for them; in a night they mostly take other turns.
    """
    every = list(cells)
    now = {**known, **{cell.id: cell for cell in every}}

    def cause(cell: Cell) -> Cell | None:
        found = (now[name] for name in causes.get(cell.id, ()) if name in now)
        return next((other for other in found if other.verdict in AGAINST), None)

    return [_blocked(cell, cause(cell)) if cell.verdict in EXPLAINABLE else cell for cell in every]


def _blocked(cell: Cell, cause: Cell | None) -> Cell:
    if cause is None:
        return cell
    detail = blocked_by(cause.claim, cause.verdict, cause.detail)
    return replace(cell, verdict=Verdict.BLOCKED, detail=detail, reason=Reason.PRESUPPOSED, cause=cause.claim)


def remembered(known: Mapping[str, Cell], cells: Iterable[Cell]) -> dict[str, Cell]:
    """Return what is known after a night: its verdicts, and those of before where it has none."""
    return {**known, **{cell.id: cell for cell in cells if cell.verdict in JUDGED}}


def to_confirm(turns: Iterable[Turned], known: Mapping[str, Cell], cells: Iterable[Cell]) -> frozenset[str]:
    """Return the cells to ask again on the next night: those that turned, and those that were asked and lost their verdict."""
    lost = (cell.id for cell in cells if cell.id in known and cell.verdict is Verdict.INCONCLUSIVE)
    return frozenset([*(turn.after.id for turn in turns), *lost])
