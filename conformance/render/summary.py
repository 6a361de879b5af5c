"""A run as one or two screens of Markdown, for the summary of a CI job: facts, counts, and what is against the contract."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from conformance.render import cost
from conformance.render.escaping import code, markdown, shortened
from conformance.render.signs import SIGNS, counts_in_words, death, selection
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import Verdict

_AGAINST = (Verdict.DEVIATES, Verdict.DIFFERS)
_LISTED, _LONGEST = 25, 240  # cells, and characters of a text, so that the table fits a screen; matrix.md has the rest
_BLOCKED = 10  # models: where more are blocked, the reason is nearly always the same


def render(matrix: Matrix) -> str:
    """Return the whole document; the same matrix gives the same text."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    run = matrix.run
    yield f"## {markdown(str(run.contract))} on {markdown(run.target)}"
    yield f"\n**{counts_in_words(matrix.counts())}** ({len(matrix.cells)} cells)\n"
    yield from (f"- {fact}" for fact in _facts(matrix))
    yield from _counts(matrix)
    yield from _blocked(matrix)
    yield from _against(matrix)
    yield from _closer(matrix)


def _facts(matrix: Matrix) -> Iterator[str]:
    run = matrix.run
    yield f"target {markdown(run.target)}, version {markdown(run.target_version or 'not known')}"
    yield f"contract {markdown(f'{run.contract.name} {run.contract.digest}')}, suite {markdown(run.suite_version)}"
    yield f"{markdown(f'{run.started} to {run.ended}')}: {run.reported} of {run.planned} cases, {run.requests} requests"
    if run.samples > 1:
        yield f"{run.samples} samples of what depends on sampling"
    if run.share is not None:
        yield f"looks enough to notice what shows on {run.share:g} of the requests"
    if run.cost:
        yield from cost.summary(run.cost)
    if part := selection(run):
        yield f"**{part}, not the whole contract**"
    if run.stopped:
        yield "**stopped before its end**"
    if ended := death(matrix):
        yield markdown(ended)


def _counts(matrix: Matrix) -> Iterator[str]:
    """Yield a table with a row per model, and API if there are several, and a column per verdict."""
    yield "\n| model | " + " | ".join(f"{sign.mark} {verdict}" for verdict, sign in SIGNS.items()) + " |"
    yield "|---" + "|--:" * len(SIGNS) + "|"
    counted: dict[str, Counter[str]] = {}
    for surface in matrix.surfaces:
        for cell in (cell for cell in matrix.cells if cell.surface == surface):
            place = f"{surface} {_model(cell)}" if len(matrix.surfaces) > 1 else _model(cell)
            counted.setdefault(place, Counter())[cell.verdict] += 1
    for model, counts in counted.items():
        yield f"| {markdown(model)} | " + " | ".join(str(counts[verdict] or "") for verdict in SIGNS) + " |"


def _blocked(matrix: Matrix) -> Iterator[str]:
    """Yield the models that failed their preflight, each with the reason."""
    blocked = [(model, preflight) for model in matrix.run.models for preflight in model.blocked]
    if blocked:
        yield "\n### Blocked\n"
    for model, preflight in blocked[:_BLOCKED]:
        where = f" on {preflight.surface}" if len(model.preflights) > 1 else ""
        yield f"- {markdown(f'{model}{where}')}: {markdown(shortened(preflight.blocked or '', _LONGEST))}"
    if len(blocked) > _BLOCKED:
        yield f"- and {len(blocked) - _BLOCKED} more"


def _against(matrix: Matrix) -> Iterator[str]:
    """Yield a table of deviations, then differences, as many as fit a screen."""
    cells = [cell for verdict in _AGAINST for cell in matrix.cells if cell.verdict == verdict]
    if not cells:
        return
    yield "\n### Against the contract\n\n| | claim | model | documented | observed |\n|---|---|---|---|---|"
    for cell in cells[:_LISTED]:
        shown = [markdown(shortened(text, _LONGEST)) for text in (_model(cell), cell.documented, _observed(cell))]
        yield f"| {SIGNS[cell.verdict].mark} {cell.verdict} | `{code(cell.claim)}` | " + " | ".join(shown) + " |"
    if len(cells) > _LISTED:
        yield f"\nand {len(cells) - _LISTED} more, in matrix.md"


def _observed(cell: Cell) -> str:
    limit = f", measured {cell.measured}" if cell.measured else ""
    return f"{cell.observed}{limit}: {cell.detail}"


def _closer(matrix: Matrix) -> Iterator[str]:
    worst = min(matrix.cells, key=lambda cell: list(SIGNS).index(cell.verdict), default=None)
    if worst:
        yield f"\nLook closer, with the run directory as RUN: `conformance explain {code(shlex.quote(worst.id))} --run RUN`"


def _model(cell: Cell) -> str:
    return f"{cell.column}:{cell.model}"
