"""The page of one run: its facts, what is not in order, and every cell in tables with filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.contract.claims import ENDPOINT
from conformance.render import cost
from conformance.results.grouping import Parameter, grouped, titles
from conformance.results.matrix import Cell
from conformance.site import naming
from conformance.site.choosing import Model, Run, Target, by_provider
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING, Verdict

LISTED = 100  # cells that are not in order, in about 50 kB; whoever has more of them filters the matrix
NOT_IN_ORDER = (Verdict.DEVIATES, Verdict.DIFFERS, Verdict.BLOCKED, Verdict.INCONCLUSIVE)


@dataclass(frozen=True)
class Row:
    """One claim: its cell for each column of the table, None where there is none."""

    claim: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """Claims by surface and parameter, a title and rows for each; `first` is the number of its first column on the page."""

    title: str
    columns: tuple[Model, ...]
    first: int
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


def page(run: Run, target: Target, renderer: Renderer, statements: dict[str, str]) -> Page:
    """Return the matrix page of a run; cells that are shown with evidence link to it."""
    matrix = run.matrix
    listed = tables(matrix.cells)
    models = [model for table in listed for model in table.columns]
    paged = {cell for run in target.leading for cell in run.current}
    attention = [cell for verdict in NOT_IN_ORDER for cell in matrix.cells if cell.verdict == verdict]
    tallies = Counter(((cell.column, cell.model), cell.verdict) for cell in matrix.cells)
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
            "by_model": [(model, {verdict: tallies[model, verdict] for verdict in FOLDING}) for model in models],
            "parameters": list(dict.fromkeys(title for table in listed for title, _ in table.groups)),
            "attention": attention[:LISTED],
            "not_in_order": len(attention),
            "verdicts": FOLDING,
            "statements": statements,
            "paged": paged,
            "claims_paged": {cell.claim for cell in matrix.cells if cell.id in paged},
            "newest": run is target.newest,
        },
    )


def tables(cells: Sequence[Cell]) -> list[Table]:
    """Return the table of claims about models and that of claims about the endpoint as a whole; an empty one is left out."""
    named = titles(cells)
    whole = {cell.claim for cell in cells if cell.column == ENDPOINT}
    models = [cell for cell in cells if cell.claim not in whole]
    endpoint = [cell for cell in cells if cell.claim in whole]
    first = _table("Claims about each model", models, 0, named)
    second = _table("Claims about the endpoint as a whole", endpoint, len(first.columns), named)
    return [table for table in (first, second) if table.groups]


def _table(title: str, cells: Sequence[Cell], first: int, named: Mapping[Parameter, str]) -> Table:
    columns = by_provider(dict.fromkeys((cell.column, cell.model) for cell in cells))
    groups = []
    for group in grouped(cells, named):
        rows = []
        for claim, row in group.claims:
            by_model = {(cell.column, cell.model): cell for cell in row}
            rows.append(Row(claim, tuple(by_model.get(column) for column in columns)))
        groups.append((group.title, tuple(rows)))
    return Table(title, columns, first, tuple(groups))
