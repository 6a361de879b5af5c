"""Defects of streams on which an official client fails, or from which it loses something, each one change of a sound stream."""

from collections.abc import Iterator
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.messages.building.events import (
    Blocks,
    Events,
    around,
    each,
    of_type,
    rewritten,
    with_part,
    without_part,
)
from conformance.mock.surfaces.messages.defect import MessagesDefect

CHUNK = b'data: {"object":"chat.completion.chunk","choices":[]}\n\n'


def renumbered(number: dict[int, Any]) -> Events:
    """Return the mutation that gives blocks other numbers; None leaves the number out."""

    def changed(event: Json) -> Json:
        if event["type"] not in Blocks or event["index"] not in number:
            return event
        new = number[event["index"]]
        return (
            {name: value for name, value in event.items() if name != "index"}
            if new is None
            else {**event, "index": new}
        )

    return each(changed)


def of_stub(kind: str, **fields: Any) -> Events:
    """Return the mutation of the stubs of a type of block; a field that is None is left out."""

    def changed(event: Json) -> Json:
        if event["content_block"]["type"] != kind:
            return event
        missing = [name for name, value in fields.items() if value is None]
        return with_part(
            without_part(event, "content_block", *missing),
            "content_block",
            **{name: value for name, value in fields.items() if value is not None},
        )

    return of_type("content_block_start", changed)


def of_first_piece(change: Any) -> Events:
    """Return the mutation of the first piece that is not empty of each input."""

    def changed(request: Any, events: Iterator[Json]) -> Iterator[Json]:
        done = False
        for event in events:
            done = done and event["type"] != "content_block_start"
            if event.get("delta", {}).get("partial_json") and not done:
                done = True
                event = with_part(event, "delta", partial_json=change(event["delta"]["partial_json"]))
            yield event

    return changed


def in_place_of_the_end(*events: Json) -> Events:
    """Return the mutation that puts events in the place of message_delta and what follows."""

    def changed(request: Any, sent: Iterator[Json]) -> Iterator[Json]:
        for event in sent:
            if event["type"] == "message_delta":
                yield from events
                return
            yield event

    return changed


def row(name: str, symptom: str, events: Events, *claims: str, reports: tuple[str, ...] = ()) -> MessagesDefect:
    """Return the defect of a stream whose events are changed."""
    ids = tuple(claim if claim.startswith("messages.") else f"messages.stream.{claim}" for claim in claims)
    return MessagesDefect(name, symptom, claims=ids, reports=reports, events=events)


DEFECTS = (
    row(
        "starts_without_a_message",
        "The event message_start has no message.",
        of_type("message_start", lambda event: {"type": "message_start"}),
        "start_message",
        "schema",
    ),
    row(
        "starts_without_content",
        "The message in message_start has no content.",
        of_type("message_start", lambda event: without_part(event, "message", "content")),
        "start_message",
        "schema",
    ),
    row(
        "starts_with_usage_null",
        "The usage in message_start is null.",
        of_type("message_start", lambda event: with_part(event, "message", usage=None)),
        "start_message",
        "schema",
    ),
    row(
        "streams_blocks_without_index",
        "Events of blocks have no index.",
        renumbered({0: None, 1: None}),
        "indexes",
        "messages.thinking.round_trip",
        reports=("N079",),
    ),
    row("skips_a_number_of_blocks", "The blocks of a stream are numbered 0 and 2.", renumbered({1: 2}), "indexes"),
    row(
        "gives_two_blocks_one_number",
        "The second block of a stream has the number of the first one.",
        renumbered({1: 0}),
        "indexes",
        "messages.thinking.round_trip",
    ),
    row(
        "opens_thinking_without_its_text",
        "A thinking block starts without its thinking.",
        of_stub("thinking", thinking=None),
        "stubs",
        "schema",
    ),
    row("opens_calls_with_a_text", "A call starts with a text as its input.", of_stub("tool_use", input=""), "stubs"),
    row(
        "opens_texts_with_text",
        "A text block starts with a text.",
        of_stub("text", text="Well: "),
        "stubs",
        "messages.format.stream",
    ),
    row(
        "breaks_streamed_inputs",
        "The pieces of an input do not add up to JSON.",
        of_first_piece(lambda piece: f"{piece}}}"),
        "tool_json",
        "messages.thinking.round_trip",
        "messages.tools.input_fits",
        "messages.tools.no_arguments",
    ),
    row(
        "streams_inputs_as_objects",
        "A piece of an input is an object.",
        of_first_piece(lambda piece: {"piece": piece}),
        "tool_json",
        "messages.thinking.round_trip",
        "messages.tools.input_fits",
        "messages.tools.no_arguments",
    ),
    row(
        "streams_inputs_as_null",
        "A piece of an input is null.",
        of_first_piece(lambda piece: None),
        "tool_json",
        "messages.thinking.round_trip",
        "messages.tools.input_fits",
        "messages.tools.no_arguments",
    ),
    row(
        "ends_with_usage_null",
        "The usage in message_delta is null.",
        of_type("message_delta", lambda event: {**event, "usage": None}),
        "delta_usage",
        "schema",
    ),
    row(
        "ends_with_usage_of_nothing",
        "The usage in message_delta is empty.",
        of_type("message_delta", lambda event: {**event, "usage": {}}),
        "delta_usage",
        "schema",
    ),
    row(
        "ends_with_an_empty_delta",
        "The delta in message_delta is empty.",
        of_type("message_delta", lambda event: {**event, "delta": {}}),
        "message_delta",
        "messages.max_tokens.stream",
        "messages.stop.stream_reported",
    ),
    row(
        "ends_without_message_delta",
        "No message_delta comes.",
        of_type("message_delta", lambda event: None),
        "message_delta",
        "messages.max_tokens.stream",
        "messages.stop.stream_reported",
    ),
    row(
        "ends_with_an_overload",
        "Each stream ends with an error of an overload.",
        in_place_of_the_end({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded."}}),
        "no_error",
    ),
    row(
        "ends_with_an_error_of_openai",
        "Each stream ends with an error in the envelope of OpenAI.",
        in_place_of_the_end({"type": "error", "error": {"message": "upstream failed", "code": None}}),
        "no_error",
        "error_event",
    ),
    MessagesDefect(
        "streams_chunks_of_chat_as_messages",
        "A stream has the chunks of Chat Completions only.",
        claims=(
            *("messages.stream.answered",),
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
        claims=("messages.stream.sse_spacing",),
        streamed=rewritten(lambda piece: piece.replace(b"event: ", b"event:").replace(b"data: ", b"data:", 1)),
    ),
    row(
        "streams_unknown_blocks",
        "The first block of a stream is of a type that no document has.",
        around(
            lambda event: (
                (with_part(event, "content_block", type="gateway_text"),)
                if event["type"] == "content_block_start" and event["index"] == 0
                else (event,)
            )
        ),
        "text_equal",
        "messages.format.stream",
        "messages.messages.unicode_stream",
        "messages.stop.unfinished",
        "messages.tools.stream_agrees",
    ),
)
