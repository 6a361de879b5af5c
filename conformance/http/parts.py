"""Strings of a text that belong together, so that a secret is found whose parts they are.

They are the strings of one field in the chunks of a stream, the elements of a list, names of fields, and lists of bytes such as
the log probabilities of tokens have.  Which secrets are looked for is not known here.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from conformance.http.readings import Span
from conformance.http.sse import lines

# A JSON string, group 1 its content; group 2 is set if a colon follows, so that it is the name of a field.  Group 3 is a list of
# bytes, and group 4 a bracket.
_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*)"(\s*:)?|\[(\s*\d{1,3}(?:\s*,\s*\d{1,3})*\s*)\]|([\[\]{}])',
    re.DOTALL,
)
_SINGLE = re.compile(r'(?:"(?:[^"\\]|\\.)"\s*,\s*){8}')
_BYTES = re.compile(r"\[\s*\d{1,3}\s*[,\]]")

# Index fields of one line that tell its strings apart.  A choice with parallel tool calls has 2 or 3; a line with hundreds would
# give every string a key of its own and take quadratic time.
_MAX_INDEXES = 8

# Characters.  Parts are joined within windows of this size, so that the memory for joining stays bounded; parts that are further
# apart are not found together.  A whole ordinary reply fits into one window.
_WINDOW = 512 * 1024


@dataclass(frozen=True)
class Group:
    """Strings that belong together: where each stands in the text, and what it says."""

    places: tuple[Span, ...]
    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """The strings as one."""
        return "".join(self.pieces)

    def parts(self, spans: Iterable[Span]) -> Iterator[Span]:
        """Yield where the parts of each span of the joined text stand in the text."""
        ends = list(accumulate(map(len, self.pieces)))
        for start, end in spans:
            for number in range(bisect_right(ends, start), len(self.pieces)):
                begin = ends[number] - len(self.pieces[number])
                if begin >= end:
                    break
                yield _part(self.places[number], self.pieces[number], start - begin, end - begin)


def windows(text: str) -> list[str]:
    """Return the pieces of a text in which parts are joined."""
    return [text[start : start + _WINDOW] for start in range(0, len(text), _WINDOW)]


def spells_out(text: str) -> bool:
    """Return whether a text has a list of single characters, which may spell anything, escapes included."""
    return _SINGLE.search(text) is not None


def lists_bytes(text: str) -> bool:
    """Return whether a text has a list that may be one of bytes."""
    return _BYTES.search(text) is not None


def without_blanks(text: str) -> str:
    """Return a text without the blanks that may stand in its lists."""
    return text.replace(" ", "").replace("\n", "").replace("\r", "").replace("\t", "")


def groups(text: str, numbering: re.Pattern[str]) -> Iterator[Group]:
    """Yield the strings that may belong together: those of one field, of all choices and of each choice, and all names.

    The index of a choice may stand before or after its strings, and next to the index of a tool call.  So each string is put
    into several groups: all strings of its field, those in as many brackets and at the same place of their list, those after the
    same index, those before the same index, and those whose line has the same indexes.
    """
    found: dict[tuple[object, ...], list[tuple[Span, str]]] = {}
    start, opened = 0, _Brackets()
    for line in lines(text, with_ends=True):
        indexes = [(match.start(), match[1]) for match in numbering.finditer(line)]
        starts = [at for at, _ in indexes]
        every = " ".join(number for _, number in indexes[:_MAX_INDEXES])
        name = ""
        if line.startswith("data"):  # an event is a document of its own
            opened = _Brackets()
        for match in _TOKEN.finditer(line):
            if match[4]:
                opened.meet(match[4])
                continue
            is_bytes = match[3] is not None
            kind = "bytes" if is_bytes else "name" if match[2] else "string"
            name = match[1] if match[2] else name
            named = (kind, name if kind == "string" else "")
            keys: list[tuple[object, ...]] = [named, (*named, opened.depth), (*named, opened.depth, opened.number)]
            if not is_bytes:
                keys.append(("any",))
            if kind == "string":
                later = bisect_right(starts, match.start())
                keys.append(("before", indexes[later - 1][1] if later else "", name))
                keys.append(("after", indexes[later][1] if later < len(indexes) else "", name))
                keys.append(("line", every, name))
            at, end = match.span(3 if is_bytes else 1)
            entry = (start + at, start + end), _of_bytes(match[3]) if is_bytes else _unescaped(match[1])
            for key in keys:
                found.setdefault(key, []).append(entry)
        start += len(line)
    different = {tuple(place for place, _ in strings): strings for strings in found.values() if len(strings) > 1}
    for places, strings in different.items():  # most texts have one choice, so that many groups are the same
        yield Group(places, tuple(piece for _, piece in strings))


class _Brackets:
    """The brackets of JSON that are open, each with the number of objects begun in it."""

    def __init__(self) -> None:
        self._begun = [0]

    def meet(self, bracket: str) -> None:
        """Open or close a bracket."""
        if bracket in "[{":
            self._begun[-1] += 1
            self._begun.append(0)
        elif len(self._begun) > 1:
            self._begun.pop()

    @property
    def depth(self) -> int:
        """How many are open."""
        return len(self._begun)

    @property
    def number(self) -> int:
        """The how many-th in its list the object is that is read."""
        return self._begun[-2] if len(self._begun) > 1 else 0


def _part(place: Span, piece: str, first: int, last: int) -> Span:
    """Return where a part stands in the text.

    In a string with escapes the positions of decoded and written characters differ, so the whole string is removed.
    """
    start, end = place
    if end - start != len(piece):
        return place
    return start + max(first, 0), start + min(last, len(piece))


def _of_bytes(numbers: str) -> str:
    """Return the text that a list of bytes stands for, a character for each byte."""
    return "".join(chr(int(number)) for number in numbers.split(","))


def _unescaped(piece: str) -> str:
    """Return the value of a JSON string; a string that is not valid JSON stands for itself."""
    if "\\" not in piece:
        return piece
    try:
        return str(json.loads(f'"{piece}"', strict=False))
    except ValueError:
        return piece
