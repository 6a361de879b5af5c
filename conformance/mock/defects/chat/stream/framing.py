"""Defects of the framing of streams: events, [DONE], and cut-off connections."""

import json
from dataclasses import replace
from itertools import islice

from conformance.mock.defects.chat.building.pieces import CUT, Pieces, cut_off, events_of, piecewise
from conformance.mock.server.wire import Wire
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE


def as_lines(request: ChatRequest, wire: Wire) -> Wire:
    """Return the chunks as lines of JSON instead of an event stream."""
    lines = tuple(
        event.removeprefix(b"data: ").rstrip(b"\n") + b"\n" for event in events_of(iter(wire.pieces)) if event != DONE
    )
    return replace(wire, pieces=(b"".join(lines),), media_type="application/x-ndjson")


def without_done(pieces: Pieces) -> Pieces:
    """Yield the events without [DONE]."""
    yield from (event for event in events_of(pieces) if event != DONE)


def held_back(pieces: Pieces) -> Pieces:
    """Yield a whole stream after a wait."""
    yield WAIT
    yield from pieces


def held_open(pieces: Pieces) -> Pieces:
    """Yield a whole stream, and end it late."""
    yield from pieces
    yield LATE


def with_done_twice(pieces: Pieces) -> Pieces:
    """Yield the events with a second [DONE]."""
    yield from events_of(pieces)
    yield DONE


def with_done_only(pieces: Pieces) -> Pieces:
    """Yield [DONE] only."""
    yield from (event for event in events_of(pieces) if event == DONE)


def without_blank_line(pieces: Pieces) -> Pieces:
    """Yield the events without the blank line between the second and the third, which makes one event of them."""
    for position, event in enumerate(events_of(pieces)):
        yield event[:-1] if position == 1 else event


def with_split_event(pieces: Pieces) -> Pieces:
    """Yield the events, with the JSON of the third split over two events."""
    for position, event in enumerate(events_of(pieces)):
        half = len(event) // 2
        yield event[:half] + b"\n\ndata: " + event[half:] if position == 2 else event


def with_split_characters(pieces: Pieces) -> Pieces:
    """Yield the events, with the bytes of the first character beyond ASCII in each split over two events."""
    for event in events_of(pieces):
        yield from _split_character(event)


def _split_character(event: bytes) -> Pieces:
    chunk = json.loads(event[len(b"data: ") :]) if event != DONE else {}
    deltas = [choice["delta"] for choice in chunk.get("choices", ()) if choice["delta"].get("content")]
    text = deltas[0]["content"].encode() if deltas else b""
    first = next((place for place, byte in enumerate(text) if byte > 127), None)
    if first is None:
        yield event
        return
    for part in (text[: first + 1], text[first + 1 :]):
        deltas[0]["content"] = PART
        spelled = json.dumps(part.decode("latin-1"), ensure_ascii=False).encode("latin-1")
        yield b"data: " + json.dumps(chunk).encode().replace(json.dumps(PART).encode(), spelled) + b"\n\n"


def with_first_event_only(request: ChatRequest, wire: Wire) -> Wire:
    """Return the first event only, with its length as the content-length."""
    first = next(events_of(iter(wire.pieces)))
    return replace(wire, pieces=(first,), headers={**wire.headers, "content-length": str(len(first))})


def ending_with_error(pieces: Pieces) -> Pieces:
    """Yield the first events, then an error in place of the rest, then [DONE]."""
    yield from islice(events_of(pieces), CUT)
    yield b'data: {"error": {"message": "The upstream server failed.", "type": "server_error", "code": null}}\n\n'
    yield DONE


def cut_off_text(request: ChatRequest, wire: Wire) -> Wire:
    """Return the stream cut off in its text, if the request has no tools."""
    return wire if request.tools else piecewise(cut_off)(request, wire)


PART = "part of a text"  # holds the place of bytes that are no text
WAIT = 2.0  # seconds in which an answer of many tokens may be made
LATE = 10.0  # seconds that a stream stays open after its end

DEFECTS = (
    ChatDefect(
        "streams_lines_of_json",
        "A stream comes as lines of JSON instead of server-sent events.",
        claims=("chat.stream.content_type",),
        reports=("D114",),
        streamed=as_lines,
    ),
    ChatDefect(
        "answers_formats_at_once",
        "A streamed request with a response_format is answered in one JSON document.",
        claims=("chat.stream.media_type",),
        parameter="response_format",
        request=lambda request: replace(request, stream=False),
    ),
    ChatDefect(
        "streams_without_done",
        "A stream ends without [DONE].",
        claims=("chat.stream.done",),
        reports=("D124",),
        streamed=piecewise(without_done),
    ),
    ChatDefect(
        "buffers_streams",
        "A stream is held back until the answer is complete, and then comes at once.",
        claims=("chat.stream.paced",),
        streamed=piecewise(held_back),
    ),
    ChatDefect(
        "leaves_streams_open",
        "The body of a stream is not ended until ten seconds after [DONE].",
        claims=("chat.stream.closed",),
        reports=("E030",),
        streamed=piecewise(held_open),
    ),
    ChatDefect(
        "streams_done_twice",
        "A stream ends with [DONE] twice.",
        claims=("chat.stream.done",),
        reports=("D122",),
        streamed=piecewise(with_done_twice),
    ),
    ChatDefect(
        "streams_nothing",
        "A stream consists of [DONE] only.",
        claims=("chat.stream.joins",),
        reports=("D163",),
        streamed=piecewise(with_done_only),
    ),
    ChatDefect(
        "glues_events",
        "The blank line between two events of a stream is missing.",
        claims=("chat.stream.grammar",),
        reports=("D164",),
        streamed=piecewise(without_blank_line),
    ),
    ChatDefect(
        "tears_events",
        "The JSON of one chunk is split over two events.",
        claims=("chat.stream.grammar",),
        reports=("D168",),
        streamed=piecewise(with_split_event),
    ),
    ChatDefect(
        "splits_characters_between_events",
        "The bytes of a character beyond ASCII come in two events of a stream, so that neither is valid UTF-8.",
        claims=("chat.stream.unicode", "chat.stream.text"),
        streamed=piecewise(with_split_characters),
    ),
    ChatDefect(
        "breaks_lines_inside_chunks",
        "The JSON of a chunk contains line breaks, and only its first line begins with data.",
        claims=("chat.stream.grammar",),
        streamed=piecewise(
            lambda pieces: (event.replace(b',"choices"', b',\n"choices"') for event in events_of(pieces))
        ),
    ),
    ChatDefect(
        "measures_streams_by_first_chunk",
        "A stream has the content-length of its first chunk, so that the rest is cut off.",
        claims=("chat.stream.done", "chat.tools.stream_agrees", "chat.tools.parallel", "chat.tools.stream_text"),
        reports=("D139",),
        streamed=with_first_event_only,
    ),
    ChatDefect(
        "cuts_text_off",
        "The connection closes in the middle of a streamed text.",
        claims=("chat.stream.done",),
        reports=("D178",),
        streamed=cut_off_text,
    ),
    ChatDefect(
        "ends_streams_with_an_error",
        "Every stream with tools ends with an error after its first chunks.",
        claims=("chat.stream.no_error",),
        parameter="tools",
        streamed=piecewise(ending_with_error),
    ),
)
