"""Server-sent events: text to events, strictly.

The line grammar of the HTML standard, section 9.2.6, lives here.  A malformed line is data in `problems`, never an
exception, and nothing here knows what an event carries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_FIELDS = frozenset({"data", "event", "id", "retry"})


@dataclass(frozen=True)
class Event:
    """One dispatched event; `line` is the line (from 1) its first field stood on."""

    data: str
    line: int
    event: str = ""
    id: str = ""


@dataclass(frozen=True)
class Stream:
    """All events of a body in order, the comments between them, and what broke the grammar."""

    events: tuple[Event, ...]
    comments: tuple[str, ...]
    problems: tuple[str, ...]


def lines(text: str, *, with_ends: bool = False) -> list[str]:
    """Return the lines of a stream: CRLF, LF and CR end one, and nothing else does.

    `str.splitlines` splits at U+0085, U+2028 and U+2029 as well, which are part of the data.
    """
    found = _LINE.findall(text)[:-1]  # the last match is the empty one at the end of the text
    return [line + end if with_ends else line for line, end in found]


def parse(text: str) -> Stream:
    """Read a whole body.  Any of CRLF, LF and CR ends a line; a blank line dispatches what was gathered before it."""
    events: list[Event] = []
    comments: list[str] = []
    problems: list[str] = []
    gathered: list[tuple[str, str]] = []
    first = 0
    for number, line in enumerate(lines(text.removeprefix("\ufeff")), 1):
        if not line:
            if event := _dispatch(gathered, first):
                events.append(event)
            gathered = []
        elif line.startswith(":"):
            comments.append(line[1:].removeprefix(" "))
        else:
            name, _, value = line.partition(":")
            if name not in _FIELDS:
                problems.append(f"line {number} is no field of an event: {line[:80]!r}")
            first = first if gathered else number
            gathered.append((name, value.removeprefix(" ")))
    if gathered:
        problems.append(f"the event on line {first} is not closed by a blank line")
        if event := _dispatch(gathered, first):
            events.append(event)
    return Stream(tuple(events), tuple(comments), tuple(problems))


def _dispatch(gathered: list[tuple[str, str]], line: int) -> Event | None:
    """The event of these fields; without a data field there is none."""
    data = [value for name, value in gathered if name == "data"]
    if not data:
        return None
    last = dict(gathered)
    return Event("\n".join(data), line, last.get("event", ""), last.get("id", ""))
