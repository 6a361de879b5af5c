"""Defects of how a stream is written: as another API's, as a plain reply, or with what is no event."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import Events, event, named, repaired
from conformance.mock.defects.responses.building.error import in_stream, lacks, met
from conformance.mock.defects.responses.building.reply import failed
from conformance.mock.defects.responses.building.stream import COMPLETED, TEXT
from conformance.mock.server.wire import Piece, Wire
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest

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


def numbered_from_1(request: ResponsesRequest, events: Iterator[Json]) -> Iterator[Json]:
    """Yield events that are numbered from 1."""
    return ({**each, "sequence_number": each["sequence_number"] + 1} for each in events)


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


DEFECTS = (
    repaired(
        "takes_text_as_stream",
        "The text true is taken for stream true.",
        "stream.false_string",
        lambda body: (
            {
                **body,
                "stream": True,
            }
            if body.get("stream") == "true"
            else body
        ),
    ),
    event(
        "pings_before_created",
        "An event of another type comes before response.created.",
        "stream.no_unknown_before_created stream.vendor_events",
        after_ping,
    ),
    event("pings_in_streams", "A stream has an event of a type without a prefix.", "stream.vendor_events", with_ping),
    event(
        "mixes_chunks_into_responses", "A stream has a chunk of Chat Completions.", "stream.no_chat_chunks", with_chunk
    ),
    ResponsesDefect(
        "numbers_events_from_1", "Events are numbered from 1.", named("stream.sequence"), numbered=numbered_from_1
    ),
    ResponsesDefect(
        "names_all_events_message",
        "All events are named message.",
        named("stream.event_names"),
        streamed=all_named_message,
    ),
    ResponsesDefect(
        "streams_a_sentence",
        "A sentence comes among the events of a stream, as a sign of life.",
        named("stream.grammar"),
        streamed=with_sentence,
    ),
    ResponsesDefect(
        "ends_responses_with_done", "[DONE] ends a stream.", named("stream.done_marker"), streamed=with_marker
    ),
    ResponsesDefect(
        "leaves_last_event_open",
        "The last event is not closed by a blank line.",
        named("stream.last_blank_line"),
        streamed=without_last_line,
    ),
    ResponsesDefect(
        "holds_responses_open",
        "The body of a stream stays open after its last event.",
        named("stream.closes"),
        streamed=left_open,
    ),
    ResponsesDefect(
        "streams_responses_as_json",
        "A stream has the content type of JSON.",
        named("stream.content_type"),
        streamed=lambda request, wire: replace(wire, media_type="application/json"),
    ),
    ResponsesDefect(
        "streams_errors_with_200",
        "An error in reply to a request for a stream comes with status 200.",
        named("stream.error_before_start"),
        refusal=met(lambda refusal: lacks("input")(refusal) and b'"stream":true' in refusal.request_body, in_stream),
    ),
    event(
        "streams_chunks_of_chat",
        "A stream has the chunks of Chat Completions.",
        "stream.no_chat_chunks tools.parallel_true tools.stream_text",
        as_chunks,
    ),
    ResponsesDefect(
        "never_streams_responses",
        "A request for a stream is answered with a plain response.",
        named("stream.content_type stream.media_type"),
        parameter="stream",
        request=lambda request: replace(request, stream=False),
    ),
    ResponsesDefect(
        "answers_streams_with_errors",
        "A request for a stream gets an error in JSON with status 200.",
        named("stream.content_type reply.no_error stream.same_object include.logprobs_stream"),
        streamed=failed,
    ),
    ResponsesDefect(
        "writes_text_between_events",
        "A stream has data that is no JSON.",
        named("stream.grammar"),
        streamed=with_broken_line,
    ),
    ResponsesDefect(
        "writes_other_encodings",
        "A piece of text has a byte that is not UTF-8.",
        named("stream.unicode text.json_schema_stream include.logprobs_stream"),
        streamed=with_odd_byte,
    ),
)
