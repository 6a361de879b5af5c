"""Documentation pages: what a page states about parameters, whatever language it is written in.

Reading the provider table and the limits of the request body out of a page's text lives here.  What a contract says about
them does not (comparing.py), nor does printing.

What is read is structure, numbers, signs and names as on the wire: a column by the name in its heading, a row by its
parameter, `0-2`, ticks and crosses, model names.  Words are skipped: a lone number is an upper limit, whatever is written
around it, so "up to 4" and "4 at most" say the same in every language, and "at least 4" has to be written as `>=4`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from conformance.base.errors import UsageError


class FactKind(StrEnum):
    """What a cell or a limit states."""

    RANGE = "range"
    AT_MOST = "at most"
    YES = "yes"
    NO = "no"
    MODELS = "models"
    VALUES = "values"
    UNREAD = "unread"


@dataclass(frozen=True)
class Fact:
    """A stated fact, the same whatever language it stands in.

    `numbers` are the two ends of a range or the one of a count; `names` are models, values, what a yes or no is restricted
    to, or the text that could not be read.
    """

    kind: FactKind
    numbers: tuple[Decimal, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _SPELLED[self.kind](self)

    def agrees(self, other: Fact) -> bool:
        """Whether both state the same; what could not be read agrees with nothing."""
        same = (self.kind, self.numbers, set(self.names)) == (other.kind, other.numbers, set(other.names))
        return same and self.kind is not FactKind.UNREAD


@dataclass(frozen=True)
class TableCell:
    """One cell of the provider table; `line` counts from 1."""

    parameter: str
    column: str
    fact: Fact
    line: int


@dataclass(frozen=True)
class BodyLimit:
    """One limit stated in the request body.

    A `formal` one stands in a form of its own, bounds or a list of values, and `prose` is the range that the field's
    sentence gives besides; the others are read from a sentence.
    """

    fact: Fact
    line: int
    formal: bool
    prose: Fact | None = None


@dataclass(frozen=True)
class PageFacts:
    """What a page states: its table (None where it has none), its limits, and the names with an underscore anywhere in it."""

    name: str
    cells: tuple[TableCell, ...] | None
    limits: tuple[BodyLimit, ...]
    names: frozenset[str]


def load(path: Path, columns: Mapping[str, str]) -> PageFacts:
    """Read a page's file.  Raises UsageError for a file that is no text; nothing else here touches a file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "give a documentation page as UTF-8 text") from error
    return read(path.name, text, columns)


def read(name: str, text: str, columns: Mapping[str, str]) -> PageFacts:
    """What a page's text states; `columns` gives the title of each column, as a contract does."""
    lines = [_normal(line) for line in text.splitlines()]
    return PageFacts(
        name, _table(lines, columns), tuple(_limits(lines)), frozenset(_WIRE_NAME.findall("\n".join(lines)))
    )


# ------------------------------------------------------------------ facts

_NUMBER = r"-?\d+(?:\.\d+)?"
_ALONE = re.compile(rf"(?<![A-Za-z0-9.-]){_NUMBER}(?![A-Za-z0-9%+]|\.\d)")
_PAIR = re.compile(rf"(?<![A-Za-z0-9.-])({_NUMBER})\s*(?:-|[^\W\d]+)\s*({_NUMBER})(?![A-Za-z0-9%+]|\.\d)")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−~〜", "-") | {"、": ",", "`": None, "*": None, "\ufe0f": None})
_TICKS, _CROSSES = ("✅", "✓", "✔", "yes"), ("❌", "✗", "✘", "✖", "no")
_WIRE_NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")
_MODEL = re.compile(r"[A-Za-z][A-Za-z-]*\d+(?:\.\d+)*[A-Za-z]*(?:-[A-Za-z0-9]+)*\+?|(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_AT_LEAST = re.compile(r">|≥|\d\+")

_SPELLED: dict[FactKind, Callable[[Fact], str]] = {
    FactKind.RANGE: lambda fact: f"{fact.numbers[0]} to {fact.numbers[1]}",
    FactKind.AT_MOST: lambda fact: f"up to {fact.numbers[0]}" if fact.numbers[0] != 1 else "1 only",
    FactKind.YES: lambda fact: f"yes ({', '.join(fact.names)})" if fact.names else "yes",
    FactKind.NO: lambda fact: f"no ({', '.join(fact.names)})" if fact.names else "no",
    FactKind.MODELS: lambda fact: ", ".join(f"{each}-series" if len(each) == 1 else each for each in fact.names),
    FactKind.VALUES: lambda fact: ", ".join(fact.names),
    FactKind.UNREAD: lambda fact: f"{fact.names[0]!r}, which cannot be read" if fact.names[0] else "an empty cell",
}


def fact(cell: str) -> Fact:
    """What a cell of a provider table states, or UNREAD with its text."""
    text = _normal(cell).strip()
    head, _, note = text.partition("(")
    for kind, signs in ((FactKind.YES, _TICKS), (FactKind.NO, _CROSSES)):
        if head.strip().lower() in signs:
            return _answer(kind, note.strip().rstrip(")"))
    if found := re.fullmatch(rf"({_NUMBER})\s*(?:-|[^\W\d]+)\s*({_NUMBER})", text):
        return _range(found[1], found[2])
    if re.search(r"[A-Za-z]-?\d", text) and not note:
        return Fact(FactKind.MODELS, names=tuple(each.lower() for each in _MODEL.findall(text)))
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    if len(numbers) == 1 and _ALONE.findall(text) == numbers and not note and not _AT_LEAST.search(text):
        return Fact(FactKind.AT_MOST, (Decimal(numbers[0]),))
    return Fact(FactKind.UNREAD, names=(text,))


def _answer(kind: FactKind, note: str) -> Fact:
    """A yes or no with the wire names it is restricted to.

    A yes with a note of words alone is restricted in a way that cannot be read; a no stays a no whatever is advised instead.
    """
    names = tuple(_WIRE_NAME.findall(note))
    return Fact(kind, names=names or ((note,) if note and kind is FactKind.YES else ()))


def _range(low: str, high: str) -> Fact:
    return Fact(FactKind.RANGE, (_plain(low), _plain(high)))


def _plain(number: str) -> Decimal:
    """2 for 2.0, so that facts compare and print alike."""
    value = Decimal(number)
    return Decimal(int(value)) if value == value.to_integral_value() else value


def _normal(line: str) -> str:
    """Full-width forms as ASCII, every dash as a hyphen, no Markdown marks."""
    return unicodedata.normalize("NFKC", line).translate(_DASHES)


# ------------------------------------------------------------------ the provider table


def _table(lines: Sequence[str], columns: Mapping[str, str]) -> tuple[TableCell, ...] | None:
    """The cells of the table whose heading names most columns, at least two; None without such a table."""
    found = [([_column(cell, columns) for cell in _split(line)], number) for number, line in enumerate(lines)]
    headings, start = max(found, key=lambda each: len(set(each[0]) & set(columns)), default=([], 0))
    if len(set(headings) & set(columns)) < min(2, len(columns)):
        return None
    return tuple(_cells(lines, start + 1, headings))


def _cells(lines: Sequence[str], start: int, headings: Sequence[str]) -> Iterator[TableCell]:
    for number, line in enumerate(lines[start:], start + 1):
        if "|" not in line:
            return
        parts = _split(line)
        if set(line) <= set("|-: "):
            continue
        for place, column in enumerate(headings[1:], 1):
            yield TableCell(parts[0], column, fact(parts[place] if place < len(parts) else ""), number)


def _split(line: str) -> list[str]:
    return [part.strip() for part in line.strip().strip("|").split("|")] if "|" in line else []


def _column(heading: str, columns: Mapping[str, str]) -> str:
    """The column whose title begins with the same word, else the heading as it stands."""
    word = re.match(r"[A-Za-z0-9]+", heading)
    titles = {title.split()[0].lower(): column for column, title in columns.items()}
    return titles.get(word[0].lower(), heading) if word else heading


# ------------------------------------------------------------------ the limits of the request body

_BOUNDED = re.compile(rf"({_NUMBER})\s*(?:<=|≤)\s*[A-Za-z]\w*\s*(?:<=|≤)\s*({_NUMBER})")
_LISTED = re.compile(r"([a-z][a-z0-9_-]*(?:\s*,\s*[a-z][a-z0-9_-]*)+)(?![a-z0-9_,.;:-])")


def _limits(lines: Sequence[str]) -> Iterator[BodyLimit]:
    """Every limit between the first bounded field and the last field with values, in the page's order.

    A field's description is followed by its bounds or values at the start of the next line; the rest of that line describes
    the next field.  A field without them may state its limit in its description: a range, or a count of at least 2.
    """
    marks = [number for number, line in enumerate(lines) if _mark(line)]
    first = next((number for number in marks if _BOUNDED.match(lines[number])), None)
    if first is None:
        return
    for number in range(first, marks[-1] + 1):
        marked = _mark(lines[number])
        if marked:
            yield BodyLimit(marked[0], number + 1, True, _prose_range(_described(lines, number - 1)))
        if number < marks[-1] and not _mark(lines[number + 1]):
            yield from _prose_limit(_described(lines, number), number + 1)


def _mark(line: str) -> tuple[Fact, str] | None:
    """The bounds or values a line starts with, and the rest of the line."""
    if found := _BOUNDED.match(line):
        return _range(found[1], found[2]), line[found.end() :]
    if found := _LISTED.match(line):
        names = tuple(each.strip() for each in found[1].split(","))
        return Fact(FactKind.VALUES, names=names), line[found.end() :]
    return None


def _described(lines: Sequence[str], number: int) -> str:
    """The part of a line that describes a field."""
    marked = _mark(lines[number]) if number >= 0 else None
    return marked[1] if marked else lines[number] if number >= 0 else ""


def _prose_range(text: str) -> Fact | None:
    found = _PAIR.search(text)
    return _range(found[1], found[2]) if found else None


def _prose_limit(text: str, line: int) -> Iterator[BodyLimit]:
    """The limit that the description of a field without bounds or values states, if it does."""
    if stated := _prose_range(text):
        yield BodyLimit(stated, line, False)
        return
    numbers = _ALONE.findall(text)
    if len(numbers) == 1 and numbers[0].isdigit() and int(numbers[0]) > 1 and re.search(r"[^\W\d]", text):
        yield BodyLimit(Fact(FactKind.AT_MOST, (Decimal(numbers[0]),)), line, False)
