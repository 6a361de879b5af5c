"""The matrix in a terminal: per parameter what is documented, per claim what was observed, then what needs attention."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.base.observation import printable
from conformance.render import cost
from conformance.render.signs import SIGNS, seen, selection, told
from conformance.results.matrix import Cell, Matrix

_NAME_WIDTH, _CELL_WIDTH, _LISTED, _NAMED = 22, 14, 20, 3
_ENDPOINT = ("endpoint", "any")
_SAID_ONCE = ("stopped: ", "budget: ")  # reasons of cells that were not asked, each said once
_LACKING = "not in the recording: "  # the reason of a cell whose replay needs a request that the recording lacks
_ATTENTION = ("deviates", "differs", "blocked", "inconclusive")


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
    """The whole summary as text for a terminal of that width; `evidence` is the file's name, `replays` that nothing was sent."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width, force_terminal=colour, color_system="standard" if colour else None, highlight=False
    )
    blocked = _blocked(matrix)
    models = list(dict.fromkeys(_model(cell) for cell in matrix.cells if _model(cell) not in blocked))
    run = matrix.run
    if models:
        console.print(
            Text(
                f"{run['contract']['name']} {run['contract']['surface']} on {run['target']}: documented | observed",
                "bold",
            )
        )
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
    claims = [(claim, cells) for claim, cells in matrix.cells_by_claim() if wanted & {_model(cell) for cell in cells}]
    for parameter, group in groupby(claims, key=lambda row: row[0].split(".")[1]):
        rows = [(claim, {_model(cell): cell for cell in cells}) for claim, cells in group]
        table.add_row(Text(parameter, "bold"), *(Text(_documented(rows, model), "bold") for model in models))
        for claim, cells in rows:
            table.add_row(f"  {claim.split('.')[2]}", *(_text(cells.get(model), unicode=unicode) for model in models))
    return table


def _widest(matrix: Matrix) -> int:
    """The width of the names, in all tables alike; a column that gives way would let the last model be cut."""
    parts = (part for cell in matrix.cells for part in (cell.claim.split(".")[1], f"  {cell.claim.split('.')[2]}"))
    return max(_NAME_WIDTH - 1, *(len(part) for part in parts))


def _model(cell: Cell) -> tuple[str, str]:
    return cell.column, cell.model


def _documented(rows: list[tuple[str, dict[tuple[str, str], Cell]]], model: tuple[str, str]) -> str:
    """What is documented about the parameter for this model: the first claim that quotes the documents' own cell."""
    found = [cells[model] for _, cells in rows if model in cells]
    quoted = [cell.documented for cell in found if cell.says in {"supported", "without effect"}]
    return quoted[0] if quoted else "unstated" if any(cell.says == "unstated" for cell in found) else ""


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
    """One line per cell that is not in order; models that were blocked for one reason are one line."""
    blocked = _blocked(matrix)
    for reason in dict.fromkeys(blocked.values()):
        named = ", ".join(f"{column}:{model}" for (column, model), why in blocked.items() if why == reason)
        yield f"\nblocked: {named}: {reason}"
    cells = [cell for cell in matrix.cells if cell.verdict in _ATTENTION and _model(cell) not in blocked]
    cells.sort(key=lambda cell: _ATTENTION.index(cell.verdict))
    stopped = Counter(cell.detail for cell in cells if cell.detail.startswith(_SAID_ONCE))
    lacking = [cell.id for cell in cells if cell.detail.startswith(_LACKING)]
    for reason, count in stopped.items():
        cut = [cell.id for cell in cells if cell.detail == reason]
        more = f" and {count - _NAMED} more, in matrix.md" if count > _NAMED else ""
        yield f"\nblocked: {count} cells were {reason.partition(': ')[2]}: {', '.join(cut[:_NAMED])}{more}"
    many = len(lacking) > _NAMED
    if many:
        yield (
            f"\nblocked: {len(lacking)} cells need requests that are not in the recording: {', '.join(lacking[:_NAMED])} and "
            f"{len(lacking) - _NAMED} more, in matrix.md; --resume RUN asks for them"
        )
    listed = [cell for cell in cells if cell.detail not in stopped and not (many and cell.id in lacking)]
    for cell in listed[:_LISTED]:
        yield f"{cell.verdict}: {cell.id}\n    documented {cell.documented}; {cell.observed or 'not judged'}: {cell.detail}"
    if len(listed) > _LISTED:
        yield f"... and {len(listed) - _LISTED} more, in matrix.md"


def _blocked(matrix: Matrix) -> dict[tuple[str, str], str]:
    """The models whose preflight failed, with the reason; the endpoint as a whole shares that of the model it was asked by."""
    found = {(each["column"], each["id"]): each["blocked"] for each in matrix.run["models"] if each["blocked"]}
    asked = [cell for cell in matrix.cells if _model(cell) == _ENDPOINT and cell.verdict != "not applicable"]
    if asked and all(cell.detail.startswith("preflight of ") for cell in asked):
        found[_ENDPOINT] = asked[0].detail.partition(": ")[2]
    return found


def _facts(matrix: Matrix, out: Path, evidence: str, *, replays: bool) -> Iterator[str]:
    run = matrix.run
    scope = "stopped" if run["stopped"] else selection(run) or "the whole contract"
    yield f"\n{told(matrix.counts())} ({len(matrix.cells)} cells)"
    sent = "replayed, none sent" if replays else "sent"
    yield f"{scope}: {run['planned']} cases planned, {run['reported']} reported, {run['requests']} requests {sent}"
    if run.get("waited", 0) >= 1:
        yield f"waited {run['waited']:.0f} s in all for the rate limit; docs/limits.md says how it is kept to"
    if run.get("samples", 1) > 1:
        yield f"samples: what depends on sampling was asked {run['samples']} times"
    if "cost" in run:
        yield from cost.summary(run["cost"])
    yield f"written to {_near(out)}: matrix.json, matrix.md, {evidence}"
    if not matrix.cells and "shard" in run:
        yield "nothing of what was selected belongs to this shard: nothing was sent; conformance report --merge joins it"
    if not replays and (rest := _rest(matrix)) is not None:
        yield f"go on: conformance run --resume {_near(out)}{rest}"
    example = min(matrix.cells, key=lambda cell: list(SIGNS).index(cell.verdict), default=None)
    if example:
        yield f"look closer: conformance explain '{example.id}' --run {_near(out)}"


def _rest(matrix: Matrix) -> str | None:
    """What `--resume` takes besides, for a run that left something unasked; None where there is nothing to go on with."""
    spent = any(cell.detail.startswith("budget: ") for cell in matrix.cells)
    if not (spent or matrix.run["stopped"]):
        return None
    return " --budget USD" if spent else ""


def _near(path: Path) -> Path:
    """The path as a person here would type it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
