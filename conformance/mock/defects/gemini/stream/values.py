"""Defects of what the events of a stream hold: each makes a client of Google's, or the AI SDK, fail or lose something.

They were run against such streams; docs/clients.md has what became of each.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.defects.gemini.building import is_short, of_candidates, of_parts, of_usage, streaming, without
from conformance.mock.server.wire import Piece, Wire, json_bytes
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest

Events = Mutation[Iterator[Json]]
BOOM = {"code": 503, "message": "The upstream broke off.", "status": "UNAVAILABLE"}
CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")


def ending(reason: Any) -> Events:
    """Return a mutation of streams that end with this reason, where a single word is asked for."""
    return streaming(
        of_candidates(lambda each: {**each, "finishReason": reason} if "finishReason" in each else each), is_short
    )


def with_text(text: Any) -> Events:
    """Return a mutation of streams whose texts are this value, where a single word is asked for."""
    return streaming(of_parts(lambda parts: [{**part, "text": text} for part in parts]), is_short)


def with_arguments(change: Callable[[Json], Json]) -> Events:
    """Return a mutation of streams that changes each of their calls."""

    def changed(parts: list[Json]) -> list[Json]:
        return [
            {**part, "functionCall": change(part["functionCall"])} if "functionCall" in part else part for part in parts
        ]

    return streaming(of_parts(changed))


def with_underscores(value: Any) -> Any:
    """Return a value with underscores in the names of its fields."""
    if isinstance(value, list):
        return [with_underscores(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {CAPITAL.sub(r"_\1", name).lower(): with_underscores(each) for name, each in value.items()}


def written(change: Callable[[list[bytes]], tuple[Piece, ...]]) -> Mutation[Wire]:
    """Return a mutation of the events of a stream as they are written, where a single word is asked for."""

    def changed(request: GeminiRequest, wire: Wire) -> Wire:
        if not request.as_events or not is_short(request):
            return wire
        return replace(wire, pieces=change([piece for piece in wire.pieces if isinstance(piece, bytes)]))

    return changed


def broken_by(line: bytes) -> Mutation[Wire]:
    """Return a mutation of streams that have this after their first event, and nothing else."""
    return written(lambda events: (without_end(events[0]), line))


def without_end(event: bytes) -> bytes:
    """Return an event that does not say why the answer ended."""
    chunk = json.loads(event.removeprefix(b"data: "))
    candidates = [without(candidate, "finishReason") for candidate in chunk["candidates"]]
    return b"data: " + json_bytes({**chunk, "candidates": candidates}) + b"\r\n\r\n"


def as_object(request: GeminiRequest, wire: Wire) -> Wire:
    """Return the last response alone in place of a stream."""
    if not request.as_events:
        return wire
    *_, last = (piece for piece in wire.pieces if isinstance(piece, bytes))
    return Wire((last.removeprefix(b"data: ").rstrip(),))


ODD = {"type": "error", "error": BOOM}
WORDED = {"error": {**BOOM, "code": "503"}}

DEFECTS = (
    GeminiDefect(
        "gemini_numbers_events",
        "Events have an id.",
        ("gemini.stream.no_event_lines",),
        streamed=written(lambda events: tuple(b"id: 1\r\n" + event for event in events)),
    ),
    GeminiDefect(
        "gemini_separates_no_events",
        "No blank line separates the events.",
        ("gemini.stream.split_frames",),
        streamed=written(lambda events: tuple(event.removesuffix(b"\r\n") for event in events)),
    ),
    GeminiDefect(
        "gemini_answers_streams_whole",
        "The last response comes alone in place of a stream.",
        ("gemini.stream.content_type", "gemini.stream.media_type"),
        streamed=as_object,
    ),
    GeminiDefect(
        "gemini_ends_streams_in_small_letters",
        "The finishReason of a stream is in small letters.",
        ("gemini.stream.chunk_shape",),
        events=ending("stop"),
    ),
    GeminiDefect(
        "gemini_ends_streams_with_a_number",
        "The finishReason of a stream is a number.",
        ("gemini.stream.chunk_shape", "gemini.reply.count_types"),
        events=ending(1),
    ),
    GeminiDefect(
        "gemini_streams_underscores",
        "All fields of a stream have underscores in their names.",
        ("gemini.reply.camel_case", "gemini.usage.present", "gemini.stream.usage_last"),
        events=streaming(with_underscores, is_short),
    ),
    GeminiDefect(
        "gemini_streams_null_as_text",
        "A text of a stream is null.",
        ("gemini.stream.chunk_shape",),
        events=with_text(None),
    ),
    GeminiDefect(
        "gemini_streams_numbers_as_text",
        "A text of a stream is a number.",
        ("gemini.stream.chunk_shape", "gemini.reply.count_types"),
        events=with_text(1),
    ),
    GeminiDefect(
        "gemini_streams_null_as_counts",
        "The counts of a stream are null.",
        ("gemini.stream.chunk_shape", "gemini.usage.present", "gemini.stream.usage_last"),
        events=streaming(of_usage(lambda usage: dict.fromkeys(usage)), is_short),
    ),
    GeminiDefect(
        "gemini_streams_arguments_as_text",
        "The arguments of a streamed call are a text.",
        ("gemini.stream.chunk_shape", "gemini.tools.args_object"),
        events=with_arguments(lambda call: {**call, "args": json.dumps(call["args"])}),
    ),
    GeminiDefect(
        "gemini_streams_no_arguments",
        "A streamed call has no arguments.",
        ("gemini.stream.function_call_whole",),
        events=with_arguments(lambda call: without(call, "args")),
    ),
    GeminiDefect(
        "gemini_streams_null_as_arguments",
        "The arguments of a streamed call are null.",
        ("gemini.stream.chunk_shape", "gemini.tools.args_object"),
        events=with_arguments(lambda call: {**call, "args": None}),
    ),
    GeminiDefect(
        "gemini_streams_odd_signatures",
        "A signature in a stream is no base64.",
        ("gemini.stream.chunk_shape", "gemini.signature.base64"),
        events=streaming(of_parts(lambda parts: [{**part, "thoughtSignature": "*!"} for part in parts]), is_short),
    ),
    GeminiDefect(
        "gemini_streams_odd_pictures",
        "A picture in a stream is no base64.",
        ("gemini.stream.chunk_shape",),
        events=streaming(
            of_parts(lambda parts: [*parts, {"inlineData": {"mimeType": "image/png", "data": "***"}}]), is_short
        ),
    ),
    GeminiDefect(
        "gemini_writes_errors_without_data",
        "An error in a stream is a line of JSON without the name of its field.",
        ("gemini.stream.data_prefix",),
        streamed=broken_by(json_bytes({"error": BOOM}) + b"\r\n\r\n"),
    ),
    GeminiDefect(
        "gemini_lists_errors_in_streams",
        "An error in a stream is in an array, without the name of its field.",
        ("gemini.stream.data_prefix",),
        streamed=broken_by(b"[" + json_bytes({"error": BOOM}) + b"]\r\n\r\n"),
    ),
    GeminiDefect(
        "gemini_types_errors_in_streams",
        "An error in a stream begins with another key.",
        ("gemini.stream.error_frame", "gemini.stream.no_error"),
        streamed=broken_by(b"data: " + json_bytes(ODD) + b"\r\n\r\n"),
    ),
    GeminiDefect(
        "gemini_codes_errors_in_streams_as_text",
        "The code of an error in a stream is a text.",
        ("gemini.stream.error_frame", "gemini.stream.no_error"),
        streamed=broken_by(b"data: " + json_bytes(WORDED) + b"\r\n\r\n"),
    ),
)
