"""Readings of a text: the ways in which a reader who undoes escapes or drops separators could understand it.

Each reading knows where its characters stand in the text it was made from, so that what is found in a reading can be removed from
the text.  Which secrets are looked for is not known here.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from functools import cached_property
from html.entities import html5

Span = tuple[int, int]  # start and end in a text

# Levels of escaping that are undone.  The deepest that was seen is a JSON string in a JSON string in the JSON of an error.
_LEVELS = 3

# Characters that are not seen between others: NUL, which stands between the letters of UTF-16, the soft hyphen, joiners,
# characters of no width and signs of direction.
_UNSEEN = "\0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"

# Whether a text contains any escape: percent-encoded (possibly several times, %2525...), of JSON, C or HTML, or a character that
# is not seen.  A text with none is not read a second time.
_ANY_ESCAPE = re.compile(
    rf"%(?:25)*[0-7c-fC-F][0-9a-fA-F]|\\[u0-7x/\\\"']|&#|&[a-zA-Z]+;|&amp|&lt|&gt|&quot|[{_UNSEEN}]"
)

# One escape.  Seven more backslashes are what three levels of JSON strings make of one, and a number of HTML needs no semicolon.
# Every repetition has an upper bound, so that no text, however hostile, makes the search slow; every alternative begins with a
# character, so that a search skips what cannot begin one.
_ONE_ESCAPE = re.compile(
    r"%(?:25){0,4}(?:(?P<utf8>[c-fC-F][0-9a-fA-F](?:%(?:25){0,4}[89abAB][0-9a-fA-F]){1,2})|(?P<percent>[0-7][0-9a-fA-F]))"
    r"|\\(?:\\{0,7}(?:u(?P<u>[0-9a-fA-F]{4})|x(?P<x>[0-9a-fA-F]{2})|(?P<octal>[01]?[0-7]{1,2}))|(?P<char>[/\"'\\]))"
    r"|&(?:amp;){0,4}(?:#(?:[xX]0{0,6}(?P<html>[0-9a-fA-F]{1,5})(?:;|(?![0-9a-fA-F]))|0{0,6}(?P<number>\d{1,5})(?:;|(?!\d)))"
    r"|(?P<name>[a-zA-Z]{2,16});|(?P<bare>amp|lt|gt|quot|AMP|LT|GT|QUOT))" + "".join(f"|{char}" for char in _UNSEEN)
)

# What may separate the parts of a text in a list or in lines, and backslashes, so that a line end may itself be escaped.
_SEPARATORS = re.compile(r"\\{1,8}[nrt]|[\n\r\t \"',\[\]\\]+")
_SEPARATING_BYTES = b"\n\r\t \"',[]\\"
_ESCAPED_LINE_ENDS = (b"\\n", b"\\r", b"\\t")

_NO_DIGITS = re.compile(r"[^0-9a-fA-F]+")
_ALL_BUT_DIGITS = bytes(sorted(set(range(256)) - set(b"0123456789abcdefABCDEF")))


class Reading:
    """A text as it is, or as it reads once each match of a pattern is replaced by what `undo` makes of it."""

    def __init__(
        self,
        text: str,
        source: Reading | None = None,
        pattern: re.Pattern[str] = _ONE_ESCAPE,
        undo: Callable[[re.Match[str]], str] = lambda match: match[0],
    ) -> None:
        self.text = text
        self._source, self._pattern, self._undo = source, pattern, undo

    @cached_property
    def lowered(self) -> str:
        """The text in lower case, to look something up whatever its case; places in it may differ from those in the text."""
        return self.text.lower()

    @cached_property
    def data(self) -> bytes:
        """The text as UTF-8, with lone surrogates as they are."""
        return self.text.encode("utf-8", "surrogatepass")

    @cached_property
    def joined(self) -> bytes:
        """The text without separators, as UTF-8 in lower case."""
        return self.joined_in_case.lower()

    @cached_property
    def joined_in_case(self) -> bytes:
        """The text without separators, as UTF-8."""
        data = self.data
        if b"\\" in data:
            for line_end in _ESCAPED_LINE_ENDS:
                data = data.replace(line_end, b"")
        return data.translate(None, _SEPARATING_BYTES)

    @cached_property
    def digits(self) -> bytes:
        """The decimal and hexadecimal digits of the text, in lower case."""
        return self.data.translate(None, _ALL_BUT_DIGITS).lower()

    @cached_property
    def escaped(self) -> Reading | None:
        """The text with one level of escapes undone; None if it has none."""
        text = _ONE_ESCAPE.sub(_undone, self.text) if _ANY_ESCAPE.search(self.text) else self.text
        return None if text == self.text else Reading(text, self, _ONE_ESCAPE, _undone)

    def without_separators(self) -> Reading:
        """Return the text without separators."""
        return Reading(_SEPARATORS.sub("", self.text), self, _SEPARATORS, _nothing)

    def of_digits(self) -> Reading:
        """Return the digits of the text."""
        return Reading(_NO_DIGITS.sub("", self.text), self, _NO_DIGITS, _nothing)

    def place(self, first: int, last: int) -> Span:
        """Return where the characters from `first` to `last` - 1 stand in the text that everything was read from."""
        if self._source is None:
            return first, last
        starts, ends = self._places
        return self._source.place(starts[first], ends[last - 1])

    @cached_property
    def _places(self) -> tuple[array[int], array[int]]:
        """Where each character begins and ends in the source."""
        assert self._source is not None
        text, done = self._source.text, 0
        starts, ends = array("I"), array("I")
        for match in self._pattern.finditer(text):
            undone = self._undo(match)
            if undone == match[0]:
                continue
            starts.extend(range(done, match.start()))
            ends.extend(range(done + 1, match.start() + 1))
            starts.extend([match.start()] * len(undone))
            ends.extend([match.end()] * len(undone))
            done = match.end()
        starts.extend(range(done, len(text)))
        ends.extend(range(done + 1, len(text) + 1))
        return starts, ends


def readings(text: str) -> Iterator[Reading]:
    """Yield a text as it is, and then with its escapes undone once, twice and three times, as long as that changes it."""
    reading: Reading | None = Reading(text)
    for _ in range(_LEVELS + 1):
        if reading is None:
            return
        yield reading
        reading = reading.escaped


def unescaped(text: str) -> Iterator[str]:
    """Yield a text as `readings` reads it."""
    yield from (reading.text for reading in readings(text))


def _nothing(_match: re.Match[str]) -> str:
    return ""


def _undone(match: re.Match[str]) -> str:
    """Return the character that an escape stands for; nothing for one that is not seen; others than ASCII stay escaped."""
    kind, written = match.lastgroup, match[match.lastgroup or 0]
    if kind is None:
        return ""
    if kind == "char":
        return written
    if kind in {"name", "bare"}:
        char = html5.get(f"{written};", match[0])
    elif kind == "utf8":
        octets = bytes.fromhex(re.sub(r"%(?:25)*", "", written))
        char = octets.decode("utf-8", "replace")
    else:
        code = int(written, {"number": 10, "octal": 8}.get(kind, 16))
        char = chr(code) if code < 0x10000 else ""
    if char in _UNSEEN:
        return ""
    if len(char) == 1 and char.isascii() and (char.isprintable() or char in "\n\r\t"):
        return char
    return (
        match[0].replace("\\\\", "\\").replace("%25", "%", 1)
    )  # what stands for another character may be escaped itself
