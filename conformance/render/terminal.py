"""The matrix for a terminal: per parameter what is documented, per claim what was observed, then what needs attention."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.base.observation import Reason, printable
from conformance.contract.claims import Says
from conformance.render import cost
from conformance.render.signs import SIGNS, counts_in_words, death, seen, selection
from conformance.results.grouping import grouped, titles
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import Verdict

_NAME_WIDTH, _CELL_WIDTH = 22, 14  # columns: most names of claims and models fit, and four models fit a terminal of 80
_LISTED, _NAMED = 20, 3  # cells listed one by one, which fit a screen, and cells named where many share one line
# Reasons that many cells share: they are printed once, with the number of cells.
_SAID_ONCE = frozenset({Reason.STOPPED, Reason.DEAD, Reason.RATE_LIMITED, Reason.BUDGET})
_ATTENTION = (Verdict.DEVIATES, Verdict.DIFFERS, Verdict.BLOCKED, Verdict.INCONCLUSIVE)
Place = tuple[str, str, str]  # surface, column, model


def summary(
    matrix: Matrix,
    out: Path,
    *,
    width: int,
    colour: bool,
    unicode: bool = True,
    evidence: str = "evidence.ndjson",
    replays: bool = False,
) -> str:
    """Return the summary of a run for a terminal `width` columns wide.

    `evidence` is the name of the file with the evidence; `replays` is whether the run sent nothing.
    """
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width, force_terminal=colour, color_system="standard" if colour else None, highlight=False
    )
    blocked = _blocked(matrix)
    models = list(dict.fromkeys(_model(cell) for cell in matrix.cells if _place(cell) not in blocked))
    run = matrix.run
    if models:
        console.print(Text(f"{run.contract} on {run.target}: documented | observed", "bold"))
    per_table = max(1, (width - _NAME_WIDTH) // _CELL_WIDTH)
    for start in range(0, len(models), per_table):
        console.print(_table(matrix, models[start : start + per_table], unicode=unicode))
    if models:
        console.print(_legend(unicode=unicode))
    for line in _attention(matrix):
        console.print(Text(printable(line, keep="\n")))
    for line in _facts(matrix, out, evidence, replays=replays):
        console.print(Text(line), soft_wrap=True)
    return buffer.getvalue()


def _table(matrix: Matrix, models: list[tuple[str, str]], *, unicode: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("parameter, claim", width=_widest(matrix), no_wrap=True)
    for column, model in models:
        table.add_column(Text(f"{column}\n{model}"), overflow="fold")
    wanted = set(models)
    for group in grouped(matrix.cells, titles(matrix.cells)):
        rows = [
            (claim, {_model(cell): cell for cell in cells if _model(cell) in wanted}) for claim, cells in group.claims
        ]
        rows = [(claim, cells) for claim, cells in rows if cells]
        if not rows:
            continue
        table.add_row(Text(group.title, "bold"), *(Text(_documented(rows, model), "bold") for model in models))
        for claim, cells in rows:
            table.add_row(f"  {claim.split('.')[2]}", *(_text(cells.get(model), unicode=unicode) for model in models))
    return table


def _widest(matrix: Matrix) -> int:
    """Return the width of the longest name, for the first column of all tables; a narrower one would shift the models."""
    groups = grouped(matrix.cells, titles(matrix.cells))
    parts = [group.title for group in groups] + [
        f"  {claim.split('.')[2]}" for group in groups for claim, _ in group.claims
    ]
    return max(_NAME_WIDTH - 1, *map(len, parts))


def _place(cell: Cell) -> Place:
    return cell.surface, cell.column, cell.model


def _model(cell: Cell) -> tuple[str, str]:
    return cell.column, cell.model


def _documented(rows: list[tuple[str, dict[tuple[str, str], Cell]]], model: tuple[str, str]) -> str:
    """Return what is documented about a parameter for a model, from its first claim that is supported or without effect."""
    tested = [cells[model] for _, cells in rows if model in cells]
    quoted = [cell.documented for cell in tested if cell.says in {Says.SUPPORTED, Says.WITHOUT_EFFECT}]
    return quoted[0] if quoted else "unstated" if any(cell.says is Says.UNSTATED for cell in tested) else ""


def _text(cell: Cell | None, *, unicode: bool) -> Text:
    if cell is None:
        return Text("")
    sign = SIGNS[cell.verdict]
    return Text(f"{sign.mark if unicode else sign.plain} {seen(cell)}".strip(), sign.style)


def _legend(*, unicode: bool) -> Text:
    text = Text("\n")
    for number, sign in enumerate(SIGNS.values(), 1):
        end = "\n" if number % 3 == 0 else ""
        text.append(f"{sign.mark if unicode else sign.plain} {sign.meaning:<23}{end}", sign.style)
    return text.append("[1-8] measured limit")


def _attention(matrix: Matrix) -> Iterator[str]:
    """Yield a line for each cell that is not in order; what many cells share is one line."""
    blocked = _blocked(matrix)
    yield from _preflights(matrix, blocked)
    cells = [cell for cell in matrix.cells if cell.verdict in _ATTENTION and _place(cell) not in blocked]
    cells.sort(key=lambda cell: _ATTENTION.index(cell.verdict))
    once = [cell for cell in cells if cell.reason in _SAID_ONCE]
    for detail in dict.fromkeys(cell.detail for cell in once):
        cut = [cell for cell in once if cell.detail == detail]
        yield f"\nblocked: {len(cut)} cells were {detail.partition(': ')[2]}: {_named(cut)}"
    lacking = [cell for cell in cells if cell.reason is Reason.NOT_RECORDED]
    if many := len(lacking) > _NAMED:
        yield (
            f"\nblocked: {len(lacking)} cells need requests that are not in the recording: {_named(lacking)}; "
            "--resume RUN asks for them"
        )
    summed_up = {*once, *(lacking if many else ())}
    listed = [cell for cell in cells if cell not in summed_up]
    for cell in listed[:_LISTED]:
        yield f"{cell.verdict}: {cell.id}\n    documented {cell.documented}; {cell.observed or 'not judged'}: {cell.detail}"
    if len(listed) > _LISTED:
        yield f"... and {len(listed) - _LISTED} more, in matrix.md"


def _named(cells: Sequence[Cell]) -> str:
    """Return the first of many cells, and the number of the others."""
    more = f" and {len(cells) - _NAMED} more, in matrix.md" if len(cells) > _NAMED else ""
    return f"{', '.join(cell.id for cell in cells[:_NAMED])}{more}"


def _blocked(matrix: Matrix) -> dict[Place, str]:
    """Return where a preflight failed, with the reason; claims about the endpoint have that of the model they are tested with."""
    blocked = {
        (preflight.surface, model.column, model.id): preflight.blocked or ""
        for model in matrix.run.models
        for preflight in model.blocked
    }
    for cell in matrix.cells:
        if cell.reason is Reason.PREFLIGHT:
            blocked.setdefault(_place(cell), cell.detail.partition(": ")[2])
    return blocked


def _preflights(matrix: Matrix, blocked: Mapping[Place, str]) -> Iterator[str]:
    """Yield a line for each reason with its models, and with their surfaces where a model can be asked on another one."""
    surfaces: dict[tuple[str, str], set[str]] = {}
    for cell in matrix.cells:
        surfaces.setdefault(_model(cell), set()).add(cell.surface)
    for reason in dict.fromkeys(blocked.values()):
        models: dict[tuple[str, str], list[str]] = {}
        for surface, column, model in (place for place, why in blocked.items() if why == reason):
            models.setdefault((column, model), []).append(surface)
        named = (
            f"{column}:{model}" + ("" if surfaces.get((column, model), set()) <= set(on) else f" on {', '.join(on)}")
            for (column, model), on in models.items()
        )
        yield f"\nblocked: {', '.join(named)}: {reason}"


def _facts(matrix: Matrix, out: Path, evidence: str, *, replays: bool) -> Iterator[str]:
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
    example = min(matrix.cells, key=lambda cell: list(SIGNS).index(cell.verdict), default=None)
    if example:
        yield f"look closer: conformance explain '{example.id}' --run {_near(out)}"


def _rest(matrix: Matrix) -> str | None:
    """Return what to add to `--resume RUN` for a run that left cases untested; None if it left none."""
    spent = any(cell.reason is Reason.BUDGET for cell in matrix.cells)
    if not (spent or matrix.run.stopped):
        return None
    return " --budget USD" if spent else ""


def _near(path: Path) -> Path:
    """Return the path relative to the current directory, if it is below it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
