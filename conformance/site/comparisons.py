"""Pages that show two runs side by side: consecutive runs of a target, and the newest runs of two targets.

The gate decides what became of a cell; here two runs are made comparable, and the cells that differ are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

from conformance.results.gate import Change, Comparison, Kind, compare
from conformance.results.matrix import Cell, Matrix
from conformance.site import naming
from conformance.site.choosing import Model, Target
from conformance.site.reading import Listed, Reader
from conformance.site.rendering import Page, Renderer

TARGETS = 10  # with the newest runs, which are compared with each other: 45 pages at most
QUIET = frozenset({Kind.SAME, Kind.STANDING, Kind.EXPECTED})


@dataclass(frozen=True)
class Row:
    """Changes of one claim that are alike: what became of the cells, the cells before and after, and the models."""

    kind: Kind
    before: Cell | None
    after: Cell | None
    models: tuple[str, ...]

    @property
    def claim(self) -> str:
        cell = self.after or self.before
        return cell.claim if cell else ""


@dataclass(frozen=True)
class Step:
    """From one run to the next of the same target: the page that compares them, and the number of cells of each kind."""

    page: str
    before: Listed
    after: Listed
    counts: dict[str, int]


def consecutive(target: Target, reader: Reader, renderer: Renderer) -> Iterator[tuple[Step, Page]]:
    """Yield the comparison of each run of a target with the one before it, oldest first, on the models that both have."""
    shown = {run.name for run in target.shown}
    previous: Matrix | None = None
    for before, after in pairwise(reversed(target.runs)):
        old, new = previous or reader.load(before), reader.load(after)
        path = naming.comparison_page(before.name, after.name)
        comparison = _compare(old, new, {})
        step = Step(path, before, after, _loud(comparison))
        yield step, _page(path, comparison, (before, after), renderer, target.series, shown)
        previous = new


def between(targets: Sequence[Target], renderer: Renderer) -> Iterator[tuple[tuple[Target, Target, str], Page]]:
    """Yield the comparison of the newest runs of each two targets of one contract; models are paired by provider."""
    shown = {run.name for target in targets for run in target.shown}
    for one, other in combinations(targets[:TARGETS], 2):
        left, right = one.newest, other.newest
        if one.series[1] == other.series[1]:
            path = naming.comparison_page(left.name, right.name)
            pairs = _pairs(left.matrix, right.matrix)
            comparison = _compare(left.matrix, right.matrix, pairs)
            runs = (left.listed, right.listed)
            yield (one, other, path), _page(path, comparison, runs, renderer, other.series, shown, pairs)


def _compare(old: Matrix, new: Matrix, renamed: dict[Model, str]) -> Comparison:
    """Compare two runs on the models that both have."""
    before = _renamed(old, renamed)
    common = _models(before) & _models(new)
    return compare(_only(before, common), _only(new, common))


def _pairs(old: Matrix, new: Matrix) -> dict[Model, str]:
    """Return the model of the new run for each model of the old one: of the same name, or else in the same place."""
    pairs: dict[Model, str] = {}
    for column in dict.fromkeys(model.column for model in old.run.models):
        left, right = ([model.id for model in run.run.models if model.column == column] for run in (old, new))
        same = [model for model in left if model in right]
        rest = zip(
            (model for model in left if model not in same),
            (model for model in right if model not in same),
            strict=False,
        )
        pairs.update({(column, model): model for model in same} | {(column, old): new for old, new in rest})
    return pairs


def _renamed(matrix: Matrix, renamed: dict[Model, str]) -> Matrix:
    if not renamed:
        return matrix
    models = (replace(model, id=renamed.get((model.column, model.id), model.id)) for model in matrix.run.models)
    cells = (replace(cell, model=renamed.get((cell.column, cell.model), cell.model)) for cell in matrix.cells)
    return Matrix(replace(matrix.run, models=tuple(models)), tuple(cells))


def _models(matrix: Matrix) -> set[Model]:
    return {(model.column, model.id) for model in matrix.run.models}


def _only(matrix: Matrix, models: set[Model]) -> Matrix:
    """Return the matrix with these of its models; claims about the endpoint stay."""
    left_out = _models(matrix) - models
    kept = tuple(model for model in matrix.run.models if (model.column, model.id) in models)
    cells = tuple(cell for cell in matrix.cells if (cell.column, cell.model) not in left_out)
    return Matrix(replace(matrix.run, models=kept), cells)


def _loud(comparison: Comparison) -> dict[str, int]:
    """Return the number of cells of each kind that a reader of the history wants to know of."""
    return {kind: count for kind, count in comparison.counts().items() if kind not in QUIET}


def _page(
    path: str,
    comparison: Comparison,
    runs: tuple[Listed, Listed],
    renderer: Renderer,
    series: naming.Series,
    shown: set[str],
    pairs: Mapping[Model, str] | None = None,
) -> Page:
    """Return the page of a comparison; with `pairs` it compares two targets."""
    listed = [change for change in comparison.changes if _listed(change)]
    values: dict[str, Any] = {
        "before": runs[0],
        "after": runs[1],
        "moved": comparison.moved,
        "rows": _rows(listed, {(column, new): old for (column, old), new in (pairs or {}).items() if old != new}),
        "changed": len(listed),
        "unchanged": len(comparison.changes) - len(listed),
        "series": series,
        "shown": shown,
        "across": pairs is not None,
    }
    return renderer.page(path, "comparison.html", values)


def _listed(change: Change) -> bool:
    """Return whether a cell is worth a row: its verdict, or what was observed or measured, is another than before."""
    before, after = change.before, change.after
    if before is None or after is None:
        return change.kind is not Kind.SAME
    return (before.verdict, before.observed, before.measured) != (after.verdict, after.observed, after.measured)


def _rows(changes: Iterable[Change], paired: Mapping[Model, str]) -> list[Row]:
    """Return changes by kind, those of one claim that look the same together; `paired` names the other model of a pair."""
    alike: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        cell = change.after or change.before
        key = (change.kind, cell and cell.claim, _brief(change.before), _brief(change.after))
        alike.setdefault(key, []).append(change)
    rows = [
        Row(group[0].kind, group[0].before, group[0].after, tuple(_model(change, paired) for change in group))
        for group in alike.values()
    ]
    return sorted(rows, key=lambda row: tuple(Kind).index(row.kind))


def _brief(cell: Cell | None) -> tuple[object, ...] | None:
    """Return what a row shows of a cell."""
    return None if cell is None else (cell.verdict, cell.documented, cell.observed, cell.measured)


def _model(change: Change, paired: Mapping[Model, str]) -> str:
    cell = change.after or change.before
    if cell is None:
        return ""
    other = paired.get((cell.column, cell.model))
    return f"{cell.column}:{other} and {cell.model}" if other else f"{cell.column}:{cell.model}"
