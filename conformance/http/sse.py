"""Server-sent events: from the text of a stream to its events, strictly.

The line grammar of the HTML standard, section 9.2.6, lives here.  A malformed line is reported in `problems`, never by an
exception, and nothing here knows what an event carries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Group 1 is the line, group 2 its end.  CRLF comes before its parts, so that it counts as one end and not as two.
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_FIELDS = frozenset({"data", "event", "id", "retry"})


@dataclass(frozen=True)
class Event:
    """One dispatched event; `line` is the line (from 1) of its first field."""

    data: str
    line: int
    event: str = ""
    id: str = ""


@dataclass(frozen=True)
class Stream:
    """The events and comments of a body in order, and a sentence for each violation of the grammar."""

    events: tuple[Event, ...]
    comments: tuple[str, ...]
    problems: tuple[str, ...]


def lines(text: str, *, with_ends: bool = False) -> list[str]:
    """Return the lines of a stream, each ended by CRLF, LF or CR.

    `str.splitlines` would also split at U+0085, U+2028 and U+2029, which are part of the data.
    """
    matches = _LINE.findall(text)[:-1]  # the last match is the empty one at the end of the text
    return [line + end if with_ends else line for line, end in matches]


def parse(text: str) -> Stream:
    """Read a whole body; a blank line dispatches the fields before it as one event."""
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
                problems.append(f"line {number} must begin with data, event, id, retry or a colon: {line[:80]!r}")
            first = first if gathered else number
            gathered.append((name, value.removeprefix(" ")))
    if gathered:
        problems.append(f"the event on line {first} must be closed by a blank line")
        if event := _dispatch(gathered, first):
            events.append(event)
    return Stream(tuple(events), tuple(comments), tuple(problems))


def _dispatch(gathered: list[tuple[str, str]], line: int) -> Event | None:
    """Return the event of these fields; None without a data field."""
    data = [value for name, value in gathered if name == "data"]
    if not data:
        return None
    last = dict(gathered)
    return Event("\n".join(data), line, last.get("event", ""), last.get("id", ""))
