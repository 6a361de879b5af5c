"""The faults of a stream of generateContent, as changes of a truthful one: a text, a call, or a thought."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from clients.streams import CHAT, JSON, Event, Events, Fault, Json, dumped, every, unnamed

Change = Callable[[Events], Any]
SNAKE = {
    "usageMetadata": "usage_metadata",
    "finishReason": "finish_reason",
    "promptTokenCount": "prompt_token_count",
    "candidatesTokenCount": "candidates_token_count",
    "totalTokenCount": "total_token_count",
}


def candidate(events: Events, position: int) -> Json:
    """Return the candidate of a chunk."""
    found: Json = events[position].data["candidates"][0]  # type: ignore[index]
    return found


def last(edit: Callable[[Json], object]) -> Change:
    """Return a change of the last candidate."""
    return lambda events: edit(candidate(events, -1)) and None


def first_part(**fields: Any) -> Change:
    """Return a change of the first part of the first chunk."""
    return lambda events: candidate(events, 0)["content"]["parts"][0].update(fields)


def ended(reason: Any) -> Change:
    """Return a change of why the stream ends."""
    return last(lambda row: row.update(finishReason=reason))


def unended(events: Events) -> None:
    """Leave out why the stream ends."""
    for position in range(len(events)):
        candidate(events, position).pop("finishReason", None)


def called(**fields: Any) -> Change:
    """Return a change of the call in the first part that has one; a value of None leaves a key out."""

    def change(events: Events) -> None:
        parts = (part for place in range(len(events)) for part in candidate(events, place)["content"]["parts"])
        call = next(part["functionCall"] for part in parts if "functionCall" in part)
        call.update(fields)
        for name in [name for name, value in call.items() if value is ABSENT]:
            del call[name]

    return change


ABSENT: Any = object()


def before_end(chunk: Json) -> Change:
    """Return a change that adds a chunk before the last one."""
    return lambda events: [*events[:-1], Event("", chunk), events[-1]]


def failing(name: str, error: Any, *, write: Callable[[Events], str] | None = None) -> Fault:
    """Return a stream whose first chunk is followed by an error and nothing else."""
    return Fault(name, lambda events: [events[0], Event("", error)], write=write, raises=True)


def raw_last(events: Events) -> str:
    """Return events whose last one is a line of JSON without its field."""
    return unnamed(events[:-1]) + dumped(events[-1]) + "\n\n"


def pretty_last(events: Events) -> str:
    """Return events whose last one is JSON over several lines without their field."""
    return unnamed(events[:-1]) + json.dumps(events[-1].data, indent=2) + "\n\n"


def pretty(events: Events) -> str:
    """Return events with their JSON over several lines of data."""
    rows = (json.dumps(event.data, indent=1).split("\n") for event in events)
    return "".join("".join(f"data: {line}\n" for line in row) + "\n" for row in rows)


def prefixed(line: Callable[[int], str]) -> Callable[[Events], str]:
    """Return a writer that puts a line before each event."""
    return lambda events: "".join(f"{line(number)}\ndata: {dumped(event)}\n\n" for number, event in enumerate(events))


def snake(events: Events) -> str:
    """Return events with keys in the words that Python has for them."""
    return re.sub(r'"(\w+)":', lambda found: f'"{SNAKE.get(found[1], found[1])}":', unnamed(events))


def array(events: Events) -> str:
    """Return the chunks as one JSON array."""
    return json.dumps([event.data for event in events])


def whole(events: Events) -> str:
    """Return the last chunk alone, as an answer without streaming."""
    return json.dumps(events[-1].data)


def counted(edit: Callable[[Any], Any]) -> Change:
    """Return a change of every count of usage."""

    def change(data: Json) -> None:
        usage = data.get("usageMetadata", {})
        usage.update({name: edit(value) for name, value in usage.items() if isinstance(value, int)})

    return every(change)


def finished(events: Events) -> None:
    """Say in every chunk why the stream ends."""
    for position in range(len(events)):
        candidate(events, position)["finishReason"] = "STOP"


def numbered(events: Events) -> None:
    """Make the text of the first part a number."""
    first_part(text=1)(events)


BOOM = {"code": 503, "message": "boom", "status": "UNAVAILABLE"}
USAGE = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}
BLOCKED = {**USAGE, "promptFeedback": {"blockReason": "SAFETY"}}
PIXEL = {"inlineData": {"mimeType": "image/png", "data": "***"}}

FAULTS = [
    Fault("as it is"),
    Fault("a call, as it is", base="tool"),
    Fault("no space after colons", write=lambda events: unnamed(events).replace("data: ", "data:")),
    Fault("lines end in CRLF", write=lambda events: unnamed(events).replace("\n", "\r\n")),
    Fault("[DONE] at the end", lambda events: [*events, Event("", "[DONE]")]),
    Fault("no blank line after the last event", write=lambda events: unnamed(events).rstrip("\n")),
    Fault("no blank lines at all", write=lambda events: unnamed(events).replace("\n\n", "\n")),
    Fault("a comment", write=lambda events: ": ping\n\n" + unnamed(events)),
    Fault("events with names", write=prefixed(lambda number: "event: message")),
    Fault("events with ids", write=prefixed(lambda number: f"id: {number}")),
    Fault("JSON over several lines of data", write=pretty),
    Fault("a JSON array in place of a stream", write=array, kind=JSON),
    Fault("one JSON object in place of a stream", write=whole, kind=JSON),
    Fault("an error in place of a stream", write=lambda events: json.dumps({"error": BOOM}), kind=JSON, raises=True),
    Fault("chunks of chat", lambda events: CHAT),
    Fault("a chunk without candidates", before_end(USAGE)),
    Fault("a chunk with candidates []", before_end({**USAGE, "candidates": []})),
    Fault("the last candidate has no content", lambda events: before_end_of(events, "content", ABSENT)),
    Fault("the last content has no parts", lambda events: before_end_of(events, "content", {"role": "model"})),
    Fault("the last content is null", lambda events: before_end_of(events, "content", None)),
    Fault("the last parts are null", lambda events: before_end_of(events, "content", {"role": "model", "parts": None})),
    Fault("no finishReason", unended),
    Fault("finishReason in every chunk", finished),
    Fault("an unknown finishReason", ended("ODD"), expected={"end": "ODD"}),
    Fault("finishReason in lower case", ended("stop")),
    Fault("finishReason is a number", ended(1)),
    Fault("unknown fields", every(lambda data: data.update(odd=1))),
    Fault("keys in snake case", write=snake),
    Fault("a text is null", first_part(text=None)),
    Fault("a text is a number", numbered),
    Fault("counts are strings", counted(str)),
    Fault("counts are null", counted(lambda value: None)),
    Fault("args is a string", called(args='{"city": "Paris"}'), "tool"),
    Fault("args is absent", called(args=ABSENT), "tool"),
    Fault("args is null", called(args=None), "tool"),
    Fault("thoughtSignature is no base64", first_part(thoughtSignature="*!")),
    Fault("thoughtSignature is base64 for addresses", first_part(thoughtSignature="_-8=")),
    Fault("an image that is no base64", lambda events: candidate(events, 0)["content"]["parts"].append(PIXEL)),
    failing("an error as data", {"error": BOOM}),
    failing("an error without its field", {"error": BOOM}, write=raw_last),
    failing("an error over several lines without their field", {"error": BOOM}, write=pretty_last),
    failing("an error in an array", "[" + json.dumps({"error": BOOM}) + "]", write=raw_last),
    failing("an error whose code comes last", {"error": {"status": "INTERNAL", "message": "boom", "code": 500}}),
    failing("an error without code", {"error": {"message": "boom", "status": "INTERNAL"}}),
    failing("an error behind another key", {"type": "error", "error": {"message": "boom", "code": 500}}),
    failing("an error whose code is a string", {"error": {"code": "503", "message": "boom", "status": "UNAVAILABLE"}}),
    Fault(
        "only promptFeedback",
        lambda events: [Event("", BLOCKED)],
        expected={"text": "", "end": ("blocked SAFETY", "SAFETY"), "usage": [3, 2]},
    ),
]


def before_end_of(events: Events, key: str, value: Any) -> Events:
    """Return events with one more at the end, which has nothing but why the stream ends, and this value."""
    end = candidate(events, -1).pop("finishReason")
    usage = {name: held for name, held in events[-1].data.items() if name != "candidates"}  # type: ignore[union-attr]
    row = {"index": 0, "finishReason": end, **({} if value is ABSENT else {key: value})}
    return [*events, Event("", {**usage, "candidates": [row]})]


WRITE = unnamed
