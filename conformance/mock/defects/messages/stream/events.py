"""Defects of the events of a stream: their names, their order, and what each holds."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import (
    Blocks,
    around,
    each,
    of_delta,
    of_type,
    rewritten,
    with_part,
    without_part,
)
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.request import MessagesRequest

OPEN = 4.0  # seconds for which a body stays open behind its last event


def claims(*names: str) -> tuple[str, ...]:
    """Return the ids of claims about streams."""
    return tuple(f"messages.stream.{name}" for name in names)


def shifted(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events with blocks that are numbered from 1."""
    for event in events:
        yield {**event, "index": event["index"] + 1} if event["type"] in Blocks else event


def nested(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events of blocks without their starts, as if each had been opened before."""
    return (event for event in events if event["type"] != "content_block_start")


def cumulative(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the pieces of arguments with everything before them."""
    so_far = ""
    for event in events:
        if event.get("delta", {}).get("type") == "input_json_delta":
            so_far += event["delta"]["partial_json"]
            yield with_part(event, "delta", partial_json=so_far)
        else:
            so_far = "" if event["type"] == "content_block_start" else so_far
            yield event


def halved(event: Json) -> tuple[Json, ...]:
    """Return a signature in two halves."""
    if event.get("delta", {}).get("type") != "signature_delta":
        return (event,)
    whole = event["delta"]["signature"]
    middle = len(whole) // 2
    return tuple(with_part(event, "delta", signature=part) for part in (whole[:middle], whole[middle:]))


def never_streamed(request: MessagesRequest) -> MessagesRequest:
    """Return the request as one that asks for no stream."""
    return replace(request, stream=False)


def held_open(request: Any, wire: Wire) -> Wire:
    """Return a stream whose body stays open behind the last event."""
    return wire.with_pieces(*wire.pieces, OPEN)


def with_more(more: bytes) -> Any:
    """Return the mutation that writes more behind a stream."""
    return lambda request, wire: wire.with_pieces(*wire.pieces, more)


def ending_with_error(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the beginning of a stream, then an error under no name of its own."""
    for event in events:
        if event["type"] == "message_delta":
            yield {"type": "chunk_error", "error": {"message": "upstream failed"}}
            return
        yield event


def without_last_piece(request: Any, events: Iterator[Json]) -> Iterator[Json]:
    """Yield the events without the last text_delta of a text of two pieces or more."""
    held: Json | None = None
    pieces = 0
    for event in events:
        if event.get("delta", {}).get("type") == "text_delta":
            if held is not None:
                yield held
            held, pieces = event, pieces + 1
            continue
        if held is not None:
            if pieces < 2 or "Reply with the single word" not in request.prompt:
                yield held
            held, pieces = None, 0
        yield event


def asks_for_stream(refusal: Refusal) -> bool:
    """Return whether a stream was asked for."""
    return b'"stream":true' in refusal.request_body.replace(b" ", b"")


def inside_stream(refusal: Refusal) -> Refusal:
    """Return the error as the only event of a stream, if a stream was asked for."""
    if not asks_for_stream(refusal):
        return refusal
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": refusal.error.message}}
    event = b"event: error\ndata: " + json_bytes(error) + b"\n\n"
    return replace(refusal, status=200, body=event, media_type="text/event-stream")


DEFECTS = (
    MessagesDefect(
        "writes_a_message_for_a_stream",
        "A request with stream true is answered with a body of JSON.",
        claims=(
            *(*claims("content_type"), "messages.stream.incremental", "messages.tools.stream_agrees"),
            "messages.stream.incremental",
            "messages.tools.stream_agrees",
        ),
        request=never_streamed,
    ),
    MessagesDefect(
        "streams_without_event_names",
        "The events of a stream have data and no name.",
        claims=claims("event_names"),
        streamed=rewritten(lambda piece: piece.partition(b"\n")[2]),
    ),
    MessagesDefect(
        "streams_all_events_as_message",
        "All events of a stream are named message.",
        claims=claims("event_names"),
        streamed=rewritten(lambda piece: b"event: message\n" + piece.partition(b"\n")[2]),
    ),
    MessagesDefect(
        "streams_an_event_of_its_own",
        "A stream has an event that no document knows.",
        claims=claims("known_events"),
        events=around(lambda event: ({"type": "gateway_info"}, event) if event["type"] == "message_stop" else (event,)),
    ),
    MessagesDefect(
        "streams_without_message_start",
        "A stream begins with its first block.",
        claims=claims("first"),
        events=of_type("message_start", lambda event: None),
    ),
    MessagesDefect(
        "streams_message_start_twice",
        "The event message_start comes twice.",
        claims=claims("first"),
        events=around(lambda event: (event, event) if event["type"] == "message_start" else (event,)),
    ),
    MessagesDefect(
        "starts_without_usage",
        "The message in message_start has no usage.",
        claims=claims("start_message", "schema"),
        events=of_type("message_start", lambda event: without_part(event, "message", "usage")),
    ),
    MessagesDefect(
        "starts_with_content_null",
        "The content in message_start is null.",
        claims=claims("start_message", "schema"),
        events=of_type("message_start", lambda event: with_part(event, "message", content=None)),
    ),
    MessagesDefect(
        "starts_without_id",
        "The message in message_start has an empty id.",
        claims=claims("one_id"),
        events=of_type("message_start", lambda event: with_part(event, "message", id="")),
    ),
    MessagesDefect(
        "starts_with_counts_of_zero",
        "The usage in message_start counts no token of the prompt.",
        claims=claims("start_input_tokens"),
        reports=("N134",),
        events=of_type(
            "message_start",
            lambda event: with_part(event, "message", usage={**event["message"]["usage"], "input_tokens": 0}),
        ),
    ),
    MessagesDefect(
        "streams_deltas_of_unopened_blocks",
        "Deltas name blocks that were never opened.",
        claims=(
            *(
                *claims("block_order"),
                "messages.thinking.round_trip",
                "messages.tools.call",
                "messages.tools.parallel",
            ),
            "messages.thinking.round_trip",
            "messages.tools.call",
            "messages.tools.parallel",
        ),
        reports=("N283",),
        events=nested,
    ),
    MessagesDefect(
        "numbers_blocks_from_one",
        "The first block of a stream has the index 1.",
        claims=claims("indexes"),
        events=shifted,
    ),
    MessagesDefect(
        "opens_blocks_without_text",
        "A text block starts without its text.",
        claims=claims("stubs", "schema"),
        events=of_type(
            "content_block_start",
            lambda event: without_part(event, "content_block", "text"),
        ),
    ),
    MessagesDefect(
        "streams_thinking_as_text_deltas",
        "The pieces of a thinking block come as text_delta.",
        claims=(*(*claims("delta_kinds"), "messages.thinking.round_trip"), "messages.thinking.round_trip"),
        reports=("N284", "N077"),
        events=of_delta(
            "thinking_delta",
            lambda event: {**event, "delta": {"type": "text_delta", "text": event["delta"]["thinking"]}},
        ),
    ),
    MessagesDefect(
        "leaves_blocks_open",
        "No block of a stream is closed.",
        claims=claims("block_stop"),
        reports=("N112",),
        events=of_type("content_block_stop", lambda event: None),
    ),
    MessagesDefect(
        "ends_with_no_reason",
        "The stop_reason in message_delta is null.",
        claims=(
            *(*claims("message_delta"), "messages.max_tokens.stream", "messages.stop.stream_reported"),
            "messages.max_tokens.stream",
            "messages.stop.stream_reported",
        ),
        reports=("N220",),
        events=of_type("message_delta", lambda event: with_part(event, "delta", stop_reason=None)),
    ),
    MessagesDefect(
        "ends_without_usage",
        "The event message_delta has no usage.",
        claims=claims("delta_usage", "schema"),
        events=of_type(
            "message_delta", lambda event: {name: value for name, value in event.items() if name != "usage"}
        ),
    ),
    MessagesDefect(
        "adds_a_delta_without_reason",
        "A message_delta with counts and no stop_reason follows the one that has it.",
        claims=claims("last_delta_complete"),
        events=around(lambda event: (event, {**event, "delta": {}}) if event["type"] == "message_delta" else (event,)),
    ),
    MessagesDefect(
        "erases_the_prompt_at_the_end",
        "The event message_delta sets all counts of the prompt to 0.",
        claims=(
            *(*claims("usage_not_erased"), "messages.stream.cache_counts", "messages.stream.usage_agrees"),
            "messages.stream.cache_counts",
            "messages.stream.usage_agrees",
        ),
        events=of_type(
            "message_delta",
            lambda event: with_part(
                event, "usage", input_tokens=0, cache_read_input_tokens=0, cache_creation_input_tokens=0
            ),
        ),
    ),
    MessagesDefect(
        "streams_without_message_stop",
        "A stream ends with message_delta.",
        claims=claims("message_stop"),
        reports=("N230",),
        events=of_type("message_stop", lambda event: None),
    ),
    MessagesDefect(
        "holds_streams_open",
        "The body of a stream stays open for seconds behind message_stop.",
        claims=claims("closes"),
        streamed=held_open,
    ),
    MessagesDefect(
        "ends_with_a_named_done",
        "A stream ends with an event named done that carries [DONE].",
        claims=claims("no_done"),
        streamed=with_more(b"event: done\ndata: [DONE]\n\n"),
    ),
    MessagesDefect(
        "ends_with_done",
        "A stream ends with [DONE], as one of Chat Completions does.",
        claims=claims("unnamed_done"),
        streamed=with_more(b"data: [DONE]\n\n"),
    ),
    MessagesDefect(
        "repeats_arguments_in_each_piece",
        "Each piece of the arguments of a call has all pieces before it.",
        claims=(
            *(
                *claims("tool_json"),
                "messages.thinking.round_trip",
                "messages.tools.input_fits",
                "messages.tools.no_arguments",
            ),
            "messages.thinking.round_trip",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
        ),
        events=cumulative,
    ),
    MessagesDefect(
        "streams_calls_as_end_turn",
        "A stream with a call ends with stop_reason end_turn.",
        claims=claims("tool_stop_reason"),
        reports=("N235",),
        events=of_type(
            "message_delta",
            lambda event: (
                with_part(event, "delta", stop_reason="end_turn")
                if event["delta"]["stop_reason"] == "tool_use"
                else event
            ),
        ),
    ),
    MessagesDefect(
        "halves_signatures",
        "The signature of thinking comes in two halves, of which clients keep the second.",
        claims=(*claims("thinking_deltas"), "messages.thinking.round_trip"),
        events=around(halved),
    ),
    MessagesDefect(
        "mixes_in_a_chat_chunk",
        "A stream has a chunk of Chat Completions among its events.",
        claims=claims("no_chat_chunks"),
        streamed=lambda request, wire: wire.with_pieces(
            b'event: ping\ndata: {"type":"ping","object":"chat.completion.chunk","choices":[]}\n\n', *wire.pieces
        ),
    ),
    MessagesDefect(
        "ends_with_an_error_of_its_own",
        "Each stream ends with an error that is not named error.",
        claims=(*(*claims("error_event", "no_error"), "messages.cross.catalogue"), "messages.cross.catalogue"),
        events=ending_with_error,
    ),
    MessagesDefect(
        "streams_with_carriage_returns",
        "The lines of a stream end with CR and LF.",
        claims=claims("sse_spacing"),
        streamed=rewritten(lambda piece: piece.replace(b"\n", b"\r\n")),
    ),
    MessagesDefect(
        "streams_text_null_at_the_end",
        "The last text_delta of a block has text null.",
        claims=claims("schema"),
        events=around(
            lambda event: (
                (
                    {
                        "type": "content_block_delta",
                        "index": event["index"],
                        "delta": {"type": "text_delta", "text": None},
                    },
                    event,
                )
                if event["type"] == "content_block_stop" and event["index"] == 0
                else (event,)
            )
        ),
    ),
    MessagesDefect(
        "streams_no_text",
        "The text of an answer is left out of its stream.",
        claims=(
            *(
                *claims("text_equal", "incremental"),
                "messages.format.stream",
                "messages.messages.unicode_stream",
                "messages.stop.unfinished",
            ),
            "messages.format.stream",
            "messages.messages.unicode_stream",
            "messages.stop.unfinished",
        ),
        events=of_delta("text_delta", lambda event: None),
    ),
    MessagesDefect(
        "leaves_the_last_event_open",
        "No blank line follows the last event of a stream.",
        claims=claims("grammar"),
        streamed=lambda request, wire: wire.with_pieces(
            *(pieces := [piece for piece in wire.pieces if isinstance(piece, bytes)])[:-1], pieces[-1][:-1]
        ),
    ),
    MessagesDefect(
        "counts_no_cache_in_streams",
        "The usage of a stream counts nothing as cached.",
        claims=claims("cache_counts"),
        reports=("N082",),
        events=each(
            lambda event: (
                with_part(event, "usage", cache_read_input_tokens=0, cache_creation_input_tokens=0)
                if event["type"] == "message_delta"
                else event
            )
        ),
    ),
    MessagesDefect(
        "takes_any_stream_for_true",
        "A stream that is no boolean is accepted.",
        claims=claims("wrong_type"),
        parameter="stream",
        body=lambda body: {**body, "stream": body["stream"] is True},
    ),
    MessagesDefect(
        "loses_the_last_piece_of_a_word",
        "The last piece of a short text is missing in streams.",
        claims=claims("alike"),
        events=without_last_piece,
    ),
    MessagesDefect(
        "splits_characters",
        "A character in a stream is replaced by U+FFFD.",
        claims=(*claims("unicode"), "messages.messages.unicode_stream"),
        reports=("N128",),
        events=of_delta(
            "text_delta",
            lambda event: with_part(event, "delta", text=re.sub(r"[^\x00-\x7f]", "\ufffd", event["delta"]["text"])),
        ),
    ),
    MessagesDefect(
        "streams_although_off",
        "With stream false a stream comes.",
        claims=claims("off"),
        answered=lambda request, wire: (
            wire.with_pieces(*wire.pieces, media_type="text/event-stream")
            if request.body.get("stream") is False
            else wire
        ),
    ),
    MessagesDefect(
        "streams_no_event_of_messages",
        "A stream has no event.",
        claims=(*(*claims("answered"), "messages.cross.catalogue"), "messages.cross.catalogue"),
        reports=("N126",),
        streamed=lambda request, wire: wire.with_pieces(b""),
    ),
    MessagesDefect(
        "refuses_messages_inside_streams",
        "A mistake in a request for a stream is refused with status 200 and an event.",
        ("messages.stream.error_before_start", "messages.stream.answered"),
        reports=("N090",),
        refusal=inside_stream,
    ),
)
