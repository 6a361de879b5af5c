"""The whole matrix for a terminal: per API a table with a block for each parameter, and in it a line for each claim.

Where its models fit the width, each has a column that says what was observed.  More models have a column of signs each, and what
was observed on them follows in one text.  A parameter has one block either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from conformance.contract.claims import ENDPOINT
from conformance.render.signs import SIGNS, seen
from conformance.render.wrapping import listed
from conformance.results.grouping import Group, grouped, names
from conformance.results.matrix import Cell, Matrix
from conformance.results.squares import Model, documented, model_of

_CELL_WIDTH = 13  # columns of the terminal: "✓ mishandled" and a space
_SIGN_WIDTH, _SEEN_WIDTH = 3, 14  # columns of a sign below the number of its model, and the least for what was observed
_OF_ENDPOINT = " *"  # after the name of a claim about the endpoint as a whole, which no model's column stands for


def grid(matrix: Matrix, width: int, *, unicode: bool) -> Iterator[RenderableType]:
    """Yield the tables of all APIs."""
    cells = matrix.cells
    groups = grouped(cells, names(cells))
    first = max((len(name) for group in groups for name in _names(group)), default=0)
    for surface in matrix.surfaces:
        blocks = [group for group in groups if group.surface == surface]
        models = list(dict.fromkeys(model_of(cell) for cell in cells if cell.surface == surface and not _whole(cell)))
        yield Text()
        if first + 1 + len(models) * _CELL_WIDTH <= width:
            yield _wide(surface, blocks, models, first, unicode=unicode)
        else:
            yield from _narrow(surface, blocks, models, first, width, unicode=unicode)
    if any(map(_whole, cells)):
        yield Text(f"{_OF_ENDPOINT.strip()} about the endpoint as a whole", "dim")


def _wide(surface: str, blocks: Sequence[Group], models: Sequence[Model], first: int, *, unicode: bool) -> Table:
    """Return a table with a column for each model; claims about the endpoint have their cell in the first one."""
    table = _table(surface, first)
    for column, model in models or [("", ENDPOINT)]:
        table.add_column(Text(f"{column}\n{model}".strip()), overflow="fold")
    for group in blocks:
        tested = [cell for _, cells in group.claims for cell in cells]
        heads = [documented([cell for cell in tested if model_of(cell) == model]) for model in models]
        heads = heads if any(heads) else [documented(tested)]
        table.add_row(Text(group.title, "bold"), *(Text(head, "bold") for head in heads))
        for (_, cells), name in zip(group.claims, _names(group)[1:], strict=True):
            by_model = {model_of(cell): cell for cell in cells}
            row = cells[:1] if _whole(cells[0]) else [by_model.get(model) for model in models]
            table.add_row(name, *(_text(cell, unicode=unicode) for cell in row))
    return table


def _narrow(
    surface: str, blocks: Sequence[Group], models: Sequence[Model], first: int, width: int, *, unicode: bool
) -> Iterator[RenderableType]:
    """Yield the names of the models by number, and a table with a sign for each; models that do not fit get another table."""
    most = max(1, (width - first - 1 - _SEEN_WIDTH) // _SIGN_WIDTH)
    for start in range(0, max(1, len(models)), most):
        part = models[start : start + most]
        numbered = [f"{number} {column}:{model}" for number, (column, model) in enumerate(part, start + 1)]
        yield from listed("", numbered, width, between="  ")
        table = _table(surface, first)
        for number, _ in enumerate(part, start + 1):
            table.add_column(str(number), width=_SIGN_WIDTH - 1)
        table.add_column("observed", overflow="fold")
        for group in blocks:
            tested = [cell for _, cells in group.claims for cell in cells if model_of(cell) in part or _whole(cell)]
            heads = dict.fromkeys(documented([cell for cell in tested if model_of(cell) == model]) for model in part)
            words = ", ".join(filter(None, heads)) or documented(tested)
            table.add_row(Text(group.title, "bold"), *("" for _ in part), Text(words, "bold"))
            for (_, cells), name in zip(group.claims, _names(group)[1:], strict=True):
                by_model = {model_of(cell): cell for cell in cells}
                shown = dict.fromkeys(seen(by_model[model]) for model in part if model in by_model)
                words = ", ".join(filter(None, shown))
                if _whole(cells[0]):
                    table.add_row(name, *("" for _ in part), _text(cells[0], unicode=unicode))
                else:
                    table.add_row(name, *(_sign(by_model.get(model), unicode=unicode) for model in part), Text(words))
        yield table


def _table(surface: str, first: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column(surface, width=first, no_wrap=True)
    return table


def _names(group: Group) -> list[str]:
    """Return the title of a block and the names of its claims."""
    claims = [f"  {claim.split('.')[2]}{_OF_ENDPOINT if _whole(cells[0]) else ''}" for claim, cells in group.claims]
    return [group.title, *claims]


def _whole(cell: Cell) -> bool:
    """Return whether a cell is about the endpoint as a whole."""
    return cell.column == ENDPOINT


def _text(cell: Cell | None, *, unicode: bool) -> Text:
    if cell is None:
        return Text()
    sign = SIGNS[cell.verdict]
    return Text(f"{sign.mark if unicode else sign.plain} {seen(cell)}".strip(), sign.style)


def _sign(cell: Cell | None, *, unicode: bool) -> Text:
    if cell is None:
        return Text()
    sign = SIGNS[cell.verdict]
    return Text(sign.mark if unicode else sign.plain, sign.style)
