"""A run for a terminal: what holds on each model, the table of the documentation, what is not in order, what to do next."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

from conformance.base.observation import Reason, printable
from conformance.render import cost, overview, problems
from conformance.render.escaping import in_quotes
from conformance.render.grid import grid
from conformance.render.signs import SIGNS, counts_in_words, death, selection
from conformance.results.matrix import Matrix
from conformance.results.problems import blocked_places, place_of, unanswered
from conformance.results.problems import problems as folded
from conformance.results.squares import numbered
from conformance.run.option_table import Show

# Blanks at the end of a line, with which a table fills its last column; escape sequences of colours may follow them.
_BLANK = re.compile(r" +(?=(?:\x1b\[[\d;]*m| )*$)", re.MULTILINE)


def summary(
    matrix: Matrix,
    out: Path,
    *,
    width: int,
    colour: bool,
    unicode: bool = True,
    evidence: str = "evidence.ndjson",
    replays: bool = False,
    show: Show = Show.SHORT,
) -> str:
    """Return the summary of a run for a terminal `width` columns wide.

    `evidence` is the name of the file with the evidence; `replays` is whether the run sent nothing.
    """
    if matrix.run.unanswered and show is Show.SHORT:
        return _text([], _nothing(matrix, out, evidence), width, colour=colour)
    parts = _parts(matrix, out, width, unicode=unicode, show=show)
    facts = _facts(matrix, out, evidence, replays=replays, show=show)
    return _text(parts, facts, width, colour=colour)


def excerpt(matrix: Matrix, out: Path, *, width: int, colour: bool, unicode: bool, show: Show) -> str:
    """Return a part of a run for a terminal, without the facts of the whole run."""
    counts = f"{counts_in_words(matrix.counts())} ({len(matrix.cells)} cells)"
    return _text(
        _parts(matrix, out, width, unicode=unicode, show=show),
        ["", counts, *_closer(matrix, out)],
        width,
        colour=colour,
    )


def _text(parts: Iterable[RenderableType], lines: Iterable[str], width: int, *, colour: bool) -> str:
    """Return the parts, wrapped at the width, and then lines that may be longer, so that they can be copied."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for part in parts:
        console.print(part)
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    return _BLANK.sub("", buffer.getvalue())


def _parts(matrix: Matrix, out: Path, width: int, *, unicode: bool, show: Show) -> Iterator[RenderableType]:
    """Yield what `show` asks for, except for the facts of the run."""
    found, dead = folded(matrix), blocked_places(matrix)
    alive = replace(matrix, cells=tuple(cell for cell in matrix.cells if place_of(cell) not in dead))
    yield Text(f"\n{matrix.run.contract} on {matrix.run.target}", "bold")
    yield from overview.lines(matrix)
    if show is Show.ALL:
        yield from grid(alive, width, unicode=unicode)
    elif show is not Show.PROBLEMS:
        yield from overview.table(alive, width, unicode=unicode, numbers=numbered(found), whole=show is Show.TABLE)
    if show is not Show.PROBLEMS and alive.cells:
        yield Text()
        yield from overview.legend(alive, width, unicode=unicode)
    if found and show is not Show.TABLE:
        yield Text("\nnot in order", "bold")
        rest = f"conformance show {_near(out)} --show problems"
        yield from problems.entries(found, matrix, width, unicode=unicode, whole=show is not Show.SHORT, rest=rest)


def _nothing(matrix: Matrix, out: Path, evidence: str) -> Iterator[str]:
    """Yield why no model answered, and where the run is."""
    for problem in unanswered(matrix):
        yield printable(f"{problem.verdict}: {problems.what(problem, matrix, None)}")
    yield f"written to {_near(out)}: matrix.json, matrix.md, {evidence}; once that is mended, run again"


def _facts(matrix: Matrix, out: Path, evidence: str, *, replays: bool, show: Show) -> Iterator[str]:
    run = matrix.run
    scope = "stopped" if run.stopped else selection(run) or "the whole contract"
    yield f"\n{counts_in_words(matrix.counts())} ({len(matrix.cells)} cells)"
    sent = "replayed, none sent" if replays else "sent"
    yield f"{scope}: {run.planned} cases planned, {run.reported} reported, {run.requests} requests {sent}"
    if ended := death(matrix):
        yield ended
    if run.waited >= 1:
        yield f"waited {run.waited:.0f} s in all for the rate limit; docs/limits.md says how it is kept to"
    if run.samples > 1:
        yield f"samples: what depends on sampling was asked {run.samples} times"
    if run.share is not None:
        yield f"share: looks enough to notice what shows on {run.share:g} of the requests"
    if run.cost:
        yield from cost.summary(run.cost)
    yield f"written to {_near(out)}: matrix.json, matrix.md, {evidence}"
    if not matrix.cells and run.shard:
        yield "nothing of what was selected belongs to this shard: nothing was sent; conformance report --merge joins it"
    if not replays and (rest := _rest(matrix)) is not None:
        yield f"go on: conformance run --resume {_near(out)}{rest}"
    if matrix.cells and show is not Show.ALL:
        yield f"all cells: conformance show {_near(out)} --show all"
    yield from _closer(matrix, out)


def _closer(matrix: Matrix, out: Path) -> Iterator[str]:
    """Yield the command that explains the worst cell."""
    example = min(matrix.cells, key=lambda cell: list(SIGNS).index(cell.verdict), default=None)
    if example:
        yield f"look closer: conformance explain {in_quotes(example.id)} --run {_near(out)}"


def _rest(matrix: Matrix) -> str | None:
    """Return what to add to `--resume RUN` for a run that left cases untested; None if it left none."""
    spent = any(cell.reason is Reason.BUDGET for cell in matrix.cells)
    if not (spent or matrix.run.stopped):
        return None
    return " --budget USD" if spent else ""


def _near(path: Path) -> str:
    """Return the path for a command line, relative to the current directory if it is below it."""
    try:
        return shlex.quote(str(path.relative_to(Path.cwd())))
    except ValueError:
        return shlex.quote(str(path))
