"""The faults of a stream of the Responses API, as changes of a truthful one: a text, or a call."""

from __future__ import annotations

import itertools
import json
from typing import Any

from clients.streams import (
    CHAT,
    JSON,
    Change,
    Event,
    Events,
    Fault,
    Json,
    after,
    appended,
    body,
    both,
    cut_after,
    dropped,
    edited,
    every,
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

CREATED, PROGRESS, COMPLETED = "response.created", "response.in_progress", "response.completed"
ITEM, ITEM_DONE = "response.output_item.added", "response.output_item.done"
PART, PART_DONE = "response.content_part.added", "response.content_part.done"
DELTA, TEXT_DONE = "response.output_text.delta", "response.output_text.done"
ARGUMENTS, ARGUMENTS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"


def ending(status: str, **fields: Any) -> Change:
    """Return a change of how the stream ends."""

    def change(events: Events) -> None:
        event = of(events, COMPLETED)[0]
        event.name = f"response.{status}"
        event.data |= {"type": event.name, "response": {**event.data["response"], "status": status, **fields}}  # type: ignore[index, operator]

    return change


def shifted(key: str) -> Change:
    """Return a change that counts an index from 1."""

    def edit(data: Json) -> None:
        if key in data:
            data[key] += 1

    return every(edit)


def objects(events: Events) -> None:
    """Make the arguments of a call objects where they are whole."""
    for event, path in (
        (ARGUMENTS_DONE, "arguments"),
        (ITEM_DONE, "item.arguments"),
        (COMPLETED, "response.output.0.arguments"),
    ):
        edited(event, put(path, {"city": "Paris"}))(events)


def without_ids(events: Events) -> None:
    """Leave out every id of the item, also from the response that ends the stream."""
    every(left_out("item_id"))(events)
    for kind in (ITEM, ITEM_DONE):
        edited(kind, left_out("item.id"))(events)
    edited(COMPLETED, left_out("response.output.0.id"))(events)


def response_in_place(events: Events) -> str:
    """Return the whole response in place of a stream."""
    return json.dumps(of(events, COMPLETED)[0].data["response"])  # type: ignore[index]


def as_part_of_text(data: Json) -> None:
    """Make a part of the type that another API has."""
    data["part"]["type"] = "text"


BOOM = {"code": "server_error", "message": "boom"}

FAULTS = [
    Fault("as it is"),
    Fault("a call, as it is", base="tool"),
    Fault("[DONE] at the end", appended(Event("", "[DONE]"))),
    Fault("events without names", write=unnamed),
    Fault("no space after colons", write=without_space),
    Fault("lines end in CRLF", write=with_crlf),
    Fault("no blank line after the last event", write=unclosed),
    Fault("a comment", write=with_comment),
    Fault("an unknown event keepalive", after(DELTA, Event("keepalive", {"type": "keepalive", "sequence_number": 99}))),
    Fault("an event of a vendor first", lambda events: [Event("acme:begin", {"type": "acme:begin"}), *events]),
    Fault("an event of a vendor without a number", after(DELTA, Event("acme:note", {"type": "acme:note"}))),
    Fault("no response.created", dropped(CREATED)),
    Fault("no response.in_progress", dropped(PROGRESS)),
    Fault("no output_item.added", dropped(ITEM)),
    Fault("no content_part.added", dropped(PART)),
    Fault("no output_text.done", dropped(TEXT_DONE)),
    Fault("no content_part.done", dropped(PART_DONE)),
    Fault("no output_item.done", dropped(ITEM_DONE)),
    Fault("no response.completed", dropped(COMPLETED)),
    Fault("no sequence_number", every(left_out("sequence_number"))),
    Fault("the id of the response changes at its end", edited(COMPLETED, put("response.id", "resp_other"))),
    Fault("the id of the response changes in response.in_progress", edited(PROGRESS, put("response.id", "resp_other"))),
    Fault("the id of a message changes at its end", edited(ITEM_DONE, put("item.id", "msg_other"))),
    Fault("the id of a message differs in the last event", edited(COMPLETED, put("response.output.0.id", "msg_other"))),
    Fault("the last output is empty", edited(COMPLETED, put("response.output", []))),
    Fault("the last output is absent", edited(COMPLETED, left_out("response.output"))),
    Fault("the last output is null", edited(COMPLETED, put("response.output", None))),
    Fault("the first output is null", edited(CREATED, put("response.output", None))),
    Fault(
        "response.incomplete ends it",
        ending("incomplete", incomplete_details={"reason": "max_output_tokens"}),
        expected={"end": ("incomplete", "max_output_tokens")},
        documented="an answer that its cap cut ends with response.incomplete",
    ),
    Fault(
        "response.failed ends it",
        ending("failed", error=BOOM),
        raises=True,
        expected={"end": "failed"},
        documented="a response that fails ends with response.failed",
    ),
    Fault(
        "an error event ends it",
        cut_after(DELTA, Event("error", {"type": "error", **BOOM, "param": None, "sequence_number": 5})),
        raises=True,
        documented="an error in a stream is an event of type error",
    ),
    Fault(
        "a nested error event ends it",
        cut_after(DELTA, Event("error", {"type": "error", "error": BOOM, "sequence_number": 5})),
        raises=True,
    ),
    Fault(
        "an error of chat without a name",
        cut_after(DELTA, Event("", {"error": {"message": "boom", "type": "x"}})),
        raises=True,
    ),
    Fault("error: null in every event", every(put("error", None))),
    Fault("no item_id", every(left_out("item_id"))),
    Fault("no content_index", every(left_out("content_index"))),
    Fault("no output_index", every(left_out("output_index"))),
    Fault("output_index starts at 1", shifted("output_index")),
    Fault("content_index starts at 1", shifted("content_index")),
    Fault("output_item.added twice", lambda events: after(ITEM, *of(events, ITEM))(events)),
    Fault("no logprobs in deltas", edited(DELTA, left_out("logprobs"))),
    Fault("no usage at the end", edited(COMPLETED, left_out("response.usage"))),
    Fault(
        "usage in the words of chat",
        edited(COMPLETED, put("response.usage", {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8})),
    ),
    Fault(
        "created_at is a string",
        both(edited(CREATED, put("response.created_at", "now")), edited(COMPLETED, put("response.created_at", "now"))),
    ),
    Fault("the part is of type text", edited(PART, as_part_of_text)),
    Fault("a message begins without content", edited(ITEM, left_out("item.content"))),
    Fault(
        "a message begins with a part",
        edited(ITEM, put("item.content", [{"type": "output_text", "text": "", "annotations": []}])),
    ),
    Fault("a message begins without id", edited(ITEM, left_out("item.id"))),
    Fault("a message ends without id", edited(ITEM_DONE, left_out("item.id"))),
    Fault("chunks of chat", lambda events: CHAT),
    Fault("content type application/json", kind=JSON),
    Fault("an event that is no JSON", after(DELTA, Event("", "odd"))),
    Fault(
        "an error in place of a stream", write=body({"error": {"message": "boom", "type": "x"}}), kind=JSON, raises=True
    ),
    Fault("a response in place of a stream", write=response_in_place, kind=JSON),
    Fault("a call begins with id null", edited(ITEM, put("item.id", None)), "tool"),
    Fault("a call has no id", without_ids, "tool"),
    Fault("call_id changes at the end", edited(ITEM_DONE, put("item.call_id", "call_other")), "tool"),
    Fault(
        "the id of a call differs in the last event", edited(COMPLETED, put("response.output.0.id", "fc_other")), "tool"
    ),
    Fault("a call begins without arguments", edited(ITEM, left_out("item.arguments")), "tool"),
    Fault("arguments are objects", objects, "tool"),
    Fault("no arguments.done", dropped(ARGUMENTS_DONE), "tool"),
    Fault("no deltas of arguments", dropped(ARGUMENTS), "tool"),
]


def numbered(events: Events) -> str:
    """Return events as text; those that have a number are renumbered, so that a fault is the only one."""
    numbers = itertools.count()
    for event in events:
        if isinstance(event.data, dict) and "sequence_number" in event.data:
            event.data = {**event.data, "sequence_number": next(numbers)}
    return named(events)


WRITE = numbered
