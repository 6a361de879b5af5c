"""A run at a glance for a terminal: one line for each API and model, then the table of the documentation.

The table has a row for each parameter and a column for each class of models, with the measured limit next to the documented one.
Parameters that are in order, and documented alike or not at all, share a few lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from conformance.contract.claims import ENDPOINT
from conformance.render.signs import SIGNS, WIDER
from conformance.render.wrapping import listed, some
from conformance.results.limits import is_wider
from conformance.results.matrix import Matrix
from conformance.results.problems import NOT_IN_ORDER
from conformance.results.squares import Overview, Row, Square, overviews
from conformance.results.standing import Standing, standings
from conformance.trial.judge import Verdict

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


def lines(matrix: Matrix) -> Iterator[Text]:
    """Yield a line for each API and model: how many binding claims hold."""
    rows = standing(matrix)
    longest = max((len(name) for name, _ in rows), default=0)
    for name, words in rows:
        yield Text(f"{name}: {' ' * (longest - len(name))}{words}")


def standing(matrix: Matrix) -> list[tuple[str, str]]:
    """Return the name of each API and model, and how many binding claims hold; many models that hold all share one entry."""
    return [row for _, same in groupby(standings(matrix), key=lambda each: each.surface) for row in _rows(list(same))]


def table(
    matrix: Matrix, width: int, *, unicode: bool, numbers: Mapping[str, int], whole: bool = False
) -> Iterator[RenderableType]:
    """Yield the table of each API; `numbers` are those of the problems, by cell.

    Parameters that are in order, and documented alike or not at all, have no row of their own, except in the `whole` table.
    """
    longest = max((len(cell.parameter) for cell in matrix.cells), default=0)
    for overview in overviews(matrix, numbers, (width - longest) // _NARROWEST):
        alike = {} if whole else {row.group.title: one for row in overview.rows if (one := _alike(row.squares))}
        lists = {
            f"{_mark(verdict, unicode=unicode)} {head}": [
                _named(*row) for row in alike.items() if row[1].verdict is verdict
            ]
            for verdict, head in _ALIKE.items()
        }
        lists[ENDPOINT] = [
            f"{_mark(square.verdict, unicode=unicode)} {group.title}{_notes(square)}"
            for group, square in overview.endpoint
        ]
        yield Text()
        apart = [row for row in overview.rows if row.group.title not in alike]
        if apart:
            yield _table(overview, apart, longest, unicode=unicode)
        begin = "" if apart else f"{overview.surface}: "
        for head, items in lists.items():
            if items:
                yield from listed(f"{begin}{head}: ", items, width)
                begin = ""


def legend(matrix: Matrix, width: int, *, unicode: bool) -> Iterator[Text]:
    """Yield the meaning of the signs of a matrix: of its verdicts, of limits and of the numbers of problems."""
    verdicts = matrix.counts()
    signs = [f"{_mark(verdict, unicode=unicode)} {SIGNS[verdict].meaning}" for verdict in verdicts]
    numbers = ["#1 see 1 below"] if any(verdict in NOT_IN_ORDER for verdict in verdicts) else []
    wider = [f"{WIDER} more than documented"] if any(map(is_wider, matrix.cells)) else []
    yield from listed("", [*signs, "[1-8] measured limit", *wider, *numbers], width, between="  ", style="dim")


def _rows(found: Sequence[Standing]) -> Iterator[tuple[str, str]]:
    """Yield the name and the words of each line of one API; of many models, those that hold everything share a line."""
    whole = [each for each in found if each.in_order and each.column != ENDPOINT]
    folded = whole if len(found) > _MANY and len(whole) > 1 else []
    for each in found:
        if each not in folded:
            model = ENDPOINT if each.column == ENDPOINT else f"{each.column}:{each.model}"
            yield f"{each.surface} {model}", _held(each)
    if folded:
        named = some((f"{each.column}:{each.model}" for each in folded), _NAMED)
        yield f"{folded[0].surface} {len(folded)} models", f"all binding claims hold: {named}"


def _held(standing: Standing) -> str:
    """Return the counts: "157 of 178 binding claims hold, 3 deviate, 12 differ, 6 open"."""
    if not standing.binding:
        return "no binding claims"
    bad = ((standing.deviate, "deviate"), (standing.differ, "differ"), (standing.open, "open"))
    others = [f"{count} {word}" for count, word in bad if count]
    return ", ".join([f"{standing.hold} of {standing.binding} binding claims hold", *others])


def _table(overview: Overview, rows: Sequence[Row], longest: int, *, unicode: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column(overview.surface, width=max(longest, len(overview.surface)), no_wrap=True)
    for column in overview.columns:
        table.add_column(Text(f"{column.provider}\n{column.title}"), overflow="fold")
    for row in rows:
        table.add_row(row.group.title, *(_text(square, unicode=unicode) for square in row.squares))
    return table


def _words(square: Square) -> str:
    """Return what is documented, the measured limits, and whether more is given than is documented."""
    limits = f"[{', '.join(square.limits)}]{WIDER if square.wider else ''}" if square.limits else ""
    return " ".join(filter(None, [square.documented, limits or (WIDER if square.wider else "")]))


def _notes(square: Square) -> str:
    """Return the share of the models that are not in order, and the numbers of the problems."""
    share = [f"{square.wrong} of {square.asked}"] if square.asked > square.wrong > 0 else []
    notes = [*share, *(f"#{number}" for number in square.problems[:_NUMBERED])]
    notes += [f"+{len(square.problems) - _NUMBERED}"] if len(square.problems) > _NUMBERED else []
    return "".join(f" {note}" for note in notes)


def _alike(squares: Sequence[Square | None]) -> Square | None:
    """Return the square that stands for all: all are in order, and those for which something is documented look the same."""
    found = [square for square in squares if square]
    stated = [square for square in found if square.verdict is Verdict.CONFORMS] or found
    looks = {(square.verdict, _words(square), _notes(square)) for square in stated}
    shown = any(square.verdict in NOT_IN_ORDER or (square.wider and square not in stated) for square in found)
    return stated[0] if len(looks) == 1 and not shown else None


def _named(title: str, square: Square) -> str:
    """Return a parameter with what is documented in a few words; that it is supported needs none."""
    words = _words(square)
    shown = words not in {"", "yes", "unstated"} and len(words) <= _FEW_WORDS
    return f"{title} ({words})" if shown else title


def _text(square: Square | None, *, unicode: bool) -> Text:
    if square is None:
        return Text()
    shown = f"{_mark(square.verdict, unicode=unicode)} {_words(square)}".rstrip()
    return Text(f"{shown}{_notes(square)}", SIGNS[square.verdict].style)


def _mark(verdict: Verdict, *, unicode: bool) -> str:
    return SIGNS[verdict].mark if unicode else SIGNS[verdict].plain
