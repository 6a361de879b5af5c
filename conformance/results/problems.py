"""What is not in order in a matrix, with equal causes folded: one problem for each cause, with the cells that follow from it.

Folding lives here; the text is made in render/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from conformance.base.observation import Reason, Seen
from conformance.contract.claims import Says
from conformance.results.matrix import Cell, Matrix
from conformance.results.standing import is_binding
from conformance.trial.judge import AGAINST, FOLDING, Verdict

NOT_IN_ORDER = (Verdict.DEVIATES, Verdict.DIFFERS, Verdict.BLOCKED, Verdict.INCONCLUSIVE)
Item = TypeVar("Item")
Place = tuple[str, str, str]  # surface, column, model

# What ended a run, or a part of it: all cells with such a reason are one problem.
_ENDED = frozenset({Reason.STOPPED, Reason.DEAD, Reason.RATE_LIMITED, Reason.BUDGET})
# Cells that lack a recorded request are one problem where they are more than this; a few are named one by one, with the request.
_FEW = 3


@dataclass(frozen=True)
class Problem:
    """Cells that are not in order for one cause, and the cells that are blocked because of them.

    One claim may deviate on a model and differ on another, where it is less binding; `verdict` is the worst.
    `reason` says what cut off all these cells alike; then `why` has the words, and `places` are where it happened.
    """

    verdict: Verdict
    cells: tuple[Cell, ...]
    blocked: tuple[Cell, ...] = ()
    reason: Reason | None = None
    why: str = ""
    places: tuple[Place, ...] = ()

    @property
    def claims(self) -> list[str]:
        """The claims that it shows on."""
        return list(dict.fromkeys(cell.claim for cell in self.cells))

    @property
    def models(self) -> list[str]:
        """The models that it shows on, COLUMN:ID each."""
        return list(dict.fromkeys(f"{cell.column}:{cell.model}" for cell in self.cells))

    @property
    def findings(self) -> list[list[Cell]]:
        """The cells by what was observed and measured."""
        return grouped(self.cells, lambda cell: (cell.observed, cell.measured))

    @property
    def is_binding(self) -> bool:
        """Whether it concerns anything that the contract says."""
        return self.reason is not None or any(map(is_binding, self.cells))


def problems(matrix: Matrix) -> list[Problem]:
    """Return all problems: what cut off whole models or the run first, then the worst first."""
    dead = blocked_places(matrix)
    cells = [cell for cell in matrix.cells if cell.verdict in NOT_IN_ORDER]
    return [*unanswered(matrix), *causes(cell for cell in cells if place_of(cell) not in dead)]


def unanswered(matrix: Matrix) -> list[Problem]:
    """Return a problem for each reason why preflights failed."""
    dead = blocked_places(matrix)
    cells = [cell for cell in matrix.cells if cell.verdict in NOT_IN_ORDER and place_of(cell) in dead]
    return list(_unanswered(dead, cells))


def causes(cells: Iterable[Cell]) -> list[Problem]:
    """Return cells of models that answered, whatever their verdicts are, with equal causes folded."""
    every = list(cells)
    ended = [cell for cell in every if cell.reason in _ENDED]
    lacking = [cell for cell in every if cell.reason is Reason.NOT_RECORDED]
    many = lacking if len(lacking) > _FEW else []
    apart = {cell.id for cell in (*ended, *many)}
    return [
        *_ended(ended),
        *([Problem(Verdict.BLOCKED, tuple(many), reason=Reason.NOT_RECORDED)] if many else []),
        *_folded([cell for cell in every if cell.id not in apart]),
    ]


def place_of(cell: Cell) -> Place:
    """Return the surface and the model of a cell."""
    return cell.surface, cell.column, cell.model


def blocked_places(matrix: Matrix) -> dict[Place, str]:
    """Return where a preflight failed, with the reason; claims about the endpoint have that of the model they are tested with."""
    blocked = {
        (preflight.surface, model.column, model.id): preflight.blocked or ""
        for model in matrix.run.models
        for preflight in model.blocked
    }
    for cell in matrix.cells:
        if cell.reason is Reason.PREFLIGHT:
            blocked.setdefault(place_of(cell), cell.detail.partition(": ")[2])
    return blocked


def _unanswered(dead: Mapping[Place, str], cells: list[Cell]) -> Iterator[Problem]:
    for why in dict.fromkeys(dead.values()):
        places = tuple(place for place, words in dead.items() if words == why)
        concerned = tuple(cell for cell in cells if place_of(cell) in places)
        yield Problem(Verdict.BLOCKED, concerned, reason=Reason.PREFLIGHT, why=why, places=places)


def _ended(cells: list[Cell]) -> Iterator[Problem]:
    for same in grouped(cells, lambda cell: cell.detail):
        why = same[0].detail.partition(": ")[2]
        yield Problem(Verdict.BLOCKED, tuple(same), reason=same[0].reason, why=why)


def _folded(cells: list[Cell]) -> list[Problem]:
    """Return the problems of cells that were tested, the worst first, and what nothing documents last."""
    known = {cell.id for cell in cells}
    named = {cell.id: cause for cell in cells if (cause := cause_of(cell)) in known and cause}
    causes = {effect: root for effect in named if (root := _root(named, effect))}
    effects: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.id in causes:
            effects.setdefault(causes[cell.id], []).append(cell)
    by_claim = grouped(
        (cell for cell in cells if cell.id not in causes),
        lambda cell: (cell.claim, Verdict.DEVIATES if cell.verdict in AGAINST else cell.verdict),
    )
    found = [_problem([cell for claim in claims for cell in claim], effects) for claims in grouped(by_claim, _shows)]
    return sorted(found, key=lambda problem: (FOLDING.index(problem.verdict), not problem.is_binding))


def _root(causes: Mapping[str, str], cell_id: str) -> str | None:
    """Return the cell at which the causes of a cell end; None if they go round in a circle, as in a file from outside."""
    seen = set[str]()
    while cell_id in causes:
        if cell_id in seen:
            return None
        seen.add(cell_id)
        cell_id = causes[cell_id]
    return cell_id


def _problem(cells: list[Cell], effects: Mapping[str, list[Cell]]) -> Problem:
    blocked = tuple(effect for cell in cells for effect in effects.get(cell.id, ()))
    return Problem(min((cell.verdict for cell in cells), key=FOLDING.index), tuple(cells), blocked)


def _shows(cells: list[Cell]) -> tuple[object, ...]:
    """Return what two claims must have in common to be one problem: the verdict, the models, and what each of them showed.

    A model that accepts what has to be refused does not check its input, whatever the value was and whatever it then answered.
    """
    return tuple(
        (cell.verdict, place_of(cell), cell.observed, cell.says if _is_unchecked(cell) else cell.detail)
        for cell in cells
    )


def _is_unchecked(cell: Cell) -> bool:
    return cell.says is Says.REFUSED and cell.observed is Seen.ACCEPTED


def cause_of(cell: Cell) -> str | None:
    """Return the cell that blocks this one."""
    return replace(cell, claim=cell.cause).id if cell.cause else None


def grouped(items: Iterable[Item], key: Callable[[Item], object]) -> list[list[Item]]:
    """Return the items in groups with the same key, in the order in which they first occur."""
    groups: dict[object, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
