"""Defects of how a stream is written: as a plain message, with the lines or events of another API, or not to its end."""

from dataclasses import replace
from typing import Any

from conformance.mock.defects.messages.building.events import around, rewritten
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import Wire, json_bytes
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.request import MessagesRequest

OPEN = 4.0  # seconds for which a body stays open behind its last event


def never_streamed(request: MessagesRequest) -> MessagesRequest:
    """Return the request as one that asks for no stream."""
    return replace(request, stream=False)


def held_open(request: Any, wire: Wire) -> Wire:
    """Return a stream whose body stays open behind the last event."""
    return wire.with_pieces(*wire.pieces, OPEN)


def with_more(more: bytes) -> Any:
    """Return the mutation that writes more behind a stream."""
    return lambda request, wire: wire.with_pieces(*wire.pieces, more)


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


CHUNK = b'data: {"object":"chat.completion.chunk","choices":[]}\n\n'


DEFECTS = (
    MessagesDefect(
        "writes_a_message_for_a_stream",
        "A request with stream true is answered with a body of JSON.",
        (
            "messages.stream.content_type",
            "messages.tools.stream_agrees",
        ),
        request=never_streamed,
    ),
    MessagesDefect(
        "streams_without_event_names",
        "The events of a stream have data and no name.",
        ("messages.stream.event_names",),
        streamed=rewritten(lambda piece: piece.partition(b"\n")[2]),
    ),
    MessagesDefect(
        "streams_all_events_as_message",
        "All events of a stream are named message.",
        ("messages.stream.event_names",),
        streamed=rewritten(lambda piece: b"event: message\n" + piece.partition(b"\n")[2]),
    ),
    MessagesDefect(
        "streams_an_event_of_its_own",
        "A stream has an event that no document knows.",
        ("messages.stream.known_events",),
        events=around(lambda event: ({"type": "gateway_info"}, event) if event["type"] == "message_stop" else (event,)),
    ),
    MessagesDefect(
        "holds_streams_open",
        "The body of a stream stays open for seconds behind message_stop.",
        ("messages.stream.closes",),
        streamed=held_open,
    ),
    MessagesDefect(
        "ends_with_a_named_done",
        "A stream ends with an event named done that carries [DONE].",
        ("messages.stream.no_done",),
        streamed=with_more(b"event: done\ndata: [DONE]\n\n"),
    ),
    MessagesDefect(
        "ends_with_done",
        "A stream ends with [DONE], as one of Chat Completions does.",
        ("messages.stream.unnamed_done",),
        streamed=with_more(b"data: [DONE]\n\n"),
    ),
    MessagesDefect(
        "mixes_in_a_chat_chunk",
        "A stream has a chunk of Chat Completions among its events.",
        ("messages.stream.no_chat_chunks",),
        streamed=lambda request, wire: wire.with_pieces(
            b'event: ping\ndata: {"type":"ping","object":"chat.completion.chunk","choices":[]}\n\n', *wire.pieces
        ),
    ),
    MessagesDefect(
        "streams_with_carriage_returns",
        "The lines of a stream end with CR and LF.",
        ("messages.stream.sse_spacing",),
        streamed=rewritten(lambda piece: piece.replace(b"\n", b"\r\n")),
    ),
    MessagesDefect(
        "leaves_the_last_event_open",
        "No blank line follows the last event of a stream.",
        ("messages.stream.grammar",),
        streamed=lambda request, wire: wire.with_pieces(
            *(pieces := [piece for piece in wire.pieces if isinstance(piece, bytes)])[:-1], pieces[-1][:-1]
        ),
    ),
    MessagesDefect(
        "takes_any_stream_for_true",
        "A stream that is no boolean is accepted.",
        ("messages.stream.wrong_type",),
        parameter="stream",
        body=lambda body: {**body, "stream": body["stream"] is True},
    ),
    MessagesDefect(
        "streams_although_off",
        "With stream false a stream comes.",
        ("messages.stream.off",),
        answered=lambda request, wire: (
            wire.with_pieces(*wire.pieces, media_type="text/event-stream")
            if request.body.get("stream") is False
            else wire
        ),
    ),
    MessagesDefect(
        "streams_no_event_of_messages",
        "A stream has no event.",
        ("messages.stream.answered",),
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
    MessagesDefect(
        "streams_chunks_of_chat_as_messages",
        "A stream has the chunks of Chat Completions only.",
        (
            "messages.stream.answered",
            "messages.auth.x_api_key",
            "messages.format.stream",
            "messages.max_tokens.sdk_default",
            "messages.messages.unicode_stream",
            "messages.stop.long",
            "messages.stop.stream",
            "messages.stop.stream_reported",
            "messages.stop.unfinished",
            "messages.stream.cache_counts",
            "messages.stream.incremental",
            "messages.stream.text_equal",
            "messages.stream.usage_agrees",
            "messages.thinking.round_trip",
            "messages.tools.call",
            "messages.tools.input_fits",
            "messages.tools.no_arguments",
            "messages.tools.stream_text",
            "messages.tools.parallel",
            "messages.tools.stream_agrees",
            "messages.tools.text_in_input",
            "messages.version.v1",
            "messages.version.v2",
        ),
        streamed=lambda request, wire: wire.with_pieces(CHUNK, b"data: [DONE]\n\n"),
    ),
    MessagesDefect(
        "streams_messages_without_spaces",
        "No space follows the colon of a field.",
        ("messages.stream.sse_spacing",),
        streamed=rewritten(lambda piece: piece.replace(b"event: ", b"event:").replace(b"data: ", b"data:", 1)),
    ),
)
