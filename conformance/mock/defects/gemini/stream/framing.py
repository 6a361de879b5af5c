"""Defects of the frames of streams, each of which makes a client of Google's fail or lose something."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from conformance.mock.defects.defect import Mutation
from conformance.mock.server.wire import JSON, Piece, Wire
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest

END = b"\r\n\r\n"
WAIT = 2.0  # seconds for which a stream is held back
LATE = 3.0  # seconds for which a body stays open after the last response
Pieces = Iterable[Piece]


def framed(change: Callable[[Pieces], Pieces]) -> Mutation[Wire]:
    """Return a mutation of the pieces of an event stream; an array is left as it is."""

    def changed(request: GeminiRequest, wire: Wire) -> Wire:
        return replace(wire, pieces=change(wire.pieces)) if request.as_events else wire

    return changed


def each(change: Callable[[bytes], bytes]) -> Mutation[Wire]:
    """Return a mutation of every event of a stream."""
    return framed(lambda pieces: (change(piece) if isinstance(piece, bytes) else piece for piece in pieces))


def over_lines(event: bytes) -> bytes:
    """Return an event whose JSON is over several lines of data."""
    value = json.loads(event.removeprefix(b"data: "))
    lines = json.dumps(value, indent=1, ensure_ascii=False).encode().split(b"\n")
    return b"".join(b"data: " + line + b"\r\n" for line in lines) + b"\r\n"


def split(pieces: Pieces) -> Iterator[Piece]:
    """Yield the events with the last one split into two."""
    *first, last = pieces
    assert isinstance(last, bytes)
    yield from first
    half = len(last) // 2
    yield last[:half] + END + b"data: " + last[half:]


def without_last_line(pieces: Pieces) -> Iterator[Piece]:
    """Yield the events with only one end of line after the last one."""
    *first, last = pieces
    assert isinstance(last, bytes)
    yield from (*first, last.removesuffix(b"\r\n"))


def followed_by(*more: Piece) -> Mutation[Wire]:
    """Return a mutation that sends more after the last event."""
    return framed(lambda pieces: (*pieces, *more))


def as_array(request: GeminiRequest, wire: Wire) -> Wire:
    """Return the events as the items of an array."""
    events = [piece.removeprefix(b"data: ").removesuffix(END) for piece in wire.pieces if isinstance(piece, bytes)]
    return replace(wire, pieces=(b"[" + b",\n".join(events) + b"]",), media_type=JSON) if request.as_events else wire


def replaced(event: bytes) -> bytes:
    """Return an event with U+FFFD in place of each character that is not ASCII."""
    return event.decode().encode("ascii", "replace").replace(b"?", "\ufffd".encode()) if not event.isascii() else event


def held_back(pieces: Pieces) -> Iterator[Piece]:
    """Yield a whole stream after a wait."""
    yield WAIT
    yield from pieces


DEFECTS = (
    GeminiDefect(
        "gemini_data_without_space",
        "Lines of data have no space behind the colon.",
        ("gemini.stream.data_prefix",),
        streamed=each(lambda event: event.replace(b"data: ", b"data:", 1)),
    ),
    GeminiDefect(
        "gemini_names_events",
        "Events have a name.",
        ("gemini.stream.no_event_lines",),
        streamed=each(lambda event: b"event: message\r\n" + event),
    ),
    GeminiDefect(
        "gemini_sends_comments",
        "A comment keeps the connection open before each event.",
        ("gemini.stream.no_comments",),
        streamed=each(lambda event: b": keep-alive\r\n\r\n" + event),
    ),
    GeminiDefect(
        "gemini_sends_done",
        "The event [DONE] ends a stream.",
        ("gemini.stream.no_done",),
        streamed=followed_by(b"data: [DONE]" + END),
    ),
    GeminiDefect(
        "gemini_leaves_last_event_open",
        "No blank line follows the last event.",
        ("gemini.stream.last_blank_line",),
        streamed=framed(without_last_line),
    ),
    GeminiDefect(
        "gemini_prints_json_over_lines",
        "The JSON of an event is over several lines of data.",
        ("gemini.stream.single_line_json",),
        streamed=each(over_lines),
    ),
    GeminiDefect(
        "gemini_splits_events",
        "The last event is cut in two.",
        ("gemini.stream.split_frames", "gemini.tools.parallel", "gemini.tools.stream_text"),
        reports=("N136",),
        streamed=framed(split),
    ),
    GeminiDefect(
        "gemini_holds_streams_open",
        "The body of a stream stays open after the last response.",
        ("gemini.stream.closes",),
        streamed=followed_by(LATE),
    ),
    GeminiDefect(
        "gemini_streams_an_array",
        "A stream with alt=sse is an array.",
        (
            "gemini.stream.media_type",
            "gemini.stream.content_type",
        ),
        streamed=as_array,
    ),
    GeminiDefect(
        "gemini_always_streams_events",
        "A stream without alt=sse comes as events.",
        ("gemini.stream.array_mode",),
        reports=("N168", "N255", "N285"),
        request=lambda request: replace(request, as_events=True),
    ),
    GeminiDefect(
        "gemini_replaces_letters_in_streams",
        "Letters of a stream that are not ASCII are replaced.",
        ("gemini.stream.unicode", "gemini.stream.text"),
        streamed=each(replaced),
    ),
    GeminiDefect(
        "gemini_holds_streams_back",
        "A stream is held back until the answer is complete, and then comes at once.",
        ("gemini.stream.paced",),
        reports=("N180",),
        streamed=framed(held_back),
    ),
)
