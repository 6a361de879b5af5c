"""How many binding claims hold, for each API and model: the first thing that somebody wants to know about a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.contract.claims import Level
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import OPEN, Verdict


@dataclass(frozen=True)
class Standing:
    """The binding claims about one model on one surface, by what became of them; `open` ones were not judged."""

    surface: str
    column: str
    model: str
    hold: int
    deviate: int
    differ: int
    open: int

    @property
    def binding(self) -> int:
        """The number of all binding claims."""
        return self.hold + self.deviate + self.differ + self.open

    @property
    def in_order(self) -> bool:
        """Whether all binding claims hold."""
        return self.hold == self.binding


def is_binding(cell: Cell) -> bool:
    """Return whether the contract says something about a cell that the endpoint can be held to."""
    return cell.level is not Level.UNSTATED and cell.verdict not in {Verdict.NOTED, Verdict.NOT_APPLICABLE}


def standings(matrix: Matrix) -> list[Standing]:
    """Return the standing of each model on each surface: surfaces in the order of the run's, models as they occur."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in matrix.cells:
        groups.setdefault((cell.surface, cell.column, cell.model), []).append(cell)
    found = [_standing(place, filter(is_binding, cells)) for place, cells in groups.items()]
    return sorted(found, key=lambda standing: matrix.surfaces.index(standing.surface))


def _standing(place: tuple[str, str, str], cells: Iterable[Cell]) -> Standing:
    counts = Counter(cell.verdict for cell in cells)
    return Standing(
        *place,
        hold=counts[Verdict.CONFORMS],
        deviate=counts[Verdict.DEVIATES],
        differ=counts[Verdict.DIFFERS],
        open=sum(counts[verdict] for verdict in OPEN),
    )
