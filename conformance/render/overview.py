"""A run at a glance for a terminal: one line for each API and model, then the table of the documentation.

The table has a row for each parameter and a column for each class of models, with the measured limit next to the documented one.
Parameters that are in order and alike in all columns share a few lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from conformance.contract.claims import ENDPOINT
from conformance.render.grid import Model, documented, model_of
from conformance.render.signs import SIGNS
from conformance.render.wrapping import listed, some
from conformance.results.grouping import Group, grouped, names
from conformance.results.matrix import Cell, Matrix
from conformance.results.problems import NOT_IN_ORDER
from conformance.results.standing import Standing, is_binding, standings
from conformance.trial.judge import FOLDING, Verdict

# Models of one API.  Where there are more, those that hold everything share one line, which names some of them.
_MANY, _NAMED = 8, 3
_NARROWEST = 14  # columns of the terminal for a cell of the table: "✓ -100 to 100" fits
_NUMBERED = 2  # problems whose numbers stand in a cell of the table, the worst ones
_FEW_WORDS = (
    20  # characters of what is documented that a list has room for: "auto, none, required"; the whole table has all
)
_ALIKE = {
    Verdict.CONFORMS: "as documented",
    Verdict.NOTED: "not documented, noted",
    Verdict.NOT_APPLICABLE: "not applicable",
}


@dataclass(frozen=True)
class Column:
    """A column of the table: what its head says, and the models that it stands for."""

    head: str
    models: frozenset[Model]


@dataclass(frozen=True)
class Square:
    """A parameter in one column: the worst verdict of its binding claims, what is documented and measured, and the problems."""

    verdict: Verdict
    words: str
    notes: str


def lines(matrix: Matrix) -> Iterator[Text]:
    """Yield a line for each API and model: how many binding claims hold."""
    rows = [row for _, same in groupby(standings(matrix), key=lambda each: each.surface) for row in _rows(list(same))]
    longest = max((len(name) for name, _ in rows), default=0)
    for name, words in rows:
        yield Text(f"{name}: {' ' * (longest - len(name))}{words}")


def table(
    matrix: Matrix, width: int, *, unicode: bool, numbers: Mapping[str, int], whole: bool = False
) -> Iterator[RenderableType]:
    """Yield the table of each API; `numbers` are those of the problems, by cell.

    Parameters that are alike in all columns have no row of their own, except in the `whole` table.
    """
    named = names(matrix.cells)
    longest = max(map(len, named.values()), default=0)
    for surface in matrix.surfaces:
        groups = grouped([cell for cell in matrix.cells if cell.surface == surface], named)
        columns = _columns(matrix, surface, width - longest)
        rows = {group.title: [_square(_of(group, column.models), numbers) for column in columns] for group in groups}
        rows = {title: squares for title, squares in rows.items() if any(squares)}
        alike = {} if whole else {title: square for title, squares in rows.items() if (square := _alike(squares))}
        lists = {
            f"{_mark(verdict, unicode=unicode)} {head}": [
                _named(*row) for row in alike.items() if row[1].verdict is verdict
            ]
            for verdict, head in _ALIKE.items()
        }
        topics = [(group.title, square) for group in groups if (square := _square(_of_endpoint(group), numbers))]
        lists[ENDPOINT] = [
            f"{_mark(square.verdict, unicode=unicode)} {title}{square.notes}" for title, square in topics
        ]
        yield Text()
        apart = {title: squares for title, squares in rows.items() if title not in alike}
        if apart:
            yield _table(surface, columns, apart, longest, unicode=unicode)
        begin = "" if apart else f"{surface}: "
        for head, items in lists.items():
            if items:
                yield from listed(f"{begin}{head}: ", items, width)
                begin = ""


def legend(verdicts: Collection[Verdict], width: int, *, unicode: bool) -> Iterator[Text]:
    """Yield the meaning of the signs of these verdicts, of limits and of the numbers of problems."""
    signs = [f"{_mark(verdict, unicode=unicode)} {SIGNS[verdict].meaning}" for verdict in verdicts]
    numbers = ["#1 see 1 below"] if any(verdict in NOT_IN_ORDER for verdict in verdicts) else []
    yield from listed("", [*signs, "[1-8] measured limit", *numbers], width, between="  ", style="dim")


def _rows(standing: Sequence[Standing]) -> Iterator[tuple[str, str]]:
    """Yield the name and the words of each line of one API; of many models, those that hold everything share a line."""
    whole = [each for each in standing if each.in_order and each.column != ENDPOINT]
    folded = whole if len(standing) > _MANY and len(whole) > 1 else []
    for each in standing:
        if each not in folded:
            model = ENDPOINT if each.column == ENDPOINT else f"{each.column}:{each.model}"
            yield f"{each.surface} {model}", _words(each)
    if folded:
        named = some((f"{each.column}:{each.model}" for each in folded), _NAMED)
        yield f"{folded[0].surface} {len(folded)} models", f"all binding claims hold: {named}"


def _words(standing: Standing) -> str:
    """Return the counts: "157 of 178 binding claims hold, 3 deviate, 12 differ, 6 open"."""
    if not standing.binding:
        return "no binding claims"
    bad = ((standing.deviate, "deviate"), (standing.differ, "differ"), (standing.open, "open"))
    others = [f"{count} {word}" for count, word in bad if count]
    return ", ".join([f"{standing.hold} of {standing.binding} binding claims hold", *others])


def _columns(matrix: Matrix, surface: str, room: int) -> list[Column]:
    """Return a column for each class of models, or for each column of the contract where classes do not fit."""
    asked = dict.fromkeys(
        model_of(cell) for cell in matrix.cells if cell.surface == surface and cell.column != ENDPOINT
    )
    kinds = {(model.column, model.id): model.kind for model in matrix.run.models}
    by_class = _joined({model: (model[0], kinds.get(model, "")) for model in asked})
    return by_class if len(by_class) * _NARROWEST <= room else _joined({model: (model[0], "") for model in asked})


def _joined(keys: Mapping[Model, Model]) -> list[Column]:
    """Return the columns for models by their column and class."""
    groups: dict[Model, list[Model]] = {}
    for model, key in keys.items():
        groups.setdefault(key, []).append(model)
    return [
        Column(
            f"{column}\n{models[0][1] if len(models) == 1 else f'{len(models)} models {kind}'.strip()}",
            frozenset(models),
        )
        for (column, kind), models in groups.items()
    ]


def _table(
    surface: str, columns: Sequence[Column], rows: Mapping[str, Sequence[Square | None]], longest: int, *, unicode: bool
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column(surface, width=max(longest, len(surface)), no_wrap=True)
    for column in columns:
        table.add_column(Text(column.head), overflow="fold")
    for title, squares in rows.items():
        table.add_row(title, *(_text(square, unicode=unicode) for square in squares))
    return table


def _of(group: Group, models: frozenset[Model]) -> list[Cell]:
    return [cell for _, cells in group.claims for cell in cells if model_of(cell) in models]


def _of_endpoint(group: Group) -> list[Cell]:
    return [cell for _, cells in group.claims for cell in cells if cell.column == ENDPOINT]


def _square(cells: Sequence[Cell], numbers: Mapping[str, int]) -> Square | None:
    """Return the square of these cells; None if there are none."""
    if not cells:
        return None
    binding = [cell for cell in cells if is_binding(cell)] or [cell for cell in cells if cell.verdict is Verdict.NOTED]
    verdict = min((cell.verdict for cell in binding or cells), key=FOLDING.index)
    bad = [cell for cell in binding if cell.verdict in NOT_IN_ORDER]
    models, wrong = ({model_of(cell) for cell in some} for some in (cells, bad))
    share = [f"{len(wrong)} of {len(models)}"] if len(models) > len(wrong) > 0 else []
    limits = dict.fromkeys(cell.measured for cell in sorted(cells, key=_rank) if cell.measured)
    found = sorted({numbers[cell.id] for cell in bad if cell.id in numbers})
    notes = [*share, *(f"#{number}" for number in found[:_NUMBERED])]
    notes += [f"+{len(found) - _NUMBERED}"] if len(found) > _NUMBERED else []
    words = [documented(cells), *([f"[{', '.join(limits)}]"] if limits else [])]
    return Square(verdict, " ".join(filter(None, words)), "".join(f" {note}" for note in notes))


def _rank(cell: Cell) -> int:
    return FOLDING.index(cell.verdict)


def _alike(squares: Sequence[Square | None]) -> Square | None:
    """Return the square that stands for all, if they are in order and the same."""
    one = squares[0]
    return one if one and one.verdict not in NOT_IN_ORDER and all(square == one for square in squares) else None


def _named(title: str, square: Square) -> str:
    """Return a parameter with what is documented in a few words; that it is supported needs none."""
    shown = square.words not in {"", "yes", "unstated"} and len(square.words) <= _FEW_WORDS
    return f"{title} ({square.words})" if shown else title


def _text(square: Square | None, *, unicode: bool) -> Text:
    if square is None:
        return Text()
    shown = f"{_mark(square.verdict, unicode=unicode)} {square.words}".rstrip()
    return Text(f"{shown}{square.notes}", SIGNS[square.verdict].style)


def _mark(verdict: Verdict, *, unicode: bool) -> str:
    return SIGNS[verdict].mark if unicode else SIGNS[verdict].plain
