"""A run at a glance: a square for each parameter and column of models, with the worst verdict and the measured limit.

Formats decide how many columns they have room for and how a square looks; what is in it is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.claims import ENDPOINT, Says
from conformance.results.grouping import Group, grouped, names
from conformance.results.matrix import Cell, Matrix
from conformance.results.problems import NOT_IN_ORDER, Problem
from conformance.results.standing import is_binding
from conformance.trial.judge import FOLDING, Verdict

Model = tuple[str, str]  # column and id


@dataclass(frozen=True)
class Column:
    """Models that share a column of the overview: one, all of a class, or all of a provider; `title` names or counts them."""

    provider: str
    title: str
    models: frozenset[Model]


@dataclass(frozen=True)
class Square:
    """A parameter in one column: the worst verdict of its binding claims, what is documented and measured, and its problems.

    `wrong` of the `asked` models have a binding claim that is not in order.  `wider` is whether one of them gives more than is
    documented.
    """

    verdict: Verdict
    documented: str
    limits: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()
    wrong: int = 0
    asked: int = 1
    wider: bool = False


@dataclass(frozen=True)
class Row:
    """A parameter, and its square in each column; None where it has no claim for the models of a column."""

    group: Group
    squares: tuple[Square | None, ...]


@dataclass(frozen=True)
class Overview:
    """The parameters of one surface: a row for each that models are asked about, and a square for each topic of the endpoint."""

    surface: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    endpoint: tuple[tuple[Group, Square], ...]


def overviews(matrix: Matrix, numbers: Mapping[str, int], most: int, *, by_class: bool = True) -> list[Overview]:
    """Return the overview of each surface; `numbers` are those of the problems, by cell.

    Models of one class share a column, and where that makes more than `most` columns, those of one provider do.  Without
    `by_class` each model has a column of its own if there are no more than `most`.
    """
    return [_overview(matrix, surface, numbers, most, by_class=by_class) for surface in matrix.surfaces]


def numbered(found: Sequence[Problem]) -> dict[str, int]:
    """Return the number of the problem of each cell, counted from 1; what cut off whole models or the run has none."""
    return {
        cell.id: number
        for number, problem in enumerate(found, 1)
        if problem.reason is None
        for cell in (*problem.cells, *problem.blocked)
    }


def model_of(cell: Cell) -> Model:
    """Return the column and the id of the model of a cell."""
    return cell.column, cell.model


def documented(cells: Sequence[Cell]) -> str:
    """Return what is documented about a parameter, from its first claim that is supported or without effect."""
    quoted = [cell.documented for cell in cells if cell.says in {Says.SUPPORTED, Says.WITHOUT_EFFECT}]
    return quoted[0] if quoted else "unstated" if any(cell.says is Says.UNSTATED for cell in cells) else ""


def square(cells: Sequence[Cell], numbers: Mapping[str, int]) -> Square | None:
    """Return the square of these cells; None if there are none."""
    if not cells:
        return None
    binding = [cell for cell in cells if is_binding(cell)] or [cell for cell in cells if cell.verdict is Verdict.NOTED]
    bad = [cell for cell in binding if cell.verdict in NOT_IN_ORDER]
    limits = dict.fromkeys(cell.measured for cell in sorted(cells, key=_rank) if cell.measured)
    return Square(
        verdict=min((cell.verdict for cell in binding or cells), key=FOLDING.index),
        documented=documented(cells),
        limits=tuple(limits),
        problems=tuple(sorted({numbers[cell.id] for cell in bad if cell.id in numbers})),
        wrong=len({model_of(cell) for cell in bad}),
        asked=len({model_of(cell) for cell in cells}),
        wider=any(cell.wider for cell in cells),
    )


def _overview(matrix: Matrix, surface: str, numbers: Mapping[str, int], most: int, *, by_class: bool) -> Overview:
    cells = [cell for cell in matrix.cells if cell.surface == surface]
    groups = grouped(cells, names(cells))
    columns = _columns(matrix, surface, most, by_class=by_class)
    rows = [Row(group, tuple(square(_of(group, column.models), numbers) for column in columns)) for group in groups]
    topics = [(group, found) for group in groups if (found := square(_of_endpoint(group), numbers))]
    return Overview(surface, tuple(columns), tuple(row for row in rows if any(row.squares)), tuple(topics))


def _columns(matrix: Matrix, surface: str, most: int, *, by_class: bool) -> list[Column]:
    asked = dict.fromkeys(
        model_of(cell) for cell in matrix.cells if cell.surface == surface and cell.column != ENDPOINT
    )
    if not by_class and len(asked) <= most:
        return [Column(column, model, frozenset({(column, model)})) for column, model in asked]
    kinds = {(model.column, model.id): model.kind for model in matrix.run.models}
    classes = _joined({model: (model[0], kinds.get(model, "")) for model in asked})
    return classes if len(classes) <= most else _joined({model: (model[0], "") for model in asked})


def _joined(keys: Mapping[Model, Model]) -> list[Column]:
    """Return the columns for models by their provider and class."""
    groups: dict[Model, list[Model]] = {}
    for model, key in keys.items():
        groups.setdefault(key, []).append(model)
    return [
        Column(
            provider, models[0][1] if len(models) == 1 else f"{len(models)} models {kind}".strip(), frozenset(models)
        )
        for (provider, kind), models in groups.items()
    ]


def _of(group: Group, models: frozenset[Model]) -> list[Cell]:
    return [cell for cell in _cells(group) if model_of(cell) in models]


def _of_endpoint(group: Group) -> list[Cell]:
    return [cell for cell in _cells(group) if cell.column == ENDPOINT]


def _cells(group: Group) -> Iterable[Cell]:
    return (cell for _, cells in group.claims for cell in cells)


def _rank(cell: Cell) -> int:
    return FOLDING.index(cell.verdict)
