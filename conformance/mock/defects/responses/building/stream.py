"""Defects of the events of a stream: their order, indexes, names and numbers, and what they tell."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import Events
from conformance.mock.server.wire import Piece, Wire
from conformance.mock.surfaces.responses.request import ResponsesRequest

CREATED, COMPLETED = "response.created", "response.completed"


ADDED, DONE = "response.output_item.added", "response.output_item.done"


PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"


TEXT, TEXT_DONE = "response.output_text.delta", "response.output_text.done"


ARGUMENTS, ARGUMENTS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"


SUMMARY = "response.reasoning_summary_text.delta"


PING: Json = {"type": "ping"}


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
