"""The page of one run: its facts, what is not in order, and every cell in tables that can be filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from conformance.contract.claims import ENDPOINT
from conformance.render import cost
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Run, Target
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING, Verdict

NOT_IN_ORDER = (Verdict.DEVIATES, Verdict.DIFFERS, Verdict.BLOCKED, Verdict.INCONCLUSIVE)
Model = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One claim: its cell for each column of the table, None where there is none."""

    claim: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """Claims by parameter, each group with its rows; `columns` are numbered through all tables of a page from `first`."""

    title: str
    columns: tuple[Model, ...]
    first: int
    groups: tuple[tuple[str, tuple[Row, ...]], ...]

    @property
    def providers(self) -> list[tuple[str, int]]:
        """Each provider with how many columns it spans."""
        return [(name, len(list(group))) for name, group in groupby(column for column, _ in self.columns)]


def page(run: Run, target: Target, renderer: Renderer, statements: dict[str, str]) -> Page:
    """The matrix page; cells link to their own pages where they have one."""
    matrix = run.matrix
    listed = tables(matrix.cells)
    models = [model for table in listed for model in table.columns]
    speaking = {cell for each in target.leading for cell in each.current}
    return renderer.page(
        naming.matrix_page(run.name),
        "matrix.html",
        {
            "run": run,
            "facts": matrix.run,
            "cost": list(cost.summary(matrix.run.cost)) if matrix.run.cost else [],
            "target": target,
            "counts": matrix.counts(),
            "tables": listed,
            "models": models,
            "by_model": [(model, _tally(matrix.cells, model)) for model in models],
            "parameters": list(dict.fromkeys(cell.parameter for cell in matrix.cells)),
            "attention": [cell for verdict in NOT_IN_ORDER for cell in matrix.cells if cell.verdict == verdict],
            "verdicts": FOLDING,
            "statements": statements,
            "paged": speaking,
            "newest": run is target.newest,
        },
    )


def tables(cells: Sequence[Cell]) -> list[Table]:
    """One table for claims about models, one for claims about the endpoint as a whole; one of them may be missing."""
    whole = {cell.claim for cell in cells if cell.column == ENDPOINT}
    models = [cell for cell in cells if cell.claim not in whole]
    endpoint = [cell for cell in cells if cell.claim in whole]
    first = _table("Claims about each model", models, 0)
    second = _table("Claims about the endpoint as a whole", endpoint, len(first.columns))
    return [each for each in (first, second) if each.groups]


def _table(title: str, cells: Sequence[Cell], first: int) -> Table:
    columns = _together(dict.fromkeys((cell.column, cell.model) for cell in cells))
    claims: dict[str, dict[Model, Cell]] = {}
    for cell in cells:
        claims.setdefault(cell.claim, {})[cell.column, cell.model] = cell
    rows = [Row(claim, tuple(found.get(column) for column in columns)) for claim, found in claims.items()]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.claim.split(".")[1], []).append(row)
    return Table(title, columns, first, tuple((name, tuple(each)) for name, each in groups.items()))


def _together(models: Iterable[Model]) -> tuple[Model, ...]:
    """Models in their order, those of one provider beside each other."""
    providers: dict[str, list[Model]] = {}
    for model in models:
        providers.setdefault(model[0], []).append(model)
    return tuple(model for group in providers.values() for model in group)


def _tally(cells: Iterable[Cell], model: Model) -> dict[Verdict, int]:
    found = Counter(cell.verdict for cell in cells if (cell.column, cell.model) == model)
    return {verdict: found[verdict] for verdict in FOLDING}
