"""The matrix as Markdown: one table per parameter of a surface, one row per claim, one column per model."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.render.escaping import code
from conformance.render.escaping import markdown as plain
from conformance.render.signs import SIGNS, WIDER, counts_in_words, death, seen, selection
from conformance.results.grouping import grouped, titles
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import Verdict

_EXPLAINED = (Verdict.DEVIATES, Verdict.DIFFERS, Verdict.BLOCKED, Verdict.INCONCLUSIVE)


def render(matrix: Matrix) -> str:
    """Return the whole document; the same matrix gives the same text."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    run = matrix.run
    yield f"# {plain(str(run.contract))} on {plain(run.target)}"
    yield ""
    yield from (f"- {fact}" for fact in _facts(matrix))
    yield ""
    signs = ", ".join(f"{sign.mark} {sign.meaning}" for sign in SIGNS.values())
    yield f"Signs: {signs}; [1-8] is a measured limit; {WIDER} is more than documented."
    for group in grouped(matrix.cells, titles(matrix.cells)):
        models = list(dict.fromkeys(_model(cell) for cell in matrix.cells if cell.surface == group.surface))
        yield f"\n## {plain(group.title)}\n"
        yield "| claim | " + " | ".join(plain(f"{column}:{model}") for column, model in models) + " |"
        yield "|---" * (len(models) + 1) + "|"
        for claim, cells in group.claims:
            by_model = {_model(cell): cell for cell in cells}
            yield f"| `{code(claim)}` | " + " | ".join(_cell(by_model.get(model)) for model in models) + " |"
    listed = [cell for verdict in _EXPLAINED for cell in matrix.cells if cell.verdict == verdict]
    if listed:
        yield "\n## What is not in order\n"
        yield from (
            f"- **{cell.verdict}** `{code(cell.id)}`: documented {plain(cell.documented)}; {plain(cell.detail)}"
            for cell in listed
        )


def _facts(matrix: Matrix) -> Iterator[str]:
    run = matrix.run
    yield f"result: {counts_in_words(matrix.counts())}"
    yield f"target: {plain(run.target)}, version {plain(run.target_version or 'not known')}"
    yield f"contract: {plain(run.contract.name)}, digest {plain(run.contract.digest)}; suite {plain(run.suite_version)}"
    for model in run.models:
        yield plain(f"model: {model} ({model.kind_and_version}), answers as {model.echoed or 'nothing'}")
    yield plain(f"run: {run.started} to {run.ended}")
    yield f"cases: {run.planned} planned, {run.reported} reported; {run.requests} requests sent"
    if run.samples > 1:
        yield f"samples: what depends on sampling was asked {run.samples} times"
    if run.share is not None:
        yield f"share: looks enough to notice what shows on {run.share:g} of the requests"
    if ended := death(matrix):
        yield plain(ended)
    if not run.whole:
        part = selection(run)
        yield f"this is {part}, not the whole contract" if part else "the run was stopped before its end"


def _model(cell: Cell) -> tuple[str, str]:
    return cell.column, cell.model


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    sign = SIGNS[cell.verdict].mark
    shown = seen(cell)
    return f"{sign} {plain(cell.documented)} \\| {plain(shown)}" if shown else sign
