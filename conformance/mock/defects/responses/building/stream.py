"""Defects of the events of a stream: their order, indexes, names and numbers, and what they tell."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import (
    Change,
    Events,
    drop,
    in_events,
    in_items,
    in_parts,
    in_response,
    put,
)
from conformance.mock.server.wire import Piece, Wire
from conformance.mock.surfaces.responses.request import ResponsesRequest

CREATED, IN_PROGRESS = "response.created", "response.in_progress"
COMPLETED, INCOMPLETE = "response.completed", "response.incomplete"
ADDED, DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"
TEXT, TEXT_DONE = "response.output_text.delta", "response.output_text.done"
ARGUMENTS, ARGUMENTS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"
SUMMARY, SUMMARY_DONE = "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"
PING: Json = {"type": "ping"}
ERROR: Json = {"type": "error", "code": "server_error", "message": "The stream failed.", "param": None}
OPEN_FOR = 10.0  # seconds for which a body stays open after its end


def after_ping(events: Events) -> Events:
    """Yield an event of an unknown type, then the events."""
    yield PING
    yield from events


def with_ping(events: Events) -> Events:
    """Yield the events, and one of an unknown type after the second."""
    for number, each in enumerate(events):
        yield each
        if number == 1:
            yield PING


def with_chunk(events: Events) -> Events:
    """Yield the events, and a chunk of Chat Completions before the last one."""
    for each in events:
        if each["type"] == COMPLETED:
            yield {"object": "chat.completion.chunk", "choices": []}
        yield each


def ended_twice(events: Events) -> Events:
    """Yield the events, and the last one again."""
    for each in events:
        yield each
        if each["type"] == COMPLETED:
            yield each


def of_calls(change: Any) -> Any:
    """Return a change of events that carry a call."""
    return lambda each: change(each) if each["item"]["type"] == "function_call" else each


def later_by_one(events: Events) -> Events:
    """Yield the events with every output_index one higher, if the first item is a call."""
    first: Json = {}
    for each in events:
        first = first or each.get("item", {})
        shifted = first.get("type") == "function_call" and "output_index" in each
        yield {**each, "output_index": each["output_index"] + 1} if shifted else each


def all_calls_at_0(events: Events) -> Events:
    """Yield the events with output_index 0 for every item."""
    return ({**each, "output_index": 0} if "output_index" in each else each for each in events)


def with_error(request: ResponsesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events, and an error without a type after them."""
    yield from events
    yield {"error": {"message": "The stream failed.", "type": "server_error"}}


def numbered_from_1(request: ResponsesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield events that are numbered from 1."""
    return ({**each, "sequence_number": each["sequence_number"] + 1} for each in events)


def padded(request: ResponsesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield events with padding, whatever the request says."""
    return ({**each, "obfuscation": "xx"} if "delta" in each else each for each in events)


def all_named_message(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return a stream whose events are all named message."""

    def pieces() -> Iterator[Piece]:
        for piece in wire.pieces:
            yield b"event: message\n" + piece.split(b"\n", 1)[1] if isinstance(piece, bytes) else piece

    return replace(wire, pieces=pieces())


def with_sentence(request: Any, wire: Wire) -> Wire:
    """Return a stream with a sentence as its second event."""
    first, *rest = wire.pieces
    return wire.with_pieces(first, b"data: still working\n\n", *rest)


def with_marker(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return a stream that ends with [DONE]."""

    def pieces() -> Iterator[Piece]:
        yield from wire.pieces
        yield b"data: [DONE]\n\n"

    return replace(wire, pieces=pieces())


def without_last_line(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return a stream whose last event is not closed by a blank line."""
    *pieces, last = wire.pieces
    return replace(wire, pieces=(*pieces, last.rstrip(b"\n") + b"\n" if isinstance(last, bytes) else last))


def left_open(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return a stream whose body stays open after its end."""

    def pieces() -> Iterator[Piece]:
        yield from wire.pieces
        yield OPEN_FOR
        yield b""

    return replace(wire, pieces=pieces())


def of_type(kind: str, change: Change) -> Change:
    """Return a change of the events that carry an item of a type."""
    return lambda each: change(each) if each["item"]["type"] == kind else each


def in_part(change: Change) -> Change:
    """Return a change of the part that an event carries."""
    return lambda each: {**each, "part": change(each["part"])}


def in_last_items(change: Change, *types: str) -> Callable[[Events], Events]:
    """Return a change of the items of the last response, of all or of these types."""
    return in_events(in_response(in_items(change, *types)), COMPLETED)


def all_later_by_one(events: Events) -> Events:
    """Return the events with every output_index one higher."""
    return ({**each, "output_index": each["output_index"] + 1} if "output_index" in each else each for each in events)


def announced_twice(events: Events) -> Events:
    """Yield the events, and each that announces an item again."""
    for each in events:
        yield each
        if each["type"] == ADDED:
            yield each


def item_id_is_call_id(events: Events) -> Events:
    """Yield the events with the call_id of a call in place of the id of its item, in the pieces of its arguments."""
    call_ids: dict[str, str] = {}
    for each in events:
        item = each.get("item", {})
        if "call_id" in item:
            call_ids[item["id"]] = item["call_id"]
        yield {**each, "item_id": call_ids.get(each["item_id"], each["item_id"])} if "item_id" in each else each


def as_custom_input(each: Json) -> Json:
    """Return an event of the arguments of a function as one of the input of a custom tool."""
    renamed = each["type"].replace("function_call_arguments", "custom_tool_call_input")
    whole = {"input": each["arguments"]} if "arguments" in each else {}
    return {**drop("arguments", "name")(each), "type": renamed, **whole}


def without_calls(events: Events) -> Events:
    """Yield the events without those of calls, which are in the last response only."""
    hidden: set[int] = set()
    for each in events:
        if each.get("item", {}).get("type") == "function_call":
            hidden.add(each["output_index"])
        if each.get("output_index") not in hidden:
            yield each


def created_alone(events: Events) -> Events:
    """Yield the first event only."""
    yield next(events)


def without_logprobs(response: Json) -> Json:
    """Return a response whose texts have no log probabilities."""
    return in_parts(put(logprobs=[]))(response)


def ending_in(error: Json) -> Callable[[Events], Events]:
    """Return a change that puts an error after the events."""

    def changed(events: Events) -> Events:
        yield from events
        yield error

    return changed


def half_said(request: ResponsesRequest, response: Json) -> Json:
    """Return a streamed response with the first half of its texts, as if that were all."""
    halve: Change = lambda part: {**part, "text": part["text"][: len(part["text"]) // 2]} if "text" in part else part  # noqa: E731
    return in_parts(halve)(response) if request.stream else response


def as_chunks(events: Events) -> Events:
    """Yield the chunks of Chat Completions that say what the events say."""
    for each in events:
        if each["type"] == TEXT:
            choice = {"index": 0, "delta": {"content": each["delta"]}, "finish_reason": None}
            yield {"object": "chat.completion.chunk", "choices": [choice]}
    yield {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def with_odd_byte(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return a stream in which each piece of text begins with a byte that is not UTF-8."""

    def pieces() -> Iterator[Piece]:
        for piece in wire.pieces:
            said = isinstance(piece, bytes) and piece.startswith(b"event: response.output_text.delta")
            yield piece.replace(b'"delta":"', b'"delta":"\xff') if isinstance(piece, bytes) and said else piece

    return replace(wire, pieces=pieces())


def with_broken_line(request: ResponsesRequest, wire: Wire) -> Wire:
    """Return a stream with data after its first event that is no JSON."""

    def pieces() -> Iterator[Piece]:
        for number, piece in enumerate(wire.pieces):
            yield piece
            if number == 0:
                yield b"data: one moment please\n\n"

    return replace(wire, pieces=pieces())


def in_one_piece(events: Events) -> Events:
    """Yield the events with each text in one piece."""
    held: list[Json] = []
    for each in events:
        if each["type"] == TEXT:
            held.append(each)
            continue
        if held:
            entries = [entry for piece in held for entry in piece["logprobs"]]
            yield {**held[0], "delta": "".join(piece["delta"] for piece in held), "logprobs": entries}
            held = []
        yield each
