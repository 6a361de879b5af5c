"""What is not in order, for a terminal: an entry for each cause, with the claims and models it shows on and what it blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.base.observation import Reason, printable, shortened
from conformance.contract.claims import ENDPOINT, Says
from conformance.render.signs import SIGNS
from conformance.render.wrapping import some
from conformance.results.matrix import Cell, Matrix
from conformance.results.problems import Problem

_LISTED = 20  # entries, which fit two screens with what they say
_NAMED = 3  # models, claims or cells that one line names
_FINDINGS = 2  # different things that one claim showed on several models
_LINES = 2  # of a finding, after which it is cut: the whole text is one `conformance explain` away
_INDENT = 5


def entries(
    found: Sequence[Problem], matrix: Matrix, width: int, *, unicode: bool, whole: bool, rest: str
) -> Iterator[RenderableType]:
    """Yield the lines of the problems: all of them, in full, if `whole`; else the first, and `rest`, which prints the others."""
    binding = [number for number, problem in enumerate(found, 1) if problem.is_binding]
    shown = range(1, len(found) + 1) if whole else binding[:_LISTED]
    most = width * 1000 if whole else _LINES * (width - _INDENT)
    for number in shown:
        problem, sign = found[number - 1], SIGNS[found[number - 1].verdict]
        head = f"{number:>2} {sign.mark if unicode else sign.plain} {problem.verdict}: "
        yield _hanging(f"{head}{what(problem, matrix, None if whole else _NAMED)}", sign.style)
        for line in lines(problem, None if whole else _NAMED):
            yield Padding(Text(shortened(printable(line), most)), (0, 0, 0, _INDENT), expand=False)
    if others := len(found) - len(shown):
        undocumented = sum(not problem.is_binding for problem in found)
        yield Text(
            f"and {others} more{f', {undocumented} of which concern nothing documented' if undocumented else ''}: {rest}"
        )


def what(problem: Problem, matrix: Matrix, most: int | None) -> str:
    """Return what a problem is about: claims and models, at most `most` by name, or what cut off how many cells."""
    if problem.reason is Reason.PREFLIGHT:
        return f"{_places(problem, matrix)}: {problem.why} ({_cells(problem.cells)} not judged)"
    if problem.reason is Reason.NOT_RECORDED:
        named = some([cell.id for cell in problem.cells], _NAMED)
        return (
            f"{_cells(problem.cells)} need requests that are not in the recording; --resume RUN asks for them: {named}"
        )
    if problem.reason is not None:
        return f"{_cells(problem.cells)} were {problem.why}: {some([cell.id for cell in problem.cells], _NAMED)}"
    less = [cell for cell in problem.cells if cell.verdict is not problem.verdict]
    also = f"; {less[0].verdict} on {some(_names(less), most)}" if less else ""
    worst = replace(problem, cells=tuple(cell for cell in problem.cells if cell.verdict is problem.verdict))
    return f"{some(problem.claims, most)} on {_models(worst, matrix, most)}{also}"


def _models(problem: Problem, matrix: Matrix, most: int | None) -> str:
    """Return the models of a problem in words: all that are asked about these claims, or their names."""
    if problem.cells[0].column == ENDPOINT:
        return "the endpoint"
    claims = set(problem.claims)
    asked = {f"{cell.column}:{cell.model}" for cell in matrix.cells if cell.claim in claims and _says_something(cell)}
    if len(problem.models) > _NAMED and set(problem.models) == asked:
        return f"all {len(asked)} models"
    return some(problem.models, most)


def _says_something(cell: Cell) -> bool:
    return cell.says is not Says.NOT_APPLICABLE


def _places(problem: Problem, matrix: Matrix) -> str:
    """Return the models that a failed preflight blocks, with their surfaces where a model answers on another one."""
    asked: dict[str, set[str]] = {}
    for cell in matrix.cells:
        asked.setdefault(_model(cell.column, cell.model), set()).add(cell.surface)
    blocked: dict[str, list[str]] = {}
    for surface, column, model in problem.places:
        blocked.setdefault(_model(column, model), []).append(surface)
    return ", ".join(
        model + ("" if asked.get(model, set()) <= set(surfaces) else f" on {', '.join(surfaces)}")
        for model, surfaces in blocked.items()
    )


def _model(column: str, model: str) -> str:
    return "the endpoint" if column == ENDPOINT else f"{column}:{model}"


def lines(problem: Problem, most: int | None) -> Iterator[str]:
    """Yield what was documented and observed, and what the problem blocks; with `most`, only the first of each."""
    if problem.reason is None:
        findings = problem.findings
        for cells in findings[: most and _FINDINGS]:
            where = f"{some(_names(cells), most)}: " if len(findings) > 1 else ""
            details = list(dict.fromkeys(_finding(cell) for cell in cells))
            quoted = some(dict.fromkeys(cell.documented for cell in cells), _NAMED)
            yield f"{where}documented {quoted}; {details[0]}"
            yield from details[1:] if most is None else ()
        if most and (others := len(findings) - _FINDINGS) > 0:
            yield f"and {others} other observation{'' if others == 1 else 's'}"
    if problem.blocked:
        yield blocks(problem.blocked, most)


def blocks(blocked: Sequence[Cell], most: int | None, verb: str = "blocks") -> str:
    """Return how many cells a problem blocks, and the claims, at most `most` of them by name."""
    return f"{verb} {_cells(blocked)}: {some(dict.fromkeys(cell.claim for cell in blocked), most)}"


def _finding(cell: Cell) -> str:
    limit = f", measured {cell.measured}" if cell.measured else ""
    return f"{cell.observed or 'not judged'}{limit}: {cell.detail}"


def _names(cells: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(f"{cell.column}:{cell.model}" for cell in cells))


def _cells(cells: Sequence[Cell]) -> str:
    return f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"


def _hanging(text: str, style: str) -> RenderableType:
    """Return a text whose first line stands before the indent of the others."""
    table = Table.grid(padding=0)
    table.add_column(width=_INDENT, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(printable(text[:_INDENT]), style), Text(printable(text[_INDENT:]), style))
    return table
