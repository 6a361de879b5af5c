"""Streams as lists of events, changes that make one of them faulty, and how events are written.

A fault is a change of a truthful stream of the mock gateway.  Nothing here knows a client or a claim.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MESSAGE = "boom"  # of every error in a stream
SSE, JSON = "text/event-stream", "application/json"


@dataclass
class Event:
    """One event: its name, empty for none, and its data; a text is sent as it is."""

    name: str
    data: Json | str


Events = list[Event]
Change = Callable[[Events], Any]
Write = Callable[[Events], str]


@dataclass(frozen=True)
class Fault:
    """One way in which a stream is faulty, or odd but harmless.

    `change` alters a copy of the events of the stream named `base`, and may return other ones; `write` makes them a body.
    `raises` says that the stream carries an error, which a client has to raise or return.  `expected` is what a client has to
    return where that is not what it returns for the truthful stream; one of several values is a tuple.  `documented` says why
    the stream is as it should be, whatever clients make of it.
    """

    name: str
    change: Change = lambda events: None
    base: str = "text"
    write: Write | None = None
    kind: str = SSE
    raises: bool = False
    expected: Mapping[str, Any] = field(default_factory=dict)
    documented: str = ""

    def body(self, truthful: Mapping[str, Events], write: Write) -> str:
        """Return the text of the faulty stream; `write` is how this API writes events."""
        events = copy.deepcopy(truthful[self.base])
        changed = self.change(events)
        return (self.write or write)(events if changed is None else changed)


def read(text: str) -> Events:
    """Return the events of a truthful stream."""
    events = []
    for block in filter(None, text.replace("\r\n", "\n").split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        events.append(Event(fields.get("event", ""), json.loads(fields["data"])))
    return events


def dumped(event: Event) -> str:
    """Return the data of an event as text."""
    return event.data if isinstance(event.data, str) else json.dumps(event.data, ensure_ascii=False)


def named(events: Events) -> str:
    """Return events with their names, as text."""
    lines = ((f"event: {event.name}\n" if event.name else "") + f"data: {dumped(event)}\n\n" for event in events)
    return "".join(lines)


def unnamed(events: Events) -> str:
    """Return events without their names, as text."""
    return "".join(f"data: {dumped(event)}\n\n" for event in events)


def without_space(events: Events) -> str:
    """Return events without the space that usually follows a colon."""
    return named(events).replace("data: ", "data:").replace("event: ", "event:")


def with_crlf(events: Events) -> str:
    """Return events with lines that end in CRLF."""
    return named(events).replace("\n", "\r\n")


def unclosed(events: Events) -> str:
    """Return events without the blank line after the last one."""
    return named(events).rstrip("\n") + "\n"


def with_comment(events: Events) -> str:
    """Return events with a comment between two of them."""
    first, rest = named(events).split("\n\n", 1)
    return f"{first}\n\n: ping\n\n{rest}"


def body(value: Any) -> Write:
    """Return a writer of one JSON value in place of a stream."""
    return lambda events: value if isinstance(value, str) else json.dumps(value)


def of(events: Events, kind: str) -> Events:
    """Return the events whose data are of this type."""
    return [event for event in events if isinstance(event.data, dict) and event.data.get("type") == kind]


def dropped(*kinds: str) -> Change:
    """Return a change that leaves out the events of these types."""
    return lambda events: [event for event in events if not any(event in of(events, kind) for kind in kinds)]


def edited(kind: str, edit: Callable[[Json], object], *, only: int | None = None) -> Change:
    """Return a change that edits the data of the events of this type, or only of one of them."""

    def change(events: Events) -> None:
        found = of(events, kind)
        for event in found if only is None else [found[only]]:
            edit(event.data)  # type: ignore[arg-type]

    return change


def every(edit: Callable[[Json], object]) -> Change:
    """Return a change that edits the data of every event."""
    return lambda events: [edit(event.data) for event in events if isinstance(event.data, dict)] and None


def put(path: str, value: Any) -> Callable[[Json], None]:
    """Return an edit that sets the value at a path of keys and positions with dots between them."""

    def edit(data: Json) -> None:
        *steps, last = path.split(".")
        place: Any = data
        for step in steps:
            place = place[int(step)] if step.lstrip("-").isdecimal() else place[step]
        place[last] = copy.deepcopy(value)

    return edit


def left_out(path: str) -> Callable[[Json], None]:
    """Return an edit that leaves out the key at a path."""

    def edit(data: Json) -> None:
        *steps, last = path.split(".")
        place: Any = data
        for step in steps:
            place = place[int(step)] if step.lstrip("-").isdecimal() else place[step]
        place.pop(last, None)

    return edit


def after(kind: str, *added: Event, only: int = 0) -> Change:
    """Return a change that adds events behind one of this type."""

    def change(events: Events) -> None:
        place = events.index(of(events, kind)[only]) + 1
        events[place:place] = added

    return change


def cut_after(kind: str, *added: Event, only: int = 0) -> Change:
    """Return a change that ends the stream behind an event of this type, with these events in place of the rest."""

    def change(events: Events) -> Events:
        return [*events[: events.index(of(events, kind)[only]) + 1], *added]

    return change


def appended(*added: Event) -> Change:
    """Return a change that adds events at the end."""
    return lambda events: [*events, *added]


def both(*changes: Change) -> Change:
    """Return a change that makes several, one after the other."""

    def change(events: Events) -> Events:
        for each in changes:
            changed = each(events)
            events = events if changed is None else changed
        return events

    return change


CHAT: Events = [
    Event("", {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})
    for choice in (
        {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    )
]
