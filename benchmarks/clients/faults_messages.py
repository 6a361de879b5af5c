"""The faults of a stream of the Messages API, as changes of a truthful one: a text, or thinking and a call."""

from __future__ import annotations

import json
from typing import Any

from clients.streams import (
    CHAT,
    JSON,
    Change,
    Event,
    Events,
    Fault,
    after,
    appended,
    body,
    cut_after,
    dropped,
    edited,
    left_out,
    named,
    of,
    put,
    unclosed,
    unnamed,
    with_comment,
    with_crlf,
    without_space,
)

START, OPEN, DELTA, CLOSE = "message_start", "content_block_start", "content_block_delta", "content_block_stop"
ENDING, STOP = "message_delta", "message_stop"
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def error(kind: str) -> Event:
    """Return the documented event of an error."""
    return Event("error", {"type": "error", "error": {"type": kind, "message": "boom"}})


def failing(kind: str) -> Fault:
    """Return a stream that ends in a documented error."""
    return Fault(f"mid-stream {kind}", cut_after(DELTA, error(kind)), raises=True)


def renumbered(number: Any) -> Change:
    """Return a change of the index of every event of a block."""

    def change(events: Events) -> None:
        for event in events:
            if isinstance(event.data, dict) and "index" in event.data:
                event.data["index"] = number(event.data["index"])

    return change


def without_index(events: Events) -> None:
    """Leave out every index."""
    for event in events:
        left_out("index")(event.data)  # type: ignore[arg-type]


def pieces(*texts: Any) -> Change:
    """Return a change that puts these pieces in place of those of the arguments."""

    def change(events: Events) -> Events:
        found = [event for event in of(events, DELTA) if event.data["delta"]["type"] == "input_json_delta"]  # type: ignore[index]
        index = found[0].data["index"]  # type: ignore[index]
        kept = [event for event in events if event not in found]
        place = events.index(found[0])
        made = [
            Event(DELTA, {"type": DELTA, "index": index, "delta": {"type": "input_json_delta", "partial_json": text}})
            for text in texts
        ]
        return [*kept[:place], *made, *kept[place:]]

    return change


def of_deltas(kind: str, edit: Any) -> Change:
    """Return a change of the deltas of a type; an edit that returns events puts them in their place."""

    def change(events: Events) -> Events:
        made: Events = []
        for event in events:
            delta = event.data.get("delta", {}) if isinstance(event.data, dict) else {}
            made += (edit(event) or []) if delta.get("type") == kind else [event]
        return made

    return change


def as_text(event: Event) -> Events:
    """Return a delta of thinking as one of text."""
    thinking = event.data["delta"]["thinking"]  # type: ignore[index]
    event.data["delta"] = {"type": "text_delta", "text": thinking}  # type: ignore[index]
    return [event]


def halved(event: Event) -> Events:
    """Return a signature in two deltas."""
    data: Any = event.data
    whole = data["delta"]["signature"]
    return [
        Event(DELTA, {**data, "delta": {"type": "signature_delta", "signature": half}})
        for half in (whole[:8], whole[8:])
    ]


PARIS = json.dumps({"city": "Paris"})
CALL = 1  # the position of the call's block behind that of thinking

FAULTS = [
    Fault("as it is"),
    Fault("a call, as it is", base="tool"),
    Fault("[DONE] without a name at the end", appended(Event("", "[DONE]"))),
    Fault("[DONE] with a name at the end", appended(Event("done", "[DONE]"))),
    Fault("events without names", write=unnamed),
    Fault("no space after colons", write=without_space),
    Fault("lines end in CRLF", write=with_crlf),
    Fault("no blank line after the last event", write=unclosed),
    Fault("a comment", write=with_comment),
    Fault("every event is named message", lambda events: [Event("message", event.data) for event in events]),
    Fault("no message_start", dropped(START)),
    Fault("no content_block_start", dropped(OPEN)),
    Fault("no content_block_stop", dropped(CLOSE)),
    Fault("no message_delta", dropped(ENDING)),
    Fault("no message_stop", dropped(STOP)),
    Fault("no ping", dropped("ping")),
    Fault("message_start twice", lambda events: [events[0], *events]),
    Fault("message_start without usage", edited(START, left_out("message.usage"))),
    Fault("message_start with usage null", edited(START, put("message.usage", None))),
    Fault("message_start with content null", edited(START, put("message.content", None))),
    Fault("message_start without content", edited(START, left_out("message.content"))),
    Fault("message_start without message", edited(START, left_out("message"))),
    Fault("message_delta without usage", edited(ENDING, left_out("usage"))),
    Fault("message_delta with usage null", edited(ENDING, put("usage", None))),
    Fault("message_delta with usage {}", edited(ENDING, put("usage", {}))),
    Fault("message_delta sets input_tokens to 0", edited(ENDING, put("usage.input_tokens", 0))),
    Fault("message_delta with delta {}", edited(ENDING, put("delta", {}))),
    Fault(
        "a second message_delta with usage only",
        lambda events: after(
            ENDING,
            Event(ENDING, {"type": ENDING, "delta": {}, "usage": of(events, ENDING)[0].data["usage"]}),  # type: ignore[index]
        )(events),
    ),
    Fault("an unknown stop_reason", edited(ENDING, put("delta.stop_reason", "odd")), expected={"end": "odd"}),
    Fault("indexes start at 1", renumbered(lambda index: index + 1)),
    Fault("no index", without_index),
    Fault("indexes 0 and 2", renumbered(lambda index: 2 * index), "tool"),
    Fault("the second block has the index of the first", renumbered(lambda index: 0), "tool"),
    Fault("a text block starts without text", edited(OPEN, left_out("content_block.text"))),
    Fault("a text block starts with text", edited(OPEN, put("content_block.text", "PRE"))),
    Fault("a thinking block gets text", of_deltas("thinking_delta", as_text), "tool"),
    Fault("a thinking block starts without thinking", edited(OPEN, left_out("content_block.thinking"), only=0), "tool"),
    Fault("a call starts without input", edited(OPEN, left_out("content_block.input"), only=CALL), "tool"),
    Fault("a call starts with input ''", edited(OPEN, put("content_block.input", ""), only=CALL), "tool"),
    Fault(
        "a call starts with all input and gets no delta",
        lambda events: of_deltas("input_json_delta", lambda event: [])(
            edited(OPEN, put("content_block.input", {"city": "Paris"}), only=CALL)(events) or events
        ),
        "tool",
    ),
    Fault(
        "a call starts with input and gets deltas",
        edited(OPEN, put("content_block.input", {"z": 1}), only=CALL),
        "tool",
    ),
    Fault("a call gets all arguments twice", pieces(PARIS[:5], PARIS), "tool"),
    Fault("arguments that are no JSON", pieces('{"city": Paris}'), "tool"),
    Fault("partial_json is an object", pieces({"city": "Paris"}), "tool"),
    Fault("partial_json is null", pieces(None, PARIS), "tool"),
    Fault("arguments that break off", pieces(PARIS[:10]), "tool"),
    Fault("no signature", of_deltas("signature_delta", lambda event: []), "tool"),
    Fault("a signature in two deltas", of_deltas("signature_delta", halved), "tool"),
    Fault("an unknown event", after(DELTA, Event("odd", {"type": "odd"}))),
    Fault(
        "an unknown delta",
        after(DELTA, Event(DELTA, {"type": DELTA, "index": 0, "delta": {"type": "odd_delta", "odd": 1}})),
    ),
    Fault("an unknown block in place of the text", edited(OPEN, put("content_block", {"type": "odd"}))),
    Fault("an error of chat without a name", cut_after(DELTA, Event("", {"error": {"message": "boom"}})), raises=True),
    failing("overloaded_error"),
    failing("rate_limit_error"),
    failing("invalid_request_error"),
    failing("api_error"),
    Fault("mid-stream error that is no JSON", cut_after(DELTA, Event("error", "boom")), raises=True),
    Fault(
        "mid-stream error in the form of OpenAI",
        cut_after(DELTA, Event("error", {"error": {"message": "boom", "type": "server_error"}})),
        raises=True,
    ),
    Fault("a message in place of a stream", write=body(MESSAGE), kind=JSON),
    Fault(
        "an error in place of a stream",
        write=body({"type": "error", "error": {"type": "api_error", "message": "boom"}}),
        kind=JSON,
        raises=True,
    ),
    Fault("chunks of chat", lambda events: CHAT),
]
WRITE = named
