"""The page of one run: what holds, the overview, what is not in order, and every cell in a table for each parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.render import cost
from conformance.render.overview import standing
from conformance.render.problems import lines, what
from conformance.results.grouping import Group, Parameter, grouped, titles
from conformance.results.matrix import Cell, Matrix
from conformance.results.problems import Problem, problems
from conformance.results.squares import numbered, overviews, square
from conformance.site import naming
from conformance.site.choosing import Model, Run, Target, by_provider
from conformance.site.rendering import Page, Renderer
from conformance.trial.judge import FOLDING, Verdict

MOST = 12  # columns of the overview of one API that fit a page; more models share one by class
OPEN = 20  # problems in full sight, about two screens; the others are folded
LISTED = 200  # problems on a page, in about 150 kB; whoever has more of them filters the matrix
NAMED = 3  # models, claims or cells that one line names
CELLS = 40  # cells of a problem that it links to


@dataclass(frozen=True)
class Entry:
    """A problem in words: its number, what it is about, what was documented and observed, and the cells that show it."""

    number: int
    problem: Problem
    about: str
    lines: tuple[str, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that the entry links to."""
        return self.problem.cells[:CELLS]


@dataclass(frozen=True)
class Row:
    """One claim: its cell for each column of the table, None where there is none."""

    claim: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Table:
    """The claims about one parameter: its title, the worst verdict of what binds, and a row for each claim."""

    surface: str
    parameter: str
    title: str
    verdict: Verdict
    columns: tuple[Model, ...]
    rows: tuple[Row, ...]

    @property
    def anchor(self) -> str:
        """The id of the table on its page."""
        return naming.parameter_anchor(self.surface, self.parameter)


def page(
    run: Run, target: Target, renderer: Renderer, statements: dict[str, str], parametrised: frozenset[Parameter]
) -> Page:
    """Return the matrix page of a run; cells that are shown with evidence link to it, `parametrised` parameters to their page."""
    matrix = run.matrix
    listed = tables(matrix.cells)
    models = by_provider(dict.fromkeys((cell.column, cell.model) for cell in matrix.cells))
    paged = {cell for run in target.leading for cell in run.current}
    found = problems(matrix)
    entries = [_entry(number, problem, matrix) for number, problem in enumerate(found[:LISTED], 1)]
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
            "standing": standing(matrix),
            "overviews": overviews(matrix, numbered(found), MOST, by_class=False),
            "entries": entries,
            "opened": [entry for entry in entries if entry.problem.is_binding][:OPEN],
            "total": len(found),
            "tables": listed,
            "models": models,
            "by_model": [(model, {verdict: tallies[model, verdict] for verdict in FOLDING}) for model in models],
            "verdicts": FOLDING,
            "statements": statements,
            "parametrised": parametrised,
            "paged": paged,
            "claims_paged": {cell.claim for cell in matrix.cells if cell.id in paged},
            "newest": run is target.newest,
        },
    )


def tables(cells: Sequence[Cell]) -> list[Table]:
    """Return a table for each parameter of each surface, in the contract's order."""
    named: Mapping[Parameter, str] = titles(cells)
    return [_table(group) for group in grouped(cells, named)]


def _entry(number: int, problem: Problem, matrix: Matrix) -> Entry:
    return Entry(number, problem, what(problem, matrix, NAMED), tuple(lines(problem, NAMED)))


def _table(group: Group) -> Table:
    cells = [cell for _, row in group.claims for cell in row]
    columns = by_provider(dict.fromkeys((cell.column, cell.model) for cell in cells))
    rows = []
    for claim, row in group.claims:
        by_model = {(cell.column, cell.model): cell for cell in row}
        rows.append(Row(claim, tuple(by_model.get(column) for column in columns)))
    return Table(
        surface=group.surface,
        parameter=group.parameter,
        title=group.title,
        verdict=worst.verdict if (worst := square(cells, {})) else Verdict.NOT_APPLICABLE,
        columns=columns,
        rows=tuple(rows),
    )
