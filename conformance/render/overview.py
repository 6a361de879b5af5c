"""A run at a glance for a terminal: one line for each API and model, then the table of the documentation.

The table has a row for each parameter and a column for each class of models, with the measured limit next to the documented one.
Parameters that are in order, and documented alike or not at all, share a few lines; so do those that only a problem elsewhere
blocks.  An API on which all is in order and no limit was measured is one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from conformance.contract.claims import ENDPOINT
from conformance.render.signs import SIGNS, WIDER
from conformance.render.wrapping import listed
from conformance.results.matrix import Matrix
from conformance.results.problems import NOT_IN_ORDER
from conformance.results.squares import Overview, Row, Square, overviews
from conformance.results.standing import Standing, standings
from conformance.trial.judge import Verdict

_MANY = 8  # lines of models; where there are more, those of an API that hold everything share one
_COUNTED = 2  # models from which on such a line counts them: a single one is named
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
    """Return the name of each API and model, and how many binding claims hold.

    If these are many, the models of an API that hold everything share one entry.
    """
    found = standings(matrix)
    by_surface = groupby(found, key=lambda each: each.surface)
    return [row for _, same in by_surface for row in _rows(list(same), folded=len(found) > _MANY)]


def table(
    matrix: Matrix, width: int, *, unicode: bool, numbers: Mapping[str, int], whole: bool = False
) -> Iterator[RenderableType]:
    """Yield the table of each API; `numbers` are those of the problems, by cell.

    Only the `whole` table has a row for each parameter.
    """
    longest = max((len(cell.parameter) for cell in matrix.cells), default=0)
    after_lines = False
    for overview in overviews(matrix, numbers, (width - longest) // _NARROWEST):
        if not whole and len(matrix.surfaces) > 1 and _is_in_order(overview):
            shown: list[RenderableType] = [Text(_in_order(overview, unicode=unicode))]
        else:
            shown = list(_surface(overview, width, unicode=unicode, whole=whole))
        only_lines = isinstance(shown[0], Text)
        if not (only_lines and after_lines):
            yield Text()
        yield from shown
        after_lines = only_lines


def _surface(overview: Overview, width: int, *, unicode: bool, whole: bool) -> Iterator[RenderableType]:
    """Yield the table of one API, and the lists of the parameters that have no row in it."""
    alike = {} if whole else {row.group.title: one for row in overview.rows if (one := _alike(row.squares))}
    blocked = {} if whole else {row.group.title: one for row in overview.rows if (one := _blocked(row.squares))}
    lists = {
        f"{_mark(Verdict.BLOCKED, unicode=unicode)} blocked": [
            f"{title}{_notes(one)}" for title, one in blocked.items()
        ]
    }
    lists |= {
        f"{_mark(verdict, unicode=unicode)} {head}": [
            _named(*row) for row in alike.items() if row[1].verdict is verdict
        ]
        for verdict, head in _ALIKE.items()
    }
    lists[ENDPOINT] = [
        f"{_mark(square.verdict, unicode=unicode)} {group.title}{_notes(square)}" for group, square in overview.endpoint
    ]
    apart = [row for row in overview.rows if row.group.title not in {*alike, *blocked}]
    if apart:
        yield _table(overview, apart, unicode=unicode)
    begin = "" if apart else f"{overview.surface}: "
    for head, items in lists.items():
        if items:
            yield from listed(f"{begin}{head}: ", items, width)
            begin = ""


def _is_in_order(overview: Overview) -> bool:
    """Return whether all of an API is in order, and none of its squares shows more than that."""
    squares = [square for row in overview.rows for square in row.squares if square]
    squares += [square for _, square in overview.endpoint]
    return not any(square.verdict in NOT_IN_ORDER or square.limits or square.wider for square in squares)


def _in_order(overview: Overview, *, unicode: bool) -> str:
    """Return the line of an API on which all is in order: how many of its topics are so, and documented or not."""
    worst = [min((square.verdict for square in row.squares if square), key=list(SIGNS).index) for row in overview.rows]
    worst += [square.verdict for _, square in overview.endpoint]
    counts = [(verdict, head, worst.count(verdict)) for verdict, head in _ALIKE.items()]
    shown = (f"{_mark(verdict, unicode=unicode)} {count} {head}" for verdict, head, count in counts if count)
    return f"{overview.surface}: {', '.join(shown)}"


def legend(matrix: Matrix, width: int, *, unicode: bool) -> Iterator[Text]:
    """Yield the meaning of the signs of a matrix: of its verdicts, of limits and of the numbers of problems."""
    verdicts = matrix.counts()
    signs = [f"{_mark(verdict, unicode=unicode)} {SIGNS[verdict].meaning}" for verdict in verdicts]
    numbers = ["#1 see 1 below"] if any(verdict in NOT_IN_ORDER for verdict in verdicts) else []
    wider = [f"{WIDER} more than documented"] if any(cell.wider for cell in matrix.cells) else []
    yield from listed("", [*signs, "[1-8] measured limit", *wider, *numbers], width, between="  ", style="dim")


def _rows(found: Sequence[Standing], *, folded: bool) -> Iterator[tuple[str, str]]:
    """Yield the name and the words of each line of one API; `folded`, what holds everything shares a line."""
    whole = [each for each in found if each.in_order and each.binding]
    shared = whole if folded and len(whole) > 1 else []
    for each in found:
        if each not in shared:
            yield f"{each.surface} {_who(each)}", _held(each)
    if shared:
        yield f"{shared[0].surface} {_all(shared)}", f"all {sum(each.hold for each in shared)} binding claims hold"


def _all(found: Sequence[Standing]) -> str:
    """Return who these are: the number of models, or the name of a single one, and the endpoint."""
    models = [_who(each) for each in found if each.column != ENDPOINT]
    named = models if len(models) < _COUNTED else [f"{len(models)} models"]
    return ", ".join(named + [ENDPOINT for each in found if each.column == ENDPOINT])


def _who(standing: Standing) -> str:
    return ENDPOINT if standing.column == ENDPOINT else f"{standing.column}:{standing.model}"


def _held(standing: Standing) -> str:
    """Return the counts: "157 of 178 binding claims hold, 3 deviate, 12 differ, 6 open"."""
    if not standing.binding:
        return "no binding claims"
    bad = ((standing.deviate, "deviate"), (standing.differ, "differ"), (standing.open, "open"))
    others = [f"{count} {word}" for count, word in bad if count]
    return ", ".join([f"{standing.hold} of {standing.binding} binding claims hold", *others])


def _table(overview: Overview, rows: Sequence[Row], *, unicode: bool) -> Table:
    longest = max(len(row.group.title) for row in rows)
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


def _blocked(squares: Sequence[Square | None]) -> Square | None:
    """Return the square that stands for all: none is worse than blocked, by problems that stand elsewhere, or shows a limit."""
    found = [square for square in squares if square]
    blocked = [square for square in found if square.verdict is Verdict.BLOCKED]
    worse = any(square.verdict in NOT_IN_ORDER for square in found if square not in blocked)
    shown = worse or any(square.limits or square.wider for square in found)
    causes = {square.problems for square in blocked}
    return blocked[0] if len(causes) == 1 and not shown and blocked[0].problems else None


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
