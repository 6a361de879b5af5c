"""Which API of an endpoint works with which model, and for which client: summed up from the cells of a matrix.

A client relies on some claims of the API that it speaks.  It works where none of them is broken; where one is, the cell says why.
Nothing is judged again here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from conformance.base.observation import Seen
from conformance.contract.claims import ENDPOINT
from conformance.results.facts import ClientFacts
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import AGAINST, Verdict

# What a claim about a behaviour shows where it is broken; of models that nothing is stated for, such cells are only noted.
_BROKEN = frozenset({Seen.IGNORED, Seen.CLAMPED, Seen.REFUSED, Seen.MISHANDLED})
_OPEN = frozenset({Verdict.INCONCLUSIVE, Verdict.BLOCKED})


class Works(StrEnum):
    """Whether a client works with a model."""

    YES = "works"
    NO = "fails"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Answer:
    """Whether a client works with a model on the surface that it speaks, and the cells that say why not or leave it open."""

    client: ClientFacts
    column: str
    model: str
    works: Works
    why: tuple[Cell, ...]


def answers(matrix: Matrix) -> list[Answer]:
    """Return an answer for each client of the contract and each model that was asked on its surface, in order."""
    return list(_answers(matrix))


def _answers(matrix: Matrix) -> Iterator[Answer]:
    for client in matrix.run.contract.clients:
        needed = set(client.claims)
        cells = [cell for cell in matrix.cells if cell.claim in needed]
        for_all = [cell for cell in cells if cell.column == ENDPOINT]
        own: dict[tuple[str, str], list[Cell]] = {}
        for cell in cells:
            if cell.column != ENDPOINT:
                own.setdefault((cell.column, cell.model), []).append(cell)
        for (column, model), of_model in own.items():
            yield _answer(client, column, model, [*of_model, *for_all])


def _answer(client: ClientFacts, column: str, model: str, cells: list[Cell]) -> Answer:
    broken = tuple(cell for cell in cells if is_broken(cell))
    if broken:
        return Answer(client, column, model, Works.NO, broken)
    still_open = tuple(cell for cell in cells if cell.verdict in _OPEN)
    known = any(cell.verdict is not Verdict.NOT_APPLICABLE for cell in cells)
    unknown = still_open or not known
    return Answer(client, column, model, Works.UNKNOWN if unknown else Works.YES, still_open)


def is_broken(cell: Cell) -> bool:
    """Return whether a cell shows that the behaviour is broken, whether or not the contract binds the model to it."""
    return cell.verdict in AGAINST or (cell.verdict is Verdict.NOTED and cell.observed in _BROKEN)
