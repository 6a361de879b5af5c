"""Documentation pages: what a page states about parameters, in whatever language it is written.

Reading the provider table and the limits of the request body from a page's text lives here.  Comparing them with a contract
does not (comparison.py), nor does printing.

The reader uses only what is the same in every language: structure, numbers, ticks and crosses, names of models, and names as
they are on the wire.  A column is found by the name in its heading, a row by its parameter.  Words are skipped: a number on its
own is an upper limit, so that "up to 4" and "4 at most" mean the same in every language.  A lower limit must therefore be
written with a sign (`>=4`); it is reported as unreadable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from conformance.base.reading import read_text


class FactKind(StrEnum):
    """The kinds of statements that a cell or a limit can make."""

    RANGE = "range"
    AT_MOST = "at most"
    YES = "yes"
    NO = "no"
    MODELS = "models"
    VALUES = "values"
    UNREAD = "unread"


@dataclass(frozen=True)
class Fact:
    """What a cell or a limit states, in a form that does not depend on the page's language.

    `numbers` are the two ends of a range, or the one number of an upper limit.  `names` are models, values, what a yes or no is
    restricted to, or the text that could not be read.
    """

    kind: FactKind
    numbers: tuple[Decimal, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _WORDING[self.kind](self)

    def agrees(self, other: Fact) -> bool:
        """Return whether both state the same; what could not be read agrees with nothing."""
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

    A `formal` limit is written as bounds (`0 <= x <= 2`) or a list of values, and `prose` is the range that the field's
    description gives as well.  Any other limit is read from the description alone.
    """

    fact: Fact
    line: int
    formal: bool
    prose: Fact | None = None


@dataclass(frozen=True)
class PageFacts:
    """What a page states: the cells of its provider table (None without one), its limits, and all names with an underscore."""

    name: str
    cells: tuple[TableCell, ...] | None
    limits: tuple[BodyLimit, ...]
    names: frozenset[str]


def load(path: Path, columns: Mapping[str, str]) -> PageFacts:
    """Read a page from a file; `columns` maps names of columns to titles.  Raises UsageError unless it is UTF-8 text."""
    return read(path.name, read_text(path, "give a documentation page as UTF-8 text"), columns)


def read(name: str, text: str, columns: Mapping[str, str]) -> PageFacts:
    """Return what a page's text states; `columns` maps names of columns to titles, as in a contract."""
    lines = [_normal(line) for line in text.splitlines()]
    return PageFacts(
        name, _table(lines, columns), tuple(_limits(lines)), frozenset(_WIRE_NAME.findall("\n".join(lines)))
    )


# ------------------------------------------------------------------ facts

_NUMBER = r"-?\d+(?:\.\d+)?"
# What must not touch a number that states a limit.  Before it: a letter, digit, point or hyphen would make it a piece of a name
# ("GPT-4") or of another number.  After it: a letter, "%", "+" or a fraction ("10%", "4+"), which change what it means.  Letters
# of other scripts may touch it, since Chinese and Japanese are written without spaces ("最多4个").
_NOT_BEFORE, _NOT_AFTER = r"(?<![A-Za-z0-9.-])", r"(?![A-Za-z0-9%+]|\.\d)"
_ALONE = re.compile(rf"{_NOT_BEFORE}{_NUMBER}{_NOT_AFTER}")
# Two numbers with a hyphen or one word of any script ("0 to 2", "0から2") between them.  `[^\W\d]+` matches letters without
# naming a script; digits are excluded so that the word cannot swallow a part of the second number.
_RANGE = rf"({_NUMBER})\s*(?:-|[^\W\d]+)\s*({_NUMBER})"
_PAIR = re.compile(rf"{_NOT_BEFORE}{_RANGE}{_NOT_AFTER}")
# Typographic dashes and tildes that pages use for ranges, as hyphens; the ideographic comma as a comma.  Deleted are Markdown's
# ` and *, and U+FE0F, which follows some ticks only to have them drawn as pictures.
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−~〜", "-") | {"、": ",", "`": None, "*": None, "\ufe0f": None})
_TICKS, _CROSSES = ("✅", "✓", "✔", "yes"), ("❌", "✗", "✘", "✖", "no")
# Lower-case words joined by underscores: what no natural language writes, so it is a name on the wire wherever it occurs.
_WIRE_NAME = re.compile(r"(?<![a-z])[a-z]+(?:_[a-z]+)+")
# The name of a model or series: letters, then a number, then any suffix ("claude-sonnet-4-5", "GPT-5.1+"), or a single letter, as
# in "o-series", which each language writes with a word of its own.
_MODEL = re.compile(r"[A-Za-z][A-Za-z-]*\d+(?:\.\d+)*[A-Za-z]*(?:-[A-Za-z0-9]+)*\+?|(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
# The signs of a lower limit, which must not be read as the upper limit that a number on its own is.
_AT_LEAST = re.compile(r">|≥|\d\+")

_WORDING: dict[FactKind, Callable[[Fact], str]] = {
    FactKind.RANGE: lambda fact: f"{fact.numbers[0]} to {fact.numbers[1]}",
    FactKind.AT_MOST: lambda fact: f"up to {fact.numbers[0]}" if fact.numbers[0] != 1 else "1 only",
    FactKind.YES: lambda fact: f"yes ({', '.join(fact.names)})" if fact.names else "yes",
    FactKind.NO: lambda fact: f"no ({', '.join(fact.names)})" if fact.names else "no",
    FactKind.MODELS: lambda fact: ", ".join(f"{name}-series" if len(name) == 1 else name for name in fact.names),
    FactKind.VALUES: lambda fact: ", ".join(fact.names),
    FactKind.UNREAD: lambda fact: f"{fact.names[0]!r}, which cannot be read" if fact.names[0] else "an empty cell",
}


def fact(cell: str) -> Fact:
    """Return what a cell of a provider table states; UNREAD with its text if that cannot be read."""
    text = _normal(cell).strip()
    head, _, note = text.partition("(")
    for kind, signs in ((FactKind.YES, _TICKS), (FactKind.NO, _CROSSES)):
        if head.strip().lower() in signs:
            return _answer(kind, note.strip().rstrip(")"))
    if ends := re.fullmatch(_RANGE, text):
        return _range(ends[1], ends[2])
    # A letter followed by a number ("GPT-5", "o3") occurs only in names of models.
    if re.search(r"[A-Za-z]-?\d", text) and not note:
        return Fact(FactKind.MODELS, names=tuple(name.lower() for name in _MODEL.findall(text)))
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    if len(numbers) == 1 and _ALONE.findall(text) == numbers and not note and not _AT_LEAST.search(text):
        return Fact(FactKind.AT_MOST, (Decimal(numbers[0]),))
    return Fact(FactKind.UNREAD, names=(text,))


def _answer(kind: FactKind, note: str) -> Fact:
    """Return a yes or no with the names on the wire that its note restricts it to.

    The note of a yes without such a name is kept whole, since it restricts the yes in a way that cannot be read.  The note of a
    no is dropped then: it only advises something else.
    """
    names = tuple(_WIRE_NAME.findall(note))
    return Fact(kind, names=names or ((note,) if note and kind is FactKind.YES else ()))


def _range(low: str, high: str) -> Fact:
    return Fact(FactKind.RANGE, (_plain(low), _plain(high)))


def _plain(number: str) -> Decimal:
    """Return 2 for 2.0, so that equal numbers print alike."""
    value = Decimal(number)
    return Decimal(int(value)) if value == value.to_integral_value() else value


def _normal(line: str) -> str:
    """Return a line with full-width characters as ASCII, every dash as a hyphen, and without Markdown's marks."""
    return unicodedata.normalize("NFKC", line).translate(_DASHES)


# ------------------------------------------------------------------ the provider table


def _table(lines: Sequence[str], columns: Mapping[str, str]) -> tuple[TableCell, ...] | None:
    """Return the cells of the table whose heading names most columns, at least two; None without such a table."""
    rows = [([_column(cell, columns) for cell in _split(line)], number) for number, line in enumerate(lines)]
    headings, start = max(rows, key=lambda row: len(set(row[0]) & set(columns)), default=([], 0))
    if len(set(headings) & set(columns)) < min(2, len(columns)):
        return None
    return tuple(_cells(lines, start + 1, headings))


def _cells(lines: Sequence[str], start: int, headings: Sequence[str]) -> Iterator[TableCell]:
    for number, line in enumerate(lines[start:], start + 1):
        if "|" not in line:
            return
        parts = _split(line)
        if set(line) <= set("|-: "):  # the rule below a heading in Markdown
            continue
        for index, column in enumerate(headings[1:], 1):
            yield TableCell(parts[0], column, fact(parts[index] if index < len(parts) else ""), number)


def _split(line: str) -> list[str]:
    return [part.strip() for part in line.strip().strip("|").split("|")] if "|" in line else []


def _column(heading: str, columns: Mapping[str, str]) -> str:
    """Return the column whose title begins with the same word as a heading; the heading itself if there is none."""
    word = re.match(r"[A-Za-z0-9]+", heading)
    titles = {title.split()[0].lower(): column for column, title in columns.items() if title.strip()}
    return titles.get(word[0].lower(), heading) if word else heading


# ------------------------------------------------------------------ the limits of the request body

# "0 <= x <= 2" at the start of a line: how pages made from an OpenAPI description print the bounds of a field.
_BOUNDED = re.compile(rf"({_NUMBER})\s*(?:<=|≤)\s*[A-Za-z]\w*\s*(?:<=|≤)\s*({_NUMBER})")
# Two or more lower-case values with commas between them, at the start of a line.  What follows must neither continue the last
# value nor be punctuation, as behind an enumeration within a sentence.  The next field's description may follow without a space;
# it begins with a capital letter or in another script.
_LISTED = re.compile(r"([a-z][a-z0-9_-]*(?:\s*,\s*[a-z][a-z0-9_-]*)+)(?![a-z0-9_,.;:-])")


def _limits(lines: Sequence[str]) -> Iterator[BodyLimit]:
    """Yield the limits from the first field with bounds to the last field with bounds or values, in the page's order.

    In the text of a page, the bounds or values of a field start the line after its description, and the rest of that line
    describes the next field.  A field without them may state its limit in its description, as a range or as one number of at
    least 2; a 1 is more often the default than the limit.
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
    """Return the bounds or values that a line starts with, and the rest of the line; None if it starts with neither."""
    if bounds := _BOUNDED.match(line):
        return _range(bounds[1], bounds[2]), line[bounds.end() :]
    if values := _LISTED.match(line):
        names = tuple(name.strip() for name in values[1].split(","))
        return Fact(FactKind.VALUES, names=names), line[values.end() :]
    return None


def _described(lines: Sequence[str], number: int) -> str:
    """Return the part of a line that describes a field; empty if there is no such line."""
    marked = _mark(lines[number]) if number >= 0 else None
    return marked[1] if marked else lines[number] if number >= 0 else ""


def _prose_range(text: str) -> Fact | None:
    """Return the first range that a sentence states; None if it states none."""
    ends = _PAIR.search(text)
    return _range(ends[1], ends[2]) if ends else None


def _prose_limit(text: str, line: int) -> Iterator[BodyLimit]:
    """Yield the limit that the description of a field without bounds or values states, if it states one."""
    if stated := _prose_range(text):
        yield BodyLimit(stated, line, False)
        return
    numbers = _ALONE.findall(text)
    if len(numbers) == 1 and numbers[0].isdigit() and int(numbers[0]) > 1 and re.search(r"[^\W\d]", text):
        yield BodyLimit(Fact(FactKind.AT_MOST, (Decimal(numbers[0]),)), line, False)
